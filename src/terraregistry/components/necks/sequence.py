"""Necks in a row."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

__all__ = ["NeckSequence"]


class NeckSequence(nn.ModuleList):
    """Necks, each applied to the output of the one before.

    The size of the images is passed to a neck if its `forward` has a parameter for it. The signature is read when the
    sequence is made, so a TypeError raised by a neck is never misread as a missing parameter.

    Args:
        necks: The necks, the first next to the backbone.
    """

    def __init__(self, necks: Iterable[nn.Module] = ()) -> None:
        super().__init__(necks)
        self._takes_image_size = tuple(takes_image_size(neck) for neck in self)

    def forward(self, features: list[Tensor], image_size: tuple[int, int]) -> list[Tensor]:
        """Pass features through each neck.

        Args:
            features: One tensor a feature.
            image_size: Height and width of the backbone's input images, in pixels.

        Returns:
            The features of the last neck.
        """
        for neck, takes_size in zip(self, self._takes_image_size, strict=True):
            features = neck(features, image_size=image_size) if takes_size else neck(features)
        return features


def takes_image_size(neck: nn.Module) -> bool:
    """Return True if the `forward` of a neck accepts `image_size` by keyword."""
    parameters = inspect.signature(neck.forward).parameters
    named = parameters.get("image_size")
    if named is not None and named.kind is not inspect.Parameter.POSITIONAL_ONLY:
        return True
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
