"""Short descriptions of arbitrary values, and messages that fit on a screen."""

from __future__ import annotations

import contextlib
import reprlib
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "COLUMNS",
    "LONGEST_REMEDY",
    "ROWS",
    "Described",
    "add_note",
    "describe_error",
    "describe_value",
    "label",
    "listed",
    "on_screen",
    "one_line",
    "portable",
    "quoted",
    "rows_of",
    "taken",
]

ROWS: Final = 40
COLUMNS: Final = 200
"""A screen: no message is longer than 40 rows of 200 characters; a longer line fills as many rows as it needs."""

LONGEST_REMEDY: Final = 400
_LONGEST_NAME: Final = 80
_MOST_NAMES: Final = 12
_LONGEST_ITEM: Final = 3 * COLUMNS
_LONGEST_HEAD: Final = 6 * COLUMNS
_LONGEST_TAIL: Final = 18 * COLUMNS
"""The signature of a component may have more than 50 parameters."""

_LONGEST_MESSAGE: Final = 1_000
"""The number of characters repeated of another exception's message."""
_MOST_NOTES: Final = 10
"""The number of notes kept: a component building itself recurses some thousand times before Python ends it."""
_PLAIN: Final = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_short: Final = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother, _short.maxlong = 3, 60, 60, 40
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 8


def describe_value(value: object) -> str:
    """Describe a value in a few words: its type, and for plain data the value.

    Args:
        value: Any object, also one without a working `repr`.

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
    """Quote a purported name, which may be long or no string at all."""
    return _short.repr(str.__str__(name)) if isinstance(name, str) else describe_value(name)


def describe_error(error: BaseException) -> str:
    """Describe an exception raised by foreign code: its type and the beginning of its message."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception as failure:  # noqa: BLE001 - its own __str__ may raise anything
        text = f"(its str raises {type(failure).__name__})"
    if len(text) > _LONGEST_MESSAGE:
        text = text[:_LONGEST_MESSAGE] + " ..."
    return f"{name}: {text}" if text else name


def add_note(error: BaseException, note: str) -> None:
    """Add a note to a propagating exception, even if it resists changes.

    Args:
        error: Any exception, also a frozen one or one with its own `add_note`.
        note: The operation in progress. Of notes with the same first two words the first ten are kept, and one for the rest.
    """
    with contextlib.suppress(Exception):  # one that cannot be changed goes on as it is
        found: object = getattr(error, "__notes__", None)
        if found is None:
            BaseException.__setattr__(error, "__notes__", found := list[object]())
        if isinstance(found, list):
            notes = cast("list[object]", found)
            start = " ".join(note.split()[:2])
            alike = sum(str(each).startswith(start) for each in notes)
            if alike <= _MOST_NOTES:
                notes.append(note if alike < _MOST_NOTES else f"{start} more around that")


def one_line(text: str, longest: int = _LONGEST_ITEM) -> str:
    r"""Return a text on one line of bounded length, without characters that a terminal would act upon or not show.

    Examples:
        >>> one_line("a name\nand \x1b[31mred")
        'a name\\nand \\x1b[31mred'
        >>> one_line("0123456789" * 3, 20)
        '01234567...123456789'
    """
    text = _cut(str.__str__(text), longest)
    if text.isprintable():
        return text
    return _cut("".join(each if each.isprintable() else repr(each)[1:-1] for each in text), longest)


def label(name: str) -> str:
    """Shorten the name of a registry, class or component if it is a whole text."""
    return one_line(name, 100)


def taken(by: str, defined_at: str) -> str:
    """Name the owner of a name, with the place of its definition if that is known."""
    return f"{label(by)}, defined at {one_line(defined_at)}" if defined_at else label(by)


def listed(names: Iterable[str], none: str = "none") -> str:
    """Join names: the first dozen, and the number of the rest; `none` for an empty list."""
    shown = [*names]
    more = len(shown) - _MOST_NAMES
    few = [one_line(name, _LONGEST_NAME) for name in shown[:_MOST_NAMES]]
    return f"{', '.join(few)} and {more} more" if more > 0 else ", ".join(few) or none


def on_screen(head: Iterable[str], items: Iterable[str] = (), tail: Iterable[str] = ()) -> str:
    """Format a message to fit on a screen: of many items the first, and the number of the rest.

    Args:
        head: The lines to begin with.
        items: One line each, for as long as there is room.
        tail: The lines to end with, such as the remedy.

    Returns:
        Lines of printable characters.
    """
    first, last = [one_line(line, _LONGEST_HEAD) for line in head], [one_line(line, _LONGEST_TAIL) for line in tail]
    every = [*items]
    room = ROWS - rows_of([*first, *last])
    shown: list[str] = []
    for item in every:
        shown.append(one_line(item))
        if rows_of(shown) > room:
            break
    if rows_of(shown) <= room:
        return "\n".join([*first, *shown, *last])
    while rows_of(shown) > room - 1:
        shown.pop()
    return "\n".join([*first, *shown, f"  ... and {len(every) - len(shown)} more", *last])


def rows_of(lines: Iterable[str]) -> int:
    """Count the rows of a screen filled by lines."""
    return sum(max(1, -(-len(line) // COLUMNS)) for line in lines)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    before = (longest - 3) // 2
    return f"{text[:before]}...{text[before + 3 - longest :]}"


class Described:
    """A stand-in, in a pickled error, for a value that may not pickle."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: str = text


def portable(value: object) -> object:
    """Return the value if it pickles anywhere, otherwise its stand-in."""
    if isinstance(value, str):
        return str.__str__(value)
    plain = value is None or type(value) in (bytes, bool, int, float, Described)
    return value if plain else Described(describe_value(value))
