"""Accepted type of a parameter: its annotation, widened to include its default."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from terraregistry.indexing.portable import default_text, portable_type, united
from terraregistry.registry.signatures import NOT_EVALUATED, Opaque

if TYPE_CHECKING:
    from terraregistry.index.descriptions import PortableType

__all__ = ["accepted_type"]


def accepted_type(annotation: Any, default: object) -> PortableType:  # an annotation is any object
    """Write the accepted type of a parameter: the annotation, widened to include the default.

    Args:
        annotation: The annotation, evaluated.
        default: The default, or `inspect.Parameter.empty`.
    """
    return _accepted(_Annotated(annotation, default))


class _Annotated:
    """An annotation with a default, as a key: `Literal[1] == Literal[True]`, and `1 == True`, but they are not the same."""

    __slots__ = ("_key", "annotation", "default")

    def __init__(self, annotation: Any, default: object) -> None:  # an annotation is any object
        self.annotation = annotation
        self.default = default
        self._key = (repr(annotation), type(default), id(default) if default_text(default) == "..." else repr(default))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Annotated) and self._key == other._key


@functools.lru_cache(maxsize=4096)
def _accepted(key: _Annotated) -> PortableType:
    from terraregistry.registry.schemas import accepts

    declared = portable_type(key.annotation)
    unknown = (
        key.default is inspect.Parameter.empty or isinstance(key.default, Opaque) or key.annotation is NOT_EVALUATED
    )
    if unknown or (accepts(key.annotation, key.default) and not _is_list_for_tuple(key.annotation, key.default)):
        return declared
    if key.default is None:
        return united(declared, portable_type(None))
    shown = portable_type(Callable[..., Any] if callable(key.default) else type(key.default))
    return united(declared, shown)


def _is_list_for_tuple(annotation: object, default: object) -> bool:
    """Find a default accepted by the validation, but not by a type checker."""
    if not isinstance(default, list):
        return False
    is_union = get_origin(annotation) in (Union, UnionType)
    origins = [get_origin(each) or each for each in (get_args(annotation) if is_union else (annotation,))]
    return tuple in origins and not any(isinstance(each, type) and issubclass(list, each) for each in origins)
