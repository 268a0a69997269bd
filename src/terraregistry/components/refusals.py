"""Errors for invalid values of components, worded like the registries' errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.problems import KeyPath

__all__ = ["at_least", "channels_at", "refusal"]


def refusal(
    component: object,
    parameter: str | KeyPath,
    detail: str,
    kind: ProblemKind = ProblemKind.INVALID,
    choices: Sequence[str] = (),
) -> InvalidArgumentsError:
    """Make the error of a component for an invalid value.

    Args:
        component: The component, half made.
        parameter: The parameter, or the steps to a place inside it.
        detail: The value expected, and the value given.
        kind: The kind of mistake.
        choices: The choices most likely meant.

    Returns:
        The error, to be raised; it is a ValueError.
    """
    return InvalidArgumentsError(
        type(component).__qualname__, "terraregistry", (Problem(parameter, kind, detail=detail, choices=choices),)
    )


def at_least(component: object, parameter: str | KeyPath, value: int, least: int = 1) -> int:
    """Check a number against its minimum.

    Args:
        component: The component, half made.
        parameter: The parameter.
        value: The number.
        least: The smallest valid number.

    Returns:
        The number.

    Raises:
        InvalidArgumentsError: It is smaller.
    """
    if value < least:
        raise refusal(component, parameter, f"expected at least {least}, got {value}")
    return value


def channels_at(
    component: object,
    channels: Sequence[int],
    index: int,
    parameter: str | KeyPath,
    *,
    given_as: str = "embed_dim",
) -> int:
    """Look up the channels of the feature at an index.

    Args:
        component: The component, half made.
        channels: The channels of each feature.
        index: The index of the feature; negative counts from the last.
        parameter: The parameter of the index.
        given_as: The parameter of the channels.

    Returns:
        The channels of the feature.

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
