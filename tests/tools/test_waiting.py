"""The index is made once, by whichever command first needs it, and a terminal is told what is being waited for."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from terraregistry.index import Index, IndexUnavailableError, answers
from terraregistry.tools.cli import waiting

from .test_validate import ONE_IS_VALID, RIGHT

if TYPE_CHECKING:
    from pathlib import Path


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def made(index: Index, monkeypatch: pytest.MonkeyPatch) -> list[Index]:
    """An empty cache: each time that the index is made, it is listed here; what answers forgets what it has afterwards."""
    found: list[Index] = []

    def make() -> Index:
        found.append(index)
        return index

    monkeypatch.setattr(waiting, "cached_index", lambda: None)
    monkeypatch.setattr(waiting, "load_index", make)
    monkeypatch.setattr(answers, "_answering", [])
    return found


def test_what_is_in_the_cache_is_not_made(index: Index, made: list[Index], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "cached_index", lambda: index)
    assert waiting.wait_for_index() is index
    assert made == []


def test_a_terminal_is_told_what_takes_so_long(made: list[Index], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert [waiting.wait_for_index()] == made
    assert "Making the index of what is installed: once, in about half a minute" in terminal.getvalue()


def test_a_pipe_is_told_nothing(made: list[Index], capsys: pytest.CaptureFixture[str]) -> None:
    assert [waiting.wait_for_index()] == made
    assert capsys.readouterr() == ("", "")


def test_validate_makes_it_and_answers_from_it(run, made: list[Index], tmp_path: Path) -> None:
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    result = run("validate", str(tmp_path / "right.yaml"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, ONE_IS_VALID, "")
    assert [answers.answering_index()] == made


def test_validate_makes_none_where_it_asks_the_libraries_or_has_nothing_to_check(
    run, made: list[Index], tmp_path: Path
) -> None:
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("services: {}\n", encoding="utf-8")
    assert run("validate", str(tmp_path / "right.yaml"), "--fit").exit_code == 0
    assert run("validate", str(tmp_path / "other.yaml"), "--skip-others").exit_code == 0
    assert made == []


def test_validate_asks_the_libraries_where_the_index_cannot_be_made(
    run, made: list[Index], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Index:
        raise IndexUnavailableError("no space")

    monkeypatch.setattr(waiting, "load_index", fail)
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    result = run("validate", str(tmp_path / "right.yaml"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, ONE_IS_VALID, "")
