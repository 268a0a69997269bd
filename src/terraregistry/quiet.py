"""Keeping the warnings of others quiet, from any number of threads at once."""

from __future__ import annotations

import contextlib
import threading
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["quietly"]

_lock: Final = threading.Lock()
_inside: Final[list[contextlib.ExitStack]] = []
"""One entry for each `quietly` that is going on; the first has what restores the filters."""


@contextlib.contextmanager
def quietly() -> Generator[None]:
    """Ignore all warnings inside.

    The filters are those of the whole process: of two threads with a `warnings.catch_warnings` each, the one that ends last would
    put back what the other had set. Here the first that begins sets them, and the last that ends puts them back.

    Yields:
        Nothing.
    """
    with _lock:
        stack = contextlib.ExitStack()
        if _inside:
            stack = _inside[0]
        else:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _inside.append(stack)
    try:
        yield
    finally:
        with _lock:
            _inside.pop()
            if not _inside:
                stack.close()
