"""The pages for developers name files that are there, and words that are used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGES = _ROOT / "docs" / "development"
_ROWS = re.compile(r"^\|(.+)\|$", re.MULTILINE)


def _files(row: str) -> list[str]:
    """List the files that a row names; one without a folder is in that of the one before it."""
    found: list[str] = []
    for name in re.findall(r"`([\w/]+(?:\.pyi?|\.sql|/))`", row):
        folder = found[-1].rpartition("/")[0] if found and "/" not in name else ""
        found.append(f"{folder}/{name}" if folder else name)
    return found


def _there(name: str) -> bool:
    return any((root / name).exists() for root in (_ROOT / "src" / "terraregistry", _ROOT))


@pytest.mark.parametrize("page", ["tour.md", "glossary.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    rows = [row for row in _ROWS.findall((_PAGES / page).read_text(encoding="utf-8")) if _files(row)]
    assert len(rows) > 10
    assert [name for row in rows for name in _files(row) if not _there(name)] == []


def test_the_glossary_is_sorted_and_names_each_concept_once() -> None:
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", (_PAGES / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert words == sorted(set(words))
