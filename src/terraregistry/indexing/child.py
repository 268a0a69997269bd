"""The process that makes the index."""

from __future__ import annotations

import contextlib
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from terraregistry.index.encoding import encode
from terraregistry.index.keys import current_key
from terraregistry.indexing.making import library_registries, make_index

if TYPE_CHECKING:
    from collections.abc import Generator

    from terraregistry.indexing.making import Report

__all__ = ["main"]


def main(file: str) -> None:
    """Make the index of the library and write it.

    Args:
        file: Where to.
    """
    with warnings.catch_warnings(), _progress() as report:
        warnings.simplefilter("ignore")  # they are about the libraries' own code
        index = make_index(library_registries(), report=report)
    Path(file).write_text(encode(index, current_key()), encoding="ascii")


@contextlib.contextmanager
def _progress() -> Generator[Report | None]:
    """Show a progress bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Indexing the installed components", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
