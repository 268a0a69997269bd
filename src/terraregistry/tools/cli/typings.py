"""`terraregistry typings`: overloads for type checkers and IDEs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terraregistry.tools.cli.reading import refuse
from terraregistry.tools.cli.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.index import Index

__all__ = ["typings"]


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
    from terraregistry.index import IndexUnavailableError
    from terraregistry.tools.project_file import ProjectError, project_modules
    from terraregistry.tools.typings import write_typings

    try:
        index = _load(modules or project_modules(Path.cwd()))
        stub = write_typings(index, output)
    except ProjectError as error:
        raise refuse(str(error)) from None
    except (OSError, IndexUnavailableError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Status.FAILED) from None
    for place, reason in index.gaps:
        typer.echo(f"left out: {place}: {reason}", err=True)
    typer.echo(f"{stub}: {sum(len(each.components) for each in index.registries)} components")


def _load(modules: Sequence[str]) -> Index:
    from terraregistry.index import IndexUnavailableError
    from terraregistry.indexing import with_modules
    from terraregistry.tools.cli.waiting import wait_for_index

    if modules and "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it: modules of the project that the command runs in
    try:
        return with_modules(wait_for_index(), modules)
    except IndexUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        raise refuse(f"{', '.join(modules)}: {type(error).__name__}: {error}") from None
