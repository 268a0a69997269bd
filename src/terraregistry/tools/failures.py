"""Messages for failures of commands: short, with a traceback on request only."""

from __future__ import annotations

import traceback as tracebacks
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from terraregistry.errors import ConfigError, FitWarning, RegistryError, UnusedArgumentWarning

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Attempts", "describe_failure"]

_MOST_LINES: Final = 40


class Attempts:
    """Runs steps of a command, and reports failures.

    Args:
        traceback: Show exceptions with their tracebacks.

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
        """Report exceptions and warnings of the block on standard error.

        Args:
            name: The name of the step, such as that of a config.
        """
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
    """Format an exception.

    Args:
        name: The name of the failed step, such as that of a config.
        error: The exception.
        traceback: Include the traceback; ignored for mistakes in a config, which have places of their own.

    Returns:
        The mistakes with their places; or the exception and its notes, which name the component.
    """
    if isinstance(error, ConfigError):
        return _shortened(str(error))
    if traceback:
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
