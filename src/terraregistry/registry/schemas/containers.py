"""Schemas of containers: the annotated type, or a safe conversion from another container."""

from __future__ import annotations

import collections.abc as abc
import typing
from typing import Any, Final

from pydantic_core import CoreSchema, core_schema

from terraregistry.registry.schemas.conditions import (
    ANYTHING,
    RefusedError,
    SchemaOf,
    check_schema,
    is_sequence,
    leniently,
    turned_into,
)

__all__ = ["CONTAINERS"]

Items = tuple[object, ...]


def _list(items: Items, schema_of: SchemaOf) -> CoreSchema:
    return leniently(core_schema.list_schema(_first(items, schema_of), strict=True, fail_fast=True), list)


def _tuple(items: Items, schema_of: SchemaOf) -> CoreSchema:
    if items and not (len(items) == 2 and items[1] is Ellipsis):
        schema = core_schema.tuple_schema(
            [schema_of(item) for item in items if item != ()], strict=True, fail_fast=True
        )
    else:
        schema = core_schema.tuple_schema(
            [_first(items, schema_of)], variadic_item_index=0, strict=True, fail_fast=True
        )
    return leniently(schema, tuple)


def _sequence(items: Items, schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a sequence. Lists and tuples keep their type: the constructor takes either."""
    item = _first(items, schema_of)
    as_list = core_schema.list_schema(item, strict=True, fail_fast=True)
    as_tuple = core_schema.tuple_schema([item], variadic_item_index=0, strict=True, fail_fast=True)
    turned = core_schema.no_info_before_validator_function(turned_into(list, is_sequence), as_list)
    return core_schema.union_schema([as_list, as_tuple, turned], mode="left_to_right")


def _iterable(items: Items, schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of an iterable. Only sequences are validated by item: other iterables may be single-use."""

    def other(value: object) -> object:
        if not _is_other_iterable(value):
            raise RefusedError
        return value

    choices: list[CoreSchema | tuple[CoreSchema, str]] = [_sequence(items, schema_of), check_schema(other)]
    if items and items[0] in _OF_STRINGS:
        choices.append(core_schema.is_instance_schema(str))
    return core_schema.union_schema(choices, mode="left_to_right")


_OF_STRINGS: Final[list[object]] = [str, Any, object]


def _is_other_iterable(value: object) -> bool:
    return not is_sequence(value) and not isinstance(value, (str, bytes)) and isinstance(value, abc.Iterable)


def _set(items: Items, schema_of: SchemaOf) -> CoreSchema:
    return leniently(
        core_schema.set_schema(_first(items, schema_of), strict=True, fail_fast=True), set, _is_list_or_set
    )


def _frozenset(items: Items, schema_of: SchemaOf) -> CoreSchema:
    return leniently(
        core_schema.frozenset_schema(_first(items, schema_of), strict=True, fail_fast=True), frozenset, _is_list_or_set
    )


def _is_list_or_set(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def _mapping(items: Items, schema_of: SchemaOf) -> CoreSchema:
    keys, values = items if len(items) == 2 else (Any, Any)
    schema = core_schema.dict_schema(schema_of(keys), schema_of(values), strict=True)
    return leniently(schema, dict, lambda value: isinstance(value, abc.Mapping))


def _callable(items: Items, schema_of: SchemaOf) -> CoreSchema:
    del items, schema_of
    return core_schema.callable_schema()


def _first(items: Items, schema_of: SchemaOf) -> CoreSchema:
    return schema_of(items[0]) if items else ANYTHING


_CALLABLE: Final[object] = typing.get_origin(typing.Callable[..., object])

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
    _CALLABLE: _callable,
}
"""Schema factories by container class; the second argument makes the schemas of nested annotations."""
