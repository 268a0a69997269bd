"""Builders of all names in the checkers that do not check the arguments of `build`."""

from __future__ import annotations

import pytest

from .cases import Mistake, right_cases, wrong_cases
from .checking import right_program, wrong_program
from .other_checkers import CHECKERS, reported

pytestmark = pytest.mark.slow

_UNSEEN = {"ty": set(), "pyrefly": {Mistake.NAME_TYPO}, "zuban": {Mistake.NAME_TYPO}}
"""The mistakes in builders that a checker may miss."""


@pytest.mark.parametrize(("name", "mode"), [each for each in CHECKERS if each[0] in _UNSEEN and "basic" not in each[1]])
def test_calls_of_builders_are_checked_and_have_their_exact_type(name, mode, index, tmp_path):
    right, _ = right_program([case.by_builder() for case in right_cases(index, 450)], exact=True)
    cases = [case.by_builder() for mistake in Mistake for case in wrong_cases(index, mistake, 60)]
    wrong, lines = wrong_program(cases)
    (tmp_path / "right.py").write_text(right)
    (tmp_path / "wrong.py").write_text(wrong)
    found = reported(CHECKERS[name, mode], tmp_path, ["right.py", "wrong.py"])
    assert found["right.py"] == set()
    assert found["wrong.py"] <= lines.keys()
    assert {lines[line].mistake for line in lines.keys() - found["wrong.py"]} <= _UNSEEN[name]
