"""Errors for invalid values of components, worded like the registries' errors, and the checks that raise them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, describe_value
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from terraregistry.problems import KeyPath

__all__ = ["at_least", "channels_at", "expect_features", "expect_maps", "one_of", "refusal"]


def refusal(
    component: object,
    parameter: str | KeyPath,
    detail: str,
    kind: ProblemKind = ProblemKind.INVALID,
    choices: Sequence[str] = (),
) -> InvalidArgumentsError:
    """Make the error of a component, half made, for an invalid value.

    Args:
        component: The component.
        parameter: The parameter, or the steps to a place inside it.
        detail: The value expected, and the value given.
        kind: The kind of mistake.
        choices: The choices most likely meant.
    """
    problem = Problem(parameter, kind, detail=detail, choices=choices)
    return InvalidArgumentsError(type(component).__qualname__, "terraregistry", (problem,))


def at_least(component: object, parameter: str | KeyPath, value: int, least: int = 1) -> int:
    """Check a number against its minimum, and return it."""
    if value < least:
        raise refusal(component, parameter, f"expected at least {least}, got {value}")
    return value


def channels_at(
    component: object, channels: Sequence[int], index: int, parameter: str | KeyPath, *, given_as: str = "embed_dim"
) -> int:
    """Look up the channels of the feature at an index; `given_as` is the parameter of the channels.

    Raises:
        InvalidArgumentsError: There are no features, or the index points outside them.

    Examples:
        >>> channels_at("a decoder", [64, 128], -1, "in_index")
        128
    """
    count = len(channels)
    if not count:
        raise refusal(component, given_as, "expected the channels of at least one feature, got an empty list")
    if not -count <= index < count:
        features = f"{count} feature{'s' if count > 1 else ''}"
        raise refusal(component, parameter, f"expected {-count} to {count - 1} with {features}, got {index}")
    return channels[index]


def one_of(component: object, parameter: str | KeyPath, value: object, choices: Sequence[str]) -> None:
    """Check that a value is one of a few words."""
    if value not in choices:
        close = nearest(value, choices) if isinstance(value, str) else ()
        known = ", ".join(map(repr, choices))
        detail = f"expected one of {known}, got {describe_value(value)}"
        raise refusal(component, parameter, detail, choices=close)


def expect_features(component: object, features: Sequence[Tensor], count: int) -> None:
    """Check the number of features given to a component; another one is a ValueError."""
    if len(features) != count:
        raise ValueError(f"{type(component).__qualname__} was made for {count} feature(s), got {len(features)}")


def expect_maps(component: object, features: Sequence[Tensor], channels: Sequence[int]) -> None:
    """Check that features are maps `(B, C, H, W)` with the channels expected by a component; others are a ValueError."""
    expect_features(component, features, len(channels))
    name = type(component).__qualname__
    for at, (feature, width) in enumerate(zip(features, channels, strict=True)):
        shape = tuple(feature.shape)
        if len(shape) != 4:
            hint = "; ReshapeTokensToImage makes maps of tokens" if len(shape) == 3 else ""
            raise ValueError(f"{name} expects maps (B, C, H, W), feature {at} has the shape {shape}{hint}")
        if shape[1] != width:
            raise ValueError(f"{name} was made for {width} channels in feature {at}, which has the shape {shape}")
