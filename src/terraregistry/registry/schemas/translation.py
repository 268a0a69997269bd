"""From an annotation to the pydantic schema that holds arguments to it."""

from __future__ import annotations

import functools
import types
import typing
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from pydantic_core import CoreSchema, SchemaValidator, core_schema

from terraregistry.registry.schemas.checks import ANYTHING, hashable
from terraregistry.registry.schemas.classes import by_pydantic, instance, subclass
from terraregistry.registry.schemas.containers import CONTAINERS
from terraregistry.registry.schemas.scalars import SIMPLE, literal
from terraregistry.registry.schemas.unions import union
from terraregistry.registry.signatures import NOT_EVALUATED

__all__ = ["accepts", "plain", "schema_of", "with_default"]


def accepts(annotation: object, value: object) -> bool:
    """Say whether a value fits an annotation.

    Args:
        annotation: An evaluated annotation.
        value: Anything.

    Returns:
        True where the annotation's schema accepts the value.
    """
    validator = _validator(_Key(annotation))
    try:
        return bool(validator.isinstance_python(value))
    except Exception:  # noqa: BLE001 - a value that cannot even be looked at does not fit
        return False


def schema_of(annotation: object) -> CoreSchema:
    """Make the schema of an annotation.

    Args:
        annotation: An evaluated annotation, or `NOT_EVALUATED`.

    Returns:
        A schema; that of anything where the annotation says nothing that can be checked.
    """
    annotation = plain(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return union([plain(member) for member in arguments], schema_of)
    if origin is Literal:
        return literal(arguments)
    if origin is typing.Annotated:
        return by_pydantic(annotation, schema_of)
    if origin is tuple and not arguments and annotation is not _BARE_TUPLE:
        arguments = ((),)
    return _of_class(annotation if origin is None else origin, arguments)


_BARE_TUPLE: Final[object] = getattr(typing, "Tuple")  # noqa: B009 - tells `Tuple`, of anything, from `tuple[()]`


def _of_class(cls: object, arguments: tuple[object, ...]) -> CoreSchema:
    if not hashable(cls):
        return ANYTHING
    simple = SIMPLE.get(cls)
    if simple is not None:
        return simple()
    container = CONTAINERS.get(cls)
    if container is not None:
        return container(tuple(map(plain, arguments)), schema_of)
    if cls is type:
        return subclass(tuple(_bases(arguments[0])) if arguments else (object,))
    return instance(typing.cast("type[object]", cls), schema_of) if isinstance(cls, type) else ANYTHING


def with_default(schema: CoreSchema, default: object) -> CoreSchema:
    """Widen a schema so that it accepts a parameter's default, and with it the type that the default shows.

    Args:
        schema: The schema of the parameter's annotation, which refuses the default.
        default: The default.

    Returns:
        A schema that accepts both.
    """
    if default is None:
        return core_schema.nullable_schema(schema)
    shown = core_schema.callable_schema() if callable(default) else _of_class(type(default), ())
    return core_schema.union_schema([schema, shown], mode="left_to_right")


def _bases(annotation: object) -> list[type]:
    annotation = plain(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return [base for member in get_args(annotation) for base in _bases(member)]
    origin = get_origin(annotation) or annotation
    if not isinstance(origin, type) or origin is NOT_EVALUATED or origin is Any:
        return [object]
    return [origin]


def plain(annotation: object) -> object:
    """Take off an annotation what does not change which values fit.

    Args:
        annotation: An evaluated annotation.

    Returns:
        What a `NewType`, an alias or a `TypeVar` stands for, and what `Final` and its like are put around.
    """
    if isinstance(annotation, typing.NewType):
        return plain(annotation.__supertype__)
    if type(annotation).__name__ == "TypeAliasType":
        return plain(getattr(annotation, "__value__", NOT_EVALUATED))
    if isinstance(annotation, TypeVar):
        constraints: Any = Union[annotation.__constraints__] if annotation.__constraints__ else annotation.__bound__  # noqa: UP007 - made at run time
        return plain(constraints) if constraints is not None else NOT_EVALUATED
    if get_origin(annotation) in (typing.Final, typing.ClassVar, typing.Required, typing.NotRequired):
        return plain(get_args(annotation)[0])
    return types.NoneType if annotation is None else annotation


class _Key:
    """An annotation as a cache key: by equality where it can be hashed, by identity where it cannot."""

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


@functools.lru_cache(maxsize=1024)
def _validator(key: _Key) -> SchemaValidator:
    return SchemaValidator(schema_of(key.annotation))
