"""From an annotation to the pydantic schema that holds arguments to it: strict, but lenient where YAML and Python differ.

The schemas are made with pydantic's own building blocks (`pydantic_core.core_schema`) rather than with `create_model`: a model
class cannot have fields such as `copy` or `_x`, fills in defaults (which stay the constructor's own here) and costs more a call.
Annotations that only pydantic itself understands (`Annotated` constraints, its own types) are left to a `TypeAdapter`.
"""

from __future__ import annotations

import collections.abc as abc
import functools
import inspect
import numbers
import os
import types
import typing
from enum import Enum
from pathlib import Path, PurePath
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    PydanticSerializationError,
    SchemaError,
    SchemaValidator,
    core_schema,
)

from terraregistry.registry.signatures import NOT_EVALUATED

__all__ = ["accepts", "schema_of", "with_default"]

_ANYTHING: Final = core_schema.any_schema()
_Check = typing.Callable[[Any], Any]  # what a check is given, and gives back, is any object


def accepts(annotation: object, value: object) -> bool:
    """Say whether a value fits an annotation.

    Args:
        annotation: An evaluated annotation.
        value: Anything.

    Returns:
        True where the annotation's schema accepts the value.
    """
    return bool(_validator(_Key(annotation)).isinstance_python(value))


def schema_of(annotation: object) -> CoreSchema:
    """Make the schema of an annotation.

    Args:
        annotation: An evaluated annotation, or `NOT_EVALUATED`.

    Returns:
        A schema; that of anything where the annotation says nothing that can be checked.
    """
    annotation = _plain(annotation)
    simple = _SIMPLE.get(annotation) if isinstance(annotation, type) else None
    if simple is not None:
        return simple()
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _union(get_args(annotation))
    if origin is Literal:
        return _literal(get_args(annotation))
    if origin is typing.Annotated:
        return _annotated(annotation)
    container = _CONTAINERS.get(typing.cast("type", origin or annotation)) if _hashable(origin or annotation) else None
    if container is not None:
        return container(get_args(annotation))
    if isinstance(origin, type):
        return _instance(typing.cast("type[object]", origin))
    return _instance(typing.cast("type[object]", annotation)) if isinstance(annotation, type) else _ANYTHING


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
    shown = _instance(type(default)) if not callable(default) else core_schema.callable_schema()
    simple = _SIMPLE.get(type(default))
    return core_schema.union_schema([schema, simple() if simple else shown], mode="left_to_right")


class _Key:
    """An annotation as a cache key: by equality where it can be hashed, by identity where it cannot."""

    __slots__ = ("_hash", "annotation")

    def __init__(self, annotation: object) -> None:
        self.annotation = annotation
        self._hash = hash(annotation) if _hashable(annotation) else id(annotation)

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


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _plain(annotation: object) -> object:
    """Take off what does not change which values fit."""
    if isinstance(annotation, typing.NewType):
        return _plain(annotation.__supertype__)
    if type(annotation).__name__ == "TypeAliasType":
        return _plain(getattr(annotation, "__value__", NOT_EVALUATED))
    if isinstance(annotation, TypeVar):
        constraints: Any = Union[annotation.__constraints__] if annotation.__constraints__ else annotation.__bound__  # noqa: UP007 - made at run time
        return _plain(constraints) if constraints is not None else NOT_EVALUATED
    if get_origin(annotation) in (typing.Final, typing.ClassVar, typing.Required, typing.NotRequired):
        return _plain(get_args(annotation)[0])
    if annotation is None:
        return types.NoneType
    return annotation


# -- plain values --


def _check(check: _Check) -> CoreSchema:
    return core_schema.no_info_plain_validator_function(check)


def _or(strict: CoreSchema, otherwise: _Check) -> CoreSchema:
    """The strict type at full speed; what it refuses is looked at once more."""
    return core_schema.union_schema([strict, _check(otherwise)], mode="left_to_right")


def _refuse(value: object) -> PydanticCustomError:
    return PydanticCustomError("refused", "{type} refused", {"type": type(value).__name__})


