"""What commands have in common: options, exit statuses, and output for a person at a terminal or a program at a pipe."""

from __future__ import annotations

import json
import os
import sys
import warnings
from contextlib import contextmanager
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from terraregistry.errors import ConfigError, FitWarning, RegistryError, UnusedArgumentWarning

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = [
    "AsJson",
    "Attempts",
    "ImportModules",
    "Status",
    "Unused",
    "describe_failure",
    "installed_version",
    "is_terminal",
    "print_json",
    "refuse",
    "styled",
]

_MOST_LINES: Final = 40

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""The option of every command with data to print."""
ImportModules = Annotated[
    list[str] | None,
    typer.Option(
        "--import", metavar="MODULE", help="Import a module first, such as one that registers your own components."
    ),
]
"""The option of every command that knows a project's own components."""


class Unused(StrEnum):
    """Policy for unused arguments."""

    ERROR = "error"
    WARN = "warn"


class Status(IntEnum):
    """Exit statuses of commands."""

    DONE = 0
    """Success: the work is done, and no problem was found."""
    FAILED = 1
    """Failure without a fault in the input: the work could not be done, or nothing was found."""
    WRONG_INPUT = 2
    """Wrong input: an option, a name, a config, or the model described by a config."""
    UNKNOWN = 3
    """No problem was found, and not everything could be checked."""


def is_terminal() -> bool:
    """Return True if standard output is a terminal."""
    return sys.stdout.isatty()


def styled(text: str, *, colour: str | None = None, bold: bool = False, dim: bool = False) -> str:
    """Colour text for a terminal; unchanged in a pipe, or if `NO_COLOR` is set in the environment."""
    if not is_terminal() or os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, fg=colour, bold=bold or None, dim=dim or None)


def print_json(data: object) -> None:
    """Print data as JSON, indented."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def installed_version(distribution: str) -> str | None:
    """Find the version of a distribution; None if it is not installed, as from a zip."""
    from importlib import metadata  # takes a tenth of the time of a command

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def refuse(message: str) -> typer.Exit:
    """Print a message about wrong input on standard error; return the exception to raise."""
    typer.echo(message, err=True)
    return typer.Exit(Status.WRONG_INPUT)


class Attempts:
    """Runs steps of a command, and reports failures.

    Attributes:
        traceback: Show exceptions with their tracebacks.
        failed: True if a step has failed.
        unknown: True if something could not be checked.
    """

    def __init__(self, *, traceback: bool) -> None:
        self.traceback: bool = traceback
        self.failed: bool = False
        self.unknown: bool = False

    @contextmanager
    def at(self, name: str) -> Generator[None, None, None]:
        """Report exceptions and warnings of the block on standard error."""
        failure = ""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", FitWarning)  # what could not be checked is said each time
            try:
                yield
            except Exception as error:  # noqa: BLE001 - a component may raise anything
                self.failed = True
                failure = describe_failure(name, error, traceback=self.traceback)
        self.unknown |= any(isinstance(each.message, FitWarning) and each.message.is_unknown for each in caught)
        for text in dict.fromkeys(_warning(name, warning.message) for warning in caught):
            typer.echo(text, err=True)
        if failure:
            typer.echo(failure, err=True)


def _warning(name: str, warning: Warning | str) -> str:
    has_place = isinstance(warning, (FitWarning, UnusedArgumentWarning)) and warning.file  # lines of the config
    return str(warning) if has_place else f"{name}: warning: {warning}"


def describe_failure(name: str, error: Exception, *, traceback: bool = False) -> str:
    """Format an exception: mistakes in a config with their places, others with notes or the traceback."""
    if isinstance(error, ConfigError):
        return _shortened(str(error))
    if traceback:
        import traceback as tracebacks

        return f"{name}: " + "".join(tracebacks.format_exception(error)).rstrip()
    message = str(error).strip()
    kind = type(error).__qualname__
    text = message if isinstance(error, RegistryError) else f"{kind}: {message}" if message else kind
    lines = [f"{name}: {text}", *map(str, getattr(error, "__notes__", ())), "--traceback shows where this was raised"]
    return _shortened("\n".join(lines).replace("\n", "\n  "))


def _shortened(text: str) -> str:
    lines = text.split("\n")
    if len(lines) <= _MOST_LINES:
        return text
    return "\n".join([*lines[: _MOST_LINES - 1], f"... and {len(lines) - _MOST_LINES + 1} lines more"])
