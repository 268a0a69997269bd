"""Where output goes: a terminal, for a person, or a pipe, for a program."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

__all__ = ["AsJson", "ImportModules", "is_terminal", "print_json", "styled"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""The option of every command that prints data."""
ImportModules = Annotated[
    list[str] | None,
    typer.Option(
        "--import", metavar="MODULE", help="Import a module first, such as one that registers your own components."
    ),
]
"""The option of every command that knows a project's own components."""


def is_terminal() -> bool:
    """Say whether a person reads standard output as it is printed."""
    return sys.stdout.isatty()


def styled(text: str, *, colour: str | None = None, bold: bool = False, dim: bool = False) -> str:
    """Colour text for a terminal; in a pipe, or where the environment has `NO_COLOR`, it stays as it is.

    Args:
        text: The text.
        colour: One of the eight colours of a terminal.
        bold: Whether it is bold.
        dim: Whether it is faint.

    Returns:
        The text, with escape sequences or without.
    """
    if not is_terminal() or os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, fg=colour, bold=bold or None, dim=dim or None)


def print_json(data: object) -> None:
    """Print data as JSON, indented.

    Args:
        data: Lists, dictionaries, text and numbers.
    """
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
