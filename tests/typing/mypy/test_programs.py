"""Programs with what mypy has to say beside their lines: that, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from .checking import errors, expected, mypy, said_of, write_project

_PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize("name", [pytest.param("calls.py", marks=pytest.mark.slow), "registrations.py", "dynamic.py"])
def test_mypy_says_what_is_beside_the_lines(tmp_path, name):
    program = (_PROGRAMS / name).read_text(encoding="utf-8")
    write_project(tmp_path, {name: program})
    said, wanted = said_of(mypy(tmp_path, name), name), expected(program)
    assert errors(said) == errors(wanted)
    missing = {line: texts for line, texts in wanted.items() if not {*texts} <= {*said[line]}}
    assert missing == {}, said
