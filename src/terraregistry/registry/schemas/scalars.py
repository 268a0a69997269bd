"""Schemas of plain values, made of strict schemas and checks in Python: numbers, strings, paths, choices."""

from __future__ import annotations

import numbers
import os
import types
import typing
from enum import Enum, IntEnum
from pathlib import Path, PurePath
from typing import Any, Final

from pydantic_core import CoreSchema, core_schema

from terraregistry.registry.signatures import NOT_EVALUATED

__all__ = ["ANYTHING", "SIMPLE", "Check", "RefusedError", "check_schema", "guarded", "literal", "member_of"]

ANYTHING: Final = core_schema.any_schema()
Check = typing.Callable[[Any], Any]  # what a check is given, and gives back, is any object
"""A function that returns the value to pass on, or raises `RefusedError`."""


class RefusedError(ValueError):
    """Refusal by a check, without a message: `explain` describes the problem."""


def guarded(check: Check) -> Check:
    """Return a check that refuses values that raise while they are looked at."""

    def guard(value: object) -> object:
        try:
            return check(value)
        except (ValueError, RecursionError):  # the stack of a component that builds itself may end here
            raise
        except Exception:  # noqa: BLE001 - a set of what cannot be hashed, or a value that cannot be looked at
            raise RefusedError from None

    return guard


def check_schema(check: Check) -> CoreSchema:
    """Make a schema of a check."""
    return core_schema.no_info_plain_validator_function(guarded(check))


def _or(strict: CoreSchema, *others: CoreSchema) -> CoreSchema:
    """Make a union: the strict schema as fast path, then the others, which are checks in Python."""
    return core_schema.union_schema([strict, *others], mode="left_to_right")


def _number(kind: type) -> CoreSchema:
    """Make the schema of numbers of an abstract type, such as numpy's; booleans are none."""

    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, kind):
            raise RefusedError
        return value

    return check_schema(check)


def _as_bool(value: object) -> object:
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return value
    raise RefusedError


def _as_path(value: object) -> object:
    # What is no path makes none: that is a TypeError, which is as good a refusal.
    return value if isinstance(value, PurePath) else Path(typing.cast("str", value))


_INT: Final = core_schema.int_schema(strict=True)
SIMPLE: Final[dict[object, CoreSchema]] = {
    types.NoneType: core_schema.none_schema(),
    bool: _or(core_schema.bool_schema(strict=True), check_schema(_as_bool)),
    # Members of an `IntEnum` stay unchanged.
    int: _or(core_schema.union_schema([_INT, core_schema.is_instance_schema(IntEnum)]), _number(numbers.Integral)),
    # Not pydantic's own, which turns whatever has a `__float__` into a float: a tensor, numpy's booleans.
    float: _or(core_schema.is_instance_schema(float), _INT, _number(numbers.Real)),
    complex: _or(core_schema.is_instance_schema(complex), _number(numbers.Complex)),
    str: core_schema.is_instance_schema(str),  # a StrEnum's member stays one
    bytes: core_schema.bytes_schema(strict=True),
    object: ANYTHING,
    Path: check_schema(_as_path),
    PurePath: check_schema(_as_path),
    typing.cast("type", os.PathLike): check_schema(_as_path),
    NOT_EVALUATED: ANYTHING,
}
"""Schemas by type."""


def literal(values: tuple[object, ...]) -> CoreSchema:
    """Make the schema of `Literal[...]`: one of the values, or a member of an enum by its value."""
    if any(isinstance(value, (int, Enum)) for value in values):  # pydantic takes 1, 1.0 and True for each other
        return check_schema(_one_of(values))
    return _or(core_schema.literal_schema(list(values)), check_schema(_one_of(values)))


def _one_of(values: tuple[object, ...]) -> Check:
    by_value = member_of(values)

    def check(value: object) -> object:
        plain: object = value.value if isinstance(value, Enum) else value
        for literal in values:
            if value is literal or _same(literal, plain):
                return literal
        return by_value(value)

    return check


def member_of(members: tuple[object, ...]) -> Check:
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
