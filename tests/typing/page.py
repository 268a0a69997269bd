"""The page on type-checked builds: its programs, and what it shows of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Example", "completions", "examples"]

_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "type-checked-builds.md"
_FENCE = re.compile(r"^```(?P<language>\w+)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SAYS = re.compile(r"(?P<checker>mypy|pyright) says\n\n\Z")


@dataclass
class Example:
    """A program, and what the page shows of each checker that is said to say something of it."""

    program: str
    said: dict[str, list[str]] = field(default_factory=dict)


def examples() -> list[Example]:
    """The programs of the page."""
    text = _PAGE.read_text(encoding="utf-8")
    found: list[Example] = []
    for fence in _FENCE.finditer(text):
        says = _SAYS.search(text, 0, fence.start())
        if fence["language"] == "py":
            found.append(Example(fence["text"]))
        elif says is not None:
            found[-1].said[says["checker"]] = fence["text"].splitlines()
    return found


def completions() -> dict[str, list[str]]:
    """For each line of Python with a cursor, `|`, what is proposed there."""
    found: dict[str, list[str]] = {}
    for fence in _FENCE.finditer(_PAGE.read_text(encoding="utf-8")):
        first, *others = fence["text"].splitlines() or [""]
        if fence["language"] == "text" and "|" in first and ": " not in first:
            found[first] = [line.strip() for line in others]
    return found
