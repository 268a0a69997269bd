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
    "Duplicates",
    "ImportModules",
    "LikeTerraTorch",
    "Status",
    "Unused",
    "describe_failure",
    "installed_version",
    "is_terminal",
    "megabytes",
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
        "--import",
        metavar="MODULE",
        help="Import a module first, such as one that registers your own components: `package.module`, a file or a "
        "folder. Those in `[tool.terraregistry] modules` of pyproject.toml always are.",
    ),
]
"""The option of every command that knows a project's own components."""
LikeTerraTorch = Annotated[
    bool | None,
    typer.Option(
        help="Build what TerraTorch builds, where that is another model; by default a warning says where that is.",
        show_default=False,
    ),
]
"""The option of the commands that read configs of TerraTorch."""


class Unused(StrEnum):
    """Policy for unused arguments."""

    ERROR = "error"
    WARN = "warn"


class Duplicates(StrEnum):
    """Policy for a key that is repeated in a model."""

    ERROR = "error"
    LAST = "last"


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


def megabytes(size: int) -> str:
    """Write a number of bytes in a readable unit.

    Examples:
        >>> megabytes(44_700_000), megabytes(1_340_000_000), megabytes(900)
        ('44.7 MB', '1.3 GB', '900 B')
    """
    for unit, bytes_ in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size} B"


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
    """Runs steps of a command, reports failures, and ends the command with the status of all of them."""

    def __init__(self, *, traceback: bool = False) -> None:
        self._traceback: Final = traceback
        self._status = Status.DONE

    @contextmanager
    def at(self, name: str, success: str = "") -> Generator[None]:
        """Report exceptions and warnings of a step on standard error, or else its success."""
        failure = ""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", FitWarning)  # what could not be checked is said each time
            try:
                yield
            except Exception as error:  # noqa: BLE001 - a component may raise anything
                failure = describe_failure(name, error, traceback=self._traceback)
        for text in dict.fromkeys(_warning(name, warning.message) for warning in caught):
            typer.echo(text, err=True)
        if failure:
            typer.echo(failure, err=True)
            self._status = Status.WRONG_INPUT
        elif any(isinstance(each.message, FitWarning) and each.message.is_unknown for each in caught):
            self._status = self._status or Status.UNKNOWN
        elif success:
            typer.echo(success)

    def finish(self) -> None:
        """End the command if a step has failed, or something could not be checked: with the status of the worst step."""
        if self._status:
            raise typer.Exit(self._status)


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
