"""Calls by name, as mypy sees them with the plugin: right ones have their exact type, wrong ones are reported."""

from __future__ import annotations

import pytest

from terraregistry.index import load_index

from ..cases import Mistake, right_cases, wrong_cases
from .checking import mypy, said_of, write_project

_FEW, _MANY = 8, 120


def _program(cases, write):
    modules = sorted({"typing", "terraregistry.library", *(name for case in cases for name in case.imports)})
    head = [f"import {module}" for module in modules]
    lines = {len(head) + 1 + place: case for place, case in enumerate(cases)}
    return "\n".join([*head, *(write(case) for case in cases)]) + "\n", lines


def _checked(folder, cases, write):
    program, lines = _program(cases, write)
    write_project(folder, {"program.py": program})
    return said_of(mypy(folder, "program.py"), "program.py"), lines


def _assertion(case):
    return f"typing.assert_type({case.call}, {case.product})"


@pytest.mark.parametrize("count", [40, pytest.param(450, marks=pytest.mark.slow)])
def test_right_calls_are_accepted_with_their_exact_type(tmp_path, count):
    cases = right_cases(load_index(), count)
    said, _ = _checked(tmp_path, cases, _assertion)
    assert said == {}
    assert len({case.name for case in cases}) > 0.7 * count


def _messages(mistake, case, message):
    return {
        Mistake.NAME_TYPO: f'has no component "{case.name}"' in message,
        Mistake.ARGUMENT_TYPO: message.startswith("E: Unexpected keyword argument"),
        Mistake.WRONG_TYPE: message.startswith("E: ") and "has incompatible type" in message,
        Mistake.MISSING_ARGUMENT: message.startswith("E: Missing "),
        Mistake.TOO_MANY_POSITIONALS: message.startswith("E: Too many "),
    }[mistake]


@pytest.mark.slow
def test_calls_of_builders_are_checked_and_have_their_exact_type(tmp_path):
    index = load_index()
    right = [case.by_builder() for case in right_cases(index, 450)]
    said, _ = _checked(tmp_path, right, _assertion)
    assert said == {}
    wrong = [case.by_builder() for mistake in Mistake for case in wrong_cases(index, mistake, 60)]
    said, lines = _checked(tmp_path, wrong, lambda case: case.call)
    assert said.keys() == lines.keys()


@pytest.mark.parametrize("count", [_FEW, pytest.param(_MANY, marks=pytest.mark.slow)])
def test_every_mistake_is_reported_at_its_line_in_the_words_of_a_call(tmp_path, count):
    index = load_index()
    cases = [case for mistake in Mistake for case in wrong_cases(index, mistake, count)]
    said, lines = _checked(tmp_path, cases, lambda case: case.call)
    assert said.keys() == lines.keys()
    strange = [
        (case.call, said[line])
        for line, case in lines.items()
        if not any(_messages(case.mistake, case, message) for message in said[line])
    ]
    assert strange == []


@pytest.mark.slow
def test_without_the_plugin_the_calls_are_let_through(tmp_path):
    index = load_index()
    cases = [case for mistake in Mistake for case in wrong_cases(index, mistake, _FEW)]
    program, _ = _program(cases, lambda case: case.call)
    write_project(tmp_path, {"program.py": program}, config="[mypy]\nstrict = true\n")
    assert mypy(tmp_path, "program.py") == []
