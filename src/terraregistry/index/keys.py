"""The cache key of an index: the state of the described libraries and of the describing code."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import platform
import site
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["NO_KEY", "SHIPPED_FOR", "Key", "current_key", "is_unchanging", "own_state", "source_files", "state_of"]

_FORMAT: Final = "5"
"""The version of the index's own format."""
_INFO: Final = ".dist-info"
_DESCRIBED: Final = {
    "timm": "timm",
    "segmentation-models-pytorch": "segmentation_models_pytorch",
    "mmsegmentation": "mmseg",
    "mmdet": "mmdet",
    "terratorch": "terratorch",
    "torch": "torch",
}
"""The packages of the components' distributions."""
SHIPPED_FOR: Final = ("timm", "segmentation-models-pytorch", "mmsegmentation", "mmdet", "terratorch")
"""The distributions whose versions decide the validity of a shipped index."""
_UPPER_LAYERS: Final = ("tools", "mypy_plugin")
"""Folders of this package without influence on an index."""
_PACKAGE: Final = Path(os.path.abspath(__file__)).parent.parent  # noqa: PTH100 - Path.resolve follows links; relative in `python app.pyz`


class Key(NamedTuple):
    """The cache key of an index.

    Attributes:
        versions: Pairs of a name and its version; empty if not installed.
        place: The paths of this library, its environment, and the described libraries outside of the environment.
        sources: A digest of the state of the source files, which may change without the version.
    """

    versions: tuple[tuple[str, str], ...]
    place: str
    sources: str

    @property
    def file_name(self) -> str:
        """The name of the file in the cache: one for each environment and its versions."""
        return f"index-{self.place_digest}-{_short_digest(repr(self.versions))}"

    @property
    def place_digest(self) -> str:
        """The part of the name common to all versions in an environment."""
        return _short_digest(self.place)

    @property
    def fits(self) -> bool:
        """Return True if an index of this key, shipped with this package, describes the installed libraries.

        The versions of Python and torch may differ: no signature depends on them. Files subject to change without a new version do
        not fit: a checkout of timm, or sources of this package edited after the installation.
        """
        for name, version in self.versions:
            if _version(name) != version or (version and _state(name, version, _DESCRIBED[name]).outside):
                return False
        return _PACKAGE.resolve().parent in _site_packages() or own_state() == self.sources


NO_KEY: Final = Key((), "", "")
"""The key of an index that is not kept."""


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def current_key() -> Key:
    """Return the cache key of an index made now."""
    versions = {library: _version(library) for library in ("terraregistry", *_DESCRIBED)}
    states = [_State([_PACKAGE], own_state())]
    states += [_state(library, versions[library], name) for library, name in _DESCRIBED.items()]
    return Key(
        (("format", _FORMAT), ("python", platform.python_version()), *versions.items()),
        " ".join([*(str(place) for state in states for place in state.outside), sys.prefix]),
        hashlib.sha256(" ".join(state.digest for state in states).encode()).hexdigest(),
    )


def own_state() -> str:
    """Return the state of the source files of this package, as far as an index depends on them."""
    return state_of(source_files(_PACKAGE, without=_UPPER_LAYERS))


@functools.cache
def is_unchanging(library: str) -> bool:
    """Return True if the files of a distribution stay the same: installed in the environment, not as a checkout."""
    return not _state(library, _version(library), _DESCRIBED[library]).outside


@functools.cache
def _version(library: str) -> str:
    """Return the version of a distribution; empty if it is not installed."""
    start = f"{library.replace('-', '_')}-"
    found = [name for name in _distributions() if name.startswith((start, f"{library}."))]
    if len(found) == 1 and found[0].endswith(_INFO):
        return found[0].removeprefix(start).removesuffix(_INFO)
    if not found and all(os.path.isdir(entry or ".") for entry in sys.path if os.path.exists(entry)):  # noqa: PTH110, PTH112
        return ""
    from importlib import metadata  # takes a tenth of the time of a command

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


@functools.cache
def _distributions() -> tuple[str, ...]:
    """List the folders of metadata on the path, each with the name and version of a distribution."""
    found: list[str] = []
    for entry in sys.path:
        with contextlib.suppress(OSError):
            names = os.listdir(entry or ".")  # noqa: PTH208 - hundreds of names, of which few are wanted
            found += [name for name in names if name.endswith((_INFO, ".egg-info", ".egg-link"))]
    return tuple(found)


class _State(NamedTuple):
    """The state of a library: its places outside of the environment, and a digest of its files."""

    outside: list[Path]
    digest: str


def _state(library: str, version: str, package: str) -> _State:
    """Find out the state of a library without importing it.

    Of one installed into the environment only its RECORD is read.
    """
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):  # a finder of somebody's own, or a module that was put together by hand
        return _State([], "unknown")
    if spec is None:
        return _State([], "")
    places = [Path(place) for place in spec.submodule_search_locations or [spec.origin or ""]]
    # The folder may be a link to a checkout, or each file a link into the cache of an installer.
    homes = {place.resolve().parent for place in places}
    outside = [] if homes <= _site_packages() else places
    records = [place.parent / f"{library.replace('-', '_')}-{version}.dist-info" / "RECORD" for place in places]
    # torch has too many files to look at each.
    if package == "torch" or (not outside and all(record.is_file() for record in records)):
        return _State(outside, state_of(records))
    return _State(outside, state_of(file for place in places for file in source_files(place)))


def _site_packages() -> set[Path]:
    """The environment's own folders, and those of the base environment if a virtual one sees them."""
    return {Path(folder).resolve() for folder in site.getsitepackages()}


def source_files(package: Path, *, without: Collection[str] = ()) -> Iterator[Path]:
    """List the .py files of a package, or the zip file with it.

    Args:
        package: Its folder, or its only file; also one inside a zip file.
        without: Folders in it to leave out.
    """
    if not package.is_dir():
        yield from (place for place in [package, *package.parents] if place.is_file())
        return
    for folder, inside, files in os.walk(package):
        if folder == str(package):
            inside[:] = [name for name in inside if name not in without]
        yield from (Path(folder, name) for name in files if name.endswith(".py"))


def state_of(files: Iterable[Path]) -> str:
    """Return a digest of the paths, sizes and times of files."""
    digest = hashlib.sha256()
    for file in sorted(files):
        with contextlib.suppress(OSError):  # a link to nowhere, as editors make them, or a file that is gone by now
            status = file.stat()
            digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
