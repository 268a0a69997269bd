"""Schemas of classes: instances, passed on unchanged, and classes themselves."""

from __future__ import annotations

import dataclasses
import typing
from enum import Enum
from typing import Any, get_args

from pydantic_core import CoreSchema, PydanticSerializationError, SchemaError, SchemaValidator, core_schema

from terraregistry.registry.schemas.scalars import ANYTHING, RefusedError, check_schema, member_of

if typing.TYPE_CHECKING:
    from terraregistry.registry.schemas.containers import SchemaOf

__all__ = ["annotated", "instance", "subclass"]


def instance(cls: type[object], schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of a class's instances; it accepts anything if the class does not support `isinstance`."""
    if issubclass(cls, Enum) and len(cls):
        return check_schema(member_of(tuple(cls)))
    if hasattr(cls, "__get_pydantic_core_schema__"):
        return _adapted(cls, ANYTHING)
    if typing.is_typeddict(cls):
        return schema_of(dict)
    schema = core_schema.is_instance_schema(cls)
    try:
        SchemaValidator(schema)  # asks it about an object of its own
    except Exception:  # noqa: BLE001 - a metaclass may raise anything; what cannot be asked accepts anything
        return ANYTHING
    return schema


def subclass(bases: tuple[type, ...]) -> CoreSchema:
    """Make the schema of `type[...]`; any other callable, such as a partial or a factory function, is accepted too."""

    def check(value: object) -> object:
        try:
            fits = issubclass(value, bases) if isinstance(value, type) else callable(value)
        except TypeError:  # a protocol with data members cannot be asked
            fits = True
        if not fits:
            raise RefusedError
        return value

    return check_schema(check)


def annotated(annotation: object, schema_of: SchemaOf) -> CoreSchema:
    """Make the schema of the type in `Annotated[...]`, with the constraints that pydantic supports."""
    from pydantic import GetPydanticSchema

    inner, *metadata = get_args(annotation)
    schema = schema_of(inner)
    made = GetPydanticSchema(lambda source, handler: schema)  # noqa: ARG005 - the schema is made already
    return _adapted(typing.cast("Any", typing.Annotated)[(Any, made, *metadata)], schema)


def _adapted(annotation: Any, otherwise: CoreSchema) -> CoreSchema:  # an annotation is any object
    """Make the schema of an annotation specific to pydantic; `otherwise` if pydantic refuses."""
    from pydantic import BaseModel, ConfigDict, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    cls = typing.cast("type[object]", annotation)
    # A class with a configuration of its own accepts no other.
    is_configured = isinstance(annotation, type) and (issubclass(cls, BaseModel) or dataclasses.is_dataclass(cls))
    config = None if is_configured else ConfigDict(strict=True, arbitrary_types_allowed=True)
    try:
        adapter: TypeAdapter[object] = TypeAdapter(annotation, config=config)
    except (PydanticSchemaGenerationError, PydanticUserError, PydanticSerializationError, SchemaError, TypeError):
        return otherwise
    return check_schema(adapter.validate_python)
