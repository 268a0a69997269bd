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
"""One entry for each active `quietly`; the first restores the filters."""


class quietly:  # noqa: N801 - it is used as a function
    """Ignore all warnings inside.

    The filters are process-wide: of two threads with a `warnings.catch_warnings` each, the last to end would restore the other's
    filters. Here the first to begin sets them, and the last to end restores them.

    A class, because the context managers of `contextlib.contextmanager` cannot pass on a frozen exception.
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
