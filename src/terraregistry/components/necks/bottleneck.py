"""A neck adding a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from terraregistry.components.necks.neck_checks import expect_maps
from terraregistry.components.refusals import channels_at, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AddBottleneckLayer"]


class AddBottleneckLayer(nn.Module):
    """An additional feature: the last one, brought to half its channels by a 1x1 convolution.

    It has TerraTorch's parameters and state_dict keys (`bottleneck.weight`, ...); unlike TerraTorch's neck, it does not
    change the list of features given.

    Args:
        channel_list: The channels of each feature; at least 2 in the last.

    Raises:
        InvalidArgumentsError: `channel_list` is empty, or its last entry is below 2.

    Shape:
        Maps `(B, C_i, H_i, W_i)` to the same and one more, `(B, C // 2, H, W)`, with C, H and W those of the last.

    Examples:
        >>> AddBottleneckLayer([64, 128]).process_channel_list([64, 128])
        [64, 128, 64]
    """

    def __init__(self, channel_list: list[int]) -> None:
        super().__init__()
        last = channels_at(self, channel_list, -1, "channel_list", given_as="channel_list")
        if last < 2:
            raise refusal(self, "channel_list", f"expected at least 2 channels in the last feature, got {last}")
        self.channel_list: list[int] = list(channel_list)
        self._channels: tuple[int, ...] = tuple(channel_list)  # TerraTorch sets channel_list to those of the output
        self.bottleneck: nn.Conv2d = nn.Conv2d(last, last // 2, kernel_size=1)

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Add the channels of the new feature.

        Args:
            channel_list: The channels of each feature.

        Returns:
            A new list with one entry more.
        """
        return [*channel_list, channel_list[-1] // 2]

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor]:
        """Add a feature.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`.
            image_size: Not needed here.

        Returns:
            A new list: the features, and the one made of the last.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self._channels)
        return [*features, self.bottleneck(features[-1])]
