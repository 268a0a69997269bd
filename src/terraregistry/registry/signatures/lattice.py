"""The abstract values of signature resolution, and the tables that combine them.

Signatures are resolved by abstract interpretation: the source is run without values. A dictionary with the caller's
`**kwargs` is a `KwargsDict`. It knows a `Key` for each name, and whether all other keys are the caller's alone:

| key | the value at this name |
| --- | --- |
| caller | the caller's, if given |
| default | the caller's, else the function's own |
| given | the function's own; the caller's collides |
| lost | removed or overwritten; the caller's is not seen any more |
| maybe | lost on some path |

`then` is a change after another, `either` the union of two branches, `over` a merge in which the first wins. Rows are the
first operand:

| then | caller | default | given | lost | maybe |
| --- | --- | --- | --- | --- | --- |
| caller | caller | default | given | lost | maybe |
| default | default | default | given | lost | maybe |
| given | given | given | given | given | given |
| lost | lost | lost | lost | lost | lost |
| maybe | maybe | maybe | given | lost | maybe |

| either | caller | default | given | lost | maybe |
| --- | --- | --- | --- | --- | --- |
| caller | caller | default | default | maybe | maybe |
| default | default | default | default | maybe | maybe |
| given | default | default | given | maybe | maybe |
| lost | maybe | maybe | maybe | lost | maybe |
| maybe | maybe | maybe | maybe | maybe | maybe |

| over | caller | default | given | lost | maybe |
| --- | --- | --- | --- | --- | --- |
| caller | caller | default | given | default | default |
| default | default | default | given | default | default |
| given | given | given | given | given | given |
| lost | maybe | maybe | given | lost | maybe |
| maybe | maybe | maybe | given | maybe | maybe |

A callee has a `Verdict` on each name that it is given. `all_given` is the verdict of several calls that get the same
arguments, `any_given` that of one call with several possible callees:

| all_given | takes | ignores | refuses | unknown |
| --- | --- | --- | --- | --- |
| takes | takes | takes | refuses | takes |
| ignores | takes | ignores | refuses | unknown |
| refuses | refuses | refuses | refuses | refuses |
| unknown | takes | unknown | refuses | unknown |

| any_given | takes | ignores | refuses | unknown |
| --- | --- | --- | --- | --- |
| takes | takes | takes | takes | takes |
| ignores | takes | ignores | ignores | unknown |
| refuses | takes | ignores | refuses | unknown |
| unknown | takes | unknown | unknown | unknown |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from terraregistry.registry.signatures.annotations import OPAQUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "UNKNOWN_DICT",
    "Key",
    "KwargsDict",
    "PlainDict",
    "Value",
    "Verdict",
    "all_given",
    "any_given",
    "either",
    "merged",
]


class Key(Enum):
    """The state of one name in a dictionary with the caller's arguments."""

    CALLER = "C"
    DEFAULT = "D"
    GIVEN = "G"
    LOST = "L"
    MAYBE = "M"


class Verdict(Enum):
    """The use that a callee makes of an argument."""

    TAKES = "T"
    IGNORES = "I"
    REFUSES = "R"
    UNKNOWN = "U"


_State = TypeVar("_State", bound=Enum)


def _table(states: type[_State], *rows: str) -> dict[tuple[_State, _State], _State]:
    return {
        (first, second): states(letter)
        for first, row in zip(states, rows, strict=True)
        for second, letter in zip(states, row, strict=True)
    }


_THEN: Final = _table(Key, "CDGLM", "DDGLM", "GGGGG", "LLLLL", "MMGLM")
_EITHER: Final = _table(Key, "CDDMM", "DDDMM", "DDGMM", "MMMLM", "MMMMM")
_OVER: Final = _table(Key, "CDGDD", "DDGDD", "GGGGG", "MMGLM", "MMGMM")
_ALL: Final = _table(Verdict, "TTRT", "TIRU", "RRRR", "TURU")
_ANY: Final = _table(Verdict, "TTTT", "TIIU", "TIRU", "TUUU")


