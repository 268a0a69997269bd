"""The position embedding of Prithvi: sines and cosines of the place and time of a patch.

The formula of the transformer (Vaswani et al., 2017), over three axes as in masked autoencoders for video.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Grid", "encode", "position_embedding", "positions_for"]


class Grid(NamedTuple):
    """The number of patches along each axis of an image."""

    time: int
    rows: int
    columns: int

    @property
    def patches(self) -> int:
        """The number of patches in all."""
        return self.time * self.rows * self.columns


def encode(values: Tensor, width: int) -> Tensor:
    """Encode numbers as sines and cosines: half of the width is sines, the other half cosines, of falling frequency.

    Args:
        values: `(M,)`; the result has its type.
        width: The width of a code, an even number.

    Returns:
        One code a number, `(M, width)`.

    Examples:
        >>> encode(torch.tensor([0.0]), 4)
        tensor([[0., 0., 1., 1.]])
    """
    half = width // 2
    exponents = torch.arange(half, dtype=values.dtype, device=values.device) / half
    angles = values[:, None] * 10_000.0**-exponents
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def position_embedding(width: int, grid: Grid) -> Tensor:
    """Compute the position embedding of a class token and a grid of patches.

    Of the width, six sixteenths encode the column, six the row and four the time, in this order. The patches are in the
    order time, row, column. The class token comes first, and its embedding is zero.

    Args:
        width: The width of a token, a multiple of 16.
        grid: The number of patches along each axis.

    Returns:
        `(1, 1 + grid.patches, width)`, float32, on the CPU.
    """
    sixteenth = width // 16
    times = _encode_places(grid.time, 4 * sixteenth)
    rows = _encode_places(grid.rows, 6 * sixteenth)
    columns = _encode_places(grid.columns, 6 * sixteenth)
    by_column = columns[None, None].expand(grid.time, grid.rows, -1, -1)
    by_row = rows[None, :, None].expand(grid.time, -1, grid.columns, -1)
    by_time = times[:, None, None].expand(-1, grid.rows, grid.columns, -1)
    patches = torch.cat([by_column, by_row, by_time], dim=-1).flatten(0, 2)
    return functional.pad(patches, (0, 0, 1, 0))[None].float()


def positions_for(embedding: Tensor, built: Grid, wanted: Grid) -> Tensor:
    """Fit a position embedding to a grid of another size.

    Another number of time steps is computed by the formula; other numbers of rows and columns are interpolated
    (bicubic, corners aligned), as Prithvi does.

    Args:
        embedding: The embedding of the grid a model was built for, `(1, 1 + built.patches, D)`.
        built: The grid the model was built for.
        wanted: The grid of the images at hand.

    Returns:
        `(1, 1 + wanted.patches, D)`; the embedding itself if the grids are equal.
    """
    if wanted == built:
        return embedding
    width = embedding.shape[-1]
    if wanted.time != built.time:
        embedding = position_embedding(width, Grid(wanted.time, built.rows, built.columns)).to(embedding)
    if wanted[1:] == built[1:]:
        return embedding
    maps = embedding[0, 1:].float().reshape(wanted.time, built.rows, built.columns, width).permute(0, 3, 1, 2)
    resized = functional.interpolate(maps, size=(wanted.rows, wanted.columns), mode="bicubic", align_corners=True).to(
        embedding.dtype
    )
    return torch.cat([embedding[:, :1], resized.permute(0, 2, 3, 1).reshape(1, -1, width)], dim=1)


def _encode_places(count: int, width: int) -> Tensor:
    return encode(torch.arange(count, dtype=torch.float64, device="cpu"), width)
