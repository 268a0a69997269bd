"""Checks shared by necks and decoders: of a choice at construction, of the features in `forward`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.components.refusals import refusal
from terraregistry.errors import describe_value
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from terraregistry.problems import KeyPath

__all__ = ["expect_features", "expect_maps", "one_of"]

_MAP_AXES: Final = 4
_TOKEN_AXES: Final = 3


def one_of(component: object, parameter: str | KeyPath, value: object, choices: Sequence[str]) -> None:
    """Check that a value is one of a few words.

    Args:
        component: The component, half made.
        parameter: The parameter.
        value: The value.
        choices: The words.

    Raises:
        InvalidArgumentsError: It is none of them.
    """
    if value not in choices:
        close = nearest(value, choices) if isinstance(value, str) else ()
        known = ", ".join(map(repr, choices))
        detail = f"expected one of {known}, got {describe_value(value)}"
        raise refusal(component, parameter, detail, choices=close)


def expect_features(component: object, features: Sequence[Tensor], count: int) -> None:
    """Check the number of features given to a component.

    Args:
        component: The component.
        features: The features given.
        count: The number expected.

    Raises:
        ValueError: There are more or fewer.
    """
    if len(features) != count:
        raise ValueError(f"{type(component).__qualname__} was made for {count} feature(s), got {len(features)}")


def expect_maps(component: object, features: Sequence[Tensor], channels: Sequence[int]) -> None:
    """Check that features are maps with the channels expected by a component.

    Args:
        component: The component.
        features: The features given.
        channels: The channels of each feature.

    Raises:
        ValueError: There is another number of features, one is no map `(B, C, H, W)`, or it has other channels.
    """
    expect_features(component, features, len(channels))
    name = type(component).__qualname__
    for at, (feature, width) in enumerate(zip(features, channels, strict=True)):
        shape = tuple(feature.shape)
        if len(shape) != _MAP_AXES:
            hint = "; ReshapeTokensToImage makes maps of tokens" if len(shape) == _TOKEN_AXES else ""
            raise ValueError(f"{name} expects maps (B, C, H, W), feature {at} has the shape {shape}{hint}")
        if shape[1] != width:
            raise ValueError(f"{name} was made for {width} channels in feature {at}, which has the shape {shape}")
