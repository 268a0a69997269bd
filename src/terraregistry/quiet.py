"""Keeping the warnings of others quiet, from any number of threads at once."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Final

from terraregistry.locks import forking_lock

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["quietly"]

_lock: Final = forking_lock()
_inside: Final[list[contextlib.ExitStack]] = []
"""One entry for each `quietly` that is going on; the first has what restores the filters."""


class quietly:  # noqa: N801 - it is used as a function
    """Ignore all warnings inside.

    The filters are those of the whole process: of two threads with a `warnings.catch_warnings` each, the one that ends last would
    put back what the other had set. Here the first that begins sets them, and the last that ends puts them back.

    It is a class, since what `contextlib.contextmanager` makes cannot pass on an exception that is frozen.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        with _lock:
            stack = _inside[0] if _inside else contextlib.ExitStack()
            if not _inside:
                stack.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
            _inside.append(stack)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with _lock:
            stack = _inside.pop()
            if not _inside:
                stack.close()
