"""Registries of one source: `Registry`, and `ReadOnlyRegistry` for the components of another library."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast, overload

from terraregistry.errors import (
    DuplicateComponentError,
    InvalidRegistrationError,
    ReadOnlyRegistryError,
    describe_value,
)
from terraregistry.locks import CHANGING
from terraregistry.registry.entries import Entry
from terraregistry.registry.locations import calling_site
from terraregistry.registry.names import name_fault
from terraregistry.registry.single import BaseRegistry
from terraregistry.registry.states import Components, Scope, Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terraregistry.registry.states import Change

__all__ = ["ReadOnlyRegistry", "Registry"]

T = TypeVar("T")
C = TypeVar("C", bound="Callable[..., object]")


class _Absent(Enum):
    """Sentinel: `register` was called without a constructor, as a decorator with arguments."""

    CONSTRUCTOR = "constructor"


class Registry(BaseRegistry[T]):
    """A set of names of components, and a mapping from them to constructors.

    It is generic over the kind of component: `Registry[Decoder]()` also checks its products against `Decoder`.

    Args:
        constructors: Components to begin with, by name.

    Raises:
        InvalidRegistrationError: A constructor cannot be called.

    Examples:
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

    def __init__(self, /, **constructors: Callable[..., T]) -> None:  # pragma: no mutate block, see NamedSet
        super().__init__()
        self._state: State[T] = State(Components(Snapshot({}, {}), Snapshot({}, {})))
        for name, constructor in constructors.items():
            self.register(constructor, name=name)

    # The state is immutable. Whoever changes the registry makes another one, and assigns it under the lock.

    def _find(self, name: str) -> Entry[T] | None:
        components = self._state.components
        entry = components.entries.base.get(name)  # the common case, without a call of a Python function
        return components.find(name) if entry is None else entry

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None if unknown."""
        entries, aliases = self._state.components
        if name in entries.base or name in entries.recent:  # as above
            return name
        return aliases.base.get(name) or aliases.recent.get(name)

    def _names(self) -> list[str]:
        entries = self._state.components.entries
        return [*entries.base, *entries.recent]

    def __len__(self) -> int:
        return len(self._state.components.entries)

    def _spellings(self) -> list[str]:
        entries, aliases = self._state.components
        return [*entries, *aliases]

    def _aliases_of(self, name: str) -> tuple[str, ...]:
        return tuple(self._state.components.aliases_of(name))

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

        Repeated definitions are no clash: the identical object changes nothing, and a newer edition of a class or
        function (same module and qualified name: a notebook cell run again, a reloaded module) replaces the older one.

        Args:
            constructor: The constructor of the component.
            name: Its name; by default the `__name__` of the constructor.
            aliases: Other spellings, accepted by `in` and `build` but not iterated.
            override: Replace the current owner of the name or alias. The aliases of a replaced component stay.

        Returns:
            The constructor, unchanged.

        Raises:
            InvalidRegistrationError: The constructor is not callable, or the name is invalid.
            DuplicateComponentError: A name is taken by another component.
        """
        if isinstance(constructor, _Absent):  # None is no constructor, and is refused as such
            return lambda decorated: self.register(decorated, name=name, aliases=aliases, override=override)
        chosen = _name_for(constructor, name, self._label)
        self._add(
            Entry(chosen, cast("Callable[..., Any]", constructor), site=calling_site()), aliases, override=override
        )
        return constructor

    def register_lazy(self, name: str, reference: str, *, aliases: Iterable[str] = (), override: bool = False) -> None:
        """Register a component by reference; its module is imported on first use.

        Args:
            name: Its name.
            reference: The constructor, as `package.module:attribute`.
            aliases: Other spellings, accepted by `in` and `build` but not iterated.
            override: Replace the current owner of the name or alias.

        Raises:
            InvalidRegistrationError: The name or the reference is invalid.
            DuplicateComponentError: A name is taken.
        """
        if not _is_reference(reference):
            reason = f"{describe_value(reference)} is no reference; write 'package.module:attribute'"
            raise InvalidRegistrationError(name, self._label(), reason)
        self._add(self._lazy(_checked(name, self._label), reference), aliases, override=override)

    def _lazy(self, name: str, reference: str) -> Entry[T]:
        """Make the entry of a component imported on first use."""
        return Entry(name, None, reference, calling_site())

    def _add(self, entry: Entry[T], aliases: Iterable[str], *, override: bool) -> None:
        others = tuple(_checked(alias, self._label) for alias in ([aliases] if isinstance(aliases, str) else aliases))
        change: Change[T] | None = _adding(entry, others)
        while True:
            state = self._state
            if not override:
                change = self._addition(state, entry, others)
            with CHANGING:
                if self._state is state:  # else somebody else was faster
                    self._state = state if change is None else state.changed(change)
                    return

    def _addition(self, state: State[T], entry: Entry[T], others: tuple[str, ...]) -> Change[T] | None:
        """Return the change that adds a component if its names are free or its own; None if nothing changes.

        Comparing constructors may run foreign code, so this is called without the lock.
        """
        found = {name: taken for name in (entry.name, *others) if (taken := state.components.find(name)) is not None}
        older = found.get(entry.name)
        is_same = older is not None and entry.is_same_as(older)
        for name, taken in found.items():
            if taken.name != entry.name or not (is_same or entry.is_edition_of(taken)):
                raise DuplicateComponentError(name, self._label(), *entry.clash_with(taken))
        if len({entry.name, *others}) <= len(others):
            raise InvalidRegistrationError(entry.name, self._label(), "a name and its aliases are all different")
        if older is None or not is_same:
            return _adding(entry, others)
        return _adding(older, others) if len(found) <= len(others) else None

    def unregister(self, name: str) -> None:
        """Remove a component with its aliases, or an alias alone.

        Args:
            name: A canonical name or an alias.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        with CHANGING:
            self.resolve(name)
            self._state = self._state.changed(lambda components: components.removed(name))

    def scope(self) -> Scope:
        """Undo, on exit, every registration and removal made inside.

        Changes by other threads meanwhile are undone as well, except in scopes of their own, undone when those end.

        Returns:
            A context manager, to be used in one `with` statement; or a decorator.

        Examples:
            >>> R = Registry(kept=int)
            >>> with R.scope():
            ...     _ = R.register(float)
            ...     sorted(R)
            ['float', 'kept']
            >>> list(R)
            ['kept']
        """
        return Scope(self._open, self._close)

    def _open(self, scope: Scope) -> None:
        with CHANGING:
            if self._state.has_open(scope):
                raise RuntimeError("this scope is open already; each scope() is for one `with`")
            self._state = self._state.with_scope(scope)

    def _close(self, scope: Scope) -> None:
        with CHANGING:
            self._state = self._state.without_scope(scope)


class ReadOnlyRegistry(BaseRegistry[T]):
    """A read-only registry of another library's components.

    Args:
        entries: Its components, if they are known from the start.
    """

    _remedy = "register in a Registry of your own, and mount that"

    def __init__(self, entries: Iterable[Entry[T]] = ()) -> None:
        super().__init__()
        self._entries: Final = {entry.name: entry for entry in entries}

    def _find(self, name: str) -> Entry[T] | None:
        return self._entries.get(name)

    def _names(self) -> Iterable[str]:
        return tuple(self._entries)

    # Whatever is registered or removed is refused.
    def register(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse.

        Raises:
            ReadOnlyRegistryError: Always.
        """
        del args, kwargs
        raise ReadOnlyRegistryError(self._label(), self._remedy)

    register_lazy = register
    unregister = register
    scope = register


def _adding(entry: Entry[T], others: tuple[str, ...]) -> Change[T]:
    return lambda components: components.added(entry, others)


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
