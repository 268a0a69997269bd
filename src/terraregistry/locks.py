"""The lock that changes of registries are made under."""

from __future__ import annotations

import os
import threading
from typing import Final

__all__ = ["CHANGING", "forking_lock"]


def forking_lock() -> threading.RLock:
    """Make a lock for a whole module, which a fork waits for.

    A child process has no other threads: one that holds a lock in the parent would never release it there. And a fork that waits
    for it finds nothing half done.

    Returns:
        A lock that its own thread may take again.
    """
    lock = threading.RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock


CHANGING: Final = forking_lock()
"""Held by whoever registers, mounts or undoes, in any registry; whoever only asks needs no lock.

It is one for all, so that what concerns two registries, such as that neither is mounted in the other, is decided at once. Nothing
that somebody else wrote is called under it.
"""
