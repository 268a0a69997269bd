"""Codes of an image's time and place, added by Prithvi-EO-2.0-TL to its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import torch
from torch import nn

from terraregistry.components.backbones.prithvi.position import encode

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Coordinate", "CoordinateCode"]

Coordinate: TypeAlias = Literal["time", "location"]
"""A coordinate to encode: the time of a frame, or the place of an image."""


class CoordinateCode(nn.Module):
    """A code of pairs of numbers, each in one half of the width of a token, times a factor.

    The code is computed in float32 whatever the type of the numbers: half precision cannot tell one year from the next.

    Args:
        embed_dim: The width of a token.
        scale_learn: Learn the factor (a parameter, initially 0.1) instead of fixing it (a buffer of 1).

    Shape:
        Pairs `(B, M, 2)` to codes `(B, M, embed_dim)`.
    """

    def __init__(self, embed_dim: int, scale_learn: bool = False) -> None:
        super().__init__()
        self.embed_dim = embed_dim
        self.scale: Tensor  # declared here: TorchScript cannot read what a class declares
        if scale_learn:
            self.scale = nn.Parameter(torch.full((1,), 0.1))
        else:
            self.register_buffer("scale", torch.ones(1))

    def forward(self, pairs: Tensor) -> Tensor:
        """Encode `(B, M, 2)`: year and day of the year, or latitude and longitude."""
        first = self.embed_dim // 2
        flat = pairs.reshape(-1, 2).float()
        codes = torch.cat([encode(flat[:, 0], first), encode(flat[:, 1], self.embed_dim - first)], dim=1)
        return self.scale * codes.to(self.scale.dtype).reshape(pairs.shape[0], -1, self.embed_dim)
