"""Schemas of classes: instances, which are passed on as they are, and classes themselves."""

from __future__ import annotations

import inspect
import typing
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic_core import CoreSchema, PydanticSerializationError, SchemaError, core_schema

from terraregistry.registry.schemas.checks import ANYTHING, SchemaOf, check_schema, refuse
from terraregistry.registry.schemas.scalars import member_by_value

__all__ = ["by_pydantic", "instance", "subclass"]


def instance(cls: type[object], schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a class as an annotation.

    Args:
        cls: The class.
        schema_of: Makes the schema of another annotation.

    Returns:
        A schema of its instances; that of anything for a class that cannot be asked.
    """
    if issubclass(cls, Enum):
        return check_schema(member_by_value(tuple(cls)))
    if hasattr(cls, "__get_pydantic_core_schema__"):
        return by_pydantic(cls, schema_of)
    if typing.is_typeddict(cls):
        return schema_of(dict)
    if getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False):
        return ANYTHING
    return core_schema.is_instance_schema(cls) if _can_be_asked(cls) else ANYTHING


def _can_be_asked(cls: type) -> bool:
    try:
        isinstance(None, cls)
    except Exception:  # noqa: BLE001 - a metaclass may raise anything; what cannot be asked accepts anything
        return False
    return True


def subclass(bases: tuple[type, ...]) -> CoreSchema:
    """Make the schema of `type[...]`.

    A partial or a function that makes the instances serves where a class is annotated.

    Args:
        bases: The classes that a class has to be one of, or derive from.

    Returns:
        The schema.
    """

    def check(value: object) -> object:
        if isinstance(value, type) and not _is_subclass(value, bases):
            raise refuse(value)
        if not callable(value):
            raise refuse(value)
        return value

    return check_schema(check)


def _is_subclass(value: type, bases: tuple[type, ...]) -> bool:
    try:
        return issubclass(value, bases)
    except TypeError:  # a protocol with data members cannot be asked
        return True


def by_pydantic(annotation: Any, schema_of: SchemaOf) -> CoreSchema:  # an annotation is any object
    """Leave to pydantic what only pydantic understands, in its strict mode.

    Args:
        annotation: A class that pydantic knows, or `Annotated` with its constraints.
        schema_of: Makes the schema of another annotation.

    Returns:
        The schema; without the constraints, where pydantic cannot make one.
    """
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    inner = get_args(annotation)[0] if get_origin(annotation) is typing.Annotated else annotation
    configured = inspect.isclass(inner) and (hasattr(inner, "model_config") or hasattr(inner, "__pydantic_config__"))
    config = None if configured else ConfigDict(strict=True, arbitrary_types_allowed=True)
    try:
        adapter: TypeAdapter[object] = TypeAdapter(annotation, config=config)
    except (PydanticSchemaGenerationError, PydanticUserError, PydanticSerializationError, SchemaError, TypeError):
        return schema_of(inner) if inner is not annotation else ANYTHING
    return check_schema(adapter.validate_python)
