"""What is known of the pretrained weights of a component, without loading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

__all__ = ["PretrainedWeights", "declare_weights", "declared_weights"]

C = TypeVar("C")

_ATTRIBUTE: Final = "__weights__"


@dataclass(frozen=True)
class PretrainedWeights:
    """Weights that a component can be built with.

    Attributes:
        name: The name that the component is built with them by.
        origin: Where they come from: `hf-hub:repository`, followed by `/file` where that is known, or an address.
        license: Their licence in their publisher's words, such as `apache-2.0`; None where the source does not know it.
        size: The size of their file in bytes; None where the source does not know it.
    """

    name: str
    origin: str
    license: str | None = None
    size: int | None = None


def declare_weights(constructor: C, *weights: PretrainedWeights) -> C:
    """Say which pretrained weights there are for what a constructor makes.

    Args:
        constructor: A class or function.
        weights: The weights; first those that `pretrained=True` loads.

    Returns:
        The constructor.

    Example:
        >>> def tiny(pretrained: bool = False) -> None: ...
        >>> declared_weights(declare_weights(tiny, PretrainedWeights("tiny", "hf-hub:me/tiny", "mit")))
        (PretrainedWeights(name='tiny', origin='hf-hub:me/tiny', license='mit', size=None),)
    """
    setattr(constructor, _ATTRIBUTE, weights)
    return constructor


def declared_weights(constructor: object) -> tuple[PretrainedWeights, ...]:
    """Read which pretrained weights there are for what a constructor makes.

    Args:
        constructor: A class or function.

    Returns:
        The weights; none where nothing is declared.
    """
    declared: object = getattr(constructor, _ATTRIBUTE, ())
    if not isinstance(declared, tuple):
        return ()
    return tuple(each for each in declared if isinstance(each, PretrainedWeights))  # pyright: ignore[reportUnknownVariableType]  # of anything
