"""A persistent mapping: immutable, in insertion order, with structure shared between versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

__all__ = ["Snapshot"]

V = TypeVar("V")


@final
class Snapshot(Generic[V]):
    """Items by name, never changed in place: `with_items` and `without` return another snapshot.

    Most items are in `base`, shared with the next snapshot; the latest are in `recent`, which is copied. They move into
    a new base when they outnumber the square root of its size. So adding to n items costs O(sqrt(n)) on average, and a
    look-up one or two dictionary look-ups.

    Attributes:
        base: Items shared with other snapshots. Do not change it.
        recent: Items not in `base`. Do not change it.
    """

    __slots__ = ("base", "recent")

    def __init__(self, base: dict[str, V], recent: dict[str, V]) -> None:
        self.base: Final = base
        self.recent: Final = recent

    def get(self, name: str) -> V | None:
        """Return the item of a name, or None."""
        found = self.base.get(name)
        return self.recent.get(name) if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter([*self.base, *self.recent])

    def __len__(self) -> int:
        return len(self.base) + len(self.recent)

    def items(self) -> list[tuple[str, V]]:
        """Return the items in the order of their names' first insertion."""
        return [*self.base.items(), *self.recent.items()]

    def with_items(self, items: Mapping[str, V]) -> Snapshot[V]:
        """Return these items and further ones; existing names keep their place."""
        recent = {**self.recent, **items}
        if len(recent) ** 2 > len(self.base) or not self.base.keys().isdisjoint(items):
            return Snapshot({**self.base, **recent}, {})
        return Snapshot(self.base, recent)

    def without(self, names: AbstractSet[str]) -> Snapshot[V]:
        """Return these items without the given names."""
        recent = {name: value for name, value in self.recent.items() if name not in names}
        if self.base.keys().isdisjoint(names):
            return Snapshot(self.base, recent)
        return Snapshot({name: value for name, value in self.base.items() if name not in names}, recent)
