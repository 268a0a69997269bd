"""Calls as people write them: the right ones run and are accepted, the wrong ones are reported, with nothing configured."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .checking import pyright
from .corpus import right
from .mypy.checking import errors, mypy, said_of, write_project

pytestmark = pytest.mark.slow

_CORPUS = Path(__file__).parent / "corpus"
RIGHT = (_CORPUS / "right.py").read_text(encoding="utf-8")
WRONG = (_CORPUS / "wrong.py").read_text(encoding="utf-8")
MISTAKES = {number for number, line in enumerate(WRONG.splitlines(), 1) if line.endswith("# wrong")}


def _lines(text, *, of):
    return {number for number, line in enumerate(text.splitlines(), 1) if of in line}


UNPACKED_INTEGERS = _lines(RIGHT, of='**{"in_chans": 3}')
"""A dictionary of integers may have any key, for a checker: also that of a parameter that takes none."""

NAMES_OF_ANY_TYPE = _lines(RIGHT, of='.builder(config["name"])')
"""What `builder` gives for a name of type `Any` is unknown to pyright, and strict mode reports what is unknown."""


def test_there_are_many():
    statements = [
        node
        for node in ast.walk(ast.parse(RIGHT))
        if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return))
    ]
    assert (
        len({each.lineno for each in statements if any(isinstance(node, ast.Call) for node in ast.walk(each))}) >= 200
    )
    assert len(MISTAKES) >= 80


def test_the_right_lines_run(capsys):
    right.main()


@pytest.mark.parametrize(("mode", "unknown"), [("standard", set()), ("strict", NAMES_OF_ANY_TYPE)])
def test_pyright(mode, unknown, tmp_path):
    assert set(pyright(RIGHT, tmp_path / "right", mode=mode).reports) == UNPACKED_INTEGERS | unknown
    assert set(pyright(WRONG, tmp_path / "wrong", mode=mode).reports) == MISTAKES


def test_mypy(tmp_path):
    write_project(tmp_path, {"right.py": RIGHT, "wrong.py": WRONG})
    lines = mypy(tmp_path, "right.py", "wrong.py")
    found = errors(said_of(lines, "right.py"))
    # `*values` may be as long as there are parameters; what `nn.Module` gives when it is called is anything.
    others = _lines(RIGHT, of="*values, indices=[0]") | _lines(RIGHT, of="self.stem(x) + self.backbone(x)")
    assert set(found) == UNPACKED_INTEGERS | others
    missed = _lines(WRONG, of='"FCNDecoder", [8])(FEATURES[0])') | _lines(WRONG, of='"resnet18")(FEATURES)')
    assert set(errors(said_of(lines, "wrong.py"))) == MISTAKES - missed
