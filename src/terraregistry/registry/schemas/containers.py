"""Schemas of containers and unions: the annotated type exactly, or else a safe conversion."""

from __future__ import annotations

import collections.abc as abc
import types
import typing
from typing import Any, Final

from pydantic_core import CoreSchema, core_schema

from terraregistry.registry.schemas.scalars import ANYTHING, Check, RefusedError, check_schema, guarded

__all__ = ["CONTAINERS", "SchemaOf", "union"]

SchemaOf = typing.Callable[[object], CoreSchema]
"""Makes the schema of a nested annotation."""
Items = tuple[object, ...]
_LENIENT: Final = {"terraregistry": "lenient"}
"""Marks a schema made of an exact one and a conversion as fallback."""
_FIRST: Final[list[object]] = [bool, int, str, bytes, float, complex]
_OF_STRINGS: Final[list[object]] = [str, Any, object]


def _is_sequence(value: object) -> bool:
    return isinstance(value, abc.Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def _is_list_or_set(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def _turned(into: Check, fits: typing.Callable[[object], bool], strict: CoreSchema) -> CoreSchema:
    """Make a schema that converts the values accepted by `fits`, and validates the result."""

    def turn(value: object) -> object:
        if not fits(value):
            raise RefusedError
        return into(value)

    return core_schema.no_info_before_validator_function(guarded(turn), strict)


def _leniently(strict: CoreSchema, into: Check, fits: typing.Callable[[object], bool] = _is_sequence) -> CoreSchema:
    """Add a conversion as fallback to a strict schema, for the values accepted by `fits`."""
    return core_schema.union_schema([strict, _turned(into, fits, strict)], mode="left_to_right", metadata=_LENIENT)


def _first(items: Items, schema_of: SchemaOf) -> CoreSchema:
    return schema_of(items[0]) if items else ANYTHING


def _strict_list(items: Items, schema_of: SchemaOf) -> CoreSchema:
    return core_schema.list_schema(_first(items, schema_of), strict=True, fail_fast=True)


def _strict_tuple(items: Items, schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a tuple of any length."""
    return core_schema.tuple_schema([_first(items, schema_of)], variadic_item_index=0, strict=True, fail_fast=True)


def _list(items: Items, schema_of: SchemaOf) -> CoreSchema:
    return _leniently(_strict_list(items, schema_of), list)


def _tuple(items: Items, schema_of: SchemaOf) -> CoreSchema:
    if not items or (len(items) == 2 and items[1] is Ellipsis):
        return _leniently(_strict_tuple(items, schema_of), tuple)
    places = [schema_of(item) for item in items if item != ()]
    return _leniently(core_schema.tuple_schema(places, strict=True, fail_fast=True), tuple)


def _sequence(items: Items, schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a sequence. Lists and tuples keep their type: the constructor takes either."""
    as_list = _strict_list(items, schema_of)
    choices = [as_list, _strict_tuple(items, schema_of), _turned(list, _is_sequence, as_list)]
    return core_schema.union_schema([*choices], mode="left_to_right")


def _iterable(items: Items, schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of an iterable. Only sequences are validated by item: other iterables may be single-use."""

    def other(value: object) -> object:
        if _is_sequence(value) or isinstance(value, (str, bytes)) or not isinstance(value, abc.Iterable):
            raise RefusedError
        return typing.cast("object", value)

    choices = [_sequence(items, schema_of), check_schema(other)]
    if items and items[0] in _OF_STRINGS:
        choices.append(core_schema.is_instance_schema(str))
    return core_schema.union_schema([*choices], mode="left_to_right")


def _set(items: Items, schema_of: SchemaOf) -> CoreSchema:
    strict = core_schema.set_schema(_first(items, schema_of), strict=True, fail_fast=True)
    return _leniently(strict, set, _is_list_or_set)


def _frozenset(items: Items, schema_of: SchemaOf) -> CoreSchema:
    strict = core_schema.frozenset_schema(_first(items, schema_of), strict=True, fail_fast=True)
    return _leniently(strict, frozenset, _is_list_or_set)


def _mapping(items: Items, schema_of: SchemaOf) -> CoreSchema:
    keys, values = items if len(items) == 2 else (Any, Any)
    strict = core_schema.dict_schema(schema_of(keys), schema_of(values), strict=True)
    return _leniently(strict, dict, lambda value: isinstance(value, abc.Mapping))


CONTAINERS: Final[dict[object, typing.Callable[[Items, SchemaOf], CoreSchema]]] = {
    list: _list,
    tuple: _tuple,
    set: _set,
    frozenset: _frozenset,
    dict: _mapping,
    abc.Sequence: _sequence,
    abc.MutableSequence: _list,
    abc.Collection: _iterable,
    abc.Iterable: _iterable,
    abc.Set: _frozenset,
    abc.MutableSet: _set,
    abc.Mapping: _mapping,
    abc.MutableMapping: _mapping,
}
"""Schema factories by container class; the second argument makes the schemas of nested annotations."""


def union(members: abc.Sequence[object], schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a union: exact members before conversions."""
    rest = [member for member in members if member is not types.NoneType]
    # Plain types first, so that a value that fits one stays as it is and is not turned into a path or an enum's member.
    ranked = sorted(rest, key=lambda member: _FIRST.index(member) if member in _FIRST else len(_FIRST))
    if not ranked:
        return core_schema.none_schema()
    exact: list[CoreSchema | tuple[CoreSchema, str]] = []
    lenient: list[CoreSchema | tuple[CoreSchema, str]] = []
    for schema in map(schema_of, ranked):
        if schema["type"] == "union" and schema.get("metadata") == _LENIENT:
            first, *others = schema["choices"]  # in `list[int] | tuple[int, int]` a tuple stays a tuple
            exact.append(first)
            lenient += others
        else:
            exact.append(schema)
    joined = core_schema.union_schema([*exact, *lenient], mode="left_to_right")
    return core_schema.nullable_schema(joined) if len(rest) < len(members) else joined
