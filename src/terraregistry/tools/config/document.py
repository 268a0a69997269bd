"""A config that has been read: its data, and where in the file each key, item and value stands."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from terraregistry.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Document", "Position", "YamlKey", "YamlPath", "display_path", "shorten", "split_path"]

YamlKey: TypeAlias = str | int | float | bool | None
"""A key of a mapping, or the index of an item of a list."""
YamlPath: TypeAlias = tuple[YamlKey, ...]
"""The keys and indices that lead from the root of a config to a place in it."""

_LONGEST: Final = 80
_PLAIN_KEY: Final = re.compile(r"[\w-]+")
_PATH_STEP: Final = re.compile(r"""\[('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\]]*)\]|([^.\[]+)""")


class Position(NamedTuple):
    """A place in a file; both count from 1.

    Attributes:
        line: The line.
        column: The character in the line.
    """

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a config.

    Attributes:
        file: The file's name as it was given.
        data: Lists, dictionaries and plain values.
        keys: The position of each key of a mapping and of each item of a list.
        values: The position of each value; that of the whole document is under `()`.
    """

    file: str
    data: object
    keys: Mapping[YamlPath, Position] = field(repr=False)
    values: Mapping[YamlPath, Position] = field(repr=False)

    def locate(self, path: YamlPath) -> Position:
        """Find the key or item at a path, or the nearest one above it that exists.

        Args:
            path: Where to look.

        Returns:
            Its position; that of the document's first value when nothing on the way exists.
        """
        for length in range(len(path), 0, -1):
            position = self.keys.get(path[:length])
            if position is not None:
                return position
        return self.values[()]

    def error(self, problems: Iterable[tuple[YamlPath, str]]) -> ConfigError:
        """Word mistakes as one error, in the order in which they stand in the file.

        Args:
            problems: The path of each mistake and what is wrong there.

        Returns:
            The error, to be raised.
        """
        placed: list[tuple[int, int, str]] = []
        for path, text in problems:
            line, column = self.locate(path)
            placed.append((line, column, f"{display_path(path)}: {text}" if path else text))
        return ConfigError(self.file, tuple(sorted(placed, key=lambda problem: problem[:2])))


def display_path(path: YamlPath) -> str:
    """Write a path as it is read in messages.

    Args:
        path: The keys and indices.

    Returns:
        Such as `model.init_args.necks[1].indices`.

    >>> display_path(("necks", 1, "indices"))
    'necks[1].indices'
    >>> display_path(("a key", True))
    "['a key'][True]"
    """
    text = ""
    for key in path:
        if isinstance(key, str) and _PLAIN_KEY.fullmatch(key):
            text += f".{shorten(key)}" if text else shorten(key)
        else:
            text += f"[{shorten(repr(key))}]"
    return text


def shorten(text: str) -> str:
    """Cut the middle out of a text that is too long for a message.

    Args:
        text: A key or tag from a file.

    Returns:
        At most 80 characters.
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}...{text[3 - _LONGEST // 2 :]}"


def split_path(text: str) -> YamlPath:
    """Read a path that was written with dots, indices and quoted keys.

    Args:
        text: Such as `necks[1].indices` or `options['a key']`.

    Returns:
        The keys and indices.

    >>> split_path("necks[1].indices")
    ('necks', 1, 'indices')
    >>> split_path("options['a key']")
    ('options', 'a key')
    """
    return tuple(key or _literal(bracketed) for bracketed, key in _PATH_STEP.findall(text))


def _literal(text: str) -> YamlKey:
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if value is None or isinstance(value, (str, int, float)) else text
