"""Pydantic schemas of annotations: strict, but lenient about differences between YAML and Python.

The schemas are made with pydantic's own building blocks (`pydantic_core.core_schema`) rather than with `create_model`:
a model class cannot have fields such as `copy` or `_x`, fills in defaults (here left to the constructor) and costs more
per call.
`TypeAdapter` handles annotations specific to pydantic (`Annotated` constraints, its own types).
"""

from terraregistry.registry.schemas.translation import accepts, argument_validator, plain, schema_of

__all__ = ["accepts", "argument_validator", "plain", "schema_of"]
