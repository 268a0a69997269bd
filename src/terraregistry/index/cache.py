"""The index in the user's cache: a file that may be missing, stale, damaged, unwritable, or not ours.

The first line of each file is the SHA-256 digest of the rest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from terraregistry.index.checks import DamagedIndexError
from terraregistry.index.encoding import decode, encode

if TYPE_CHECKING:
    from terraregistry.index.descriptions import Index
    from terraregistry.index.keys import Key

__all__ = ["cache_folder", "read_cached", "read_text", "write_cached", "write_text"]

_LARGEST: Final = 16_000_000
"""A file of more bytes is no index: a real one has some 1.2 million, and JSON takes up to sixty times its size in memory."""
_NOWHERE: Final = Path(os.devnull) / "terraregistry"
"""A folder that is not there and cannot be made."""
_GAPS_LAST: Final = 3600.0
"""The seconds for which an index with gaps is used: what could not be described may be mended without a change of versions."""


def cache_folder() -> Path:
    """Return the folder of the user's cache; it need not exist, and where the user has no home nothing can be in it."""
    import platformdirs

    try:
        folder = Path(platformdirs.user_cache_dir("terraregistry", appauthor=False))
    except (RuntimeError, OSError, ValueError):  # no HOME, and no such user
        return _NOWHERE
    return folder if folder.is_absolute() else _NOWHERE  # as of a HOME that is empty: the working folder is no cache


def read_cached(folder: Path, key: Key) -> Index | None:
    """Read the index of a key.

    Args:
        folder: The folder of the cache.
        key: What the index has to be made from.

    Returns:
        The index; None where there is none, or one that is stale, damaged or not the user's own.
    """
    try:
        content, age = _read(folder / key.file_name)
        index, found = decode(_verified(content))
    except (OSError, ValueError):  # the name of a folder may be none at all
        return None
    return index if found == key and (not index.gaps or 0 <= age < _GAPS_LAST) else None


def _read(file: Path) -> tuple[bytes, float]:
    # Never waits, as reading a pipe would.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        getuid = getattr(os, "getuid", None)
        foreign = getuid is not None and status.st_uid != getuid()
        if not stat.S_ISREG(status.st_mode) or foreign or status.st_size > _LARGEST:
            raise DamagedIndexError("no file of the user's own, or too large a one")
        return stream.read(_LARGEST + 1), time.time() - status.st_mtime


def _verified(content: bytes) -> bytes:
    """Return the content of a file without its digest."""
    digest, _, data = content.partition(b"\n")
    if digest != _digest(data):
        raise DamagedIndexError("not the content that was written")
    return data


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def read_text(folder: Path, name: str) -> str | None:
    """Read a text that was made from an index.

    Args:
        folder: The folder of the cache.
        name: The name of its file.

    Returns:
        The text; None where there is none, or one that is damaged or not the user's own.
    """
    try:
        return _verified(_read(folder / name)[0]).decode("ascii")
    except (OSError, ValueError):
        return None


def write_cached(folder: Path, key: Key, index: Index) -> bool:
    """Keep an index: another process sees either all of it or nothing. Those of earlier versions in the same place go.

    Args:
        folder: The folder of the cache, which is made where there is none.
        key: What the index was made from.
        index: The index.

    Returns:
        Whether it could be written.
    """
    written = write_text(folder, key.file_name, encode(index, key))
    if written:
        _remove_superseded(folder, key)
    return written


def _remove_superseded(folder: Path, key: Key) -> None:
    """Remove what was made from other versions in the same environment, which nobody asks for any more."""
    with contextlib.suppress(OSError):  # what cannot be removed stays
        for file in folder.glob("index-*.json"):
            if file.name != key.file_name and _place_of(file) == key.place:
                file.unlink(missing_ok=True)
                (folder / file.name.replace("index", "schema", 1)).unlink(missing_ok=True)


def _place_of(file: Path) -> str | None:
    """Say what environment an index is of, also one in another format."""
    try:
        data = _read(file)[0]
        content: object = json.loads(data.partition(b"\n")[2] or data)  # earlier formats have no digest
    except (OSError, ValueError, RecursionError):
        return None
    key = cast("dict[str, object]", content).get("key") if isinstance(content, dict) else None
    place = cast("list[object]", key)[1] if isinstance(key, list) and len(cast("list[object]", key)) == 3 else None
    return place if isinstance(place, str) else None


def write_text(folder: Path, name: str, text: str) -> bool:
    """Keep a text: another process sees either all of it or nothing.

    Args:
        folder: The folder of the cache, which is made where there is none.
        name: The name of its file.
        text: ASCII text.

    Returns:
        Whether it could be written.
    """
    import tempfile

    temporary: str | None = None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix="index-", suffix=".tmp", dir=folder)
        with os.fdopen(descriptor, "wb") as stream:
            data = text.encode("ascii")
            stream.write(_digest(data) + b"\n" + data)
        Path(temporary).replace(folder / name)
        temporary = None
    except (OSError, ValueError):  # as above
        return False
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
    return True
