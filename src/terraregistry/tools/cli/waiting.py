"""Waiting for the index, made once for the installed libraries."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Final

import typer

from terraregistry.index.loading import cached_index, make_and_keep

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from terraregistry.index import Index

__all__ = ["wait_for_index"]

_WITHOUT_CURSOR: Final = ("dumb", "unknown")
"""Terminals on which rich draws nothing."""
_ANNOUNCEMENT: Final = "Indexing the installed components, once (about 20 s)"


def wait_for_index() -> Index:
    """Load the index. Making it shows the progress on standard error, and a warning if it cannot be kept.

    Returns:
        The index.

    Raises:
        IndexUnavailableError: There is none in the cache, and it cannot be made.
    """
    index = cached_index()
    if index is not None:
        return index
    with _progress() as report:
        made = make_and_keep(report)
    if not made.is_kept:
        typer.echo(_not_kept(made.folder), err=True)
    return made.index


def _not_kept(folder: Path) -> str:
    if folder.is_relative_to(os.devnull):
        reason, remedy = "there is no folder for it", "set HOME"
    else:
        reason, remedy = f"{folder} cannot be written", "make that folder writable"
    remedy += "" if sys.platform == "win32" else ", or set XDG_CACHE_HOME to a folder that is writable"
    return f"the index cannot be kept: {reason}, so each command makes it again; {remedy}"


@contextlib.contextmanager
def _progress() -> Generator[Callable[[int, int], None] | None]:
    """Show a progress bar on standard error if it is a terminal, else one line."""
    if not sys.stderr.isatty() or os.environ.get("TERM") in _WITHOUT_CURSOR:
        typer.echo(f"{_ANNOUNCEMENT} ...", err=True)
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_ANNOUNCEMENT, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
