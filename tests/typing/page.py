"""The page on type-checked builds: its programs, and what it shows of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Example", "completions", "examples", "figures", "sizes"]

_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "type-checked-builds.md"
_FENCE = re.compile(r"^```(?P<language>\w+)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SAYS = re.compile(r"(?P<checker>mypy|pyright) says\n\n\Z")


_ROW = re.compile(
    r"^\| (?P<checker>[a-z ]*[\d.]*) \| (?P<mode>[^|]+) \| (?P<counts>\d+ \| \d+ \| \d+) \|", re.MULTILINE
)
_SIZES = re.compile(r"Counted on (\d+) right lines, .*, and (\d+) wrong ones")


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


def figures() -> dict[tuple[str, str], tuple[int, ...]]:
    """For each checker and version, and mode: right lines refused, wrong ones missed, and those of them in builders."""
    rows = _ROW.finditer(_PAGE.read_text(encoding="utf-8"))
    return {(row["checker"], row["mode"].strip()): tuple(map(int, row["counts"].split(" | "))) for row in rows}


def sizes() -> tuple[int, int]:
    """How many lines are right, and how many wrong, in the corpus of the page's figures."""
    right, wrong = _SIZES.search(_PAGE.read_text(encoding="utf-8")).groups()
    return int(right), int(wrong)
