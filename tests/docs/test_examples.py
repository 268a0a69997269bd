"""Every example that a reader can copy runs: the README, the documentation, the docstrings."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import terraregistry

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = [
    info.name for info in pkgutil.walk_packages(terraregistry.__path__, "terraregistry.") if "__main__" not in info.name
]


def run(text: str, name: str, scope: dict[str, object]) -> list[str]:
    """Run the examples of a text as a session, and return what went wrong."""
    test = doctest.DocTestParser().get_doctest(text, scope, name, name, 0)
    test.globs = scope  # shared, so that a block goes on where the one before it ended
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append, clear_globs=False)
    return report


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    # A module, so that a registry that the page makes is known by the name that the page gives it.
    module = ModuleType(f"page_{page.stem.replace('-', '_')}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    blocks = FENCE.findall(page.read_text(encoding="utf-8"))
    if any("load_index" in block for block in blocks):
        request.getfixturevalue("index")  # made once for all tests
    for number, block in enumerate(blocks):
        if ">>>" in block:
            assert run(block, f"{page.name}, block {number}", module.__dict__) == []
        else:
            exec(compile(block, f"{page}, block {number}", "exec"), module.__dict__)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=FLAGS).failed == 0


def test_there_are_pages_and_modules_to_look_at() -> None:
    assert len(PAGES) > 10
    assert len(MODULES) > 40
