"""`terraregistry doctor`: the state of the installation: the libraries behind the sources, the index and its cache."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from terraregistry.index import loading
from terraregistry.index.cache import cache_folder
from terraregistry.index.keys import current_key
from terraregistry.index.loading import cached_index, shipped_index
from terraregistry.tools.cli.printing import AsJson, Status, installed_version, megabytes, print_json, styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Index

__all__ = ["CacheState", "Health", "Library", "SourceState", "doctor", "examine"]

_LIBRARIES: Final = (
    ("torch", "torch", "everything is built with it", True, "pip install torch"),
    ("torchvision", "torchvision", "timm needs it", True, "pip install torchvision"),
    ("timm", "timm", "the backbones `timm_...`", True, "pip install timm"),
    (
        *("segmentation-models-pytorch", "segmentation_models_pytorch"),
        *("the decoders `smp_...`", True, "pip install segmentation-models-pytorch"),
    ),
    ("pydantic", "pydantic", "validation of arguments", True, "pip install pydantic"),
    ("huggingface_hub", "huggingface_hub", "pretrained weights", True, "pip install huggingface_hub"),
    ("safetensors", "safetensors", "files of weights", True, "pip install safetensors"),
    ("mmsegmentation", "mmseg", "the decoders `mmseg_...`", False, "pip install 'terraregistry[mmseg]'"),
    ("peft", "peft", "low-rank adapters of Prithvi", False, "pip install 'terraregistry[peft]'"),
)
"""Distribution, module, purpose, True if required, remedy."""
_LONGEST_IMPORT: Final = 300
"""Timeout of an import, in seconds."""
_STATES: Final = {
    "shipped": "shipped with the package for these versions, {size}",
    "ready": "ready, {size}",
    "missing": "missing: the next command that needs it makes it, which takes about 20 s",
    "stale": "stale: the next command that needs it makes it anew, which takes about 20 s",
    "not writable": "cannot be kept: the folder is not writable",
}
"""The states of the cache."""


@dataclass(frozen=True, slots=True)
class Library:
    """A dependency: its version is None if not installed, its fault the error from importing it, if tried."""

    name: str
    purpose: str
    is_required: bool
    remedy: str
    version: str | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """A mounted source: the numbers of its components, and of those with pretrained weights."""

    registry: str
    prefix: str
    components: int
    pretrained: int


@dataclass(frozen=True, slots=True)
class CacheState:
    """The cache of the index: its file and the others in the folder, with sizes in bytes; one of `_STATES`."""

    folder: str
    file: str
    state: str
    size: int
    others: int = 0
    others_size: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """The state of an installation: without sources before the index is made, and with the folder for downloads of weights."""

    version: str
    python: str
    libraries: tuple[Library, ...]
    sources: tuple[SourceState, ...]
    cache: CacheState
    weights: str

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults, each with its remedy."""
        lacking = [each for each in self.libraries if each.version is None and each.is_required]
        missing = [f"{each.name} is missing: {each.remedy}" for each in lacking]
        broken = [
            f"{each.name} cannot be imported: {each.fault}; reinstall it" for each in self.libraries if each.fault
        ]
        unwritable = f"{self.cache.folder} is not writable, so each command makes the index anew; make it writable"
        return (*missing, *broken, *([unwritable] if self.cache.state == "not writable" else []))


def examine(*, thorough: bool = False) -> Health:
    """Examine the state of the installation."""
    shipped = shipped_index()
    index = shipped or cached_index()
    return Health(
        version=installed_version("terraregistry") or "(not installed)",
        python=f"{platform.python_version()} ({sys.executable})",
        libraries=tuple(_library(*each, thorough=thorough) for each in _LIBRARIES),
        sources=() if index is None else tuple(_sources(index)),
        cache=_cache(ready=index is not None) if shipped is None else _shipped(shipped),
        weights=str(_weights_folder()),
    )