def all_given(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of several calls that get the same argument."""
    found = Verdict.IGNORES
    for verdict in verdicts:
        found = _ALL[found, verdict]
    return found


def any_given(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of one call with several possible callees."""
    found = Verdict.REFUSES
    for verdict in verdicts:
        found = _ANY[found, verdict]
    return found


@dataclass(frozen=True)
class PlainDict:
    """A dictionary without the caller's arguments.

    Attributes:
        items: Its known items; `OPAQUE` for an unknown value.
        open: True if it may have more.
    """

    items: Mapping[str, object] = field(default_factory=dict[str, object])
    open: bool = False

    def updated(self, other: PlainDict) -> PlainDict:
        """Return this dictionary with another one's items over its own."""
        return PlainDict({**self.items, **other.items}, self.open or other.open)


UNKNOWN_DICT: Final = PlainDict(open=True)
"""The value of any expression that is no dictionary known from the source."""


@dataclass(frozen=True)
class KwargsDict:
    """A dictionary with the caller's keyword arguments.

    Attributes:
        keys: The names in another state than `CALLER`.
        defaults: The function's own value of a name that the caller need not give.
        open: True if the function may have put in further names.
    """

    keys: Mapping[str, Key] = field(default_factory=dict[str, Key])
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    open: bool = False

    def key(self, name: str) -> Key:
        """Return the state of a name."""
        return self.keys.get(name, Key.CALLER)

    def names(self, *states: Key) -> list[str]:
        """Return the names in one of the states."""
        return [name for name, key in self.keys.items() if key in states]

    def then(self, later: KwargsDict) -> KwargsDict:
        """Compose with a later change."""
        return self._combined(_THEN, later)

    def losing(self, *names: str) -> KwargsDict:
        """Remove or overwrite names."""
        return self.then(KwargsDict(dict.fromkeys(names, Key.LOST)))

    def giving(self, plain: PlainDict) -> KwargsDict:
        """Add items of the function's own, as a call does that has both: the caller's may not be among them."""
        return self.then(KwargsDict(dict.fromkeys(plain.items, Key.GIVEN), open=plain.open))

    def filled(self, plain: PlainDict) -> KwargsDict:
        """Add items of the function's own as defaults."""
        return self.then(KwargsDict(dict.fromkeys(plain.items, Key.DEFAULT), plain.items, plain.open))

    def either(self, other: KwargsDict) -> KwargsDict:
        """Join the dictionaries of two branches."""
        return self._combined(_EITHER, other)

    def over(self, under: KwargsDict) -> KwargsDict:
        """Merge over another one: it may fill names lost here, and its own become optional."""
        return self._combined(_OVER, under)

    def _combined(self, table: Mapping[tuple[Key, Key], Key], other: KwargsDict) -> KwargsDict:
        keys = {name: table[self.key(name), other.key(name)] for name in {**self.keys, **other.keys}}
        unclear = dict.fromkeys((name for name, key in keys.items() if key is Key.DEFAULT), OPAQUE)
        return KwargsDict(keys, {**unclear, **other.defaults, **self.defaults}, self.open or other.open)


Value = KwargsDict | PlainDict


def merged(under: Value, over: Value) -> Value:
    """Return `{**under, **over}`."""
    if isinstance(under, PlainDict):
        if isinstance(over, KwargsDict):
            return over.filled(under)
        return under.updated(over)
    if isinstance(over, KwargsDict):
        return over.over(under)
    return under.losing(*over.items).then(KwargsDict(open=over.open))


def either(one: Value, other: Value) -> Value:
    """Return the value of an expression or variable after two branches: the one with the caller's arguments decides."""
    if isinstance(one, KwargsDict):
        return one.either(other) if isinstance(other, KwargsDict) else one
    if isinstance(other, KwargsDict):
        return other
    both = {name: value for name, value in one.items.items() if name in other.items}
    same = {name: value if other.items[name] is value else OPAQUE for name, value in both.items()}
    return PlainDict(same, one.open or other.open or one.items.keys() != other.items.keys())
