"""Layers shared by decoders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ChannelLayerNorm"]


class ChannelLayerNorm(nn.Module):
    """Layer normalisation over the channels of a map, as ConvNeXt (Liu et al., 2022) has it.

    Args:
        channels: The number of channels.
        eps: A constant added to the variance.

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
