"""The lock that changes of registries are made under."""

from __future__ import annotations

import os
import threading
from typing import Final

__all__ = ["CHANGING"]

CHANGING: Final = threading.RLock()
"""Held by whoever registers, mounts or undoes, in any registry; whoever only asks needs no lock.

It is one for all, so that what concerns two registries, such as that neither is mounted in the other, is decided at once. Nothing
that somebody else wrote is called under it.
"""

if hasattr(os, "register_at_fork"):
    # A child has no other threads: one that holds the lock in the parent would never release it there. And a fork that waits for
    # it finds no change half made.
    os.register_at_fork(before=CHANGING.acquire, after_in_parent=CHANGING.release, after_in_child=CHANGING.release)
