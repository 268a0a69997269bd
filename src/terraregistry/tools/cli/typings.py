"""`terraregistry typings`: overloads for type checkers and IDEs; modules of a project are named in its `pyproject.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final, cast

import typer

from terraregistry.tools.cli.printing import Status, refuse
from terraregistry.tools.cli.reading import read_index

__all__ = ["ProjectError", "project_modules", "typings"]

_FILE: Final = "pyproject.toml"


def typings(
    modules: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODULE]...",
            help="Modules that register components of your own; by default those in `[tool.terraregistry] modules` of "
            "your pyproject.toml.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The folder for stubs; pyright looks in `typings` by itself.")
    ] = Path("typings"),
) -> None:
    """Write what type checkers and IDEs know of the registries, for the versions that are installed.

    The library comes with this for the versions that it was tested with. Your own components are in it where their modules
    are named.

    Exits with 0, with 1 when it cannot be written, or with 2 when a module cannot be imported or pyproject.toml is wrong.
    """
    from terraregistry.tools.typings import write_typings

    try:
        chosen = modules or project_modules(Path.cwd())
        index = read_index(chosen, option="")
        stub, *further = write_typings(index, output, chosen)
    except ProjectError as error:
        raise refuse(str(error)) from None
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Status.FAILED) from None
    for place, reason in index.gaps:
        typer.echo(f"left out: {place}: {reason}", err=True)
    typer.echo(f"{stub}: {sum(len(each.components) for each in index.registries)} components")
    for each in further:
        typer.echo(f"{each}: registries of your own")


class ProjectError(ValueError):
    """Unreadable `pyproject.toml`, or invalid settings in it; the message names the file."""


def project_modules(folder: Path) -> tuple[str, ...]:
    """Read the modules of a project that register components: `modules = ["package.module", ...]`.

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