def _as_integer(value: object) -> object:
    """Accept what counts as an integer elsewhere, such as numpy's."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise _refuse(value)
    return value


def _as_real(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise _refuse(value)
    return value


def _as_bool(value: object) -> object:
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return value
    raise _refuse(value)


def _as_path(value: object) -> object:
    if isinstance(value, PurePath):
        return value
    path = _path_text(value)
    if path is None:
        raise _refuse(value)
    return Path(path)


def _path_text(value: object) -> str | None:
    text: object = os.fspath(typing.cast("str", value)) if isinstance(value, (str, os.PathLike)) else None
    return text if isinstance(text, str) else None


_SIMPLE: Final[dict[type, typing.Callable[[], CoreSchema]]] = {
    types.NoneType: core_schema.none_schema,
    bool: lambda: _or(core_schema.bool_schema(strict=True), _as_bool),
    int: lambda: _or(core_schema.int_schema(strict=True), _as_integer),
    float: lambda: _or(core_schema.float_schema(strict=True), _as_real),
    complex: lambda: core_schema.complex_schema(strict=True),
    str: lambda: core_schema.str_schema(strict=True),
    bytes: lambda: core_schema.bytes_schema(strict=True),
    object: lambda: _ANYTHING,
    Path: lambda: _check(_as_path),
    PurePath: lambda: _check(_as_path),
    typing.cast("type", os.PathLike): lambda: _check(_as_path),
    NOT_EVALUATED: lambda: _ANYTHING,
}


# -- choices --

_UNION_ORDER: Final[list[object]] = [types.NoneType, bool, int, str, bytes, float, complex]


def _union(members: tuple[object, ...]) -> CoreSchema:
    plain = [_plain(member) for member in members]
    rest = [member for member in plain if member is not types.NoneType]
    # Plain types first, so that a value that fits one stays as it is and is not turned into a path or an enum's member.
    ranked = sorted(
        rest, key=lambda member: _UNION_ORDER.index(member) if member in _UNION_ORDER else len(_UNION_ORDER)
    )
    schemas = [schema_of(member) for member in ranked]
    schema = (
        schemas[0]
        if len(schemas) == 1
        else core_schema.union_schema(_with_sequences_first(schemas), mode="left_to_right")
    )
    return core_schema.nullable_schema(schema) if len(rest) < len(plain) else schema


def _with_sequences_first(schemas: list[CoreSchema]) -> list[CoreSchema | tuple[CoreSchema, str]]:
    """Let a value that fits one member exactly win over one that has to be turned into another: list[int] | tuple[int, int]."""
    exact: list[CoreSchema] = []
    lenient: list[CoreSchema] = []
    for schema in schemas:
        if schema["type"] == "union" and schema.get("metadata") == _LENIENT:
            first, *others = (choice for choice in schema["choices"] if not isinstance(choice, tuple))
            exact.append(first)
            lenient += others
        else:
            exact.append(schema)
    return [*exact, *lenient]


def _literal(values: tuple[object, ...]) -> CoreSchema:
    members = {type(value): value for value in values if isinstance(value, Enum)}
    schema = core_schema.literal_schema(list(values))
    if not members:
        return core_schema.union_schema([schema, _check(_enum_value_in(values))], mode="left_to_right")
    return core_schema.union_schema([schema, _check(_member_by_value(values))], mode="left_to_right")


def _enum_value_in(values: tuple[object, ...]) -> _Check:
    def check(value: object) -> object:
        if isinstance(value, Enum) and any(_same(value.value, literal) for literal in values):
            return value.value
        raise _refuse(value)

    return check


def _member_by_value(members: tuple[object, ...]) -> _Check:
    def check(value: object) -> object:
        for member in members:
            if isinstance(member, Enum) and (value is member or _same(member.value, value)):
                return member
        raise _refuse(value)

    return check


def _same(one: object, other: object) -> bool:
    """Equal and of one type: 1 is not True."""
    return type(one) is type(other) and bool(one == other)


# -- containers: the type that is annotated, or another sequence where that does no harm --

_LENIENT: Final = {"terraregistry": "lenient"}


def _sequence(value: object) -> bool:
    return isinstance(value, abc.Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def _turned_into(factory: _Check, fits: typing.Callable[[object], bool]) -> _Check:
    def turn(value: object) -> object:
        if fits(value):
            return factory(value)
        raise _refuse(value)

    return turn


def _leniently(strict: CoreSchema, factory: _Check, fits: typing.Callable[[object], bool] = _sequence) -> CoreSchema:
    turned = core_schema.no_info_before_validator_function(_turned_into(factory, fits), strict)
    return core_schema.union_schema([strict, turned], mode="left_to_right", metadata=_LENIENT)


def _list(items: tuple[object, ...]) -> CoreSchema:
    return _leniently(core_schema.list_schema(_first(items), strict=True), list)


def _tuple(items: tuple[object, ...]) -> CoreSchema:
    if len(items) == 2 and items[1] is Ellipsis:
        schema = core_schema.tuple_schema([_first(items)], variadic_item_index=0, strict=True)
    elif items:
        schema = core_schema.tuple_schema([schema_of(item) for item in items if item != ()], strict=True)
    else:
        schema = core_schema.tuple_schema([_ANYTHING], variadic_item_index=0, strict=True)
    return _leniently(schema, tuple)


def _any_sequence(items: tuple[object, ...]) -> CoreSchema:
    """A list stays a list and a tuple a tuple: the constructor takes either."""
    item = _first(items)
    as_list = core_schema.list_schema(item, strict=True)
    as_tuple = core_schema.tuple_schema([item], variadic_item_index=0, strict=True)
    turned = core_schema.no_info_before_validator_function(_turned_into(list, _sequence), as_list)
    return core_schema.union_schema([as_list, as_tuple, turned], mode="left_to_right")


def _is_other_iterable(value: object) -> bool:
    return isinstance(value, abc.Iterable) and not isinstance(value, (str, bytes, list, tuple))


_OF_STRINGS: Final[list[object]] = [str, Any, object]


def _iterable(items: tuple[object, ...]) -> CoreSchema:
    """Sequences are looked into; another iterable may be read only once, and not by us."""

    def other(value: object) -> object:
        if not _is_other_iterable(value):
            raise _refuse(value)
        return value

    choices: list[CoreSchema] = [_any_sequence(items), _check(other)]
    if items and _plain(items[0]) in _OF_STRINGS:
        choices.append(core_schema.str_schema(strict=True))
    return core_schema.union_schema(
        typing.cast("list[CoreSchema | tuple[CoreSchema, str]]", choices), mode="left_to_right"
    )


def _is_list_or_set(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def _set(items: tuple[object, ...]) -> CoreSchema:
    return _leniently(core_schema.set_schema(_first(items), strict=True), set, _is_list_or_set)


def _frozenset(items: tuple[object, ...]) -> CoreSchema:
    return _leniently(core_schema.frozenset_schema(_first(items), strict=True), frozenset, _is_list_or_set)


def _mapping(items: tuple[object, ...]) -> CoreSchema:
    keys, values = items if len(items) == 2 else (Any, Any)
    schema = core_schema.dict_schema(schema_of(keys), schema_of(values), strict=True)
    return _leniently(schema, dict, lambda value: isinstance(value, abc.Mapping))


def _class(items: tuple[object, ...]) -> CoreSchema:
    bases = tuple(_bases(items[0])) if items else (object,)

    def check(value: object) -> object:
        # A partial or a function that makes the instances serves where a class is annotated.
        if (isinstance(value, type) and _is_subclass(value, bases)) or (
            callable(value) and not isinstance(value, type)
        ):
            return value
        raise _refuse(value)

    return _check(check)


def _bases(annotation: object) -> list[type]:
    annotation = _plain(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return [base for member in get_args(annotation) for base in _bases(member)]
    origin = get_origin(annotation) or annotation
    return [origin] if isinstance(origin, type) and origin is not NOT_EVALUATED else [object]


def _is_subclass(value: type, bases: tuple[type, ...]) -> bool:
    try:
        return issubclass(value, bases)
    except TypeError:  # a protocol with data members cannot be asked
        return True


def _callable(_: tuple[object, ...]) -> CoreSchema:
    return core_schema.callable_schema()


def _first(items: tuple[object, ...]) -> CoreSchema:
    return schema_of(items[0]) if items else _ANYTHING


_CONTAINERS: Final[dict[type, typing.Callable[[tuple[object, ...]], CoreSchema]]] = {
    list: _list,
    tuple: _tuple,
    set: _set,
    frozenset: _frozenset,
    dict: _mapping,
    type: _class,
    abc.Sequence: _any_sequence,
    abc.MutableSequence: _list,
    abc.Collection: _iterable,
    abc.Iterable: _iterable,
    abc.Set: _frozenset,
    abc.MutableSet: _set,
    abc.Mapping: _mapping,
    abc.MutableMapping: _mapping,
    typing.cast("type", abc.Callable): _callable,
}


# -- classes --


def _instance(cls: type[object]) -> CoreSchema:
    if issubclass(cls, Enum):
        return _check(_member_by_value(tuple(cls)))
    if hasattr(cls, "__get_pydantic_core_schema__"):
        return _by_pydantic(cls)
    if typing.is_typeddict(cls):
        return _mapping(())
    if getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False):
        return _ANYTHING
    if not _can_be_asked(cls):
        return _ANYTHING
    return core_schema.is_instance_schema(cls)


def _can_be_asked(cls: type) -> bool:
    try:
        isinstance(None, cls)
    except Exception:  # noqa: BLE001 - a metaclass may raise anything; what cannot be asked accepts anything
        return False
    return True


def _annotated(annotation: object) -> CoreSchema:
    return _by_pydantic(annotation) if get_args(annotation)[1:] else schema_of(get_args(annotation)[0])


def _by_pydantic(annotation: Any) -> CoreSchema:  # an annotation is any object
    """Leave to pydantic what only pydantic understands, in its strict mode."""
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    inner = get_args(annotation)[0] if get_origin(annotation) is typing.Annotated else annotation
    configured = inspect.isclass(inner) and (hasattr(inner, "model_config") or hasattr(inner, "__pydantic_config__"))
    config = None if configured else ConfigDict(strict=True, arbitrary_types_allowed=True)
    try:
        adapter: TypeAdapter[object] = TypeAdapter(annotation, config=config)
    except (PydanticSchemaGenerationError, PydanticUserError, PydanticSerializationError, SchemaError, TypeError):
        return schema_of(inner) if inner is not annotation else _ANYTHING
    return _check(adapter.validate_python)
