"""`Registry`: names of components, and the constructors that make them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, overload

from terraregistry.errors import DuplicateComponentError, InvalidRegistrationError, describe_value
from terraregistry.locks import CHANGING
from terraregistry.registry.base import BaseRegistry
from terraregistry.registry.changes import Addition, Removal, Scope, Scopes
from terraregistry.registry.entries import Entry
from terraregistry.registry.names import name_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Registry"]

T = TypeVar("T")
C = TypeVar("C", bound="Callable[..., object]")


class _Absent(Enum):
    """What a decorator that is called for its arguments has not got yet."""

    CONSTRUCTOR = "constructor"


class Registry(BaseRegistry[T]):
    """A set of names of components, and a mapping from them to the constructors that make them.

    It is generic over the kind of component. Made as `Registry[Decoder]()`, it also checks what it builds against that kind.

    Args:
        constructors: Components to begin with, by name.

    Raises:
        InvalidRegistrationError: A constructor cannot be called.

    Example:
        >>> class Square:
        ...     def __init__(self, side: float = 1.0) -> None:
        ...         self.side = side
        >>> SHAPES = Registry[Square]()
        >>> SHAPES.register(Square) is Square
        True
        >>> SHAPES.build("Square", side=2.0).side
        2.0
        >>> SHAPES.build("Square", sied=2.0)
        Traceback (most recent call last):
            ...
        terraregistry.errors.InvalidArgumentsError: ...
          sied: unknown argument; did you mean 'side'?
        ...
    """

    def __init__(self, /, **constructors: Callable[..., T]) -> None:
        super().__init__()
        self._entries: dict[str, Entry[T]] = {}
        self._aliases: dict[str, str] = {}
        self._scopes: Scopes[T] = Scopes()
        self._changed = 0
        for name, constructor in constructors.items():
            self.register(constructor, name=name)

    # Registration keeps a single dictionary and changes it in place, under the lock; whoever iterates takes a snapshot first.

    def _find(self, name: str) -> Entry[T] | None:
        entry = self._entries.get(name)
        if entry is None and self._aliases:
            canonical = self._aliases.get(name)
            if canonical is not None:
                return self._entries.get(canonical)
        return entry

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None for a name that is not here."""
        if name in self._entries:
            return name
        return self._aliases.get(name) if self._aliases else None

    def _names(self) -> list[str]:
        return [*self._entries]

    def __len__(self) -> int:
        return len(self._entries)

    def __bool__(self) -> bool:
        return bool(self._entries)

    def _spellings(self) -> list[str]:
        return [*self._entries, *self._aliases]

    def _state(self) -> int:
        return self._changed

    def _aliases_of(self, name: str) -> tuple[str, ...]:
        return tuple(alias for alias, canonical in [*self._aliases.items()] if canonical == name)

    @overload
    def register(
        self, constructor: C, /, *, name: str | None = None, aliases: Iterable[str] = (), override: bool = False
    ) -> C: ...
    @overload
    def register(
        self, /, *, name: str | None = None, aliases: Iterable[str] = (), override: bool = False
    ) -> Callable[[C], C]: ...
    def register(
        self,
        constructor: C | _Absent = _Absent.CONSTRUCTOR,
        /,
        *,
        name: str | None = None,
        aliases: Iterable[str] = (),
        override: bool = False,
    ) -> C | Callable[[C], C]:
        """Register a class or function; a decorator, with or without arguments, or a plain call.

        Args:
            constructor: What makes the component.
            name: Its name; by default the `__name__` of the constructor.
            aliases: Other spellings, which are contained and built, but not iterated.
            override: Replace what has the name, or an alias, now. The aliases of a replaced component stay.

        Returns:
            The constructor, unchanged.

        Raises:
            InvalidRegistrationError: It cannot be called, or the name is no name.
            DuplicateComponentError: A name is taken.
        """
        if isinstance(constructor, _Absent):  # None is no constructor, and is refused as such
            return lambda decorated: self.register(decorated, name=name, aliases=aliases, override=override)
        chosen = _name_for(constructor, name, self._label)
        self._add(Entry(chosen, _as_constructor(constructor)), aliases, override=override)
        return constructor

    def register_lazy(self, name: str, reference: str, *, aliases: Iterable[str] = (), override: bool = False) -> None:
        """Register a component whose module is imported when it is first used.

        Args:
            name: Its name.
            reference: Where it is, as `package.module:attribute`.
            aliases: Other spellings, which are contained and built, but not iterated.
            override: Replace what has the name, or an alias, now.

        Raises:
            InvalidRegistrationError: The name is no name, or the reference no reference.
            DuplicateComponentError: A name is taken.
        """
        if not _is_reference(reference):
            reason = f"{describe_value(reference)} is no reference; write 'package.module:attribute'"
            raise InvalidRegistrationError(name, self._label(), reason)
        self._add(self._lazy(_checked(name, self._label), reference), aliases, override=override)

    def _lazy(self, name: str, reference: str) -> Entry[T]:
        """Make the entry of a component that is imported when it is first used."""
        return Entry(name, None, reference)

    def _add(self, entry: Entry[T], aliases: Iterable[str], *, override: bool) -> None:
        others = tuple(_checked(alias, self._label) for alias in ([aliases] if isinstance(aliases, str) else aliases))
        names = (entry.name, *others)
        doubled = not override and len(set(names)) < len(names)
        with CHANGING:
            taken = [] if override else [(name, found) for name in names if (found := self._find(name)) is not None]
            if not taken and not doubled:
                self._change(Addition(entry, others))
        if taken:
            name, found = taken[0]
            raise DuplicateComponentError(name, self._label(), *found.taken_by())
        if doubled:
            raise InvalidRegistrationError(entry.name, self._label(), "a name and its aliases are all different")

    def unregister(self, name: str) -> None:
        """Remove a component with its aliases, or an alias alone.

        Args:
            name: A canonical name or an alias.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        with CHANGING:
            self._entry(name)
            self._change(Removal(name))

    def _change(self, change: Addition[T] | Removal[T]) -> None:
        self._scopes.note(change)
        change.apply(self._entries, self._aliases)
        self._changed += 1

    def scope(self) -> Scope[T]:
        """Undo, on exit, every registration and removal that is made inside.

        What other threads change meanwhile is inside as well, unless they have opened a scope of their own: that of each is undone
        when it ends.

        Returns:
            A context manager, to be used in one `with` statement; or a decorator.

        Example:
            >>> R = Registry(kept=int)
            >>> with R.scope():
            ...     _ = R.register(float)
            ...     sorted(R)
            ['float', 'kept']
            >>> list(R)
            ['kept']
        """
        return Scope(self._open, self._close)

    def _open(self, scope: Scope[T]) -> None:
        if not self._scopes.open:
            self._scopes = Scopes((dict(self._entries), dict(self._aliases)))
        self._scopes.open.append(scope)

    def _close(self, scope: Scope[T]) -> None:
        self._entries, self._aliases = self._scopes.without(scope)
        self._changed += 1


def _name_for(constructor: object, name: str | None, registry: Callable[[], str]) -> str:
    if not callable(constructor):
        reason = f"{type(constructor).__qualname__} object is no class or function; register what makes the component"
        raise InvalidRegistrationError(name, registry(), reason)
    if name is not None:
        return _checked(name, registry)
    own = getattr(constructor, "__name__", None)
    if not isinstance(own, str) or name_fault(own) is not None or own == "<lambda>":
        kind = "a lambda" if own == "<lambda>" else f"a {type(constructor).__qualname__}"
        raise InvalidRegistrationError(None, registry(), f"{kind} has no name of its own; give one with name='...'")
    return own


def _checked(name: str, registry: Callable[[], str]) -> str:
    fault = name_fault(name)
    if fault is not None:
        raise InvalidRegistrationError(name, registry(), fault)
    return str(name)


def _is_reference(reference: object) -> bool:
    if not isinstance(reference, str):
        return False
    module, _, attribute = reference.partition(":")
    return all(part.isidentifier() for part in [*module.split("."), *attribute.split(".")])


def _as_constructor(constructor: object) -> Any:  # what it makes is checked when it has made it
    return constructor
