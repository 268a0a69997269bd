"""What an index was made from: the versions of what was described and what described it."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["FORMAT", "Key", "current_key", "state_of"]

FORMAT: Final = 3
"""The version of the index's own format."""

_LIBRARIES: Final = ("terraregistry", "timm", "segmentation-models-pytorch", "mmsegmentation", "mmdet", "torch")


@dataclass(frozen=True)
class Key:
    """What an index is valid for.

    Attributes:
        versions: Pairs of a name and its version; empty for what is not installed.
        place: Where this library and its environment are.
        sources: A digest of the state of this library's source files, which may change without the version.
    """

    versions: tuple[tuple[str, str], ...]
    place: str
    sources: str

    @property
    def file_name(self) -> str:
        """The name of the file that an index of this key is kept in: one for each installation and its versions."""
        digest = hashlib.sha256(repr((self.versions, self.place)).encode("utf-8", "backslashreplace"))
        return f"index-{digest.hexdigest()[:20]}.json"


def current_key() -> Key:
    """Find out what an index would be made from now.

    Returns:
        The key.
    """
    package = Path(__file__).parent.parent
    versions = [("format", str(FORMAT)), ("python", platform.python_version())]
    versions += [(library, _version(library)) for library in _LIBRARIES]
    return Key(tuple(versions), f"{package} {sys.prefix}", state_of(_sources(package)))


@functools.cache
def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def state_of(files: Iterable[Path]) -> str:
    """Find out whether files are still the same.

    Args:
        files: The files.

    Returns:
        A digest of their places, sizes and times.
    """
    digest = hashlib.sha256()
    for file in sorted(files):
        with contextlib.suppress(OSError):  # a link to nowhere, as editors make them, or a file that is gone by now
            status = file.stat()
            digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _sources(package: Path) -> Iterator[Path]:
    """List the files that an index depends on: all but those of the layers above."""
    for entry in package.iterdir():
        if entry.is_dir() and entry.name not in ("tools", "mypy_plugin", "__pycache__"):
            yield from entry.rglob("*.py")
        elif entry.suffix == ".py":
            yield entry
