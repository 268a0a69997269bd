"""The base of registries of one source: names, the mapping to constructors, and descriptions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import TYPE_CHECKING, TypeVar, overload

from terraregistry.registry.base import NamedSet
from terraregistry.registry.names import matching
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterable

    from terraregistry.errors import Registration
    from terraregistry.registry.base import Found
    from terraregistry.registry.calls import ComponentDescription
    from terraregistry.registry.entries import Entry

__all__ = ["BaseRegistry"]

T = TypeVar("T")
D = TypeVar("D")


class BaseRegistry(NamedSet[T]):
    """A set of names and a mapping from them to constructors, with building and validation.

    Subclasses define the names; look-up, validation and building are the same for all.
    """

    @abstractmethod
    def _find(self, name: str) -> Entry[T] | None:
        """Return the entry of a canonical name or alias, or None."""

    @abstractmethod
    def _names(self) -> Iterable[str]:
        """Return the canonical names, as a snapshot."""

    def _aliases_of(self, name: str) -> tuple[str, ...]:
        """Return the other spellings of a canonical name."""
        del name
        return ()

    def registrations(self, name: str) -> tuple[Registration, ...]:
        """Return the imports that register a name, in order; none for components of this library."""
        entry = self._find(name)
        return () if entry is None or entry.site is None else entry.site.registration()

    def _spellings(self) -> Iterable[str]:
        """Return the candidates for suggestions."""
        return self._names()

    # -- names --

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __repr__(self) -> str:
        return f"<{self._label()}: {len(self)} components>"

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None if unknown."""
        entry = self._find(name)
        return None if entry is None else entry.name

    def _nearest(self, name: str) -> tuple[str, ...]:
        return nearest(name, self._spellings())

    def resolve(self, name: str) -> str:
        """Return the canonical name of a name or alias.

        Args:
            name: A canonical name or an alias.

        Returns:
            The canonical name.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        return self.found(name)[0].name

    def search(self, pattern: str, *, pretrained: bool | None = None) -> list[str]:
        """Find names by glob, as `timm.list_models` does.

        Args:
            pattern: A glob such as `*net*`, or a part of the names.
            pretrained: True for those with pretrained weights, False for those without, None for all.

        Returns:
            The matching canonical names, in natural order.
        """
        return self._with_weights(matching(pattern, self._names()), pretrained)

    # -- the mapping to constructors --

    def __getitem__(self, name: str) -> Callable[..., T]:
        return self.found(name)[0].constructor

    @overload
    def get(self, name: str) -> Callable[..., T] | None: ...
    @overload
    def get(self, name: str, default: D) -> Callable[..., T] | D: ...
    def get(self, name: str, default: D | None = None) -> Callable[..., T] | D | None:
        """Return the constructor of a name, or a default.

        Args:
            name: A canonical name or an alias.
            default: The value for an unknown name.

        Returns:
            The constructor, or the default.
        """
        canonical = self.look_up(name) if isinstance(name, str) else None  # type: ignore[redundant-expr]  # names come from untyped configs too
        return default if canonical is None else self[name]

    def keys(self) -> KeysView[str]:
        """Return a view of the canonical names."""
        return KeysView(self)

    def values(self) -> ValuesView[Callable[..., T]]:
        """Return a view of the constructors; iterating over it imports those registered lazily."""
        return ValuesView(self)

    def items(self) -> ItemsView[str, Callable[..., T]]:
        """Return a view of the pairs of canonical name and constructor."""
        return ItemsView(self)

    # -- building --

    def found(self, name: str) -> Found[T]:
        """Return the component of a name; raise a ComponentNotFoundError if there is none."""
        entry = self._find(name) if isinstance(name, str) else None  # type: ignore[redundant-expr]  # names come from untyped configs too
        if entry is None:
            raise self._not_found(name)
        return entry, name, entry.name, (self,)

    def signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a component, with forwarded `**kwargs` expanded into parameters.

        Args:
            name: A canonical name or an alias.

        Returns:
            The signature, with evaluated annotations.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        return self.found(name)[0].answer({}).effective.signature

    def describe(self, name: str) -> ComponentDescription:
        """Describe a component without building it.

        Args:
            name: A canonical name or an alias.

        Returns:
            Its signature, docstring summary, file and line, library and version, and aliases.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        entry = self.found(name)[0]
        return entry.answer({}).describe(entry.name, self.kind.name, self._aliases_of(entry.name))
