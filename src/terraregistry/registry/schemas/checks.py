"""The building blocks of the schemas: checks in Python, and strict schemas with something more lenient behind them."""

from __future__ import annotations

import collections.abc as abc
import typing
from typing import Any, Final

from pydantic_core import CoreSchema, core_schema

__all__ = [
    "ANYTHING",
    "LENIENT",
    "Check",
    "RefusedError",
    "SchemaOf",
    "check_schema",
    "hashable",
    "is_sequence",
    "leniently",
    "turned_into",
]

ANYTHING: Final = core_schema.any_schema()
LENIENT: Final = {"terraregistry": "lenient"}
"""Marks a schema that has an exact one in it, and a conversion behind that."""
Check = typing.Callable[[Any], Any]  # what a check is given, and gives back, is any object
SchemaOf = typing.Callable[[object], CoreSchema]
"""Makes the schema of an annotation: for the annotations inside another."""


class RefusedError(ValueError):
    """What a check raises; what is wrong is worded elsewhere."""


def check_schema(check: Check) -> CoreSchema:
    """Make a schema of a function that returns the value to pass on, or raises `RefusedError`."""

    def guarded(value: object) -> object:
        try:
            return check(value)
        except ValueError:
            raise
        except Exception:  # noqa: BLE001 - a value that cannot even be looked at does not fit
            raise RefusedError from None

    return core_schema.no_info_plain_validator_function(guarded)


def hashable(value: object) -> bool:
    """Say whether a value can be hashed."""
    try:
        hash(value)
    except Exception:  # noqa: BLE001 - usually a TypeError, but a value's own `__hash__` may raise anything
        return False
    return True


def is_sequence(value: object) -> bool:
    """Say whether a value is a sequence of items, which a string is not."""
    return isinstance(value, abc.Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def turned_into(factory: Check, fits: typing.Callable[[object], bool]) -> Check:
    """Make a conversion of the values that something fits."""

    def turn(value: object) -> object:
        try:
            if fits(value):
                return factory(value)
        except Exception:  # noqa: BLE001 - a set of what cannot be hashed, or a value that cannot be looked at
            raise RefusedError from None
        raise RefusedError

    return turn


def leniently(strict: CoreSchema, factory: Check, fits: typing.Callable[[object], bool] = is_sequence) -> CoreSchema:
    """Put a conversion behind a strict schema, for values that are fit for it."""
    turned = core_schema.no_info_before_validator_function(turned_into(factory, fits), strict)
    return core_schema.union_schema([strict, turned], mode="left_to_right", metadata=LENIENT)
