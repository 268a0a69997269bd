"""Options shared by several commands, and their implementation."""

from __future__ import annotations

import importlib
import sys
from enum import StrEnum

__all__ = ["Unused", "import_module"]


class Unused(StrEnum):
    """Policy for unused arguments."""

    ERROR = "error"
    WARN = "warn"


def import_module(module: str) -> None:
    """Import a module of the project in the current folder.

    Args:
        module: Its name.
    """
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it: modules of the project that the command runs in
    importlib.import_module(module)
