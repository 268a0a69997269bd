"""Loading the index for a command: an error is one line on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from terraregistry.index import IndexUnavailableError, cached_index
from terraregistry.indexing import with_modules
from terraregistry.tools.cli.statuses import Status
from terraregistry.tools.cli.waiting import wait_for_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from terraregistry.index import Index

__all__ = ["completed_kinds", "completed_names", "completed_sources", "read_index", "refuse"]


def read_index(modules: Sequence[str] | None = None) -> Index:
    """Load the index.

    Args:
        modules: Modules of a project, imported first.

    Returns:
        The index.

    Raises:
        Exit: The index cannot be made, or a module cannot be imported.
    """
    if modules and "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it: modules of the project that the command runs in
    try:
        return with_modules(wait_for_index(), modules or ())
    except IndexUnavailableError as error:
        typer.echo(f"{error}; `terraregistry doctor` looks for the cause", err=True)
        raise typer.Exit(Status.FAILED) from None
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        shown = ", ".join(modules or ())
        typer.echo(f"--import {shown}: {type(error).__name__}: {error}", err=True)
        raise typer.Exit(Status.WRONG_INPUT) from None


def refuse(message: str) -> typer.Exit:
    """Print a message about wrong input on standard error.

    Args:
        message: The message.

    Returns:
        The exception to raise.
    """
    typer.echo(message, err=True)
    return typer.Exit(Status.WRONG_INPUT)


def completed_names(incomplete: str) -> list[str]:
    """Complete the name of a component: qualified names, or bare names and aliases if no qualified one fits.

    Args:
        incomplete: The text typed.

    Returns:
        The names; empty if the index has not been made yet.
    """
    from terraregistry.tools.cli.lookup import kinds_of, listed

    def names(index: Index) -> Iterable[str]:
        qualified = dict.fromkeys(each.name for each in listed(index) if each.name.startswith(incomplete))
        return qualified or dict.fromkeys(name for each in kinds_of(index).values() for name in index.spellings(each))

    return _completed(incomplete, names)


def completed_kinds(incomplete: str) -> list[str]:
    """Complete the name of a kind.

    Args:
        incomplete: The text typed.

    Returns:
        The kinds.
    """
    from terraregistry.tools.cli.lookup import kinds_of

    return _completed(incomplete, kinds_of)


def completed_sources(incomplete: str) -> list[str]:
    """Complete the prefix of a source.

    Args:
        incomplete: The text typed.

    Returns:
        The prefixes.
    """
    return _completed(incomplete, lambda index: {prefix for each in index.registries for prefix, _ in each.sources})


def _completed(incomplete: str, words: Callable[[Index], Iterable[str]]) -> list[str]:
    index = cached_index()  # a completion does not wait until it is made
    return [] if index is None else [word for word in words(index) if word.startswith(incomplete)]
