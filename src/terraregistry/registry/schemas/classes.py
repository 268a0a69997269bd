"""Schemas of classes: instances, passed on unchanged, and classes themselves."""

from __future__ import annotations

import dataclasses
import typing
from enum import Enum
from typing import Any, get_args

from pydantic_core import CoreSchema, PydanticSerializationError, SchemaError, SchemaValidator, core_schema

from terraregistry.registry.schemas.conditions import ANYTHING, RefusedError, SchemaOf, check_schema
from terraregistry.registry.schemas.scalars import member_by_value

__all__ = ["annotated", "instance", "subclass"]


def instance(cls: type[object], schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a class as an annotation.

    Args:
        cls: The class.
        schema_of: Makes the schema of another annotation.

    Returns:
        A schema of its instances; accepts anything if the class does not support `isinstance`.
    """
    if issubclass(cls, Enum):
        return check_schema(member_by_value(tuple(cls)))
    if hasattr(cls, "__get_pydantic_core_schema__"):
        return _adapted(cls, ANYTHING)
    if typing.is_typeddict(cls):
        return schema_of(dict)
    return core_schema.is_instance_schema(cls) if _can_be_asked(cls) else ANYTHING


def _can_be_asked(cls: type) -> bool:
    try:
        SchemaValidator(core_schema.is_instance_schema(cls))  # asks it about an object of its own
    except Exception:  # noqa: BLE001 - a metaclass may raise anything; what cannot be asked accepts anything
        return False
    return True


def subclass(bases: tuple[type, ...]) -> CoreSchema:
    """Make the schema of `type[...]`.

    Any other callable, such as a partial or a factory function, is accepted too.

    Args:
        bases: The classes accepted, with their subclasses.

    Returns:
        The schema.
    """

    def check(value: object) -> object:
        fits = _is_subclass(value, bases) if isinstance(value, type) else callable(value)
        if not fits:
            raise RefusedError
        return value

    return check_schema(check)


def _is_subclass(value: type, bases: tuple[type, ...]) -> bool:
    try:
        return issubclass(value, bases)
    except TypeError:  # a protocol with data members cannot be asked
        return True


def annotated(annotation: Any, schema_of: SchemaOf) -> CoreSchema:  # an annotation is any object
    """Make the schema of `Annotated`.

    Args:
        annotation: `Annotated[...]`.
        schema_of: Makes the schema of another annotation.

    Returns:
        The schema of the type in it, with the constraints that pydantic supports.
    """
    inner, *metadata = get_args(annotation)
    schema = schema_of(inner)
    constrained: Any = typing.cast("Any", typing.Annotated)[(Any, _Made(schema), *metadata)]
    return _adapted(constrained, schema)


class _Made:
    """Adapter that passes a finished schema to pydantic, for constraints."""

    def __init__(self, schema: CoreSchema) -> None:
        self._schema = schema

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        return self._schema


def _adapted(annotation: Any, otherwise: CoreSchema) -> CoreSchema:  # as above
    """Make the schema of an annotation specific to pydantic; `otherwise` if pydantic refuses."""
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    config = None if _is_configured(annotation) else ConfigDict(strict=True, arbitrary_types_allowed=True)
    try:
        adapter: TypeAdapter[object] = TypeAdapter(annotation, config=config)
    except (PydanticSchemaGenerationError, PydanticUserError, PydanticSerializationError, SchemaError, TypeError):
        return otherwise
    return check_schema(adapter.validate_python)


def _is_configured(annotation: object) -> bool:
    """Return True if a class has its own configuration: pydantic accepts no other for it."""
    from pydantic import BaseModel

    if not isinstance(annotation, type):
        return False
    cls = typing.cast("type[object]", annotation)
    return issubclass(cls, BaseModel) or dataclasses.is_dataclass(cls)
