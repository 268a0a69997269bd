"""Changes of a registry, and undoing those that were made inside a scope."""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from terraregistry.locks import CHANGING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from terraregistry.registry.entries import Entry

__all__ = ["Addition", "Removal", "Scope", "Scopes"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Addition(Generic[T]):
    """A component that is registered, in place of what had its names before.

    Attributes:
        entry: The component.
        aliases: Its other names.
    """

    entry: Entry[T]
    aliases: tuple[str, ...]

    def apply(self, entries: dict[str, Entry[T]], aliases: dict[str, str]) -> None:
        """Make the change, in place."""
        # The name comes first, and what is replaced goes last: whoever looks in between finds all that was there before.
        name = self.entry.name
        entries[name] = self.entry
        aliases.pop(name, None)
        for alias in self.aliases:
            if alias != name:
                aliases[alias] = name
                if alias in entries:
                    _remove(alias, entries, aliases)


@dataclass(frozen=True, slots=True)
class Removal(Generic[T]):
    """A component that is removed with its aliases, or an alias alone; nothing where the name is gone already.

    Attributes:
        name: A canonical name or an alias.
    """

    name: str

    def apply(self, entries: dict[str, Entry[T]], aliases: dict[str, str]) -> None:
        """Make the change, in place."""
        if aliases.pop(self.name, None) is None and self.name in entries:
            _remove(self.name, entries, aliases)


def _remove(name: str, entries: dict[str, Entry[T]], aliases: dict[str, str]) -> None:
    for alias in [alias for alias, canonical in aliases.items() if canonical == name]:
        del aliases[alias]
    del entries[name]


@dataclass
class Scopes(Generic[T]):
    """The scopes of a registry that are open, and the changes since the first of them was opened.

    Attributes:
        before: The entries and the aliases that there were then.
        open: The scopes, in the order in which they were opened.
        changes: Each change with the scope that it was made in.
    """

    before: tuple[dict[str, Entry[T]], dict[str, str]] = field(default_factory=lambda: ({}, {}))
    open: list[Scope[T]] = field(default_factory=list["Scope[T]"])
    changes: list[tuple[Scope[T], Addition[T] | Removal[T]]] = field(
        default_factory=list["tuple[Scope[T], Addition[T] | Removal[T]]"]
    )

    def note(self, change: Addition[T] | Removal[T]) -> None:
        """Note a change: it is made in the innermost scope of its thread, or else in the one that was opened last."""
        if self.open:
            thread = threading.get_ident()
            own = [scope for scope in self.open if scope.thread == thread]
            self.changes.append(((own or self.open)[-1], change))

    def without(self, closed: Scope[T]) -> tuple[dict[str, Entry[T]], dict[str, str]]:
        """Close a scope; give what there would be if nothing had been done in it."""
        self.open.remove(closed)
        self.changes = [(scope, change) for scope, change in self.changes if scope is not closed]
        entries, aliases = dict(self.before[0]), dict(self.before[1])
        for _, change in self.changes:
            change.apply(entries, aliases)
        return entries, aliases


class Scope(ContextDecorator, Generic[T]):
    """What `Registry.scope` gives: a context manager, and a decorator.

    Args:
        begin: Opens a scope in its registry.
        end: Closes it.
    """

    def __init__(self, begin: Callable[[Scope[T]], None], end: Callable[[Scope[T]], None]) -> None:
        self._begin = begin
        self._end = end
        self.thread: int | None = None

    def __enter__(self) -> None:
        with CHANGING:
            if self.thread is not None:
                raise RuntimeError("this scope is open already; each scope() is for one `with`")
            self.thread = threading.get_ident()
            self._begin(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with CHANGING:
            self._end(self)
            self.thread = None

    def _recreate_cm(self) -> Self:
        """Make a new one for each call of a decorated function."""
        return type(self)(self._begin, self._end)
