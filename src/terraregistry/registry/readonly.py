"""Registries whose components belong to another library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from terraregistry.errors import ReadOnlyRegistryError
from terraregistry.registry.base import BaseRegistry

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["ReadOnlyRegistry"]

T = TypeVar("T")


class ReadOnlyRegistry(BaseRegistry[T]):
    """A read-only registry of another library's components."""

    _remedy = "register in a Registry of your own, and mount that"

    def _refuse(self) -> NoReturn:
        raise ReadOnlyRegistryError(self._label(), self._remedy)

    # Whatever is registered is refused.
    def register(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse.

        Raises:
            ReadOnlyRegistryError: Always.
        """
        del args, kwargs
        self._refuse()

    def register_lazy(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse.

        Raises:
            ReadOnlyRegistryError: Always.
        """
        del args, kwargs
        self._refuse()

    def unregister(self, name: str) -> NoReturn:
        """Refuse.

        Raises:
            ReadOnlyRegistryError: Always.
        """
        del name
        self._refuse()

    def scope(self) -> AbstractContextManager[None]:
        """Refuse.

        Raises:
            ReadOnlyRegistryError: Always.
        """
        self._refuse()
