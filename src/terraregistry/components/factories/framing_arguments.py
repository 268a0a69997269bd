"""How images are padded, as arguments of the backbone say it."""

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
"""The arguments of a backbone that say how images are padded."""


@dataclass(frozen=True)
class Framing:
    """How images are padded.

    Attributes:
        patch_size: What to pad images to.
        padding: How images continue beyond their edges.
    """

    patch_size: PatchSize | None = None
    padding: PaddingMode = "reflect"


@functools.cache
def _framing() -> Call[Framing]:
    return call_of(Framing)


def take_framing(
    arguments: Arguments, parameters: Collection[str], problems: list[Problem]
) -> tuple[dict[str, Any], Arguments]:  # arguments of several types
    """Take what says how images are padded out of the arguments of a backbone.

    Args:
        arguments: The arguments of the backbone.
        parameters: What the backbone itself has parameters for: that stays among its arguments, and what it means is
            the backbone's to say.
        problems: Where problems are added.

    Returns:
        The arguments that a model takes for its padding, and the rest.
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
    problems = _framing().check(kwargs={name: value}).problems
    try:
        if name == "patch_size" and value is not None and not problems:
            three_axes(value)
    except ValueError as error:
        return (Problem(name, ProblemKind.INVALID, detail=str(error)),)
    return problems
