"""Locks acquired around a fork.

A child process has one thread. A lock held by another thread of the parent at the fork stays held in the child forever; so does
Python's own lock of each module being imported. A fork therefore waits until no other thread holds a lock of this package, or
imports one of its modules or of the libraries behind them.

Ordering rule: a fork takes the locks in reverse order of creation. A thread taking two at once takes them in the same order, so a
lock made later is the outer one. `CHANGING` is made first: no other lock is taken under it.

Other modules have fork hooks too, and a hook registered later runs earlier. timm's dependencies log while being imported, so a
fork must not have logging's lock while it waits for such an import. `expect_imports` therefore registers the hook waiting for
imports after the hooks of `logging` and `concurrent.futures`. It is called before the first such import, and not here: importing
those two takes a tenth of the import time of this package.
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
    "platformdirs", "pydantic", "pydantic_core", "segmentation_models_pytorch", "terraregistry", "terratorch", "timm", "torch",
    "typing_extensions",
}  # fmt: skip
"""The packages whose imports a fork waits for: an import of other code may run as long as the program."""

_made: Final[list[threading.RLock]] = []
_held: Final[list[contextlib.ExitStack]] = []
"""The locks held by the fork in progress, an entry for each hook; there is one fork at a time."""
_expecting: Final[list[bool]] = []
"""Not empty once forks wait for imports."""


def forking_lock() -> threading.RLock:
    """Make a reentrant lock for a whole module, acquired around a fork; see the module's docstring for the ordering rule."""
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
    """List the modules being imported, also in this thread."""
    # Python's own table of their locks; there is no public one.
    importing: dict[str, object] = getattr(sys.modules["importlib._bootstrap"], "_module_locks", {})
    return {name for name in tuple(importing) if name.partition(".")[0] in _IMPORTED}


_before_forks(_take)

CHANGING: Final = forking_lock()
"""Held while registering, mounting or undoing, in any registry; reading needs no lock.

One lock serves all registries, so conditions over two of them, such as neither being mounted in the other, are checked
atomically. No foreign code is called under it.
"""
