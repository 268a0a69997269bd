"""Blocks shared by decoders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["ChannelLayerNorm", "ConvNormAct", "resized"]


class ConvNormAct(nn.Module):
    """A convolution without bias, a batch norm and a ReLU. The state_dict keys are `conv.weight` and `norm.*`.

    Shape:
        `(B, in_channels, H, W)` to `(B, out_channels, H', W')`, with `H' = H + 2 padding - dilation (kernel_size - 1)` for a
        stride of 1.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        padding: int = 0,
        dilation: int = 1,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.conv: nn.Conv2d = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding=padding, dilation=dilation, bias=False
        )
        self.norm: nn.BatchNorm2d = nn.BatchNorm2d(out_channels)
        self.act: nn.ReLU = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the three to `x`, `(B, in_channels, H, W)`."""
        activated: Tensor = self.act(self.norm(self.conv(x)))
        return activated


def resized(x: Tensor, size: Sequence[int], *, align_corners: bool) -> Tensor:
    """Resize a map `(B, C, H, W)` bilinearly to `(B, C, *size)`; the map itself if it has this size."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return functional.interpolate(x, size=list(size), mode="bilinear", align_corners=align_corners)


class ChannelLayerNorm(nn.Module):
    """Layer normalisation over the channels of a map, as ConvNeXt (Liu et al., 2022) has it.

    Shape:
        `(B, C, H, W)` to `(B, C, H, W)`, contiguous.
    """

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.ln: nn.LayerNorm = nn.LayerNorm(channels, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each position of `x`, `(B, C, H, W)`, over its channels."""
        normalised: Tensor = self.ln(x.permute(0, 2, 3, 1))
        return normalised.permute(0, 3, 1, 2).contiguous()
