"""The settings of a project, in `[tool.terraregistry]` of its `pyproject.toml`."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ProjectError", "project_modules"]

_FILE: Final = "pyproject.toml"


class ProjectError(ValueError):
    """Unreadable `pyproject.toml`, or invalid settings in it; the message names the file."""


def project_modules(folder: Path) -> tuple[str, ...]:
    """Read the modules of a project that register components: `modules = ["package.module", ...]`.

    Args:
        folder: The folder of the project, or one inside it.

    Returns:
        The modules; empty if there is no `pyproject.toml`, or it names none.

    Raises:
        ProjectError: The file cannot be read, or `modules` is no list of module names.
    """
    here = folder.resolve()
    for each in (here, *here.parents):
        file = each / _FILE
        if file.is_file():
            return _modules(file)
    return ()


def _modules(file: Path) -> tuple[str, ...]:
    try:
        table: object = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(f"{file}: {error}") from error
    for key in ("tool", "terraregistry"):
        table = cast("dict[str, object]", table).get(key, {}) if isinstance(table, dict) else None
    modules = cast("dict[str, object]", table).get("modules", []) if isinstance(table, dict) else None
    if not isinstance(modules, list) or not all(map(_is_module, cast("list[object]", modules))):
        raise ProjectError(f'{file}: in [tool.terraregistry], write modules = ["package.module", ...]')
    return tuple(cast("list[str]", modules))


def _is_module(name: object) -> bool:
    return isinstance(name, str) and all(part.isidentifier() for part in name.split("."))
