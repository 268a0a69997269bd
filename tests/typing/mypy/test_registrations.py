"""Whatever cannot make the kind of a registry is refused where it is registered; what can keeps its type."""

from __future__ import annotations

import pytest

from ..checking import pyright
from ..registrations import registrations
from .checking import BARE, PLUGIN, errors, mypy, said_of, write_project

pytestmark = pytest.mark.slow


def _unreported(lines, program):
    return [each for each in program.registrations if not {*each} & {*lines}]


@pytest.mark.parametrize(("own", "config"), [(False, PLUGIN), (True, PLUGIN), (False, BARE)])
def test_mypy_refuses_what_makes_another_kind(tmp_path, own, config):
    program = registrations(wrong=True, own=own)
    assert len(program.registrations) > 100
    write_project(tmp_path, {"program.py": program.text}, config=config)
    said = errors(said_of(mypy(tmp_path, "program.py"), "program.py"))
    assert _unreported(said, program) == []
    assert [line for line in said if not any(line in each for each in program.registrations)] == []


@pytest.mark.parametrize("own", [False, True])
def test_mypy_lets_pass_what_makes_the_kind_and_keeps_its_type(tmp_path, own):
    program = registrations(wrong=False, own=own)
    write_project(tmp_path, {"program.py": program.text})
    assert mypy(tmp_path, "program.py") == []


def test_pyright_refuses_what_makes_another_kind(tmp_path):
    program = registrations(wrong=True, own=False)
    assert _unreported(pyright(program.text, tmp_path / "wrong").reports, program) == []


@pytest.mark.parametrize("own", [False, True])
def test_pyright_lets_pass_what_makes_the_kind_and_keeps_its_type(tmp_path, own):
    program = registrations(wrong=False, own=own)
    assert pyright(program.text, tmp_path / "right").reports == {}
