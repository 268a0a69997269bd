"""The Python files of a project and of its modules."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["find_module", "is_installed", "python_files"]

_MOST_ENTRIES: Final = 5000
"""A folder with more entries holds data."""
_DEEP: Final = 2
"""Depth from which folders without Python files are not searched further."""
_MOST_FILES: Final = 20_000


def python_files(root: Path) -> Iterator[Path]:
    """Find the Python files of a project.

    Args:
        root: The project's folder. Below it, only folders able to be packages are searched, and no data folders.

    Yields:
        The files, ordered by name.
    """
    left = _MOST_FILES
    waiting = [(root, 0)]
    while waiting and left > 0:
        folder, depth = waiting.pop()
        files, folders = _entries(folder)
        left -= len(files)
        yield from (folder / name for name in files)
        if files or depth < _DEEP:
            waiting += [(folder / name, depth + 1) for name in reversed(folders)]


def _entries(folder: Path) -> tuple[list[str], list[str]]:
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count == _MOST_ENTRIES:
                    return [], []
                if entry.name.endswith(".py"):
                    files.append(entry.name)
                elif entry.name.isidentifier() and entry.name not in ("__pycache__", "node_modules") and entry.is_dir():
                    folders.append(entry.name)
    except OSError:
        return [], []
    return sorted(files), sorted(folders) if "pyvenv.cfg" not in files else []


def find_module(name: str, folders: Iterable[Path]) -> Path | None:
    """Find the source of a module without importing anything.

    Args:
        name: Its name.
        folders: The folders to search first; then Python's own path.

    Returns:
        The file, or None.
    """
    parts = name.split(".")
    for folder in folders:
        place = folder.joinpath(*parts)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    search: list[str] | None = list(sys.path)
    origin: str | None = None
    for index in range(len(parts)):
        spec = importlib.machinery.PathFinder.find_spec(".".join(parts[: index + 1]), search)
        if spec is None:
            return None
        origin = spec.origin
        search = list(spec.submodule_search_locations or ())
    return Path(origin) if origin is not None and origin.endswith(".py") else None


def is_installed(file: str) -> bool:
    """Return True for a file of an installed distribution or a type checker's stubs, not of a project."""
    parts = Path(file).parts
    return "site-packages" in parts or "dist-packages" in parts or "typeshed" in parts
