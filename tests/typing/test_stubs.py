"""The stubs in `typings/` are of what is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_TYPINGS = Path(__file__).parents[2] / "typings"


@pytest.mark.slow
@pytest.mark.parametrize("package", sorted(folder.name for folder in _TYPINGS.iterdir()))
def test_the_stubs_agree_with_the_package(package):
    # A stub is written for what is used; the rest of the package has none.
    command = [sys.executable, "-m", "mypy.stubtest", "--concise", "--ignore-missing-stub", package]
    environment = {**os.environ, "MYPYPATH": str(_TYPINGS), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
