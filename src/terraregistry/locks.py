"""Locks that a fork waits for.

A child process has one thread, and what another thread of the parent holds at the fork is held in the child forever: a lock, and
also the lock that Python has for each module that is being imported. So a fork waits until no other thread holds a lock of this
package, or imports one of its modules or of the libraries behind them.

Ordering rule: a fork takes the locks in the reverse of the order in which they were made. A thread that takes two at once takes
them in the same order, so a lock made later is the outer one. `CHANGING` is made first: no other lock is taken under it.

It is the same with the locks of other modules that have hooks for forks: those of hooks registered later are taken before ours.
`logging` and `concurrent.futures` are imported here for that. What timm needs logs while it is imported, under a lock of ours: a
fork that had logging's lock would wait forever.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from typing import Final

__all__ = ["CHANGING", "forking_lock"]

_IMPORTED: Final = sys.stdlib_module_names | {
    *("platformdirs", "pydantic", "pydantic_core", "segmentation_models_pytorch", "terraregistry", "timm", "torch"),
    "typing_extensions",
}
"""The packages whose imports a fork waits for: an import of somebody else's may run as long as the program."""

_made: Final[list[threading.RLock]] = []
_held: Final[list[contextlib.ExitStack]] = []
"""What the fork that is going on holds; there is one at a time."""


def forking_lock() -> threading.RLock:
    """Make a lock for a whole module, for which a fork waits; the module's docstring has the ordering rule.

    Returns:
        A lock that its own thread may take again.
    """
    lock = threading.RLock()
    _made.append(lock)
    return lock


def _before_fork() -> None:
    waited: set[str] = set()
    while True:
        with contextlib.ExitStack() as taken:
            for lock in reversed(tuple(_made)):
                taken.enter_context(lock)
            importing = _importing() - waited
            if not importing:
                _held.append(taken.pop_all())
                return
        # Without the locks, which those imports may need. A module of this thread's own is waited for in vain, once.
        for name in importing:
            with contextlib.suppress(Exception):  # it raises where it is imported
                importlib.import_module(name)
        waited |= importing


def _after_fork() -> None:
    if _held:  # what interrupts `_before_fork` leaves nothing
        _held.pop().close()


def _importing() -> set[str]:
    """Name the modules that are being imported, also in this thread."""
    # Python's own table of their locks; there is no public one.
    importing: dict[str, object] = getattr(sys.modules["importlib._bootstrap"], "_module_locks", {})
    return {name for name in tuple(importing) if name.partition(".")[0] in _IMPORTED}


if hasattr(os, "register_at_fork"):
    for _module in ("concurrent.futures.thread", "logging"):  # their hooks before ours, as said above
        importlib.import_module(_module)
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)

CHANGING: Final = forking_lock()
"""Held by whoever registers, mounts or undoes, in any registry; whoever only asks needs no lock.

It is one for all, so that what concerns two registries, such as that neither is mounted in the other, is decided at once. Nothing
that somebody else wrote is called under it.
"""
