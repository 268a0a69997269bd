"""Builders of all names in the checkers that do not check the arguments of `build`."""

from __future__ import annotations

import pytest

from .cases import Mistake, right_cases, wrong_cases
from .checking import right_program, wrong_program
from .other_checkers import CHECKERS, reported

pytestmark = pytest.mark.slow

_AS_MYPY = ("zuban", "`zuban mypy --strict`")
_OTHERS = [each for each in CHECKERS if each[0] != "pyright" and "basic" not in each[1]]


@pytest.mark.parametrize(("name", "mode"), _OTHERS)
def test_calls_of_builders_are_checked_and_have_their_exact_type(name, mode, index, tmp_path):
    right, _ = right_program([case.by_builder() for case in right_cases(index, 450)], exact=True)
    cases = [case.by_builder() for mistake in Mistake for case in wrong_cases(index, mistake, 60)]
    wrong, lines = wrong_program(cases)
    (tmp_path / "right.py").write_text(right)
    (tmp_path / "wrong.py").write_text(wrong)
    found = reported(CHECKERS[name, mode], tmp_path, ["right.py", "wrong.py"])
    assert found["right.py"] == set()
    assert found["wrong.py"] <= lines.keys()
    unseen = {Mistake.NAME_TYPO} if (name, mode) == _AS_MYPY else set()
    assert {lines[line].mistake for line in lines.keys() - found["wrong.py"]} <= unseen


# -- the smallest programs that show what a checker cannot do: where one learns it, the page and the stub can say more --

_UNKNOWN_NAME = """
from typing import Generic, LiteralString, TypeVar

SL = TypeVar("SL", bound=LiteralString)


class NotThere(Generic[SL]):
    def __call__(self: "NotThere[LiteralString]") -> None: ...


def builder(name: SL) -> NotThere[SL]:
    return NotThere()


builder("typo")()
"""
_ARGUMENTS_AFTER_A_CHOICE = """
from typing import Any


class Root:
    def __new__(cls, *args: Any, **kwargs: Any) -> "Made":
        return object.__new__(Made)

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...


class Made(Root):
    def __init__(self, *, right: int = 0) -> None: ...


Root(wrong=1)
"""


@pytest.mark.parametrize(("name", "mode"), _OTHERS)
@pytest.mark.parametrize(
    ("program", "seen_by_all_but"), [(_UNKNOWN_NAME, [_AS_MYPY]), (_ARGUMENTS_AFTER_A_CHOICE, _OTHERS)]
)
def test_limits(program, seen_by_all_but, name, mode, tmp_path):
    (tmp_path / "program.py").write_text(program)
    found = reported(CHECKERS[name, mode], tmp_path, ["program.py"])["program.py"]
    assert found == (set() if (name, mode) in seen_by_all_but else {len(program.splitlines())})
