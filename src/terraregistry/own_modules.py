"""The modules of a project that register its components, as `pyproject.toml` and the command line name them."""

from __future__ import annotations

import importlib
import os.path
import sys
from pathlib import Path
from typing import Final, NamedTuple, cast

__all__ = ["OwnModule", "ProjectError", "is_imported", "module_of", "named_modules", "project_modules"]

_FILE: Final = "pyproject.toml"


class ProjectError(ValueError):
    """Unreadable `pyproject.toml`, invalid settings in it, or a name of no module; the message has the place."""


class OwnModule(NamedTuple):
    """A module of a project.

    Attributes:
        name: Its dotted name.
        folder: The folder to import it from.
        said: The place of its naming, for messages.
    """

    name: str
    folder: Path
    said: str

    def load(self) -> None:
        """Import it."""
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        importlib.import_module(self.name)


def project_modules(folder: Path) -> list[OwnModule]:
    """Read `modules` below `[tool.terraregistry]`, in the nearest `pyproject.toml` of a folder or one above it.

    Raises:
        ProjectError: The file cannot be read, or `modules` is no list of modules, files and folders.
    """
    here = folder.resolve()
    file = next((each / _FILE for each in (here, *here.parents) if (each / _FILE).is_file()), None)
    if file is None:
        return []
    try:
        content = file.read_bytes()
        table: object = _table(content.decode()) if b"terraregistry" in content else {}
    except (OSError, ValueError) as error:
        raise ProjectError(f"{file}: {error}") from error
    for key in ("tool", "terraregistry"):
        table = cast("dict[str, object]", table).get(key, {}) if isinstance(table, dict) else None
    modules = cast("dict[str, object]", table).get("modules", []) if isinstance(table, dict) else None
    entries = cast("list[object]", modules) if isinstance(modules, list) else [None]
    names = [each for each in entries if isinstance(each, str)]
    if len(names) < len(entries):
        raise ProjectError(f'{file}: in [tool.terraregistry], write modules = ["package.module", "folder", ...]')
    return [each for name in names for each in named_modules(name, file.parent, f"{file}: modules: {name}")]


def _table(text: str) -> object:
    import tomllib  # most projects need none

    return tomllib.loads(text)


def named_modules(name: str, folder: Path, said: str) -> list[OwnModule]:
    """Find the modules of a dotted name, a Python file, or a folder; a folder that is no package names each file in it.

    Args:
        name: The name.
        folder: The folder that paths are relative to; dotted names are looked for in it and its `src` first.
        said: The place of the name, for messages.

    Raises:
        ProjectError: It is none of these.
    """
    place = Path(os.path.abspath(folder / name))  # noqa: PTH100 - `resolve` follows links
    package = place / "__init__.py"
    if name and _is_file(package):
        found, home = module_of(package)
        return [OwnModule(found, home, said) if found else OwnModule(place.name, place.parent, said)]
    if name.endswith(".py") and _is_file(place):
        return [OwnModule(*module_of(place), said)]
    files = sorted(place.glob("*.py")) if name and os.path.isdir(place) else []  # noqa: PTH112 - as in `_is_file`
    if files:
        return [OwnModule(f"{place.name}.{file.stem}", place.parent, said) for file in files]
    parts = name.split(".")
    if name.endswith(".py") or not all(part.isidentifier() for part in parts):
        raise ProjectError(f"{said}: neither a Python file, a folder of them, nor the dotted name of a module")
    source = folder / "src"
    is_beside = _is_file(source.joinpath(*parts, "__init__.py")) or _is_file(source.joinpath(*parts).with_suffix(".py"))
    return [OwnModule(name, source if is_beside else folder, said)]


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - it may be the name of no possible file


def is_imported(folder: str) -> bool:
    """Return True if a module in a folder has been imported."""
    place = os.path.abspath(folder)  # noqa: PTH100 - it may be the name of no possible folder
    files = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
    return any(isinstance(file, str) and os.path.dirname(file) == place for file in files)  # noqa: PTH120 - quick


def module_of(file: Path) -> tuple[str, Path]:
    """Name the module of a file, going by the `__init__.py` in the folders above it.

    Args:
        file: The file.

    Returns:
        The name, and the folder of the top-level package or module.
    """
    parts = [] if file.stem == "__init__" else [file.stem]
    folder = file.parent
    while folder.name.isidentifier() and (folder / "__init__.py").is_file():
        parts.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(parts)), folder
