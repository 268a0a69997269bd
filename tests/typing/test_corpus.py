"""Calls as people write them: the right ones run and are accepted, the wrong ones are reported, with nothing configured."""

from __future__ import annotations

import ast
import importlib.metadata
from pathlib import Path

import pytest

from .checking import pyright
from .corpus import right
from .mypy.checking import errors, mypy, said_of, write_project
from .other_checkers import CHECKERS, PYRIGHT, reported
from .page import figures, sizes

pytestmark = pytest.mark.slow

_CORPUS = Path(__file__).parent / "corpus"
RIGHT = (_CORPUS / "right.py").read_text(encoding="utf-8")
WRONG = (_CORPUS / "wrong.py").read_text(encoding="utf-8")
MYPY = ("mypy", "`--strict`")


def _lines(text, *, of):
    return {number for number, line in enumerate(text.splitlines(), 1) if of in line}


MISTAKES = {number for number, line in enumerate(WRONG.splitlines(), 1) if line.endswith("# wrong")}
IN_BUILDERS = _lines(WRONG, of=".builder(")


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
    right_lines = {each.lineno for each in statements if any(isinstance(node, ast.Call) for node in ast.walk(each))}
    assert sizes() == (len(right_lines), len(MISTAKES))
    assert len(right_lines) >= 200
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
    # What `nn.Module` gives when it is called is anything, and strict mode reports what returns it.
    assert set(found) == _lines(RIGHT, of="self.stem(x) + self.backbone(x)")
    missed = _lines(WRONG, of='"FCNDecoder", [8])(FEATURES[0])') | _lines(WRONG, of='"resnet18")(FEATURES)')
    assert set(errors(said_of(lines, "wrong.py"))) == MISTAKES - missed
    assert _figures(MYPY) == (len(found), len(missed), 0)


# -- all checkers --


def _figures(checker):
    """The page's figures of a checker, in the version that the tests run with."""
    name, mode = checker
    version = PYRIGHT if name == "pyright" else importlib.metadata.version(name)
    return figures()[f"{name} {version}", mode]


def test_the_page_has_figures_of_every_checker():
    assert {(name.partition(" ")[0], mode) for name, mode in figures()} == {*CHECKERS, MYPY}


@pytest.mark.parametrize("checker", CHECKERS, ids=" ".join)
def test_the_page_has_the_figures_of(checker, tmp_path):
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    found = reported(CHECKERS[checker], tmp_path, ["right.py", "wrong.py"])
    missed = MISTAKES - found["wrong.py"]
    assert found["wrong.py"] <= MISTAKES
    assert (len(found["right.py"]), len(missed), len(missed & IN_BUILDERS)) == _figures(checker)
