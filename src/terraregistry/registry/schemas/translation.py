"""Translation of an annotation to a pydantic schema."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from pydantic_core import CoreSchema, SchemaValidator, core_schema

from terraregistry.registry.schemas.classes import annotated, instance, subclass
from terraregistry.registry.schemas.containers import CONTAINERS, union
from terraregistry.registry.schemas.scalars import ANYTHING, SIMPLE, literal
from terraregistry.registry.signatures import NOT_EVALUATED, Opaque, wider_class
from terraregistry.registry.values import hashable

__all__ = ["accepts", "argument_validator", "plain", "schema_of"]


_BARE_TUPLE: Final[object] = getattr(typing, "Tuple")  # noqa: B009 - tells `Tuple`, of anything, from `tuple[()]`
_CALLABLE: Final[object] = get_origin(typing.Callable[..., object])
_NOTHING: Final = inspect.Parameter.empty


def accepts(annotation: object, value: object) -> bool:
    """Return True if a value fits an evaluated annotation."""
    try:
        return bool(_validator(_Key(annotation), _Key(_NOTHING)).isinstance_python(value))
    except Exception:  # noqa: BLE001 - a value that cannot even be looked at does not fit
        return False


def schema_of(annotation: object) -> CoreSchema:
    """Make the schema of an evaluated annotation; it accepts anything for one without a runtime check."""
    annotation = plain(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return union([plain(member) for member in arguments], schema_of)
    if origin is Literal:
        return literal(arguments)
    if origin is typing.Annotated:
        return annotated(annotation, schema_of)
    if origin is tuple and not arguments and annotation is not _BARE_TUPLE:
        arguments = ((),)
    return _of_class(annotation if origin is None else origin, arguments)


def _of_class(cls: object, arguments: tuple[object, ...]) -> CoreSchema:
    if not hashable(cls):
        return ANYTHING
    if cls in SIMPLE:
        return SIMPLE[cls]
    if cls in CONTAINERS:
        return CONTAINERS[cls](tuple(map(plain, arguments)), schema_of)
    if cls is _CALLABLE:
        return core_schema.callable_schema()
    if cls is type:
        return subclass(tuple(_bases(arguments[0])) if arguments else (object,))
    if not isinstance(cls, type):
        return ANYTHING
    schema, wider = instance(typing.cast("type[object]", cls), schema_of), wider_class(cls)
    return schema if wider is None else core_schema.union_schema([schema, schema_of(wider)], mode="left_to_right")


def argument_validator(parameter: inspect.Parameter) -> SchemaValidator:
    """Return the validator of one argument, cached for equal parameters.

    If the annotation refuses the default, it is widened to the default's type: a default is always acceptable.
    """
    return _validator(_Key(parameter.annotation), _Key(_refused_default(parameter)))


@functools.lru_cache(maxsize=4096)
def _validator(key: _Key, default: _Key) -> SchemaValidator:
    schema, widening = schema_of(key.annotation), default.annotation
    if widening is types.NoneType:
        schema = core_schema.nullable_schema(schema)
    elif widening is not _NOTHING:
        schema = core_schema.union_schema([schema, _of_class(widening, ())], mode="left_to_right")
    return SchemaValidator(schema)


def _refused_default(parameter: inspect.Parameter) -> object:
    """Return the type of a default refused by its annotation; `_NOTHING` if there is none."""
    default: object = parameter.default
    if default is _NOTHING:
        return _NOTHING
    for sample in default.samples if isinstance(default, Opaque) else (default,):
        if not accepts(parameter.annotation, sample):
            return _CALLABLE if callable(sample) else type(sample)
    return _NOTHING


def _bases(annotation: object) -> list[type]:
    annotation = plain(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return [base for member in get_args(annotation) for base in _bases(member)]
    origin = get_origin(annotation) or annotation
    return [origin if isinstance(origin, type) and origin not in (NOT_EVALUATED, Any) else object]


def plain(annotation: object) -> object:
    """Return the type behind a `NewType`, an alias, a `TypeVar`, or a qualifier such as `Final`."""
    if isinstance(annotation, typing.NewType):
        return plain(annotation.__supertype__)
    if type(annotation).__name__ == "TypeAliasType":
        return plain(_aliased(annotation))
    if isinstance(annotation, TypeVar):
        constraints: Any = Union[annotation.__constraints__] if annotation.__constraints__ else annotation.__bound__  # noqa: UP007 - made at run time
        return plain(constraints) if constraints is not None else NOT_EVALUATED
    if get_origin(annotation) in (typing.Final, typing.ClassVar, typing.Required, typing.NotRequired):
        return plain(get_args(annotation)[0])
    return types.NoneType if annotation is None else annotation


def _aliased(alias: Any) -> object:  # as far as this Python's types tell
    try:
        return alias.__value__
    except Exception:  # noqa: BLE001 - `type X = ...` is evaluated only now, and may raise anything
        return NOT_EVALUATED


class _Key:
    """An annotation as a cache key: by equality if hashable, else by identity."""

    __slots__ = ("_hash", "annotation")

    def __init__(self, annotation: object) -> None:
        self.annotation = annotation
        self._hash = hash(annotation) if hashable(annotation) else id(annotation)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        # Literal[1] == Literal[True] and int | float == float | int: the text tells them apart.
        return (
            isinstance(other, _Key)
            and self._hash == other._hash
            and (self.annotation is other.annotation or repr(self.annotation) == repr(other.annotation))
        )
