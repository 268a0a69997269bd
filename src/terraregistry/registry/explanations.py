"""Saying what is wrong with a value, in terms of the place inside it."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any

from terraregistry.errors import Problem, ProblemKind, describe_value
from terraregistry.registry.signatures import render

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["explain"]


def explain(annotation: object, value: object, path: str) -> Iterator[Problem]:
    """Say what is wrong with a value that does not fit its annotation, as deep inside it as the fault is.

    Args:
        annotation: An evaluated annotation.
        value: The value, which its schema refuses.
        path: Where the value is.

    Yields:
        One problem for each place inside the value that is wrong.
    """
    from terraregistry.registry.schemas import accepts

    inner = _inside(annotation)
    if inner is not annotation and not accepts(inner, value):
        yield from explain(inner, value, path)
        return
    try:
        faults = list(_faults_inside(annotation, value, path))
    except Exception:  # noqa: BLE001 - a container's own methods may raise anything
        faults = []
    yield from faults or [_mismatch(annotation, value, path)]


def _faults_inside(annotation: object, value: object, path: str) -> Iterator[Problem]:
    from terraregistry.registry.schemas import accepts

    shape = _shape_for(annotation, value)
    arguments = typing.get_args(shape)
    if shape is not None and isinstance(value, dict):
        kinds = arguments if len(arguments) == 2 else (Any, Any)
        for key, item in typing.cast("dict[object, object]", value).items():
            if not accepts(kinds[0], key):
                yield _mismatch(kinds[0], key, f"{path} key")
            elif not accepts(kinds[1], item):
                yield from explain(kinds[1], item, f"{path}[{key!r}]")
    elif shape is not None and isinstance(value, (list, tuple)):
        items = typing.cast("list[object]", value)
        for index, (kind, item) in enumerate(zip(_item_kinds(shape, arguments, len(items)), items, strict=False)):
            if not accepts(kind, item):
                yield from explain(kind, item, f"{path}[{index}]")


def _shape_for(annotation: object, value: object) -> object | None:
    """Return what the annotation says of a container like the value; of a union, its one member that is such a container."""
    fitting = [
        member for member in map(_inside, _members(annotation)) if _is_container_for(typing.get_origin(member), value)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _members(annotation: object) -> tuple[object, ...]:
    from terraregistry.registry.schemas import plain

    annotation = plain(annotation)
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)


def _inside(annotation: object) -> object:
    """Return what `Annotated` puts its constraints on."""
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation


def _is_container_for(origin: object, value: object) -> bool:
    if not isinstance(origin, type) or isinstance(value, (str, bytes)):
        return False
    as_list = isinstance(value, (list, tuple)) and (issubclass(list, origin) or issubclass(tuple, origin))
    return as_list or (isinstance(value, dict) and issubclass(dict, origin))


def _item_kinds(shape: object, arguments: tuple[Any, ...], count: int) -> tuple[object, ...]:
    if typing.get_origin(shape) is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        return arguments if len(arguments) == count else ()
    return (arguments[0],) * count


def _mismatch(annotation: object, value: object, path: str) -> Problem:
    detail = _constraint(annotation, value)
    return Problem(path, ProblemKind.TYPE, expected=render(annotation), given=describe_value(value), detail=detail)


def _constraint(annotation: object, value: object) -> str:
    """Word what a pydantic constraint, such as `Annotated[int, Field(gt=0)]`, asks for of a value of the right type."""
    from pydantic_core import SchemaValidator, ValidationError

    from terraregistry.registry.schemas import accepts, schema_of

    for member in _members(annotation):
        inner = _inside(member)
        if inner is not member and accepts(inner, value):
            try:
                SchemaValidator(schema_of(member)).validate_python(value)
            except ValidationError as error:
                return "; ".join(detail["msg"] for detail in error.errors(include_url=False))
    return ""
