"""Caches with files of any content, homes that are none, disks that are full: as if there was no cache."""

from __future__ import annotations

import hashlib
import pwd
import sqlite3
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry.index import Index, load_index, loading
from terraregistry.index.cache import cache_folder, read_cached, write_cached
from terraregistry.index.keys import current_key

from .descriptions import small_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEY = current_key()
_SMALL = small_index(("x", "y"), key=_KEY)


@pytest.fixture(autouse=True)
def _not_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAREGISTRY_SHIPPED_INDEX", "0")


def _make(_report: object) -> Index:
    """Make an index in no time."""
    return small_index(key=_KEY)


def _changed(statement: str) -> bytes:
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(_SMALL.image)
        database.execute(statement)
        database.commit()
        return database.serialize()
    finally:
        database.close()


# -- hostile files --


FILES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "half": lambda: _SMALL.image[: len(_SMALL.image) // 2],
    "only the first page": lambda: _SMALL.image[:4096],
    "text": lambda: b"[" * 1_000_000,
    "zeros": lambda: b"\0" * 1_000_000,
    "64 MB": lambda: b"SQLite format 3\0" * 4_000_000,
    "of nothing": lambda: _changed("DELETE FROM about"),
    "of another key": lambda: small_index().image,
    "without a table": lambda: _changed("DROP TABLE registry"),
}


@pytest.mark.parametrize("file", FILES)
def test_a_hostile_file_is_no_index_and_a_new_one_takes_its_place(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = FILES[file]()
    place = tmp_path / _KEY.file_name
    place.write_bytes(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)  # as somebody who knows how would
    assert read_cached(tmp_path, _KEY) is None
    monkeypatch.setattr(loading, "made_elsewhere", _make)
    assert load_index(folder=tmp_path) == small_index()
    assert read_cached(tmp_path, _KEY) == small_index()
    assert [each.name for each in tmp_path.iterdir()] == [_KEY.file_name]


# -- homes --


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def _nobody(uid: int) -> Any:
    raise KeyError(f"getpwuid(): uid not found: {uid}")


@pytest.mark.parametrize("home", [None, "", "relative/home"])
def test_without_a_home_there_is_no_cache_and_nothing_is_written_to_the_working_folder(
    home: str | None, no_variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_variables.setattr(pwd, "getpwuid", _nobody)
    if home is not None:
        no_variables.setenv("HOME", home)
    no_variables.chdir(tmp_path)
    no_variables.setattr(loading, "made_elsewhere", _make)
    folder = cache_folder()
    assert folder.is_absolute()
    assert read_cached(folder, _KEY) is None
    assert not write_cached(folder, small_index(key=_KEY))
    assert load_index() == small_index()
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_a_file_holds_no_cache(no_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("no folder")
    no_variables.setenv("HOME", str(home))
    no_variables.setattr(loading, "made_elsewhere", _make)
    assert load_index() == load_index() == small_index()
    assert home.read_text() == "no folder"


@pytest.mark.parametrize("content", ["relative", ""])
def test_a_cache_home_that_is_no_absolute_path_is_not_used(
    content: str, no_variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_variables.setenv("HOME", str(tmp_path / "home"))
    no_variables.setenv("XDG_CACHE_HOME", content)
    no_variables.chdir(tmp_path)
    no_variables.setattr(loading, "made_elsewhere", _make)
    assert load_index() == small_index()
    assert not (tmp_path / "relative").exists()


# -- several processes --


def test_processes_that_make_it_at_once_all_get_it_and_leave_one_file(tmp_path: Path) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from terraregistry.index import Index, load_index, loading
        from terraregistry.index.cache import read_cached
        from terraregistry.index.keys import current_key

        index, folder = Index(sys.stdin.buffer.read()), Path(sys.argv[1])
        made = []

        def make(report):
            made.append(index)
            (folder.parent / f"ready{sys.argv[2]}").touch()
            while len(list(folder.parent.glob("ready*"))) < 4:  # none is done before all have begun
                time.sleep(0.01)
            return index

        loading.made_elsewhere = make
        assert load_index(folder=folder) == index
        for _ in range(50):
            assert read_cached(folder, current_key()) == index
            assert loading.write_cached(folder, index)
        assert len(made) == 1
    """
    folder = tmp_path / "cache"
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    processes = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stderr=subprocess.PIPE) for number in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(_SMALL.image)
        process.stdin.close()
    for process in processes:
        assert process.wait(120) == 0, process.stderr and process.stderr.read()
        assert process.stderr is not None
        process.stderr.close()
    assert [each.name for each in folder.iterdir()] == [_KEY.file_name]
    assert read_cached(folder, _KEY) == _SMALL
