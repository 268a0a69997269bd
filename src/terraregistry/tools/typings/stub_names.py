"""Sets of names as type aliases, each written once."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NameTypes"]


class NameTypes:
    """The type aliases of a stub.

    Each is one `Literal` of all its names: a union of two of them makes pyright six times as slow.
    """

    def __init__(self) -> None:
        self._aliases: dict[tuple[str, ...], str] = {}

    def type_of(self, names: tuple[str, ...]) -> str:
        """Write the type of an argument with a fixed set of names.

        Args:
            names: The names.

        Returns:
            An alias.
        """
        return self._aliases.setdefault(names, f"_Names{len(self._aliases)}")

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
