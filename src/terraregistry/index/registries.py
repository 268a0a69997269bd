"""Registries that answer from the index until what they have is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from terraregistry.deferred import is_loaded
from terraregistry.registry import Entry, Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.registry import Call

__all__ = ["IndexedRegistry"]

T = TypeVar("T")


class IndexedRegistry(Registry[T]):
    """A registry whose lazy components are validated and described from the index, where it has them.

    A component that the index has under the same name and reference need not be imported for `validate`, `signature` and
    `describe`. Once its module is imported, by whomever, the component itself is asked.

    Attributes:
        indexed_as: The reference of the registry in the index; each subclass has its own.
    """

    indexed_as: ClassVar[str]

    def _lazy(self, name: str, reference: str) -> Entry[T]:
        return _IndexedEntry(name, reference, self.indexed_as)


class _IndexedEntry(Entry[T]):
    """A lazy component that the index may know."""

    __slots__ = ("_answering", "_indexed_as")

    def __init__(self, name: str, reference: str, indexed_as: str) -> None:
        super().__init__(name, None, reference)
        self._indexed_as = indexed_as
        self._answering: Call[T] | None = None

    def answer(self, kwargs: Mapping[str, Any]) -> Call[T]:  # the arguments of a call are any objects
        """Return what validates and describes calls: from the index, until the component is imported."""
        if is_loaded(self._reference.partition(":")[0]):
            return self.call(kwargs)
        if self._answering is None:
            from terraregistry.index.answers import indexed_call

            self._answering = indexed_call(self._indexed_as, self.name, self._import_it, reference=self._reference)
        return self._answering or self.call(kwargs)

    def _import_it(self) -> Callable[..., T]:
        return self.constructor
