"""Variables that are assigned from themselves or from each other: they are not known, and looking them up ends."""

from __future__ import annotations

import pytest

from .test_statements import ALL, OPEN, text, written


@pytest.mark.parametrize(
    ("assignments", "call", "expected"),
    [
        (["key = key if key else 'width'"], "kwargs.pop(key, 1)", OPEN),
        (["key = key[0]"], "kwargs.pop(key, 1)", OPEN),
        (["first = key", "second = first if key else third", "third = second"], "kwargs.pop(third, 1)", OPEN),
        (["build = build if key else stage"], "build(**kwargs)", ALL),
        (["build = again", "again = build if key else build"], "build(**kwargs)", ALL),
    ],
)
def test_a_variable_that_needs_itself_is_not_known(assignments: list[str], call: str, expected: str) -> None:
    lines = ["def make(key='', **kwargs):", *assignments, call, "stage(**kwargs)"]
    found = text(written("\n    ".join(lines) + "\n"))
    assert found == expected.replace("(", "(key='', ", 1), lines


@pytest.mark.parametrize("assignments", [["made = made"], ["made = other", "other = made"]])
def test_nor_is_what_such_a_variable_makes(assignments: list[str]) -> None:
    body = "\n        ".join([*assignments, "return made"])
    source = f"class make:\n    def __new__(cls, size=1):\n        {body}\n    def __init__(self, size: int = 1): ...\n"
    assert text(written(source)) == "(size=1)"
