"""Distinct items, each with its place."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Table"]

T = TypeVar("T", bound=Hashable)


class Table(Generic[T]):
    """Distinct items in the order of their first occurrence."""

    def __init__(self) -> None:
        self._places: dict[T, int] = {}

    def place(self, item: T) -> int:
        """Return the place of an item; a new item gets the next one."""
        return self._places.setdefault(item, len(self._places))

    def items(self) -> list[T]:
        """List the items."""
        return list(self._places)
