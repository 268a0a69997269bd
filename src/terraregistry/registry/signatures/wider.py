"""Annotations of other libraries that are narrower than their code: the one table, with a reason for each."""

from __future__ import annotations

import typing
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, Protocol, runtime_checkable

__all__ = ["wider_class", "wider_parameter"]


@runtime_checkable
class _Indexed(Protocol):
    def __getitem__(self, index: int, /) -> object: ...


class _Wider(NamedTuple):
    """What the code takes besides an annotation, and the line of its source that does."""

    annotation: Any  # an annotation is any object
    reason: str


_CLASSES: Final = {
    "torch:device": _Wider(str | int, "torch/_prims_common/__init__.py, canonicalize_device: torch.device(d)"),
    "torch.utils.data.dataset:Dataset": _Wider(_Indexed, "torch/utils/data/_utils/fetch.py: self.dataset[idx]"),
    "torchvision.models._api:WeightsEnum": _Wider(str, "torchvision/models/_api.py, verify: cls[obj.replace(...)]"),
}
"""By class; an enum's entry holds for its subclasses, and means the names of their members."""

_PARAMETERS: Final = {
    "torchvision.transforms.v2._augment:RandomErasing.__init__(value)": _Wider(
        tuple[float, ...] | list[float] | Literal["random"],
        "torchvision/transforms/v2/_augment.py: isinstance(value, (numbers.Number, str, tuple, list))",
    ),
}
"""By function and parameter."""


def wider_class(cls: type) -> Any:  # an annotation is any object
    """Return the annotation of what code takes for a class besides its instances; None if not in the table."""
    if not issubclass(cls, Enum):
        known = _CLASSES.get(_place(typing.cast("object", cls)))
        return None if known is None else known.annotation
    if not any(_place(base) in _CLASSES for base in cls.__mro__):
        return None
    names = (*cls.__members__, *(f"{cls.__name__}.{name}" for name in cls.__members__))
    return typing.cast("Any", Literal)[names]


def wider_parameter(function: object, name: str, annotation: Any) -> Any:  # as above
    """Return the annotation of a parameter, widened if the table has it."""
    found = _PARAMETERS.get(f"{_place(function)}({name})")
    return annotation if found is None else annotation | found.annotation


def _place(thing: object) -> str:
    return f"{getattr(thing, '__module__', '')}:{getattr(thing, '__qualname__', '')}"
