"""A cold, damaged or unavailable index: mypy runs all the same."""

from __future__ import annotations

import pytest

from terraregistry.index.cache import cache_folder

from .checking import mypy, said_of, write_project

_PROGRAM = 'from terraregistry import DECODER_REGISTRY\n\nDECODER_REGISTRY.build("FCNDecodr", [1])\n'
_ERROR = {3: ['E: DECODER_REGISTRY has no component "FCNDecodr"; did you mean "FCNDecoder"?  [unknown-component]']}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TERRAREGISTRY_SHIPPED_INDEX", "0")
    return cache_folder()


def _said(folder):
    write_project(folder, {"program.py": f"{_PROGRAM}# {folder}: mypy knows another program\n"})
    return said_of(mypy(folder, "program.py"), "program.py")


@pytest.mark.slow
def test_a_damaged_index_is_made_anew(tmp_path, home):
    from terraregistry.index.keys import current_key

    home.mkdir(parents=True)
    (home / current_key().file_name).write_text("{no index")
    assert _said(tmp_path) == _ERROR
    assert (home / current_key().file_name).stat().st_size > 10_000


@pytest.mark.slow
def test_without_an_index_names_are_let_through_and_checked_when_there_is_one(tmp_path, home, monkeypatch):
    fake = tmp_path / "broken"
    fake.mkdir()
    # The process that makes the index imports timm from here first.
    (fake / "timm.py").write_text("raise SystemExit(3)\n")
    monkeypatch.setenv("PYTHONPATH", str(fake))
    assert _said(tmp_path) == {}
    monkeypatch.delenv("PYTHONPATH")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() != home
    assert _said(tmp_path) == _ERROR
