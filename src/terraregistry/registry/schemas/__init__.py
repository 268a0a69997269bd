"""From annotations to the pydantic schemas that hold arguments to them: strict, but lenient where YAML and Python differ.

The schemas are made with pydantic's own building blocks (`pydantic_core.core_schema`) rather than with `create_model`: a model
class cannot have fields such as `copy` or `_x`, fills in defaults (which stay the constructor's own here) and costs more a call.
Annotations that only pydantic itself understands (`Annotated` constraints, its own types) are left to a `TypeAdapter`.
"""

from terraregistry.registry.schemas.translation import accepts, argument_validator, plain, schema_of

__all__ = ["accepts", "argument_validator", "plain", "schema_of"]
