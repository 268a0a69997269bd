"""The environments of the peers: one each, made once and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NotInstalledError", "default_folder", "environment"]

_MARK: Final = "complete"
_LIMIT: Final = 1_800.0
"""Seconds after which an installation is given up."""


class NotInstalledError(Exception):
    """A peer cannot be installed here; the text is the reason."""


def default_folder() -> Path:
    """Return where the environments are kept: in the user's cache."""
    return user_cache_path("terraregistry") / "benchmarks"


def environment(name: str, requirements: Sequence[str], folder: Path) -> Path:
    """Make an environment, or find the one that was made.

    Args:
        name: What it is called.
        requirements: What to install; none for what is installed here.
        folder: Where environments are kept.

    Returns:
        Its Python.

    Raises:
        NotInstalledError: The requirements cannot be installed.
    """
    if not requirements:
        return Path(sys.executable)
    facts = [sys.version, sys.platform, *requirements]
    place = folder.resolve() / f"{name}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:12]}"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (place / _MARK).exists():
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        for command in _commands(place, python, requirements):
            _do(command, folder)
        (place / _MARK).touch()
    return python


def _commands(place: Path, python: Path, requirements: Sequence[str]) -> list[list[str]]:
    uv = shutil.which("uv")
    if uv is None:
        return [
            [sys.executable, "-m", "venv", str(place)],
            [str(python), "-m", "pip", "install", "--quiet", *requirements],
        ]
    return [
        [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(place)],
        [uv, "pip", "install", "--quiet", "--python", str(python), *requirements],
    ]


def _do(command: Sequence[str], folder: Path) -> None:
    # Elsewhere than here, where uv would hold the peers to the versions of this project.
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(f"{type(error).__name__}: {error}") from error
    if done.returncode:
        lines = [line.strip(" \u00d7│╰─▶\t") for line in done.stderr.splitlines() if line.strip()]
        raise NotInstalledError(" ".join(lines)[:300] or f"{command[0]} ended with {done.returncode}")
