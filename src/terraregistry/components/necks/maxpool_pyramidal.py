"""A neck making a pyramid by pooling features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

from terraregistry.components.necks.neck_checks import expect_maps
from terraregistry.components.refusals import at_least

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MaxpoolToPyramidal"]


class MaxpoolToPyramidal(nn.Module):
    """A pyramid by max pooling of maps of one size: the first stays, each after it is smaller by one more `kernel_size`.

    It takes maps only: TerraTorch's neck, given tokens, pools their channels.

    Args:
        channel_list: The channels of each feature.
        kernel_size: How much smaller each feature is than the one before it.

    Raises:
        InvalidArgumentsError: `kernel_size` is below 1.

    Shape:
        Map i `(B, C_i, H_i, W_i)` to `(B, C_i, H_i // k, W_i // k)` with `k = kernel_size ** i`.

    Examples:
        >>> import torch
        >>> [feature.shape[-1] for feature in MaxpoolToPyramidal([8] * 4)([torch.zeros(1, 8, 16, 16)] * 4)]
        [16, 8, 4, 2]
    """

    def __init__(self, channel_list: list[int], kernel_size: int = 2) -> None:
        super().__init__()
        self.channel_list: list[int] = list(channel_list)
        self.kernel_size: int = at_least(self, "kernel_size", kernel_size)

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
        """Pool features.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`.
            image_size: Not needed here.

        Returns:
            One map a feature, `(B, C_i, H_i // k, W_i // k)`; the first is a copy.

        Raises:
            ValueError: The features are not maps, not the ones expected, or too small to be pooled.
        """
        expect_maps(self, features, self.channel_list)
        return [self._pooled(feature, at) if at else feature.clone() for at, feature in enumerate(features)]

    def _pooled(self, feature: Tensor, at: int) -> Tensor:
        kernel = self.kernel_size**at
        if min(feature.shape[-2:]) < kernel:
            where = f"feature {at}, which has the shape {tuple(feature.shape)}"
            raise ValueError(f"kernel_size={self.kernel_size} pools {kernel}x{kernel} positions of {where}")
        return functional.max_pool2d(feature, kernel)
