"""The command line: `terraregistry COMMAND ...`, one file a command.

A command imports its dependencies (torch, the libraries behind the sources) when it runs: help and version load none
of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.tools.cli.application import main

if TYPE_CHECKING:
    import typer

    app: typer.Typer
    """The application with all of its commands."""

__all__ = ["app", "main"]


def __getattr__(name: str) -> typer.Typer:
    """Make the application on first access: this imports every command."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from terraregistry.tools.cli import application

    return application.app
