"""Schemas of plain values: numbers, strings, paths, choices."""

from __future__ import annotations

import numbers
import os
import types
import typing
from enum import Enum, IntEnum
from pathlib import Path, PurePath
from typing import Final

from pydantic_core import CoreSchema, core_schema

from terraregistry.registry.schemas.conditions import ANYTHING, Check, RefusedError, check_schema
from terraregistry.registry.signatures import NOT_EVALUATED

__all__ = ["SIMPLE", "literal", "member_by_value"]


def _or(strict: CoreSchema, otherwise: Check) -> CoreSchema:
    """Make a union: the strict schema as fast path, a check in Python as fallback."""
    return core_schema.union_schema([strict, check_schema(otherwise)], mode="left_to_right")


def _integer() -> CoreSchema:
    """Make the schema of `int`: fast path for plain integers; members of an `IntEnum` stay unchanged."""
    return core_schema.union_schema([core_schema.int_schema(strict=True), core_schema.is_instance_schema(IntEnum)])


def _as_integer(value: object) -> object:
    """Accept other integers, such as numpy's; refuse booleans."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise RefusedError
    return value


def _as_real(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise RefusedError
    return value


def _as_complex(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, numbers.Complex):
        raise RefusedError
    return value


def _as_bool(value: object) -> object:
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return value
    raise RefusedError


def _as_path(value: object) -> object:
    # What is no path makes none: that is a TypeError, which is as good a refusal.
    return value if isinstance(value, PurePath) else Path(typing.cast("str", value))


# Not pydantic's own, which turns whatever has a `__float__` into a float: a tensor, numpy's booleans.
_REALS: Final[list[CoreSchema | tuple[CoreSchema, str]]] = [
    core_schema.is_instance_schema(float),
    core_schema.int_schema(strict=True),
    check_schema(_as_real),
]

SIMPLE: Final[dict[object, typing.Callable[[], CoreSchema]]] = {
    types.NoneType: core_schema.none_schema,
    bool: lambda: _or(core_schema.bool_schema(strict=True), _as_bool),
    int: lambda: _or(_integer(), _as_integer),
    float: lambda: core_schema.union_schema(_REALS, mode="left_to_right"),
    complex: lambda: _or(core_schema.is_instance_schema(complex), _as_complex),
    str: lambda: core_schema.is_instance_schema(str),  # a StrEnum's member stays one
    bytes: lambda: core_schema.bytes_schema(strict=True),
    object: lambda: ANYTHING,
    Path: lambda: check_schema(_as_path),
    PurePath: lambda: check_schema(_as_path),
    typing.cast("type", os.PathLike): lambda: check_schema(_as_path),
    NOT_EVALUATED: lambda: ANYTHING,
}


def literal(values: tuple[object, ...]) -> CoreSchema:
    """Make the schema of `Literal[...]`: one of the values, or a member of an enum by its value."""
    if any(isinstance(value, (int, Enum)) for value in values):  # pydantic takes 1, 1.0 and True for each other
        return check_schema(_one_of(values))
    schema = core_schema.literal_schema(list(values))
    return core_schema.union_schema([schema, check_schema(_one_of(values))], mode="left_to_right")


def _one_of(values: tuple[object, ...]) -> Check:
    by_value = member_by_value(values)

    def check(value: object) -> object:
        plain: object = value.value if isinstance(value, Enum) else value
        for literal in values:
            if value is literal or _same(literal, plain):
                return literal
        return by_value(value)

    return check


def member_by_value(members: tuple[object, ...]) -> Check:
    """Make a check for members of an enum, given as such or by value."""

    def check(value: object) -> object:
        for member in members:
            if isinstance(member, Enum) and (value is member or _same(member.value, value)):
                return member
        raise RefusedError

    return check


def _same(one: object, other: object) -> bool:
    """Return True for equal values of one type: 1 is not True. All integer types count as one, and all string types."""
    alike = type(one) is type(other) or any(_are(kind, one, other) for kind in (numbers.Integral, str))
    return alike and bool(one == other)


def _are(kind: type, *values: object) -> bool:
    return all(isinstance(value, kind) and not isinstance(value, (bool, Enum)) for value in values)
