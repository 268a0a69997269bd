"""Metadata of the pretrained weights of a component, available without loading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

__all__ = ["PretrainedWeights", "declare_weights", "declared_weights"]

C = TypeVar("C")

_ATTRIBUTE: Final = "__weights__"


@dataclass(frozen=True)
class PretrainedWeights:
    """Weights available for a component.

    Attributes:
        name: The name to build the component with them by.
        origin: `hf-hub:repository`, followed by `/file` if known, or an address.
        license: Their licence in their publisher's words, such as `apache-2.0`; None if unknown.
        size: The size of their file in bytes; None if unknown.
    """

    name: str
    origin: str
    license: str | None = None
    size: int | None = None


def declare_weights(constructor: C, *weights: PretrainedWeights) -> C:
    """Declare the pretrained weights available for a constructor, first those loaded by `pretrained=True`; return it.

    Examples:
        >>> def tiny(pretrained: bool = False) -> None: ...
        >>> declared_weights(declare_weights(tiny, PretrainedWeights("tiny", "hf-hub:me/tiny", "mit")))
        (PretrainedWeights(name='tiny', origin='hf-hub:me/tiny', license='mit', size=None),)
    """
    setattr(constructor, _ATTRIBUTE, weights)
    return constructor


def declared_weights(constructor: object) -> tuple[PretrainedWeights, ...]:
    """Return the pretrained weights declared for a constructor."""
    declared: object = getattr(constructor, _ATTRIBUTE, ())
    if not isinstance(declared, tuple):
        return ()
    return tuple(each for each in declared if isinstance(each, PretrainedWeights))  # pyright: ignore[reportUnknownVariableType]  # of anything
