"""Decoders of this project, registered among those of the library."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from terraregistry import TERRATORCH_DECODER_REGISTRY

__all__ = ["Deepest", "SumDecoder", "light_sum"]


@TERRATORCH_DECODER_REGISTRY.register
class Deepest(nn.Module):
    """Passes on the deepest feature.

    Args:
        channels: The channels of each feature.
    """

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.out_channels: int = channels[-1]

    def forward(self, features: list[Tensor], /) -> Tensor:
        """Return the last of the features, `(B, C, H, W)`."""
        return features[-1]


@TERRATORCH_DECODER_REGISTRY.register(name="sum", aliases=("add",))
class SumDecoder(nn.Module):
    """Adds up the features, each projected to the same width and resized to the first.

    Args:
        channels: The channels of each feature.
        width: The channels of the result.
        mode: How features are resized.
    """

    def __init__(self, channels: list[int], width: int = 64, *, mode: str = "nearest") -> None:
        super().__init__()
        self.out_channels: int = width
        self.mode: str = mode
        self.projections: nn.ModuleList = nn.ModuleList([nn.Conv2d(each, width, 1) for each in channels])

    def forward(self, features: list[Tensor], /) -> Tensor:
        """Add up the features, `(B, C_i, H_i, W_i)`, to one map, `(B, width, H_0, W_0)`."""
        size = features[0].shape[-2:]
        projected = [project(each) for project, each in zip(self.projections, features, strict=True)]
        resized = [nn.functional.interpolate(each, size=size, mode=self.mode) for each in projected]
        return torch.stack(resized).sum(dim=0)


@TERRATORCH_DECODER_REGISTRY.register
def light_sum(channels: list[int], *, factor: float = 0.5) -> SumDecoder:
    """Make a `SumDecoder` whose width is a share of the deepest feature's.

    Args:
        channels: The channels of each feature.
        factor: The share.
    """
    return SumDecoder(channels, max(1, round(channels[-1] * factor)))
