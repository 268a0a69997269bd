"""The exit statuses of the command line."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Status"]


class Status(IntEnum):
    """What a command exits with."""

    DONE = 0
    """It did what it was asked, and found nothing wrong."""
    FAILED = 1
    """It could not do its work, or found nothing, through no fault in what it was given."""
    WRONG_INPUT = 2
    """Something that it was given is wrong: an option, a name, a config, or the model that a config describes."""
    UNKNOWN = 3
    """Nothing that it was given is known to be wrong, and not all of it could be checked."""
