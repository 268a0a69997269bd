"""Each example of the README and the tutorial is right as the first thing that a real interpreter runs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .test_examples import FENCE, FLAGS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import doctest, sys
text, flags = sys.stdin.read(), int(sys.argv[1])
test = doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, "example", None, 0)
report = []
failed, tried = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)
sys.exit("".join(report) if failed or not tried else 0)
"""


def statements(block: str) -> ast.Module:
    """Read the statements of an example, without what they give."""
    lines = [line[4:] for line in block.splitlines() if line.startswith((">>>", "..."))]
    return ast.parse("\n".join(line for line in lines if line != "..."))


def imports(block: str) -> dict[str, str]:
    """Find the names that an example imports, each with the statement."""
    found = [each for each in statements(block).body if isinstance(each, ast.Import | ast.ImportFrom)]
    return {(name.asname or name.name): ast.unparse(each) for each in found for name in each.names}


def examples(page: Path) -> list[str]:
    """List the examples of a page, each with those imports of the ones before it that it needs."""
    known: dict[str, str] = {}
    found: list[str] = []
    for block in FENCE.findall(page.read_text(encoding="utf-8")):
        used = {each.id for each in ast.walk(statements(block)) if isinstance(each, ast.Name)} - imports(block).keys()
        needed = dict.fromkeys(statement for name, statement in known.items() if name in used)
        found.append("".join(f">>> {statement}\n" for statement in needed) + block)
        known |= imports(block)
    return found


EXAMPLES = {
    f"{page.name}, {number}": example
    for page in (ROOT / "README.md", ROOT / "docs" / "tutorial.md")
    for number, example in enumerate(examples(page), 1)
}
FEW = ("README.md, 1", "tutorial.md, 2")


def test_there_are_examples() -> None:
    assert {*FEW} < {*EXAMPLES}
    assert all(each.startswith(">>> ") for each in EXAMPLES.values())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in FEW else pytest.mark.slow) for name in EXAMPLES]
)
def test_an_example_is_right_as_the_first_call(name: str, tmp_path: Path) -> None:
    assert fault(EXAMPLES[name], tmp_path) == ""


def test_an_example_that_is_wrong_is_told(tmp_path: Path) -> None:
    assert "Got:\n    2\n" in fault(">>> 1 + 1\n3\n", tmp_path)
    assert "KeyError" in fault(">>> {}[1]\n", tmp_path)


def fault(example: str, folder: Path) -> str:
    """Run an example in an interpreter of its own, without a cache, and say what goes wrong."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(FLAGS)],
        input=example,
        env=os.environ | {"TERRAREGISTRY_SHIPPED_INDEX": "0", "XDG_CACHE_HOME": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    return f"status {done.returncode}: {done.stderr[-3000:]}" if done.returncode else ""
