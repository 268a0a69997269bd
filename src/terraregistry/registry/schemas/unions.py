"""Schemas of unions: exact members before conversions."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Final

from pydantic_core import CoreSchema, core_schema

from terraregistry.registry.schemas.conditions import LENIENT, SchemaOf

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["union"]

_FIRST: Final[list[object]] = [bool, int, str, bytes, float, complex]


def union(members: Sequence[object], schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a union.

    Args:
        members: Its members.
        schema_of: Makes the schema of a member.

    Returns:
        The schema.
    """
    rest = [member for member in members if member is not types.NoneType]
    # Plain types first, so that a value that fits one stays as it is and is not turned into a path or an enum's member.
    ranked = sorted(rest, key=lambda member: _FIRST.index(member) if member in _FIRST else len(_FIRST))
    schemas = [schema_of(member) for member in ranked]
    if not schemas:
        return core_schema.none_schema()
    schema = core_schema.union_schema(_exact_first(schemas), mode="left_to_right")
    return core_schema.nullable_schema(schema) if len(rest) < len(members) else schema


def _exact_first(schemas: list[CoreSchema]) -> list[CoreSchema | tuple[CoreSchema, str]]:
    """Move conversions after every exact member: in `list[int] | tuple[int, int]` a tuple stays a tuple."""
    exact: list[CoreSchema] = []
    lenient: list[CoreSchema] = []
    for schema in schemas:
        if schema["type"] == "union" and schema.get("metadata") == LENIENT:
            first, *others = (choice for choice in schema["choices"] if not isinstance(choice, tuple))
            exact.append(first)
            lenient += others
        else:
            exact.append(schema)
    return [*exact, *lenient]
