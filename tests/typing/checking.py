"""Programs made of cases, and what basedpyright says of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .cases import Case

__all__ = ["Checked", "pyright", "right_program", "wrong_program"]


@dataclass(frozen=True)
class Checked:
    """What pyright said.

    Attributes:
        reports: For each line that has one, counted from 1, the messages.
        seconds: How long it took.
    """

    reports: Mapping[int, tuple[str, ...]]
    seconds: float


def right_program(cases: Sequence[Case], *, exact: bool = False) -> tuple[str, dict[int, Case]]:
    """Write a program of right calls, each assigned to a variable of its type.

    Args:
        cases: The cases.
        exact: Whether to assert that the type is no subclass either.

    Returns:
        The program, and the case at each line that has one.
    """
    if exact:
        return _program(cases, [f"typing.assert_type({case.call}, {case.product})" for case in cases])
    return _program(cases, [f"made{place}: {case.product} = {case.call}" for place, case in enumerate(cases)])


def wrong_program(cases: Sequence[Case]) -> tuple[str, dict[int, Case]]:
    """Write a program of calls, without any use of what they give.

    Args:
        cases: The cases.

    Returns:
        The program, and the case at each line that has one.
    """
    return _program(cases, [f"made{place} = {case.call}" for place, case in enumerate(cases)])


def _program(cases: Sequence[Case], calls: Sequence[str]) -> tuple[str, dict[int, Case]]:
    modules = sorted({"terraregistry.library", *(name for case in cases for name in case.imports)})
    head = ["# pyright: reportUnusedImport=false", "import typing", *(f"import {module}" for module in modules)]
    start = len(head) + 1
    lines = [*head, *calls]
    return "\n".join(lines) + "\n", {start + place: case for place, case in enumerate(cases)}


def pyright(program: str, folder: Path, *, mode: str = "strict", **settings: str) -> Checked:
    """Check a program with basedpyright.

    Args:
        program: The program.
        folder: An empty folder for it.
        mode: The mode: `strict`, `recommended` (basedpyright's default), or `standard` (pyright's).
        settings: Further settings.

    Returns:
        What it said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.py").write_text(program, encoding="utf-8")
    configuration = {"typeCheckingMode": mode, "include": ["program.py"], "pythonVersion": "3.11", **settings}
    (folder / "pyrightconfig.json").write_text(json.dumps(configuration), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    started = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise AssertionError(done.stdout + done.stderr)
    found: dict[int, tuple[str, ...]] = {}
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["summary"]["filesAnalyzed"] == 1, answer
    for each in answer["generalDiagnostics"]:
        line = each["range"]["start"]["line"] + 1
        if each["severity"] in ("error", "warning"):
            found[line] = (*found.get(line, ()), each["message"])
    return Checked(found, seconds)
