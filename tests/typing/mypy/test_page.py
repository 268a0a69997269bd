"""The page on mypy shows what mypy says."""

from __future__ import annotations

import re
from pathlib import Path

from .checking import mypy, write_project

_PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "mypy.md"
_BLOCKS = re.compile(r"^```py\n(.*?)^```\n\nmypy says\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_mypy_says_what_the_page_shows(tmp_path):
    blocks = _BLOCKS.findall(_PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 2
    names = [f"part{number}.py" for number in range(len(blocks))]
    write_project(tmp_path, dict(zip(names, (program for program, _ in blocks), strict=True)))
    lines = mypy(tmp_path, *names)
    for name, (_, shown) in zip(names, blocks, strict=True):
        said = [line.removeprefix(f"{name}:") for line in lines if line.startswith(f"{name}:")]
        assert said == shown.splitlines()
