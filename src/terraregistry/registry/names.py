"""Names: prefixes and qualified names, search by glob, and sets of names with their operators."""

from __future__ import annotations

import fnmatch
import re
from abc import abstractmethod
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, cast

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, describe_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["NameSet", "QualifiedName", "is_prefix", "matching", "name_fault"]

_SPECIAL: Final = re.compile(r"[*?[]")


class QualifiedName(NamedTuple):
    """A name in two parts: the prefix of the source, and the component's name in it.

    Examples:
        >>> str(QualifiedName("timm", "resnet18"))
        'timm_resnet18'
    """

    prefix: str
    name: str

    def __str__(self) -> str:
        """Return the canonical spelling."""
        return f"{self.prefix}_{self.name}"


def is_prefix(prefix: object) -> bool:
    """Return True if a value is a valid prefix: a non-empty identifier."""
    return isinstance(prefix, str) and prefix.isidentifier()


def name_fault(name: object) -> str | None:
    """Return the fault of a component's name as text, or None if valid."""
    if not isinstance(name, str):
        return f"a name is a string, not {type(name).__qualname__}"
    if not name:
        return "a name has at least one character"
    if not name.isprintable() or name != name.strip():
        return "a name has printable characters only, and no space around it"
    return None


def matching(pattern: object, names: Iterable[str], *spellings: Callable[[str], str]) -> list[str]:
    """Choose names by a glob, in natural order (`resnet18` before `resnet101`).

    Args:
        pattern: A glob such as `resnet*`; `*`, `?` and `[...]` are special, case counts. Without any of these, it is
            a substring.
        names: The names.
        spellings: Functions from a name to another spelling of it.

    Returns:
        The names with a matching spelling.

    Raises:
        InvalidArgumentsError: The pattern is no string.
    """
    if not isinstance(pattern, str):
        problem = Problem("pattern", ProblemKind.TYPE, expected="str", given=describe_value(pattern))
        raise InvalidArgumentsError("search", "a registry", (problem,))
    there = [*names]
    if pattern and not _SPECIAL.search(pattern):
        pattern = f"*{pattern}*"
    if _is_longer(pattern, max(map(len, there), default=0)):
        return []
    matches = re.compile(fnmatch.translate(pattern)).match
    found = [name for name in there if matches(name) or any(matches(spelling(name)) for spelling in spellings)]
    # Numbers are compared as text of one width: they may have any number of digits.
    return sorted(
        found, key=lambda name: [part.zfill(20) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
    )


def _is_longer(pattern: str, longest: int) -> bool:
    """Return True if a glob requires more characters than any name has: compiling a huge glob takes minutes."""
    least = place = 0
    while place < len(pattern) and least <= longest:
        if pattern[place] == "[":  # a set of characters stands for one, and without its end for itself
            inside = place + 1 + pattern.startswith("!", place + 1)
            place = max(place, pattern.find("]", inside + pattern.startswith("]", inside)))
        least += pattern[place] != "*"
        place += 1
    return least > longest


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
        """Return True if no name of the other collection resolves here."""
        if isinstance(other, NameSet):
            return not self & other
        return frozenset(self).isdisjoint(self._resolved(other))
