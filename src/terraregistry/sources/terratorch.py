"""TerraTorch's components as part of this library's registries, where TerraTorch is installed.

Names are read from TerraTorch's source and signatures from the index. TerraTorch is imported for the first component built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from terraregistry.errors import ReadOnlyRegistryError, SourceUnavailableError
from terraregistry.index.provider import DescribedEntry, DescribedRegistry
from terraregistry.quiet import quietly
from terraregistry.terratorch_names import TERRATORCH, how_to_get, installed_names

if TYPE_CHECKING:
    from collections.abc import Collection

    from terraregistry.index.descriptions import Component
    from terraregistry.registry import Entry

__all__ = ["TerratorchRegistry"]

T = TypeVar("T")


class TerratorchRegistry(DescribedRegistry[T]):
    """A registry of this library, followed by the components of TerraTorch's registry of the same name.

    A component registered here comes before TerraTorch's of that name.
    """

    def __init__(self) -> None:
        super().__init__()
        self._name: Final = self.stored_in.partition(":")[2]
        self._found: dict[str, Entry[T]] | None = None

    def _taken(self, names: Collection[str]) -> Collection[str]:
        """Return the names of other sources of this library, which TerraTorch's components must not hide."""
        del names
        return ()

    def _theirs(self) -> dict[str, Entry[T]]:
        """Return TerraTorch's components by name, also those replaced here."""
        if self._found is None:
            references = installed_names().get(self._name, {})
            taken = self._taken(references)
            self._found = {
                name: _TerratorchEntry(name, None, reference, stored_in=self.stored_in, library=TERRATORCH)
                for name, reference in references.items()
                if name not in taken
            }
        return self._found

    def _find(self, name: str) -> Entry[T] | None:
        return super()._find(name) or self._theirs().get(name)

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None if unknown."""
        return super().look_up(name) or (name if name in self._theirs() else None)

    def _names(self) -> list[str]:
        own = super()._names()
        return [*own, *(name for name in self._theirs() if super(TerratorchRegistry, self)._find(name) is None)]

    def __len__(self) -> int:
        return len(self._names())

    def _spellings(self) -> list[str]:
        return list(dict.fromkeys([*super()._spellings(), *self._theirs()]))

    def unregister(self, name: str) -> None:
        """Remove a component with its aliases, or an alias alone.

        Args:
            name: A canonical name or an alias.

        Raises:
            ComponentNotFoundError: The name is not here.
            ReadOnlyRegistryError: It is TerraTorch's.
        """
        if super()._find(name) is None and name in self._theirs():
            raise ReadOnlyRegistryError(self._label(), f"{name} is TerraTorch's; register another one under its name")
        super().unregister(name)

    def _how_to_get(self, name: str) -> str:
        return how_to_get(name, self._name)


class _TerratorchEntry(DescribedEntry[T]):
    """One component of TerraTorch; anybody may register another one under its name."""

    __slots__ = ()

    def _load(self) -> Any:  # what is imported is checked when it has made something
        try:
            with quietly():
                return super()._load()
        except SourceUnavailableError as error:
            self._refuse(error)

    def _refuse(self, error: SourceUnavailableError) -> NoReturn:
        cause = error.__cause__
        if not isinstance(cause, ModuleNotFoundError) or not cause.name:
            raise error
        remedy = f"install the package that has {cause.name.partition('.')[0]}"
        raise SourceUnavailableError(self.name, error.reason, remedy) from cause

    def fitting(self, component: Component) -> Component | None:
        return component if component.constructor == self._reference else None
