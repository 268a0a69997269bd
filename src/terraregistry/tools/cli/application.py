"""The application: its commands, and the options before a command; it starts without importing pydantic."""

from __future__ import annotations

import importlib
import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["application", "run"]

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


def application(*commands: str) -> typer.Typer:
    """Make the application, with some commands or all; only the modules of these are imported."""
    made = typer.Typer(name="terraregistry", cls=_QuickGroup, no_args_is_help=True, pretty_exceptions_enable=False)
    made.callback()(_root)
    for name in commands or _COMMANDS:
        module, _, function = _COMMANDS[name].partition(":")
        command = getattr(importlib.import_module(f"terraregistry.tools.cli.{module}"), function)
        made.command(name, cls=None if name in _SLOW else _QuickCommand)(command)
    return made


def run() -> None:
    """Run the command line."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # as standard error has it: a file's name may be no text
    try:
        application(*(word for word in sys.argv[1:2] if word in _COMMANDS))(prog_name="terraregistry")
    except KeyboardInterrupt:  # outside of the command, where typer sees to it
        raise SystemExit(_INTERRUPTED) from None


def _version(wanted: bool) -> None:
    if wanted:
        from terraregistry.tools.cli.printing import installed_version

        typer.echo(f"terraregistry {installed_version('terraregistry') or '(not installed)'}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Build vision models by the names of their parts."""


# Recent versions of typer import pydantic to convert any argument, also text to text and nothing to nothing, which takes as
# long as all the rest of a command that reads the index. What is text or was not given stays as it is here.

_MARK = "keeps_text"
_OTHER = object()
"""Sentinel: the value is left to typer."""


class _QuickCommand(TyperCommand):
    """A command with arguments of these types only: text, words to choose from, and flags."""

    def get_params(self, ctx: Any) -> list[Any]:  # as typer has them, which has no public names for them
        """Return the parameters."""
        return [_quick(parameter) for parameter in super().get_params(ctx)]


class _QuickGroup(TyperGroup):
    """A group of commands with flags as its only own options."""

    def get_params(self, ctx: Any) -> list[Any]:  # as above
        """Return the parameters."""
        return [_quick(parameter) for parameter in super().get_params(ctx)]


def _quick(parameter: Any) -> Any:  # as above
    convert: Callable[[Any, Any], Any] = parameter.process_value
    if getattr(convert, _MARK, False):
        return parameter

    def process(context: Any, value: Any) -> Any:
        read = _as_it_is(parameter, value)
        missing = not read and parameter.required and not context.resilient_parsing
        if missing or read is _OTHER:
            return convert(context, value)
        return read if parameter.callback is None else parameter.callback(context, parameter, read)

    setattr(process, _MARK, True)
    parameter.process_value = process
    return parameter


def _as_it_is(parameter: Any, value: Any) -> Any:  # as above; a value is any object
    """Read a value without need of conversion: text, texts, one of several words, or None."""
    if isinstance(value, (list, tuple)):
        texts: list[Any] = [*value]
        return texts if all(isinstance(each, str) for each in texts) else _OTHER
    choices = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if isinstance(choices, type) and issubclass(choices, Enum):
        return next((each for each in choices if value in (each, each.value)), _OTHER)
    return value if value is None or isinstance(value, str) else _OTHER
