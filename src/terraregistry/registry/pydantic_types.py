"""pydantic: specs as the fields of models, and models of the arguments of components."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, create_model, model_validator
from pydantic.errors import PydanticSchemaGenerationError
from pydantic_core import (
    InitErrorDetails,
    PydanticCustomError,
    PydanticSerializationError,
    SchemaError,
    ValidationError,
)
from pydantic_core import core_schema as schemas

from terraregistry.errors import (
    ComponentNotFoundError,
    InvalidArgumentsError,
    Problem,
    ProblemKind,
    RegistryError,
    describe_value,
)
from terraregistry.readings import values_in
from terraregistry.registry.schemas import accepts
from terraregistry.registry.signatures import NOT_EVALUATED, Opaque
from terraregistry.registry.specs import ComponentSpec, In, registry_of_kind
from terraregistry.registry.values import to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

    from terraregistry.registry.base import NamedSet

__all__ = ["arguments_model", "field_schema", "spec_schema"]

_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def spec_schema(registry: NamedSet[Any], source: object) -> schemas.CoreSchema:  # a registry of any kind
    """Make the schema of a spec of a registry.

    Raises:
        TypeError: The annotated type is no `ComponentSpec`.
    """
    if (get_origin(source) or source) is not ComponentSpec:
        raise TypeError("In(...) annotates a spec alone: list[Annotated[ComponentSpec[...], In(REGISTRY)]]")
    return schemas.no_info_plain_validator_function(
        partial(_read, registry), serialization=schemas.plain_serializer_function_ser_schema(_written)
    )


def field_schema(source: object, handler: GetCoreSchemaHandler) -> schemas.CoreSchema:
    """Make the schema of `ComponentSpec[Kind]`, in the library's registry of that kind."""
    kind = next(iter(get_args(source)), None)
    registry = registry_of_kind(kind)
    if registry is None:
        raise TypeError(
            f"no registry of this library makes {getattr(kind, '__name__', kind)}: "
            "write Annotated[ComponentSpec[...], terraregistry.In(REGISTRY)]"
        )
    return handler.generate_schema(Annotated[cast("Any", source), In(registry)])


def _read(registry: NamedSet[Any], given: object) -> ComponentSpec[Any]:
    """Validate a spec, a name, or a mapping of a name and arguments, also as JSON."""
    if isinstance(given, ComponentSpec):
        spec = cast("ComponentSpec[object]", given)
        if spec.registry is not registry:
            raise PydanticCustomError("registry", "{message}", {"message": f"a spec of another registry: {spec!r}"})
        return spec
    value: object = given
    if isinstance(value, str) and value.lstrip().startswith("{"):  # as environment variables have it
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise PydanticCustomError("json", "invalid JSON: {error}", {"error": str(error)}) from None
    if isinstance(value, str):
        return _validated(registry, value, {}, value)
    if not isinstance(value, Mapping):
        wanted = "expected a name, a mapping of name and arguments, or a spec, got {given}"
        raise PydanticCustomError("type", wanted, {"given": describe_value(value)})
    mapping = cast("Mapping[object, object]", value)
    if "name" not in mapping:
        raise _invalid([Problem("name", ProblemKind.MISSING, expected="the name of a component")], mapping)
    return _validated(registry, mapping["name"], {key: mapping[key] for key in mapping if key != "name"}, mapping)


def _validated(
    registry: NamedSet[Any], name: object, arguments: Mapping[object, object], given: object
) -> ComponentSpec[Any]:  # of a registry of any kind
    """Validate a component; report mistakes as pydantic does, each at its own place."""
    others = [Problem((describe_value(key),), ProblemKind.UNKNOWN) for key in arguments if not isinstance(key, str)]
    if others:
        raise _invalid(others, given)
    try:
        return registry.validate(cast("str", name), **cast("Mapping[str, object]", arguments))
    except InvalidArgumentsError as error:
        raise _invalid(error.problems, given) from None
    except ComponentNotFoundError as error:
        problem = Problem(() if given is name else "name", ProblemKind.NOT_FOUND, detail=str(error))
        raise _invalid([problem], given) from None
    except RegistryError as error:  # such as a missing library
        raise _invalid([Problem((), ProblemKind.INVALID, detail=str(error))], given) from error


def _invalid(problems: Iterable[Problem], given: object) -> ValidationError:
    return ValidationError.from_exception_data("component", [_line(each, given) for each in problems])


