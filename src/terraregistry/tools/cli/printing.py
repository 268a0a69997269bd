"""Output for a terminal, read by a person, or for a pipe, read by a program."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

__all__ = ["AsJson", "ImportModules", "is_terminal", "print_json", "styled"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""The option of every command with data to print."""
ImportModules = Annotated[
    list[str] | None,
    typer.Option(
        "--import", metavar="MODULE", help="Import a module first, such as one that registers your own components."
    ),
]
"""The option of every command that knows a project's own components."""


def is_terminal() -> bool:
    """Return True if standard output is a terminal."""
    return sys.stdout.isatty()


def styled(text: str, *, colour: str | None = None, bold: bool = False, dim: bool = False) -> str:
    """Colour text for a terminal; unchanged in a pipe, or if `NO_COLOR` is set in the environment.

    Args:
        text: The text.
        colour: One of the eight colours of a terminal.
        bold: True for bold text.
        dim: True for faint text.

    Returns:
        The text, with or without escape sequences.
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
