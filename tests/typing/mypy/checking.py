"""Programs, and what mypy says of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["CACHE", "PLUGIN", "errors", "expected", "mypy", "said_of", "write_project"]

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".mypy_cache" / "programs"
"""Kept from one run of the tests to the next: what mypy knows of torch and the other libraries."""
PLUGIN = "[mypy]\nstrict = true\nplugins = terraregistry.mypy_plugin\n"
BARE = "[mypy]\nstrict = true\n"

_REPORT = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+): (?P<kind>error|note): (?P<message>.*)$")


@contextlib.contextmanager
def _alone(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_project(folder: Path, files: Mapping[str, str], *, config: str = PLUGIN) -> Path:
    """Write the files of a project, with mypy's configuration."""
    for name, text in {"mypy.ini": config, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def mypy(folder: Path, *targets: str, cache: Path = CACHE, environment: Mapping[str, str] | None = None) -> list[str]:
    """Run mypy in a folder.

    Returns:
        The lines that it prints, without the last, which counts.
    """
    cache = cache if "plugins" in (folder / "mypy.ini").read_text() else cache.with_name(cache.name + "-bare")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), "--no-error-summary", *(targets or ["."])]
    with _alone(cache):
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=_measured(environment), check=False
        )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def _measured(environment: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Have the plugin's lines counted in mypy's process as well, where they are counted in this one."""
    coverage = sys.modules.get("coverage")  # not every environment has it
    measuring = None if coverage is None else coverage.Coverage.current()
    if measuring is None:
        return environment
    files = {
        "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"),
        "COVERAGE_FILE": str(ROOT / measuring.config.data_file),
    }
    return {**(os.environ if environment is None else environment), **files}


def said_of(lines: list[str], file: str) -> dict[int, list[str]]:
    """Sort what was said of one file by line: messages as `E: ...` and `N: ...`."""
    found: dict[int, list[str]] = {}
    for line in lines:
        match = _REPORT.match(line)
        if match is not None and match["file"] == file:
            found.setdefault(int(match["line"]), []).append(f"{match['kind'][0].upper()}: {match['message']}")
    return found


def errors(said: Mapping[int, list[str]]) -> dict[int, list[str]]:
    """Leave the notes out."""
    found = {line: [text for text in texts if text.startswith("E: ")] for line, texts in said.items()}
    return {line: texts for line, texts in found.items() if texts}


def expected(program: str) -> dict[int, list[str]]:
    """Read what a program expects beside its lines: `# E: ...`, `# N: ...`, several of them one after the other."""
    found: dict[int, list[str]] = {}
    for number, line in enumerate(program.splitlines(), 1):
        _, *parts = re.split(r"  # (?=[EN]: )", line)
        if parts:
            found[number] = parts
    return found
