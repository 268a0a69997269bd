"""Putting what somebody gave into a few words, whatever it is."""

from __future__ import annotations

import reprlib
from typing import Final

__all__ = ["Described", "describe_value", "portable", "quoted"]

_PLAIN: Final = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_short: Final = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother, _short.maxlong = 3, 60, 60, 40
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 8


def describe_value(value: object) -> str:
    """Put a value that somebody gave into a few words: its type, and for plain data the value.

    Args:
        value: Anything, also what has no working `repr`.

    Returns:
        At most about a line, such as `str '256'` or `Conv2d`.
    """
    if value is None:
        return "None"
    if isinstance(value, Described):
        return value.text
    name = type(value).__qualname__
    if isinstance(value, type):
        return f"class {value.__qualname__}"
    if not isinstance(value, _PLAIN):
        return name
    try:
        text = _short.repr(value)
    except Exception as error:  # noqa: BLE001 - an element's own __repr__ may raise anything
        text = f"(its repr raises {type(error).__name__})"
    return f"{name} {text}"


def quoted(name: object) -> str:
    """Quote what was given as a name, which may be long or no string at all."""
    return _short.repr(str.__str__(name)) if isinstance(name, str) else describe_value(name)


class Described:
    """Stands, in an error that was pickled, for a value that may not pickle."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: str = text


def portable(value: object) -> object:
    """Return the value where it pickles anywhere, or else what stands for it."""
    if isinstance(value, str):
        return str.__str__(value)
    plain = value is None or type(value) in (bytes, bool, int, float, Described)
    return value if plain else Described(describe_value(value))
