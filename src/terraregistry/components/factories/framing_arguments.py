"""Image padding, from the arguments of the backbone."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.models.framing import PaddingMode, PatchSize, three_axes
from terraregistry.errors import Problem, ProblemKind
from terraregistry.registry.calls import Call, call_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from terraregistry.components.factories.part_arguments import Arguments

__all__ = ["FRAMING", "take_framing"]

FRAMING: Final = ("patch_size", "padding")
"""The arguments of a backbone for image padding."""


@dataclass(frozen=True)
class Framing:
    """Image padding.

    Attributes:
        patch_size: The size to pad images to.
        padding: The continuation of images beyond their edges.
    """

    patch_size: PatchSize | None = None
    padding: PaddingMode = "reflect"


@functools.cache
def _framing() -> Call[Framing]:
    return call_of(Framing)


def take_framing(
    arguments: Arguments, parameters: Collection[str], problems: list[Problem]
) -> tuple[dict[str, Any], Arguments]:  # arguments of several types
    """Take the padding arguments out of the arguments of a backbone.

    Args:
        arguments: The arguments of the backbone.
        parameters: The backbone's own parameters. Padding arguments among them also stay with the backbone, and
            their meaning is the backbone's own.
        problems: Collects problems.

    Returns:
        The padding arguments of the model, and the arguments left for the backbone.
    """
    framing: dict[str, Any] = {}
    for name in FRAMING:
        if name in arguments.values:
            faults = _faults(name, arguments.values[name])
            if not faults:
                framing[name] = arguments.values[name]
            elif name not in parameters:
                problems += [arguments.located(fault) for fault in faults]
    return framing, arguments.without([name for name in FRAMING if name not in parameters])


def _faults(name: str, value: Any) -> tuple[Problem, ...]:  # an argument is any object
    _, _, problems = _framing().check(kwargs={name: value})
    try:
        if name == "patch_size" and value is not None and not problems:
            three_axes(value)
    except ValueError as error:
        return (Problem(name, ProblemKind.INVALID, detail=str(error)),)
    return problems
