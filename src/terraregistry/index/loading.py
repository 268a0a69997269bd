"""Loading the index: from the cache, or made now, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from terraregistry.index.cache import cache_folder, read_cached, write_cached
from terraregistry.index.checks import DamagedIndexError
from terraregistry.index.encoding import decode
from terraregistry.index.keys import current_key

if TYPE_CHECKING:
    from terraregistry.index.descriptions import Index

__all__ = ["IndexUnavailableError", "cached_index", "load_index"]

_CHILD: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from terraregistry.indexing.child import main
main(sys.argv[2])
"""


class IndexUnavailableError(RuntimeError):
    """The index is not in the cache and cannot be made; the message says why."""


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
    folder = cache_folder() if folder is None else folder
    key = current_key()
    index = read_cached(folder, key)
    if index is None:
        index = _make_elsewhere()
        write_cached(folder, key, index)
    return index


def _make_elsewhere() -> Index:
    """Make the index in another process: nothing is loaded into this one, and what this one has registered is not in it."""
    import tempfile

    try:
        # What cannot be removed is left to whoever clears the folder for temporary files.
        with tempfile.TemporaryDirectory(prefix="terraregistry-", ignore_cleanup_errors=True) as folder:
            return _made_in(Path(folder) / "index.json")
    except (OSError, DamagedIndexError) as error:  # also where there is no such folder, or the disk is full
        reason = str(error)
    raise IndexUnavailableError(f"the index of the installed components cannot be made: {reason}")


def _made_in(file: Path) -> Index:
    import subprocess

    # `-P`: the working folder may have a module of any name, such as json.py.
    entries: list[object] = [*sys.path]  # anything may be put there
    path = json.dumps([entry for entry in entries if isinstance(entry, str)])
    command = [sys.executable or "python", "-P", "-c", _CHILD, path, str(file)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # it imports torch and computes nothing
    done = subprocess.run(  # noqa: S603 - this interpreter
        command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment
    )
    if done.returncode != 0:
        raise DamagedIndexError(f"the process that makes it ends with status {done.returncode}")
    return decode(file.read_bytes())[0]
