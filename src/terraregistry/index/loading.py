"""Loading the index: shipped with the package, kept in the cache, or made now in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Final

from terraregistry.index.cache import cache_folder, read_cached, verified, write_cached
from terraregistry.index.keys import current_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO, TypeAlias

    from terraregistry.index.store import Index

    Report: TypeAlias = Callable[[int, int], None]

__all__ = ["IndexUnavailableError", "cached_index", "load_index", "made_elsewhere", "make_and_keep", "shipped_index"]

SHIPPED: Final = "shipped.index"
"""The file of this package written by the build."""
_CHILD: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from terraregistry.indexing.making import main
main()
"""


class IndexUnavailableError(RuntimeError):
    """The index is not in the cache and cannot be made; the message says why."""


def shipped_index() -> Index | None:
    """Read the shipped index; None if other versions are installed, sources were edited, or `TERRAREGISTRY_SHIPPED_INDEX=0`."""
    if os.environ.get("TERRAREGISTRY_SHIPPED_INDEX") == "0":
        return None
    import pkgutil

    try:
        image = verified(pkgutil.get_data("terraregistry.index", SHIPPED) or b"")
    except OSError:  # a checkout that was not installed
        return None
    if image is None:
        return None
    from terraregistry.index.store import Index

    index = Index(image)
    return index if index.key.fits else None


def cached_index(*, folder: Path | None = None) -> Index | None:
    """Read the index of the installed libraries; None if it would have to be made.

    Args:
        folder: The only folder to search; by default the shipped index comes first, then the user's cache.
    """
    shipped = shipped_index() if folder is None else None
    return shipped or read_cached(folder or cache_folder(), current_key())


def load_index(*, folder: Path | None = None) -> Index:
    """Load the index of the installed libraries: in milliseconds, or 20 seconds if it has to be made.

    Args:
        folder: As for `cached_index`.

    Raises:
        IndexUnavailableError: There is none in the cache, and it cannot be made.
    """
    index = cached_index(folder=folder)
    return make_and_keep(folder=folder)[0] if index is None else index


def make_and_keep(report: Report | None = None, *, folder: Path | None = None) -> tuple[Index, bool]:
    """Make the index of the installed libraries and write it to the cache.

    Args:
        report: A callback for progress: the number of components described, and their total.
        folder: The folder of the cache; by default the user's own.

    Returns:
        The index, and True if it was written; otherwise it is made again the next time.

    Raises:
        IndexUnavailableError: It cannot be made.
    """
    index = made_elsewhere(report)
    return index, write_cached(cache_folder() if folder is None else folder, index)


def made_elsewhere(report: Report | None) -> Index:
    """Make the index in another process: nothing is loaded into this one, and its own registrations are left out.

    The key is the other process's, computed before it reads anything: a change in the meantime makes the index stale.

    Raises:
        IndexUnavailableError: It cannot be made.
    """
    import sqlite3

    from terraregistry.index.store import Index

    try:
        return Index(_made(report))
    except (OSError, sqlite3.Error) as error:
        raise IndexUnavailableError(f"the index of the installed components cannot be made: {error}") from None


def _made(report: Report | None) -> bytes:
    import subprocess

    # `-P`: the working folder may have a module of any name, such as json.py.
    entries: list[object] = [*sys.path]  # anything may be put there
    path = json.dumps([entry for entry in entries if isinstance(entry, str)])
    command = [sys.executable or "python", "-P", "-c", _CHILD, path]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # it imports torch and computes nothing
    # In a session of its own: the Ctrl-C that is meant for both reaches this process, which ends the other without a traceback.
    with subprocess.Popen(  # noqa: S603 - this interpreter
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
    ) as process:
        try:
            image = b"" if process.stdout is None else _read_reports(process.stdout, report)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise OSError(f"the process that makes it ends with status {process.returncode}")
    return image


def _read_reports(stream: IO[bytes], report: Report | None) -> bytes:
    """Read the output of the other process: lines of progress, two numbers each, an empty line, and the image."""
    for line in stream:
        numbers = line.split()
        if not numbers:
            return stream.read()
        if report is not None and len(numbers) == 2 and all(map(bytes.isdigit, numbers)):
            report(int(numbers[0]), int(numbers[1]))
    return b""
