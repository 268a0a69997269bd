"""Type checkers, each run as its users run it, with the environment of the tests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..npm import NODE, install

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CHECKERS", "PYRIGHT", "Checker", "reported"]

PYRIGHT = "1.1.414"


@dataclass(frozen=True)
class Checker:
    """A type checker in one of its modes.

    Attributes:
        command: The command; the files follow.
        report: A line that it prints of a mistake.
        configuration: The name and the text of its configuration; empty without.
    """

    command: tuple[str, ...]
    report: str
    configuration: tuple[str, str] = ("", "")


_PYREFLY = ("pyrefly", "check", "--python-interpreter-path", sys.executable, "--output-format", "min-text")
_ZUBAN = ("--python-executable", sys.executable)
CHECKERS = {
    ("ty", "default"): Checker(
        ("ty", "check", "--python", sys.executable, "--output-format", "concise"),
        r"^{file}:(\d+):\d+: (?:error|warning)\[",
    ),
    ("pyrefly", "`basic`"): Checker(_PYREFLY, r"^ *(?:ERROR|WARN) {file}:(\d+):"),
    ("pyrefly", '`preset = "default"`'): Checker(
        _PYREFLY, r"^ *(?:ERROR|WARN) {file}:(\d+):", ("pyrefly.toml", 'preset = "default"\n')
    ),
    ("zuban", "`zuban check`"): Checker(("zuban", "check", *_ZUBAN), r"^{file}:(\d+): error: "),
    ("zuban", "`zuban mypy --strict`"): Checker(("zuban", "mypy", "--strict", *_ZUBAN), r"^{file}:(\d+): error: "),
    **{
        ("pyright", f"`{mode}`"): Checker(
            ("pyright", "--pythonpath", sys.executable),
            r"^ *\S*/{file}:(\d+):\d+ - (?:error|warning): ",
            ("pyrightconfig.json", json.dumps({"typeCheckingMode": mode})) if mode != "standard" else ("", ""),
        )
        for mode in ("standard", "strict")
    },
}
"""The checkers by name and mode, as the page on type-checked builds has them."""


def reported(checker: Checker, folder: Path, files: Iterable[str]) -> dict[str, set[int]]:
    """Check files of a folder.

    Args:
        checker: The checker.
        folder: The folder.
        files: The names of the files.

    Returns:
        For each file the lines, counted from 1, that are reported.
    """
    name, text = checker.configuration
    if name:
        (folder / name).write_text(text, encoding="utf-8")
    program, *arguments = checker.command
    # With names of files, pyright leaves its configuration aside.
    command = [*_program(program, folder), *arguments, *(() if program == "pyright" else files)]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = {
        file: re.finditer(checker.report.format(file=re.escape(file)), done.stdout, re.MULTILINE) for file in files
    }
    return {file: {int(match[1]) for match in matches} for file, matches in found.items()}


def _program(name: str, folder: Path) -> list[str]:
    if name != "pyright":
        return [str(Path(sys.executable).with_name(name))]
    package = install(f"pyright@{PYRIGHT}", folder.parent / "node_modules_of_pyright")
    return [str(NODE), str(package / "index.js")]
