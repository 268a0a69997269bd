"""The application: its commands, and the options before a command."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from terraregistry.tools.cli.quick import QuickCommand, QuickGroup

if TYPE_CHECKING:
    app: typer.Typer
    """The application with all of its commands."""

__all__ = ["app", "application", "main"]

_COMMANDS: Final = {
    "list": "listing:list_components",
    "show": "showing:show",
    "schema": "schema:schema",
    "doctor": "doctor:doctor",
    "validate": "validating:validate",
    "build": "build:build",
    "typings": "typings:typings",
}
"""The function of each command, in the order of the help."""
_SLOW: Final = ("build", "typings")
"""Commands much slower than the start of the process."""
_INTERRUPTED: Final = 130
"""The exit status after Ctrl-C, by the convention of shells."""
_OBJECTS: Final = 100_000
"""Threshold of the garbage collector, in new objects: more than the index has."""


def application(*commands: str) -> typer.Typer:
    """Make the application.

    Args:
        *commands: The commands needed: only their modules are imported. All of them by default.

    Returns:
        The application.
    """
    made = typer.Typer(name="terraregistry", cls=QuickGroup, no_args_is_help=True, pretty_exceptions_enable=False)
    made.callback()(_root)
    for name in commands or _COMMANDS:
        module, _, function = _COMMANDS[name].partition(":")
        command = getattr(importlib.import_module(f"terraregistry.tools.cli.{module}"), function)
        made.command(name, cls=None if name in _SLOW else QuickCommand)(command)
    return made


def main() -> None:
    """Run the command line: the entry point."""
    gc.set_threshold(_OBJECTS)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # as standard error has it: a file's name may be no text
    try:
        application(*(word for word in sys.argv[1:2] if word in _COMMANDS))(prog_name="terraregistry")
    except KeyboardInterrupt:  # outside of the command, where typer sees to it
        raise SystemExit(_INTERRUPTED) from None


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        try:
            version = metadata.version("terraregistry")
        except metadata.PackageNotFoundError:
            version = "(not installed)"
        typer.echo(f"terraregistry {version}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Build vision models by the names of their parts."""


def __getattr__(name: str) -> typer.Typer:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()["app"] = application()
    return made
