"""Explanation of type mismatches by the places inside a value."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import SchemaValidator, ValidationError

from terraregistry.errors import Problem, ProblemKind, describe_value
from terraregistry.problems import Replace
from terraregistry.readings import unrendered, values_in
from terraregistry.registry.schemas import accepts, plain, schema_of
from terraregistry.registry.signatures import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.problems import Key, KeyPath

__all__ = ["explain"]

_MOST: Final = 10
"""Maximum number of problems listed for one argument."""


def explain(annotation: object, value: object, path: KeyPath) -> Iterator[Problem]:
    """Report the mismatches between a value and its annotation, as deep inside the value as possible.

    Args:
        annotation: An evaluated annotation.
        value: The value refused by its schema.
        path: The path of the value.

    Yields:
        One problem for each of the first ten faults inside the value, and one with the number of further faults.
    """
    listing = _Listing()
    yield from _explain(annotation, value, path, listing)
    if listing.more:
        counted = "1 more item inside it is" if listing.more == 1 else f"{listing.more} more items inside it are"
        yield Problem(path, ProblemKind.INVALID, detail=f"{counted} wrong")


@dataclass
class _Listing:
    """Counters of the problems of one argument.

    Attributes:
        left: Number of problems that may still be listed.
        more: Number of faults beyond the limit.
    """

    left: int = _MOST
    more: int = 0


def _explain(
    annotation: object, value: object, path: KeyPath, listing: _Listing, constrained: object = None
) -> Iterator[Problem]:
    inner = _inside(annotation)
    if inner is not annotation and not accepts(inner, value):
        yield from _explain(inner, value, path, listing, annotation)
        return
    before = replace(listing)
    try:
        faults = list(_faults_inside(annotation, value, path, listing))
    except Exception:  # noqa: BLE001 - a container's own methods may raise anything
        faults = []
        listing.left, listing.more = before.left, before.more
    if not faults:
        faults = [_mismatch(annotation, value, path, constrained)]
        listing.left -= 1
    yield from faults


def _faults_inside(annotation: object, value: object, path: KeyPath, listing: _Listing) -> Iterator[Problem]:
    shape = _shape_for(annotation, value)
    arguments = typing.get_args(shape)
    if shape is not None and isinstance(value, dict):
        kinds = arguments if len(arguments) == 2 else (Any, Any)
        for key, item in typing.cast("dict[object, object]", value).items():
            key_fits = accepts(kinds[0], key)
            if key_fits and accepts(kinds[1], item):
                continue
            if not listing.left:
                listing.more += 1
            elif key_fits:
                yield from _explain(kinds[1], item, (*path, _step(key)), listing)
            else:
                listing.left -= 1
                yield _mismatch(kinds[0], key, (*path, _step(key)), of_key=True)
    elif shape is not None:  # of a list or a tuple
        items = typing.cast("list[object]", value)
        for index, (kind, item) in enumerate(zip(_item_kinds(shape, arguments, len(items)), items, strict=False)):
            if accepts(kind, item):
                continue
            if not listing.left:
                listing.more += 1
            else:
                yield from _explain(kind, item, (*path, index), listing)


def _shape_for(annotation: object, value: object) -> object | None:
    """Return the annotation of a container like the value; for a union, its only such member, or None."""
    fitting = [
        member for member in map(_inside, _members(annotation)) if _is_container_for(typing.get_origin(member), value)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _members(annotation: object) -> tuple[object, ...]:
    annotation = plain(annotation)
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)


def _inside(annotation: object) -> object:
    """Return the type inside `Annotated`."""
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


def _mismatch(
    annotation: object, value: object, path: KeyPath, constrained: object = None, *, of_key: bool = False
) -> Problem:
    detail, fix = _constraint(annotation, value), None
    if type(value) is str and not of_key:  # a subclass may have methods of its own
        detail = unrendered(value) or detail
        fix = next((Replace(each) for each in values_in(value) if accepts(constrained or annotation, each)), None)
    return Problem(
        path,
        ProblemKind.TYPE,
        expected=render(annotation),
        given=describe_value(value),
        detail=detail,
        fix=fix,
        of_key=of_key,
    )


def _step(key: object) -> Key:
    """Return a key as a step of a path: its description if the type is not found in configs."""
    return key if key is None or isinstance(key, (str, int, float)) else describe_value(key)


def _constraint(annotation: object, value: object) -> str:
    """Describe the violated pydantic constraint, such as `Annotated[int, Field(gt=0)]`, for a value of the right type."""
    for member in _members(annotation):
        inner = _inside(member)
        if inner is not member and accepts(inner, value):
            try:
                SchemaValidator(schema_of(member)).validate_python(value)
            except ValidationError as error:
                return "; ".join(detail["msg"] for detail in error.errors(include_url=False))
    return ""
