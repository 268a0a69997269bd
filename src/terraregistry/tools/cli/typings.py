"""`terraregistry typings`: overloads for type checkers and IDEs; modules of a project are named in its `pyproject.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from terraregistry.tools.cli.printing import Status
from terraregistry.tools.cli.reading import own_modules, read_index

__all__ = ["typings"]


def typings(
    modules: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODULE]...",
            help="Modules, files or folders that register components of your own; by default those in "
            "`[tool.terraregistry] modules` of your pyproject.toml.",
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
        chosen = own_modules(modules, option="", project=not modules)
        index = read_index(chosen)
        stub, *further = write_typings(index, output, [each.name for each in chosen])
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Status.FAILED) from None
    for place, reason in index.gaps:
        typer.echo(f"left out: {place}: {reason}", err=True)
    typer.echo(f"{stub}: {sum(len(each.components) for each in index.registries)} components")
    for each in further:
        typer.echo(f"{each}: registries of your own")
