"""Options that several commands have, and what is done for them."""

from __future__ import annotations

import importlib
import sys
from enum import StrEnum

__all__ = ["Unused", "import_module"]


class Unused(StrEnum):
    """What becomes of arguments that nothing reads."""

    ERROR = "error"
    WARN = "warn"


def import_module(module: str) -> None:
    """Import a module of the project that the command runs in.

    Args:
        module: Its name.
    """
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it: modules of the project that the command runs in
    importlib.import_module(module)
