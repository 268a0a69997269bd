"""The set interface of all registries: operators and comparisons on canonical names."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, ClassVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NameSet"]


class NameSet(AbstractSet[str]):  # noqa: PLW1641 - names come and go: a set that changes has no hash
    """A set of canonical names that resolves the names of its operands.

    A bare name or an alias in an operand counts as its component; unknown names are kept. The operators return a plain
    `frozenset`: a selection of names is no registry.
    """

    __slots__ = ()

    _resolves_prefixes: ClassVar[bool] = False

    @abstractmethod
    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name, or None if unknown."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.look_up(name) is not None

    def _operand(self, other: object) -> frozenset[Any] | None:
        """Resolve the elements (of any type) of an operand; None to return `NotImplemented`."""
        if isinstance(other, NameSet):
            if other._resolves_prefixes and not self._resolves_prefixes:
                return None  # the other side can read our names, and we cannot read theirs
            if other._resolves_prefixes == self._resolves_prefixes:
                return frozenset(other)
        return self._resolved(cast("AbstractSet[object]", other)) if isinstance(other, AbstractSet) else None

    def _resolved(self, names: Iterable[object]) -> frozenset[Any]:
        resolved: set[object] = set()
        for name in names:
            canonical = self.look_up(name) if isinstance(name, str) else None
            resolved.add(name if canonical is None else canonical)
        return frozenset(resolved)

    def __and__(self, other: AbstractSet[Any]) -> frozenset[str]:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) & operand

    def __or__(self, other: AbstractSet[Any]) -> frozenset[str]:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) | operand

    def __xor__(self, other: AbstractSet[Any]) -> frozenset[str]:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) ^ operand

    def __sub__(self, other: AbstractSet[Any]) -> frozenset[str]:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) - operand

    def __rsub__(self, other: AbstractSet[Any]) -> frozenset[str]:
        operand = self._operand(other)
        return NotImplemented if operand is None else operand - frozenset(self)

    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__

    def __eq__(self, other: object) -> bool:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) == operand

    def __le__(self, other: AbstractSet[Any]) -> bool:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) <= operand

    def __lt__(self, other: AbstractSet[Any]) -> bool:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) < operand

    def __ge__(self, other: AbstractSet[Any]) -> bool:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) >= operand

    def __gt__(self, other: AbstractSet[Any]) -> bool:
        operand = self._operand(other)
        return NotImplemented if operand is None else frozenset(self) > operand

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        """Return True if no name of the other collection resolves here.

        Args:
            other: Any iterable.

        Returns:
            True if nothing is shared.
        """
        if isinstance(other, NameSet):
            return not self & other
        return frozenset(self).isdisjoint(self._resolved(other))
