"""Immutable states of a registry: a change makes a new state, set by one assignment.

So an interrupted change is applied completely or not at all, and concurrent readers see the state before or after.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import ContextDecorator
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Self, TypeAlias, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from types import TracebackType

    from terraregistry.registry.entries import Entry

__all__ = ["Change", "Components", "Scope", "Snapshot", "State"]

T = TypeVar("T")
V = TypeVar("V")


@final
class Snapshot(Generic[V]):
    """A persistent mapping in insertion order: `with_items` and `without` return another snapshot.

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


class Components(NamedTuple, Generic[T]):
    """The components of a registry.

    Attributes:
        entries: The components by canonical name.
        aliases: The canonical names by alias.
    """

    entries: Snapshot[Entry[T]]
    aliases: Snapshot[str]

    def find(self, name: str) -> Entry[T] | None:
        """Return the entry of a canonical name or an alias, or None."""
        entry = self.entries.get(name)
        if entry is None:
            canonical = self.aliases.get(name)
            return None if canonical is None else self.entries.get(canonical)
        return entry

    def aliases_of(self, name: str) -> list[str]:
        """Return the aliases of a canonical name."""
        return [alias for alias, canonical in self.aliases.items() if canonical == name]

    def without(self, name: str) -> Components[T]:
        """Return the components without one of them and its aliases."""
        return Components(self.entries.without({name}), self.aliases.without({*self.aliases_of(name)}))

    def added(self, entry: Entry[T], others: tuple[str, ...]) -> Components[T]:
        """Return the components with one more and its aliases; it replaces the previous owners of these names."""
        aliases = {alias: entry.name for alias in others if alias != entry.name}
        components = self
        for alias in aliases:
            if components.entries.get(alias) is not None:
                components = components.without(alias)
        entries, taken = components.entries.with_items({entry.name: entry}), components.aliases
        if taken.get(entry.name) is not None:
            taken = taken.without({entry.name})
        return Components(entries, taken.with_items(aliases) if aliases else taken)

    def removed(self, name: str) -> Components[T]:
        """Return the components without one and its aliases, or without an alias alone; unknown names change nothing."""
        if self.aliases.get(name) is not None:
            return Components(self.entries, self.aliases.without({name}))
        return self if self.entries.get(name) is None else self.without(name)


Change: TypeAlias = "Callable[[Components[T]], Components[T]]"
"""A registration or a removal; it can be made again on other components, when a scope before it is closed."""


class _Opened(NamedTuple, Generic[T]):
    """An opened scope. A scope without references cannot be closed any more, and counts as closed."""

    scope: weakref.ref[Scope]
    thread: int


class _Changes(NamedTuple, Generic[T]):
    """The last change since the opening of the first open scope, its scope, and the changes before it."""

    change: Change[T]
    opened: _Opened[T]
    before: _Changes[T] | None


class State(NamedTuple, Generic[T]):
    """The components of a registry, and the changes made in its open scopes.

    Attributes:
        components: The current components.
        before: The components at the opening of the first open scope.
        opened: The open scopes, in order of opening.
        changes: The changes since `before`.
    """

    components: Components[T]
    before: Components[T] | None = None
    opened: tuple[_Opened[T], ...] = ()
    changes: _Changes[T] | None = None

    def changed(self, change: Change[T]) -> State[T]:
        """Return the state after a change in the innermost scope of this thread, or else in the scope opened last."""
        components = change(self.components)
        opened = self._alive()
        if not opened:
            return State(components)
        own = [each for each in opened if each.thread == threading.get_ident()]
        changes = _Changes(change, (own or opened)[-1], self.changes)
        return self._replace(components=components, opened=opened, changes=changes)

    def with_scope(self, scope: Scope) -> State[T]:
        """Return the state with one more open scope."""
        opened = _Opened[T](weakref.ref(scope), threading.get_ident())
        alive = self._alive()
        if not alive:
            return State(self.components, self.components, (opened,))
        return self._replace(opened=(*alive, opened))

    def without_scope(self, scope: Scope) -> State[T]:
        """Return the state with a scope closed and its changes undone.

        It is the same state if the scope is closed already.
        """
        closed = next((each for each in self.opened if each.scope() is scope), None)
        if closed is None or self.before is None:
            return self
        kept: list[_Changes[T]] = []
        made = self.changes
        while made is not None:
            if made.opened is not closed:
                kept.append(made)
            made = made.before
        components = self.before
        changes: _Changes[T] | None = None
        for made in reversed(kept):
            components = made.change(components)
            changes = _Changes(made.change, made.opened, changes)
        opened = tuple(each for each in self._alive() if each is not closed)
        return State(components, self.before, opened, changes) if opened else State(components)

    def has_open(self, scope: Scope) -> bool:
        """Return True if a scope is open."""
        return any(each.scope() is scope for each in self.opened)

    def _alive(self) -> tuple[_Opened[T], ...]:
        return tuple(each for each in self.opened if each.scope() is not None)


class Scope(ContextDecorator):
    """The context manager and decorator returned by `Registry.scope`."""

    def __init__(self, begin: Callable[[Scope], None], end: Callable[[Scope], None]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> None:
        try:
            self._begin(self)
        except RuntimeError:  # it is open already, and stays so
            raise
        except BaseException:  # interrupted, before or after it was opened: there will be no __exit__
            self._end(self)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._end(self)
        except BaseException:  # interrupted: nobody calls __exit__ again
            self._end(self)
            raise

    def _recreate_cm(self) -> Self:
        """Make a new one for each call of a decorated function."""
        return type(self)(self._begin, self._end)
