"""The building blocks of the schemas: checks in Python, and strict schemas with a lenient fallback."""

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
"""Marks a schema made of an exact one and a conversion as fallback."""
Check = typing.Callable[[Any], Any]  # what a check is given, and gives back, is any object
SchemaOf = typing.Callable[[object], CoreSchema]
"""Makes the schema of a nested annotation."""


class RefusedError(ValueError):
    """Refusal by a check, without a message: `explain` describes the problem."""


def check_schema(check: Check) -> CoreSchema:
    """Make a schema of a function that returns the value to pass on, or raises `RefusedError`."""

    def guarded(value: object) -> object:
        try:
            return check(value)
        except (ValueError, RecursionError):  # the stack of a component that builds itself may end here
            raise
        except Exception:  # noqa: BLE001 - a value that cannot even be looked at does not fit
            raise RefusedError from None

    return core_schema.no_info_plain_validator_function(guarded)


def hashable(value: object) -> bool:
    """Return True if a value can be hashed."""
    try:
        hash(value)
    except Exception:  # noqa: BLE001 - usually a TypeError, but a value's own `__hash__` may raise anything
        return False
    return True


def is_sequence(value: object) -> bool:
    """Return True for a sequence of items; strings and bytes are none."""
    return isinstance(value, abc.Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def turned_into(factory: Check, fits: typing.Callable[[object], bool]) -> Check:
    """Make a conversion of the values accepted by `fits`."""

    def turn(value: object) -> object:
        try:
            if fits(value):
                return factory(value)
        except RecursionError:  # pragma: no cover - as above
            raise
        except Exception:  # noqa: BLE001 - a set of what cannot be hashed, or a value that cannot be looked at
            raise RefusedError from None
        raise RefusedError

    return turn


def leniently(strict: CoreSchema, factory: Check, fits: typing.Callable[[object], bool] = is_sequence) -> CoreSchema:
    """Add a conversion as fallback to a strict schema, for the values accepted by `fits`."""
    turned = core_schema.no_info_before_validator_function(turned_into(factory, fits), strict)
    return core_schema.union_schema([strict, turned], mode="left_to_right", metadata=LENIENT)
