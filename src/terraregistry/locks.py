"""Locks that a fork waits for.

A child process has one thread, and what another thread of the parent holds at the fork is held in the child forever: a lock, and
also the lock that Python has for each module that is being imported. So a fork waits until no other thread holds a lock of this
package, or imports one of its modules or of the libraries behind them.

Ordering rule: a fork takes the locks in the reverse of the order in which they were made. A thread that takes two at once takes
them in the same order, so a lock made later is the outer one. `CHANGING` is made first: no other lock is taken under it.

Other modules have hooks for forks too, and a hook that was registered later runs earlier. What timm needs logs while it is
imported, so a fork must not have logging's lock while it waits for such an import. `expect_imports` therefore registers the hook
that waits for imports after the hooks of `logging` and `concurrent.futures`. It is called before the first such import, and not
here: importing those two takes a tenth of the time of importing this package.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHANGING", "expect_imports", "forking_lock"]

_IMPORTED: Final = sys.stdlib_module_names | {
    *("platformdirs", "pydantic", "pydantic_core", "segmentation_models_pytorch", "terraregistry", "timm", "torch"),
    "typing_extensions",
}
"""The packages whose imports a fork waits for: an import of somebody else's may run as long as the program."""

_made: Final[list[threading.RLock]] = []
_held: Final[list[contextlib.ExitStack]] = []
"""The locks that the fork that is going on holds, an entry for each hook; there is one fork at a time."""
_expecting: Final[list[bool]] = []
"""Not empty once forks wait for imports."""


def forking_lock() -> threading.RLock:
    """Make a lock for a whole module, for which a fork waits; the module's docstring has the ordering rule.

    Returns:
        A lock that its own thread may take again.
    """
    lock = threading.RLock()
    _made.append(lock)
    return lock


def expect_imports() -> None:
    """Make forks wait for imports of this package and of the libraries behind it, from now on."""
    if not _expecting:
        for module in ("concurrent.futures.thread", "logging"):
            importlib.import_module(module)
        _expecting.append(True)
        _before_forks(_wait_for_imports)  # by two threads at once registered twice, which does no harm


def _before_forks(prepare: Callable[[], None]) -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=prepare, after_in_parent=_release, after_in_child=_release)


def _take() -> None:
    with contextlib.ExitStack() as taken:
        for lock in reversed(tuple(_made)):
            taken.enter_context(lock)
        _held.append(taken.pop_all())


def _wait_for_imports() -> None:
    waited: set[str] = set()
    while True:
        _take()
        importing = _importing() - waited
        if not importing:
            return
        _release()  # those imports may need the locks
        for name in importing:  # a module of this thread's own is waited for in vain, once
            with contextlib.suppress(Exception):  # it raises where it is imported
                importlib.import_module(name)
        waited |= importing


def _release() -> None:
    if _held:  # what interrupts `_take` leaves nothing
        _held.pop().close()


def _importing() -> set[str]:
    """Name the modules that are being imported, also in this thread."""
    # Python's own table of their locks; there is no public one.
    importing: dict[str, object] = getattr(sys.modules["importlib._bootstrap"], "_module_locks", {})
    return {name for name in tuple(importing) if name.partition(".")[0] in _IMPORTED}


_before_forks(_take)

CHANGING: Final = forking_lock()
"""Held by whoever registers, mounts or undoes, in any registry; whoever only asks needs no lock.

It is one for all, so that what concerns two registries, such as that neither is mounted in the other, is decided at once. Nothing
that somebody else wrote is called under it.
"""
