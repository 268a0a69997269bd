"""The application: its commands, and what comes before a command."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated

import typer

from terraregistry.tools.cli.build import build
from terraregistry.tools.cli.doctor import doctor
from terraregistry.tools.cli.listing import list_components
from terraregistry.tools.cli.quick import QuickCommand, QuickGroup
from terraregistry.tools.cli.schema import schema
from terraregistry.tools.cli.showing import show
from terraregistry.tools.cli.typings import typings
from terraregistry.tools.cli.validating import validate

__all__ = ["app", "main"]

app: typer.Typer = typer.Typer(
    name="terraregistry", cls=QuickGroup, no_args_is_help=True, pretty_exceptions_enable=False
)


def main() -> None:
    """Run the command line: the entry point."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # as standard error has it: a file's name may be no text
    app(prog_name="terraregistry")


def _version(wanted: bool) -> None:
    if wanted:
        try:
            version = metadata.version("terraregistry")
        except metadata.PackageNotFoundError:
            version = "(not installed)"
        typer.echo(f"terraregistry {version}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Build vision models by the names of their parts."""


app.command("list", cls=QuickCommand)(list_components)
app.command(cls=QuickCommand)(show)
app.command(cls=QuickCommand)(schema)
app.command(cls=QuickCommand)(doctor)
for _command in (validate, build, typings):  # in the order of the help
    app.command()(_command)