def _library(name: str, module: str, purpose: str, required: bool, remedy: str, *, thorough: bool) -> Library:
    version = installed_version(name)
    fault = _import_fault(module) if thorough and version is not None else ""
    return Library(name, purpose, required, remedy, version, fault)


def _import_fault(module: str) -> str:
    command = [sys.executable, "-c", f"import {module}"]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_LONGEST_IMPORT)  # noqa: S603 - this interpreter
    except subprocess.TimeoutExpired:
        return f"it takes longer than {_LONGEST_IMPORT} seconds"
    lines = done.stderr.strip().splitlines() or [f"the process ends with status {done.returncode}"]
    return lines[-1] if done.returncode else ""


def _sources(index: Index) -> Iterator[SourceState]:
    for registry in index.registries:
        name = registry.reference.rpartition(":")[2]
        for prefix, source in registry.sources:
            components = index.registry(source).components
            yield SourceState(name, prefix, len(components), sum(bool(each.weights) for each in components))


def _shipped(index: Index) -> CacheState:
    file = Path(loading.__file__).with_name(loading.SHIPPED)
    return CacheState(str(cache_folder()), str(file), "shipped", len(index.image))


def _cache(*, ready: bool) -> CacheState:
    folder = cache_folder()
    file = folder / current_key().file_name
    sizes = {each: each.stat().st_size for each in folder.glob("index-*")} if os.path.isdir(folder) else {}  # noqa: PTH112 - Path.is_dir raises
    size = sizes.pop(file, 0)
    state = "ready" if ready else "not writable" if not _is_writable(folder) else "stale" if size else "missing"
    return CacheState(str(folder), str(file), state, size, len(sizes), sum(sizes.values()))


def _is_writable(folder: Path) -> bool:
    """Return True if a folder is writable, or can be made."""
    try:
        existing = next(each for each in (folder, *folder.parents) if each.exists())
        with tempfile.TemporaryFile(dir=existing):
            return True
    except OSError:
        return False


def _weights_folder() -> Path:
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")


def doctor(
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Import each library as well, which takes some seconds each.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say which libraries and sources there are, what is missing and how to get it, and where the cache is.

    Exits with 0, or with 1 when something has to be mended.
    """
    health = examine(thorough=thorough)
    if as_json:
        print_json({**asdict(health), "faults": health.faults})
    else:
        typer.echo("\n".join(_lines(health)))
    if health.faults:
        raise typer.Exit(Status.FAILED)


def _lines(health: Health) -> Iterator[str]:
    yield f"terraregistry {health.version}, Python {health.python}"
    yield from ("", styled("Libraries", bold=True))
    yield from map(_library_line, health.libraries)
    yield from ("", styled("Sources", bold=True))
    if not health.sources:
        yield "  not known before the index is made, by `terraregistry list`, which takes about 20 s once"
    for each in health.sources:
        weights = f", {each.pretrained:,} of them with pretrained weights" if each.pretrained else ""
        yield f"  {each.prefix} in {each.registry}: {each.components:,} components{weights}"
    yield from ("", styled("Index", bold=True))
    cache = health.cache
    yield f"  {_STATES[cache.state].format(size=megabytes(cache.size))}"
    yield f"  {cache.file}"
    if cache.others:
        size = megabytes(cache.others_size)
        yield f"  beside it {cache.others} of other environments and versions, {size}; they can be deleted"
    yield from ("", styled("Pretrained weights", bold=True), f"  are downloaded to {health.weights}", "")
    if not health.faults:
        yield styled("nothing is missing", colour="green")
    yield from (styled(f"to mend: {fault}", colour="red") for fault in health.faults)


def _library_line(each: Library) -> str:
    if each.version is None:
        wanted = "missing" if each.is_required else "not installed (optional)"
        name = styled(each.name, colour="red" if each.is_required else None)
        return f"  {name} {wanted}: {each.purpose}; {each.remedy}"
    fault = f"; cannot be imported: {each.fault}" if each.fault else ""
    return f"  {styled(each.name, colour='red' if fault else 'green')} {each.version}: {each.purpose}{fault}"
