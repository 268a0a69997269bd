"""The page on type-checked builds shows what the type checkers say."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from .mypy.checking import mypy, write_project
from .page import examples

_WIDTH = 140
_REPORT = re.compile(r"^  \S*/(?P<file>\w+\.py):(?P<said>\d+:\d+ - .*)$")


def _write(folder):
    files = {f"part{number}.py": example.program for number, example in enumerate(examples())}
    write_project(folder, files)
    return list(files)


def _cut(line):
    return line if len(line) <= _WIDTH else line[:_WIDTH] + "..."


def _pyright(folder):
    """What basedpyright prints of each file, with line and column in front."""
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11"}))
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    said: dict[str, list[str]] = {}
    file = None
    for line in done.stdout.replace("\xa0", " ").splitlines():
        if match := _REPORT.match(line):
            file = match["file"]
            said.setdefault(file, []).append(_cut(match["said"]))
        elif file is not None and line.startswith("    "):
            said[file].append(_cut(line))
    return said


def test_the_page_has_what_each_checker_says():
    both = ["mypy", "pyright"]
    assert [sorted(example.said) for example in examples()] == [both, both, both]


def test_mypy_says_what_the_page_shows(tmp_path):
    names = _write(tmp_path)
    lines = mypy(tmp_path, *names)
    for name, example in zip(names, examples(), strict=True):
        said = [line.removeprefix(f"{name}:") for line in lines if line.startswith(f"{name}:")]
        assert said == example.said.get("mypy", [])


@pytest.mark.slow
def test_pyright_says_what_the_page_shows(tmp_path):
    names = _write(tmp_path)
    said = _pyright(tmp_path)
    for name, example in zip(names, examples(), strict=True):
        assert said[name] == example.said["pyright"]
