"""The exit statuses of the command line."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Status"]


class Status(IntEnum):
    """Exit statuses of commands."""

    DONE = 0
    """Success: the work is done, and no problem was found."""
    FAILED = 1
    """Failure without a fault in the input: the work could not be done, or nothing was found."""
    WRONG_INPUT = 2
    """Wrong input: an option, a name, a config, or the model described by a config."""
    UNKNOWN = 3
    """No problem was found, and not everything could be checked."""
