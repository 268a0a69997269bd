"""A neck making a pyramid by enlarging features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from torch import nn
from torch.nn import functional

from terraregistry.components.necks.neck_checks import expect_maps, one_of
from terraregistry.components.refusals import at_least

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["InterpolateToPyramidal", "InterpolationMode"]

InterpolationMode: TypeAlias = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "area"]
"""A mode of `torch.nn.functional.interpolate` for maps."""


class InterpolateToPyramidal(nn.Module):
    """A pyramid by interpolation of maps of one size: the last enlarged by `scale_factor`, each before it once more.

    It takes maps only: TerraTorch's neck, given tokens, stretches their channels.

    Args:
        channel_list: The channels of each feature.
        scale_factor: How much larger each feature is than the next, and the last than it was; with 2 and four features,
            they grow by 16, 8, 4 and 2.
        mode: How values between the old positions are found.

    Raises:
        InvalidArgumentsError: `scale_factor` is below 1, or there is no such mode.

    Shape:
        Map i of n `(B, C_i, H_i, W_i)` to `(B, C_i, H_i * s, W_i * s)` with `s = scale_factor ** (n - i)`.

    Examples:
        >>> import torch
        >>> [feature.shape[-1] for feature in InterpolateToPyramidal([8] * 4)([torch.zeros(1, 8, 3, 3)] * 4)]
        [48, 24, 12, 6]
    """

    def __init__(self, channel_list: list[int], scale_factor: int = 2, mode: InterpolationMode = "nearest") -> None:
        super().__init__()
        one_of(self, "mode", mode, get_args(InterpolationMode))
        self.channel_list: list[int] = list(channel_list)
        self.scale_factor: int = at_least(self, "scale_factor", scale_factor)
        self.mode = mode

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return the list as it is: channels stay as they are.

        Args:
            channel_list: The channels of each feature.

        Returns:
            A list with the same entries.
        """
        return list(channel_list)

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor]:
        """Enlarge features.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`.
            image_size: Not needed here.

        Returns:
            One map a feature, `(B, C_i, H_i * s, W_i * s)`.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self.channel_list)
        count = len(features)
        return [
            functional.interpolate(feature, scale_factor=float(self.scale_factor ** (count - at)), mode=self.mode)
            for at, feature in enumerate(features)
        ]
