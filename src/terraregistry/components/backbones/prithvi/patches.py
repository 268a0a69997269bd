"""Patches of images over time: cutting them out, embedding them, and laying them out again."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from torch import nn

from terraregistry.components.backbones.prithvi.position import Grid

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PatchEmbed", "from_patches", "grid_of", "to_patches", "tokens_to_map"]


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

    Args:
        images: `(B, C, T, H, W)`.
        patch_size: Along time, height and width.

    Returns:
        `(B, N, P)`; the values of a patch are in the order time, row, column, channel.
    """
    time, height, width = patch_size
    grid = grid_of((images.shape[2], images.shape[3], images.shape[4]), patch_size)
    whole = images[:, :, : grid.time * time, : grid.rows * height, : grid.columns * width]
    cut = whole.reshape(*images.shape[:2], grid.time, time, grid.rows, height, grid.columns, width)
    return cut.permute(0, 2, 4, 6, 3, 5, 7, 1).flatten(4).flatten(1, 3)


def from_patches(patches: Tensor, patch_size: tuple[int, int, int], grid: Grid) -> Tensor:
    """Lay patches out as images: the inverse of `to_patches`.

    Args:
        patches: `(B, N, P)`.
        patch_size: Along time, height and width.
        grid: The number of patches along the same axes.

    Returns:
        `(B, C, T, H, W)`.
    """
    apart = patches.reshape(patches.shape[0], *grid, *patch_size, -1)
    return apart.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)


def tokens_to_map(tokens: Tensor, grid: Grid) -> Tensor:
    """Lay tokens out as a map, with the time steps in its channels.

    Args:
        tokens: One a patch, `(B, N, D)`, without a class token.
        grid: The number of patches along each axis.

    Returns:
        `(B, T * D, rows, columns)`, time-major.
    """
    return tokens.reshape(tokens.shape[0], *grid, -1).permute(0, 1, 4, 2, 3).flatten(1, 2)
