"""The provider: a description from the index until the library of a component is loaded, the live component from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from terraregistry.deferred import is_loaded
from terraregistry.locks import forking_lock
from terraregistry.registry import Entry, Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.index.descriptions import Component
    from terraregistry.index.store import Index
    from terraregistry.registry import Call

__all__ = [
    "DescribedEntry",
    "DescribedRegistry",
    "answer_from",
    "has_looked",
    "stored_component",
    "stored_components",
    "stored_index",
]

T = TypeVar("T")

_reading: Final = forking_lock()
_stored: Final[list[Index | None]] = []
"""The index of this process, once it has been looked for."""


def stored_index() -> Index | None:
    """Return the index of this process; None if it would have to be made.

    It is searched once: the installed libraries do not change while a process runs.
    """
    with _reading:
        if not _stored:
            from terraregistry.index.loading import cached_index

            _stored.append(cached_index())
        return _stored[0]


def has_looked() -> bool:
    """Return True once this process has looked for the index: from then on an answer from it costs no reading."""
    return bool(_stored)


def answer_from(index: Index) -> None:
    """Use an index of the installed libraries in this process."""
    with _reading:
        _stored[:] = [index]


def _own(registry: str, name: str) -> Component | None:
    """Return the stored description of a component under its canonical name."""
    index = stored_index()
    found = None if index is None else index.own(registry, name)
    return None if found is None or found.name != name else found


def stored_component(registry: str, name: str, library: str) -> Component | None:
    """Find the stored description of a component; None if its library is loaded, or the index lacks it.

    Args:
        registry: The reference of its registry in the index.
        name: Its canonical name there.
        library: The module to inspect instead once it is loaded.
    """
    return None if is_loaded(library) else _own(registry, name)


def stored_components(registry: str, library: str) -> tuple[Component, ...]:
    """Find the stored descriptions of all components of a registry, as `stored_component` does; empty without any."""
    index = None if is_loaded(library) else stored_index()
    try:
        return () if index is None else index.registry(registry).components
    except KeyError:
        return ()


class DescribedEntry(Entry[T]):
    """A component validated and described from the index until its library is loaded.

    Args:
        name: Its canonical name.
        constructor: The constructor, if available without an import.
        reference: `module:qualname` of the constructor otherwise.
        stored_in: The reference of its registry in the index.
        library: The module to inspect instead once it is loaded.
    """

    __slots__ = ("_described", "_library", "_stored_in")

    def __init__(
        self,
        name: str,
        constructor: Callable[..., T] | None = None,
        reference: str = "",
        *,
        stored_in: str,
        library: str,
    ) -> None:
        super().__init__(name, constructor, reference)
        self._stored_in = stored_in
        self._library = library
        self._described: dict[str, Call[T] | None] = {}

    def answer(self, kwargs: Mapping[str, Any]) -> Call[T]:  # the arguments of a call are any objects
        """Return the call to validate and describe with; it need not be able to construct."""
        place = self.place_of(kwargs)
        described = self.described(place) if place and not is_loaded(self._library) else None
        return described or self.call(kwargs)

    def described(self, place: str) -> Call[T] | None:
        """Return the call from the description in a registry of the index; None if the index lacks the facts."""
        if place not in self._described:
            from terraregistry.index.described import described_call

            component = _own(place, self.name)
            fitting = None if component is None else self.fitting(component)
            self._described[place] = None if fitting is None else described_call(fitting, lambda: self.constructor)
        return self._described[place]

    def place_of(self, kwargs: Mapping[str, Any]) -> str:  # as above
        """Return the registry in the index with the description for some arguments; empty without one."""
        del kwargs
        return self._stored_in

    def fitting(self, component: Component) -> Component | None:
        """Adapt the stored description to this entry; None for the description of another component."""
        return component


class DescribedRegistry(Registry[T]):
    """A registry with lazy components described from the index, if the index has their name and reference.

    Attributes:
        stored_in: The reference of the registry in the index; each subclass has its own.
    """

    stored_in: ClassVar[str]

    def _lazy(self, name: str, reference: str) -> Entry[T]:
        return _LazyEntry(name, None, reference, stored_in=self.stored_in, library=reference.partition(":")[0])


class _LazyEntry(DescribedEntry[T]):
    """A lazily registered component: anybody may register another one under a name of the index."""

    __slots__ = ()

    def fitting(self, component: Component) -> Component | None:
        return component if component.constructor == self._reference else None
