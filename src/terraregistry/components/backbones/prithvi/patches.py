"""Patches of images over time: their sizes, their places and times, cutting them out, embedding them, laying them out again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

import torch
from torch import nn
from torch.nn import functional

from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Coordinate",
    "CoordinateCode",
    "Grid",
    "PatchEmbed",
    "PatchSize",
    "encode",
    "from_patches",
    "grid_of",
    "position_embedding",
    "positions_for",
    "read_image_size",
    "read_patch_size",
    "to_patches",
    "tokens_to_map",
]

PatchSize: TypeAlias = int | Sequence[int]
"""The size of a patch: one number for height and width, or (time, height, width)."""
Coordinate: TypeAlias = Literal["time", "location"]
"""A coordinate to encode: the time of a frame, or the place of an image."""


def read_image_size(component: nn.Module, given: int | Sequence[int]) -> tuple[int, int]:
    """Write the size of an image out as height and width; raise an InvalidArgumentsError if it is none."""
    size = (given, given) if isinstance(given, int) else tuple(given)
    if len(size) != 2 or min(size) < 1:
        raise refusal(component, "img_size", f"expected a number of pixels or (height, width), got {given!r}")
    return size[0], size[1]


def read_patch_size(component: nn.Module, given: PatchSize, image: tuple[int, int, int]) -> tuple[int, int, int]:
    """Write the size of a patch out as time, height and width.

    Args:
        component: The component, half made, for the error.
        given: One number for height and width, or the three.
        image: The size of the images along the same axes.

    Raises:
        InvalidArgumentsError: It is no size of a patch, or larger than the images.
    """
    size = (1, given, given) if isinstance(given, int) else tuple(given)
    if len(size) != 3 or min(size) < 1:
        raise refusal(component, "patch_size", f"expected a number of pixels or (time, height, width), got {given!r}")
    if any(patch > length for patch, length in zip(size, image, strict=True)):
        frames, height, width = image
        detail = f"a patch {size} does not fit into {frames} frame(s) of {height}x{width} pixels"
        raise refusal(component, "patch_size", detail)
    return size[0], size[1], size[2]


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

    `(M,)` to `(M, width)`, of the same type; the width is an even number.

    Examples:
        >>> encode(torch.tensor([0.0]), 4)
        tensor([[0., 0., 1., 1.]])
    """
    half = width // 2
    exponents = torch.arange(half, dtype=values.dtype, device=values.device) / half
    angles = values[:, None] * 10_000.0**-exponents
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def position_embedding(width: int, grid: Grid) -> Tensor:
    """Compute the position embedding of a class token and a grid of patches, `(1, 1 + grid.patches, width)`, on the CPU.

    Of the width, a multiple of 16, six sixteenths encode the column, six the row and four the time, in this order. The
    patches are in the order time, row, column. The class token comes first, and its embedding is zero.
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
    """Fit the position embedding `(1, 1 + built.patches, D)` to a grid of another size.

    Another number of time steps is computed by the formula; other numbers of rows and columns are interpolated
    (bicubic, corners aligned), as Prithvi does.
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


def grid_of(size: tuple[int, int, int], patch_size: tuple[int, int, int]) -> Grid:
    """Count the whole patches in an image of a size `(T, H, W)`."""
    return Grid(size[0] // patch_size[0], size[1] // patch_size[1], size[2] // patch_size[2])


class PatchEmbed(nn.Module):
    """A linear patch embedding, written as a convolution over time, height and width.

    Args:
        input_size: The size `(T, H, W)` of the images a model is built for; others can be embedded as well.
        patch_size: The size of a patch along the same axes.
        in_chans: The number of channels of an image.
        embed_dim: The width of a token.

    Attributes:
        grid_size: The number of patches along each axis, a list.
        num_patches: The number of patches in all.

    Shape:
        Images `(B, C, T, H, W)` to tokens `(B, N, embed_dim)` in the order time, row, column.
    """

    def __init__(
        self, input_size: tuple[int, int, int], patch_size: tuple[int, int, int], in_chans: int, embed_dim: int
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.patch_size = patch_size
        self.grid: Grid = grid_of(input_size, patch_size)
        self.grid_size: Final[list[int]] = list(self.grid)
        self.num_patches: int = self.grid.patches
        self.proj: nn.Conv3d = nn.Conv3d(in_chans, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.norm: nn.Identity = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Embed the patches; a border short of a patch is left out, with a warning."""
        time, height, width = self.patch_size
        size = list(x.shape[-3:])
        if size[0] % time or size[1] % height or size[2] % width:
            warnings.warn(
                f"images of {size} hold no whole number of patches of {self.patch_size}: the border is left out",
                stacklevel=2,
            )
        embedded: Tensor = self.norm(self.proj(x).flatten(2).transpose(1, 2))
        return embedded


def to_patches(images: Tensor, patch_size: tuple[int, int, int]) -> Tensor:
    """Cut images into patches, leaving out a border short of a patch.

    `(B, C, T, H, W)` to `(B, N, P)`; the values of a patch are in the order time, row, column, channel.
    """
    time, height, width = patch_size
    grid = grid_of((images.shape[2], images.shape[3], images.shape[4]), patch_size)
    whole = images[:, :, : grid.time * time, : grid.rows * height, : grid.columns * width]
    cut = whole.reshape(*images.shape[:2], grid.time, time, grid.rows, height, grid.columns, width)
    return cut.permute(0, 2, 4, 6, 3, 5, 7, 1).flatten(4).flatten(1, 3)


def from_patches(patches: Tensor, patch_size: tuple[int, int, int], grid: Grid) -> Tensor:
    """Lay patches `(B, N, P)` out as images `(B, C, T, H, W)`: the inverse of `to_patches`."""
    apart = patches.reshape(patches.shape[0], *grid, *patch_size, -1)
    return apart.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)


def tokens_to_map(tokens: Tensor, grid: Grid) -> Tensor:
    """Lay tokens out as a map, with the time steps in its channels, time-major.

    `(B, N, D)`, one a patch, without a class token, to `(B, T * D, rows, columns)`.
    """
    return tokens.reshape(tokens.shape[0], *grid, -1).permute(0, 1, 4, 2, 3).flatten(1, 2)
