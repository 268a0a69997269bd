"""The user's cache: files that may be missing, stale, damaged, unwritable or of another user.

The first line of each file is a checksum of the rest.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from terraregistry.index.keys import Key
    from terraregistry.index.store import Index

__all__ = ["cache_folder", "read_cached", "read_file", "verified", "with_digest", "write_cached", "write_file"]

_LARGEST: Final = 32_000_000
"""Limit of a file in bytes; an index has some two million."""
_NOWHERE: Final = Path(os.devnull) / "terraregistry"
"""A folder guaranteed not to exist and not to be creatable."""
_GAPS_LAST: Final = 3600.0
"""Seconds of validity of an index with gaps: the reason of a gap may go without a change of versions."""


def cache_folder() -> Path:
    """Return the folder of the user's cache, which need not exist; without a home, one that cannot be made."""
    import platformdirs

    try:
        folder = Path(platformdirs.user_cache_dir("terraregistry", appauthor=False))
    except (RuntimeError, OSError, ValueError):  # no HOME, and no such user
        return _NOWHERE
    return folder if folder.is_absolute() else _NOWHERE  # as of a HOME that is empty: the working folder is no cache


def read_cached(folder: Path, key: Key) -> Index | None:
    """Read the index of a key; None for a file that is missing, stale, damaged or of another user."""
    found = _read(folder / key.file_name)
    if found is None:
        return None
    import sqlite3

    from terraregistry.index.store import Index

    image, age = found
    try:
        index = Index(image)
        is_usable = index.key == key and (not index.gaps or 0 <= age < _GAPS_LAST)
    except (sqlite3.Error, ValueError):  # the digest of something else
        return None
    return index if is_usable else None


def write_cached(folder: Path, index: Index) -> bool:
    """Write an index, and remove those of earlier versions in the same environment; return True if it was written."""
    key = index.key
    written = write_file(folder, key.file_name, index.image)
    if written:
        with contextlib.suppress(OSError):  # what cannot be removed stays
            for start in ("index", "schema"):
                for file in folder.glob(f"{start}-{key.place_digest}-*"):
                    if file.name.removeprefix(start) != key.file_name.removeprefix("index"):
                        file.unlink(missing_ok=True)
    return written


def read_file(folder: Path, name: str) -> bytes | None:
    """Read a file without its digest; None for one that is missing, damaged or of another user."""
    found = _read(folder / name)
    return None if found is None else found[0]


def _read(file: Path) -> tuple[bytes, float] | None:
    """Read a file with its age in seconds."""
    try:
        # Never waits, as reading a pipe would.
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            getuid = getattr(os, "getuid", None)
            foreign = getuid is not None and status.st_uid != getuid()
            if not stat.S_ISREG(status.st_mode) or foreign or status.st_size > _LARGEST:
                return None
            data = verified(stream.read(_LARGEST + 1))
    except (OSError, ValueError):  # the name of a folder may be none at all
        return None
    return None if data is None else (data, time.time() - status.st_mtime)


def with_digest(data: bytes) -> bytes:
    """Prepend the digest to data: a checksum, as damage is all that it has to find."""
    return b"%08x\n%b" % (zlib.crc32(data), data)


def verified(content: bytes) -> bytes | None:
    """Return the data after the digest; None if the digest does not match."""
    digest, _, data = content.partition(b"\n")
    return data if digest == b"%08x" % zlib.crc32(data) else None


def write_file(folder: Path, name: str, data: bytes) -> bool:
    """Write a file atomically: other processes see all of it or nothing; return True if it was written."""
    import tempfile

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix="index-", suffix=".tmp", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(with_digest(data))
            Path(temporary).replace(folder / name)
        finally:
            Path(temporary).unlink(missing_ok=True)  # where it was not renamed
    except (OSError, ValueError):  # as above
        return False
    return True
