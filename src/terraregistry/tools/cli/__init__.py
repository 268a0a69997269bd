"""The command line: `terraregistry COMMAND ...`, one file a command.

A command imports its dependencies (torch, the libraries behind the sources) when it runs: help and version load none
of them.
"""

from __future__ import annotations

import atexit
import gc
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

    app: typer.Typer
    """The application with all of its commands."""

__all__ = ["app", "main"]

_OBJECTS: Final = 100_000
"""Threshold of the garbage collector, in new objects: more than the index has."""


def main() -> None:
    """Run the command line: the entry point."""
    gc.set_threshold(_OBJECTS)
    atexit.register(_leave)
    from terraregistry.tools.cli.application import run

    run()


def _leave() -> None:
    """Spare the interpreter its last search for cycles, which takes a sixth of the time of a command."""
    if "torch" not in sys.modules:  # its libraries complain of what is left
        gc.freeze()


def __getattr__(name: str) -> typer.Typer:
    """Make the application on first access: this imports every command."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from terraregistry.tools.cli.application import application

    made = globals()["app"] = application()
    return made
