"""Sets of names as type aliases, each written once."""

from __future__ import annotations

import functools
import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NameTypes"]

_MOST: Final = 250
"""pyrefly takes a `Literal` of more than 256 names for `str`."""
_MOST_IN_A_UNION: Final = 4000
"""pyrefly takes a union of more than 4,096 names for anything, unless a generic alias joins two of them."""
_EITHER: Final = (
    '_T = typing.TypeVar("_T")',
    '_U = typing.TypeVar("_U")',
    "_Either: typing.TypeAlias = _T | _U",
)


class NameTypes:
    """The type aliases of a stub: each is one `Literal`."""

    def __init__(self) -> None:
        self._aliases: dict[tuple[str, ...], str] = {}
        self._unions: dict[str, str] = {}

    def types_of(self, names: tuple[str, ...]) -> list[str]:
        """Write the types of an argument with a fixed set of names.

        Args:
            names: The names.

        Returns:
            Aliases, each of some of the names.
        """
        parts = [names[start : start + _MOST] for start in range(0, len(names), _MOST)]
        return [self._aliases.setdefault(part, f"_Names{len(self._aliases)}") for part in parts]

    def unions(self, alias: str, parts: list[str]) -> list[str]:
        """Write the types of an argument with any of the names of several aliases.

        Args:
            alias: The name of the union.
            parts: The aliases.

        Returns:
            The types, to be tried in turn: parts of the union if it has too many names, and all of it.
        """
        self._unions[alias] = " | ".join(parts)
        lengths = {part: len(names) for names, part in self._aliases.items()}
        chunks: list[list[str]] = [[]]
        for part in parts:
            if sum(lengths[each] for each in [*chunks[-1], part]) > _MOST_IN_A_UNION:
                chunks.append([])
            chunks[-1].append(part)
        if len(chunks) == 1:
            return [alias]
        found = {f"{alias}{number}": " | ".join(chunk) for number, chunk in enumerate(chunks)}
        whole = {f"{alias}s": functools.reduce("_Either[{}, {}]".format, found)}
        self._unions |= found | whole
        return [*found, *whole]

    def lines(self) -> Iterator[str]:
        """Write the aliases."""
        for names, alias in self._aliases.items():
            yield f"{alias}: typing.TypeAlias = typing.Literal["
            listed = ", ".join(repr(name) for name in names)
            yield from textwrap.wrap(
                listed,
                118,
                initial_indent="    ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            yield "]"
        yield from _EITHER
        for alias, written in self._unions.items():
            yield f"{alias}: typing.TypeAlias = {written}"
