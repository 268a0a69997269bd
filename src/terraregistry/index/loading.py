"""Loading the index: from the cache, or made now, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from terraregistry.index.cache import cache_folder, read_cached, write_cached
from terraregistry.index.checks import DamagedIndexError
from terraregistry.index.encoding import decode
from terraregistry.index.keys import current_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from terraregistry.index.descriptions import Index
    from terraregistry.index.keys import Key

__all__ = ["IndexUnavailableError", "MadeIndex", "cached_index", "load_index", "make_and_keep"]

_CHILD: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from terraregistry.indexing.child import main
main()
"""


class IndexUnavailableError(RuntimeError):
    """The index is not in the cache and cannot be made; the message says why."""


@dataclass(frozen=True)
class MadeIndex:
    """An index that was just made.

    Attributes:
        index: The index.
        folder: The folder of the cache.
        is_kept: Whether it could be written there; where it could not, it is made again the next time.
    """

    index: Index
    folder: Path
    is_kept: bool


def cached_index(*, folder: Path | None = None) -> Index | None:
    """Read the index of what is installed if it is in the cache: for those who cannot wait until it is made.

    Args:
        folder: The folder of the cache; by default the user's own.

    Returns:
        The index; None where it would have to be made.
    """
    return read_cached(cache_folder() if folder is None else folder, current_key())


def load_index(*, folder: Path | None = None) -> Index:
    """Load the index of what is installed; the first time takes some 20 seconds, later ones some milliseconds.

    Args:
        folder: The folder of the cache; by default the user's own.

    Returns:
        The index.

    Raises:
        IndexUnavailableError: There is none in the cache, and it cannot be made.
    """
    index = cached_index(folder=folder)
    return make_and_keep(folder=folder).index if index is None else index


def make_and_keep(report: Callable[[int, int], None] | None = None, *, folder: Path | None = None) -> MadeIndex:
    """Make the index of what is installed and write it to the cache.

    Args:
        report: Is told how many components are described, and how many there are.
        folder: The folder of the cache; by default the user's own.

    Returns:
        The index, and whether it is in the cache now.

    Raises:
        IndexUnavailableError: It cannot be made.
    """
    folder = cache_folder() if folder is None else folder
    index, key = _make_elsewhere(report)
    return MadeIndex(index, folder, write_cached(folder, key, index))


def _make_elsewhere(report: Callable[[int, int], None] | None) -> tuple[Index, Key]:
    """Make the index in another process: nothing is loaded into this one, and what this one has registered is not in it.

    The key is the other process's, from before it read anything: what changes meanwhile is not taken for what was described.
    """
    try:
        return _made(report)
    except (OSError, DamagedIndexError) as error:
        reason = str(error)
    raise IndexUnavailableError(f"the index of the installed components cannot be made: {reason}")


def _made(report: Callable[[int, int], None] | None) -> tuple[Index, Key]:
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
            written = _read_reports(process.stdout or (), report)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise DamagedIndexError(f"the process that makes it ends with status {process.returncode}")
    return decode(written)


def _read_reports(lines: Iterable[bytes], report: Callable[[int, int], None] | None) -> bytes:
    """Read what the other process writes: lines of progress, two numbers each, and one line of JSON."""
    written = b""
    for line in lines:
        numbers = line.split()
        if line.startswith(b"{"):
            written = line
        elif report is not None and len(numbers) == 2 and all(map(bytes.isdigit, numbers)):
            report(int(numbers[0]), int(numbers[1]))
    return written
