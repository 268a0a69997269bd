"""Arguments as values: copying, comparison and plain data, for any content and depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, cast

from terraregistry.errors import describe_value

__all__ = ["fresh", "frozen", "hashable", "to_plain"]

_DEEPEST: Final = 64
"""Maximum depth of nested containers; deeper ones are treated as opaque objects."""


def fresh(value: Any) -> Any:  # arguments are any objects
    """Copy plain containers, to protect the original from changes; shared and recursive containers stay so."""
    return _copied(value, {}, 0)


def _copied(value: Any, copies: dict[int, Any], depth: int) -> Any:  # as above
    mark = id(value)
    if mark in copies:
        return copies[mark]
    if depth > _DEEPEST:
        return value
    if type(value) is dict:
        table: dict[object, object] = {}
        copies[mark] = table
        items = cast("dict[object, object]", value).items()
        table.update((key, _copied(item, copies, depth + 1)) for key, item in items)
    elif type(value) is list:
        items_of: list[object] = []
        copies[mark] = items_of
        items_of.extend(_copied(item, copies, depth + 1) for item in cast("list[object]", value))
    elif type(value) is tuple:
        copied = tuple(_copied(item, copies, depth + 1) for item in cast("tuple[object, ...]", value))
        copies.setdefault(mark, copied)
    elif type(value) is set:
        copies[mark] = set(cast("set[object]", value))
    return copies.get(mark, value)


def frozen(value: object, around: tuple[int, ...] = ()) -> object:
    """Make a hashable key of an argument inside some containers; unhashable objects count by identity."""
    if id(value) in around:
        return (..., around.index(id(value)))
    if len(around) > _DEEPEST + 1:  # the arguments of a spec are in a container already
        return _Object(value)
    around = (*around, id(value))
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return (Mapping, frozenset((_Object(key), frozen(item, around)) for key, item in items))
    if isinstance(value, (list, tuple)):
        kind = list if isinstance(value, list) else tuple
        return (kind, tuple(frozen(item, around) for item in cast("Sequence[object]", value)))
    if isinstance(value, (set, frozenset)):
        return (set, frozenset(frozen(item, around) for item in cast("AbstractSet[object]", value)))
    return _Object(value)


class _Object:
    """An argument as a part of a key, compared by identity or `==`."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Object) or type(self.value) is not type(other.value):
            return False
        # `is True`: a tensor's == gives a tensor.
        return self.value is other.value or (hashable(self.value) and (self.value == other.value) is True)

    def __hash__(self) -> int:
        return hash(self.value) if hashable(self.value) else id(self.value)


def hashable(value: object) -> bool:
    """Return True if a value can be hashed."""
    try:
        hash(value)
    except Exception:  # noqa: BLE001 - usually a TypeError, but a value's own `__hash__` may raise anything
        return False
    return True


def to_plain(value: object, path: str, around: tuple[int, ...] = ()) -> object:
    """Write an argument as dictionaries, lists, strings, numbers, booleans and None.

    Args:
        value: The argument.
        path: Its path, for the error.
        around: The identities of the containers around it.

    Raises:
        TypeError: A part of it has no plain form.
    """
    if isinstance(value, Enum):
        return to_plain(value.value, path, around)
    if any((base.__module__, base.__name__) == ("numpy", "generic") for base in type(value).__mro__):
        value = cast("Any", value).item()  # a scalar of numpy, which may be anybody's: it is not imported here
    if value is None or isinstance(value, bool):
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)  # not a subclass
    if isinstance(value, PurePath):
        return str(value)
    if id(value) in around or len(around) > _DEEPEST:
        inside = "is inside itself" if id(value) in around else f"is inside more than {_DEEPEST} others"
        raise TypeError(f"{path} {inside}, which plain data cannot hold; pickle the spec instead")
    around = (*around, id(value))
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_plain_key(key, path): to_plain(item, f"{path}.{key}", around) for key, item in items}
    if isinstance(value, (set, frozenset)):
        value = sorted(cast("AbstractSet[object]", value), key=repr)
    if isinstance(value, (list, tuple)):
        return [
            to_plain(item, f"{path}[{index}]", around) for index, item in enumerate(cast("Sequence[object]", value))
        ]
    raise TypeError(f"{path} is a {describe_value(value)}, which plain data cannot hold; pickle the spec instead")


def _plain_key(key: object, path: str) -> str:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return str(key)
    raise TypeError(
        f"{path} has the key {describe_value(key)}, and keys of plain data are strings; pickle the spec instead"
    )
