"""Watching what a call does besides answering: files, processes, connections, imports of what nobody asked for, and time."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from .probe import forbidden

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["MOST_SECONDS", "Hang", "watched"]

MOST_SECONDS: Final = 2.0
"""What takes the processor longer than this for one bad call or config hangs."""

_seen: list[str] | None = None
_installed = False


class Hang(BaseException):
    """A call takes far too long: no `except Exception` may hide that."""


def _hook(event: str, args: tuple[Any, ...]) -> None:  # of any event
    if _seen is not None and threading.current_thread() is threading.main_thread() and forbidden(event, args):
        _seen.append(f"{event} {args!r:.200}")


def _ring(*_: object) -> None:
    raise Hang


@contextmanager
def watched(seconds: float = MOST_SECONDS) -> Generator[list[str]]:
    """Note what is forbidden to whoever only looks at names, arguments and configs, and end what hangs.

    Args:
        seconds: How long the processor may work; a run whose lines are measured may take five times as long.

    Yields:
        The events, as they come.

    Raises:
        Hang: It takes longer.
    """
    global _seen, _installed  # noqa: PLW0603 - an audit hook can never be taken off again
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    before = signal.signal(signal.SIGVTALRM, _ring)
    _seen = events = []
    if sys.gettrace() is not None:
        seconds *= 5
    # More than once: what is raised in a callback of the garbage collector is lost.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
    try:
        yield events
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        _seen = None
        signal.signal(signal.SIGVTALRM, before)
