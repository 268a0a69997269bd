"""A decoder of transposed convolutions on one feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from terraregistry.components.decoders.blocks import ChannelLayerNorm
from terraregistry.components.refusals import at_least, channels_at

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FCNDecoder"]


class FCNDecoder(nn.Module):
    """A fully convolutional decoder: each stage doubles the resolution of one feature.

    A stage is a transposed convolution with stride 2, a 3x3 convolution, a layer norm over the channels and a GELU. The
    decoder has TerraTorch's parameters and state_dict keys (`convs.{i}.0.weight`, ...); for a bad value, it raises the
    library's error, a ValueError, in place of TerraTorch's bare `Exception`.

    Args:
        embed_dim: The channels of each feature.
        channels: The channels of every stage, and of the result.
        num_convs: The number of stages, at least 1.
        in_index: The feature decoded; negative counts from the last.

    Attributes:
        embed_dim: The channels of the feature decoded.
        out_channels: The channels of the result.

    Raises:
        InvalidArgumentsError: `channels` or `num_convs` is below 1, `embed_dim` is empty, or `in_index` is out of its range.

    Shape:
        Features `(B, embed_dim[i], H_i, W_i)` to a map `(B, channels, H * 2**num_convs, W * 2**num_convs)`, with H and
        W those of the feature `in_index`.

    Examples:
        >>> import torch
        >>> decoder = FCNDecoder([32, 64], channels=16, num_convs=2)
        >>> decoder([torch.zeros(1, 32, 8, 8), torch.zeros(1, 64, 4, 4)]).shape
        torch.Size([1, 16, 16, 16])
    """

    includes_head: ClassVar[bool] = False

    def __init__(self, embed_dim: list[int], channels: int = 256, num_convs: int = 4, in_index: int = -1) -> None:
        super().__init__()
        self.embed_dim: int = channels_at(self, embed_dim, in_index, "in_index")
        self.channels: int = at_least(self, "channels", channels)
        self.out_channels: int = channels
        self.num_convs: int = at_least(self, "num_convs", num_convs)
        self.in_index = in_index
        widths = [self.embed_dim, *[channels] * (num_convs - 1)]
        self.convs: nn.Sequential = nn.Sequential(*(_stage(width, channels) for width in widths))

    def forward(self, features: list[Tensor]) -> Tensor:
        """Decode the map `in_index`, `(B, C, H, W)`, to `(B, channels, H * 2**num_convs, W * 2**num_convs)`."""
        decoded: Tensor = self.convs(features[self.in_index])
        return decoded


def _stage(in_channels: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(in_channels, channels, kernel_size=2, stride=2),
        nn.Conv2d(channels, channels, kernel_size=3, padding=1),
        ChannelLayerNorm(channels),
        nn.GELU(),
    )
