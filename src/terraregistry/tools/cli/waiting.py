"""Waiting for the index, which is made once for what is installed."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from terraregistry.index.loading import cached_index, load_index

if TYPE_CHECKING:
    from collections.abc import Generator

    from terraregistry.index import Index

__all__ = ["wait_for_index"]


def wait_for_index() -> Index:
    """Load the index; where it has to be made first, say so on a terminal.

    Returns:
        The index.

    Raises:
        IndexUnavailableError: There is none in the cache, and it cannot be made.
    """
    index = cached_index()
    if index is not None:
        return index
    with _announced():
        return load_index()


@contextlib.contextmanager
def _announced() -> Generator[None]:
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    message = "Making the index of what is installed: once, in about half a minute"
    with Console(stderr=True).status(message):
        yield
