"""Schemas of plain values: numbers, strings, paths, choices."""

from __future__ import annotations

import numbers
import os
import types
import typing
from enum import Enum
from pathlib import Path, PurePath
from typing import Final

from pydantic_core import CoreSchema, core_schema

from terraregistry.registry.schemas.checks import ANYTHING, Check, check_schema, refuse
from terraregistry.registry.signatures import NOT_EVALUATED

__all__ = ["SIMPLE", "literal", "member_by_value"]


def _or(strict: CoreSchema, otherwise: Check) -> CoreSchema:
    """The strict type at full speed; what it refuses is looked at once more."""
    return core_schema.union_schema([strict, check_schema(otherwise)], mode="left_to_right")


def _as_integer(value: object) -> object:
    """Accept what counts as an integer elsewhere, such as numpy's."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise refuse(value)
    return value


def _as_real(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise refuse(value)
    return value


def _as_bool(value: object) -> object:
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return value
    raise refuse(value)


def _as_path(value: object) -> object:
    if isinstance(value, PurePath):
        return value
    path = _path_text(value)
    if path is None:
        raise refuse(value)
    return Path(path)


def _path_text(value: object) -> str | None:
    text: object = os.fspath(typing.cast("str", value)) if isinstance(value, (str, os.PathLike)) else None
    return text if isinstance(text, str) else None


SIMPLE: Final[dict[object, typing.Callable[[], CoreSchema]]] = {
    types.NoneType: core_schema.none_schema,
    bool: lambda: _or(core_schema.bool_schema(strict=True), _as_bool),
    int: lambda: _or(core_schema.int_schema(strict=True), _as_integer),
    float: lambda: _or(core_schema.float_schema(strict=True), _as_real),
    complex: lambda: core_schema.complex_schema(strict=True),
    str: lambda: core_schema.str_schema(strict=True),
    bytes: lambda: core_schema.bytes_schema(strict=True),
    object: lambda: ANYTHING,
    Path: lambda: check_schema(_as_path),
    PurePath: lambda: check_schema(_as_path),
    typing.cast("type", os.PathLike): lambda: check_schema(_as_path),
    NOT_EVALUATED: lambda: ANYTHING,
}


def literal(values: tuple[object, ...]) -> CoreSchema:
    """Make the schema of `Literal[...]`: one of the values, or a member of an enum by its value."""
    members = {type(value): value for value in values if isinstance(value, Enum)}
    schema = core_schema.literal_schema(list(values))
    if not members:
        return core_schema.union_schema([schema, check_schema(_enum_value_in(values))], mode="left_to_right")
    return core_schema.union_schema([schema, check_schema(member_by_value(values))], mode="left_to_right")


def _enum_value_in(values: tuple[object, ...]) -> Check:
    def check(value: object) -> object:
        if isinstance(value, Enum) and any(_same(value.value, literal) for literal in values):
            return value.value
        raise refuse(value)

    return check


def member_by_value(members: tuple[object, ...]) -> Check:
    """Make a check for members of an enum, given as such or by value."""

    def check(value: object) -> object:
        for member in members:
            if isinstance(member, Enum) and (value is member or _same(member.value, value)):
                return member
        raise refuse(value)

    return check


def _same(one: object, other: object) -> bool:
    """Equal and of one type: 1 is not True."""
    return type(one) is type(other) and bool(one == other)
