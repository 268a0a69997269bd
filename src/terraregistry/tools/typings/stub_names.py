"""Sets of names as type aliases, each written once."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NameTypes"]

_MOST: Final = 250
"""pyrefly takes a `Literal` of more than 256 names for `str`."""


class NameTypes:
    """The type aliases of a stub: each is one `Literal`."""

    def __init__(self) -> None:
        self._aliases: dict[tuple[str, ...], str] = {}
        self._unions: dict[str, list[str]] = {}

    def types_of(self, names: tuple[str, ...]) -> list[str]:
        """Write the types of an argument with a fixed set of names.

        Args:
            names: The names.

        Returns:
            Aliases, each of some of the names.
        """
        parts = [names[start : start + _MOST] for start in range(0, len(names), _MOST)]
        return [self._aliases.setdefault(part, f"_Names{len(self._aliases)}") for part in parts]

    def union(self, alias: str, parts: list[str]) -> str:
        """Write the type of an argument with any of the names of several aliases.

        Args:
            alias: The name of the union.
            parts: The aliases.

        Returns:
            The name of the union.
        """
        self._unions[alias] = parts
        return alias

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
        for alias, parts in self._unions.items():
            yield f"{alias}: typing.TypeAlias = {' | '.join(parts)}"