def _line(problem: Problem, given: object) -> InitErrorDetails:
    location = [step if isinstance(step, int) and not isinstance(step, bool) else str(step) for step in problem.steps]
    context = {"message": problem.message, "suggestions": [*problem.suggestions]}
    kind = PydanticCustomError(cast("Any", problem.kind.name.lower()), "{message}", context)
    return InitErrorDetails(
        type=kind, loc=(*location, *(["[key]"] if problem.of_key else [])), input=_inside(given, problem.steps)
    )


def _inside(given: object, steps: Sequence[object]) -> object:
    """Return the value at a path; the value around it if there is none."""
    for step in steps:
        try:
            given = cast("Any", given)[step]
        except (LookupError, TypeError):
            return given
    return given


def _written(spec: ComponentSpec[Any]) -> dict[str, object]:  # of anything
    """Write a spec as the mapping that it can be read from."""
    parameters = spec.registry.signature(spec.spelling).parameters.values()
    by_position = [each.name for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if len(by_position) < len(spec.args) or "name" in {*by_position[: len(spec.args)], *spec.kwargs}:
        raise TypeError(f"{spec!r} has arguments that a mapping of name and arguments cannot hold: use to_dict()")
    arguments = dict(zip(by_position, spec.args, strict=False)) | spec.kwargs
    return {"name": spec.spelling} | {name: to_plain(value, name) for name, value in arguments.items()}


class _Argument:
    """The schema of one argument in a model: validated with all others, and described by its annotation."""

    def __init__(self, described: schemas.CoreSchema) -> None:
        self._described = described

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> schemas.CoreSchema:
        return schemas.any_schema()

    def __get_pydantic_json_schema__(
        self, schema: schemas.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(self._described)


def arguments_model(registry: NamedSet[Any], name: str) -> type[BaseModel]:  # of any kind
    """Make the model of the arguments of a component; see `Registry.arguments_model`."""
    described = registry.describe(name)
    parameters = described.signature.parameters
    fields = {_field_name(each.name): _field(each, described.texts) for each in parameters.values() if _is_named(each)}
    is_open = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())

    def check(cls: type[BaseModel], data: object) -> object:
        del cls
        if not isinstance(data, Mapping):
            return data
        mapping = cast("Mapping[object, object]", data)
        given = {key: _from_text(parameters.get(str(key)), value) for key, value in mapping.items()}
        return _validated(registry, name, given, {"name": name} | given).kwargs

    return create_model(
        described.name,
        __config__=ConfigDict(
            extra="allow" if is_open else "forbid", protected_namespaces=(), arbitrary_types_allowed=True
        ),
        __doc__=described.summary or None,
        __validators__={
            "terraregistry_check": cast(
                "Callable[..., Any]", model_validator(mode="before")(cast("Any", classmethod(check)))
            )
        },
        **cast("dict[str, Any]", fields),
    )


def _is_named(parameter: inspect.Parameter) -> bool:
    return parameter.kind in _BY_NAME


def _field_name(name: str) -> str:
    """Return a name that a field can have; pydantic reserves those of its methods, and a leading underscore."""
    return f"{name.lstrip('_')}_" if name.startswith("_") or hasattr(BaseModel, name) else name


def _field(parameter: inspect.Parameter, texts: Mapping[str, str]) -> tuple[object, object]:
    default, described = parameter.default, _described(parameter)
    about: dict[str, Any] = {"description": texts.get(parameter.name)}
    if _field_name(parameter.name) != parameter.name:
        about["alias"] = parameter.name
    if default is not inspect.Parameter.empty:
        about |= {"default": default} if _is_plain(default) else {"default_factory": lambda: default}
    if described is None:
        return Annotated[Any, _Argument(schemas.any_schema())], Field(**about)
    return Annotated[parameter.annotation, _Argument(described)], Field(**about)


def _described(parameter: inspect.Parameter) -> schemas.CoreSchema | None:
    """Describe the values of a parameter as far as JSON can hold them; None if pydantic cannot."""
    annotation, default = parameter.annotation, parameter.default
    if annotation is NOT_EVALUATED:
        return None
    if not isinstance(default, Opaque) and default is not inspect.Parameter.empty and not accepts(annotation, default):
        annotation = annotation | type(default)
    try:
        adapter: TypeAdapter[object] = TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
        adapter.json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError, PydanticSerializationError, SchemaError, TypeError):
        return None
    return adapter.core_schema


def _is_plain(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _from_text(parameter: inspect.Parameter | None, value: object) -> object:
    """Read a text for a parameter of another type, as environment variables and command lines have it."""
    if type(value) is not str or parameter is None or accepts(parameter.annotation, value):
        return value
    return next((each for each in values_in(value) if accepts(parameter.annotation, each)), value)
