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

    whole = value
    shape = _shape_for(annotation, value)
    arguments = typing.get_args(shape)
    faults: list[Problem] = []
    if shape is not None and isinstance(value, dict):
        kinds = arguments if len(arguments) == 2 else (Any, Any)
        for key, item in typing.cast("dict[object, object]", value).items():
            if not accepts(kinds[0], key):
                faults.append(_mismatch(kinds[0], key, f"{path} key"))
            elif not accepts(kinds[1], item):
                faults += explain(kinds[1], item, f"{path}[{key!r}]")
    elif shape is not None and isinstance(value, (list, tuple)):
        items = typing.cast("list[object]", value)
        for index, (kind, item) in enumerate(zip(_item_kinds(shape, arguments, len(items)), items, strict=False)):
            if not accepts(kind, item):
                faults += explain(kind, item, f"{path}[{index}]")
    yield from faults or [_mismatch(annotation, whole, path)]


def _shape_for(annotation: object, value: object) -> object | None:
    """Return what the annotation says of a container like the value; of a union, its one member that is such a container."""
    members = typing.get_args(annotation) if _is_union(annotation) else (annotation,)
    fitting = [member for member in members if _is_container_for(typing.get_origin(member), value)]
    return fitting[0] if len(fitting) == 1 else None


def _is_union(annotation: object) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


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
    """Word what a pydantic constraint, such as `Annotated[int, Field(gt=0)]`, asks for."""
    if typing.get_origin(annotation) is not typing.Annotated:
        return ""
    from pydantic_core import SchemaValidator, ValidationError

    from terraregistry.registry.schemas import schema_of

    try:
        SchemaValidator(schema_of(annotation)).validate_python(value)
    except ValidationError as error:
        return "; ".join(detail["msg"] for detail in error.errors(include_url=False))
    return ""
