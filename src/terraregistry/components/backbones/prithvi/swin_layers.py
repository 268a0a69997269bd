"""The blocks and stages of Prithvi's Swin, with MMSegmentation's names of their parts, and their attention in windows.

Source: Swin Transformer (Liu et al., 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from timm.layers.drop import DropPath
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint  # pyright: ignore[reportUnknownVariableType] - torch leaves parts of its type open

from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "BlockSettings",
    "PatchEmbed2d",
    "PatchMerging",
    "ShiftedWindowAttention",
    "SwinBlock",
    "SwinStage",
    "WindowAttention",
    "merge_windows",
    "relative_positions",
    "split_windows",
]


def split_windows(maps: Tensor, side: int) -> Tensor:
    """Cut maps `(B, H, W, C)`, with H and W multiples of `side`, into windows `(B * n, side * side, C)`."""
    batch, height, width, channels = maps.shape
    cut = maps.reshape(batch, height // side, side, width // side, side, channels)
    return cut.transpose(2, 3).reshape(-1, side * side, channels)


def merge_windows(windows: Tensor, side: int, height: int, width: int) -> Tensor:
    """Join windows `(B * n, side * side, C)` to maps `(B, height, width, C)`: the inverse of `split_windows`."""
    apart = windows.reshape(-1, height // side, width // side, side, side, windows.shape[-1])
    return apart.transpose(2, 3).reshape(-1, height, width, windows.shape[-1])


def relative_positions(side: int) -> Tensor:
    """Return for each pair of places in a window the number of its offset, `(side ** 2, side ** 2)`."""
    places = torch.arange(side)
    rows, columns = places.repeat_interleave(side), places.repeat(side)
    down, right = rows[:, None] - rows, columns[:, None] - columns
    return (down + side - 1) * (2 * side - 1) + right + side - 1


class WindowAttention(nn.Module):
    """Self-attention among the places of a window, with a learned bias for each offset."""

    def __init__(self, embed_dim: int, num_heads: int, settings: BlockSettings) -> None:
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            raise refusal(self, "num_heads", f"expected a divisor of the {embed_dim} channels, got {num_heads}")
        self.num_heads = num_heads
        self.scale: float | None = settings.qk_scale
        self.relative_position_bias_table: nn.Parameter = nn.Parameter(
            torch.empty((2 * settings.window_size - 1) ** 2, num_heads)
        )
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.relative_position_index: Tensor  # declared here: TorchScript cannot read what a class declares
        self.register_buffer("relative_position_index", relative_positions(settings.window_size))
        self.qkv: nn.Linear = nn.Linear(embed_dim, 3 * embed_dim, bias=settings.qkv_bias)
        self.attn_drop: float = settings.attn_drop_rate
        self.proj: nn.Linear = nn.Linear(embed_dim, embed_dim)
        self.proj_drop: nn.Dropout = nn.Dropout(settings.drop_rate)

    def forward(self, windows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend among the places of windows, `(B * n, N, C)`, the n windows of an image one after the other.

        `mask` is a bias on the attention of each window of an image, `(n, N, N)`.
        """
        count, places, channels = windows.shape
        heads = self.qkv(windows).reshape(count, places, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        bias = self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)[None]
        if mask is not None:
            bias = (bias + mask[:, None]).repeat(count // mask.shape[0], 1, 1, 1)
        query, key, value = heads.unbind(0)
        dropout = self.attn_drop if self.training else 0.0
        attended = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias.to(query.dtype), dropout_p=dropout, scale=self.scale
        )
        projected: Tensor = self.proj_drop(self.proj(attended.transpose(1, 2).reshape(count, places, channels)))
        return projected


class ShiftedWindowAttention(nn.Module):
    """Attention in the windows of a map of any size, optionally shifted against its corner.

    Maps are padded with zeros at the bottom and the right to a whole number of windows. Positions brought together by a
    shift from opposite edges do not attend to each other.

    Args:
        attention: The attention in one window.
        window_size: The side of a window.
        shift: The offset of the windows.
    """

    def __init__(self, attention: WindowAttention, window_size: int, shift: int) -> None:
        super().__init__()
        self.window_size = window_size
        self.shift = shift
        self.w_msa = attention

    def forward(self, maps: Tensor) -> Tensor:
        """Attend in each window of maps, `(B, H, W, C)`, to maps of the same shape."""
        side, shift = self.window_size, self.shift
        height, width = maps.shape[1:3]
        padded = functional.pad(maps, (0, 0, 0, -width % side, 0, -height % side))
        rows, columns = padded.shape[1:3]
        mask: Tensor | None = None
        if shift:
            padded = padded.roll((-shift, -shift), dims=(1, 2))
            mask = _keep_apart(rows, columns, side, shift, maps)
        attended = self.w_msa(split_windows(padded, side), mask)
        merged = merge_windows(attended, side, rows, columns)
        if shift:
            merged = merged.roll((shift, shift), dims=(1, 2))
        return merged[:, :height, :width]


def _keep_apart(rows: int, columns: int, side: int, shift: int, like: Tensor) -> Tensor:
    """Make the mask of the windows of a shifted map, `(n, side * side, side * side)`."""
    down, right = _regions(rows, side, shift, like), _regions(columns, side, shift, like)
    numbered = 3 * down[:, None] + right
    windows = split_windows(numbered[None, :, :, None], side)[..., 0]
    apart = -100.0
    return (windows[:, None] != windows[:, :, None]).to(like.dtype) * apart


def _regions(length: int, side: int, shift: int, like: Tensor) -> Tensor:
    places = torch.arange(length, device=like.device)
    return (places >= length - side).int() + (places >= length - shift).int()


@dataclass(frozen=True)
class BlockSettings:
    """The settings common to all blocks; they are explained in `PrithviSwin`."""

    window_size: int = 7
    mlp_ratio: float = 4.0
    qkv_bias: bool = True
    qk_scale: float | None = None
    drop_rate: float = 0.0
    attn_drop_rate: float = 0.0
    act_layer: Callable[[], nn.Module] = nn.GELU
    norm_layer: Callable[..., nn.Module] = nn.LayerNorm
    with_cp: bool = False


class PatchEmbed2d(nn.Module):
    """The patch embedding of an image, padded to a whole number of patches by its last row and column.

    Shape:
        Images `(B, C, H, W)` to maps `(B, ceil(H / patch), ceil(W / patch), embed_dim)`.
    """

    def __init__(
        self, in_chans: int, embed_dim: int, patch_size: int, norm_layer: Callable[..., nn.Module], drop_rate: float
    ) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.projection: nn.Conv2d = nn.Conv2d(in_chans, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.norm: nn.Module = norm_layer(embed_dim)
        self.drop: nn.Dropout = nn.Dropout(drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Embed images, `(B, C, H, W)`."""
        bottom, right = -x.shape[-2] % self.patch_size, -x.shape[-1] % self.patch_size
        padded = functional.pad(x, (0, right, 0, bottom), mode="replicate") if bottom or right else x
        embedded: Tensor = self.drop(self.norm(self.projection(padded).permute(0, 2, 3, 1)))
        return embedded


class PatchMerging(nn.Module):
    """The merging of four places into one, the values of each channel side by side, in the order of `torch.nn.Unfold`.

    Shape:
        Maps `(B, H, W, C)` to maps `(B, ceil(H / 2), ceil(W / 2), 2 * C)`; an odd border is filled with zeros.
    """

    def __init__(self, in_chans: int, norm_layer: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.norm: nn.Module = norm_layer(4 * in_chans)
        self.reduction: nn.Linear = nn.Linear(4 * in_chans, 2 * in_chans, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Halve the resolution of maps, `(B, H, W, C)`."""
        even = functional.pad(maps, (0, 0, 0, maps.shape[2] % 2, 0, maps.shape[1] % 2))
        batch, height, width, channels = even.shape
        quads = even.reshape(batch, height // 2, 2, width // 2, 2, channels)
        merged: Tensor = self.reduction(self.norm(quads.permute(0, 1, 3, 5, 2, 4).flatten(3)))
        return merged


class FeedForward(nn.Module):
    """The two linear layers of a block, under MMSegmentation's names."""

    def __init__(self, embed_dim: int, settings: BlockSettings) -> None:
        super().__init__()
        hidden = int(embed_dim * settings.mlp_ratio)
        inner = nn.Sequential(nn.Linear(embed_dim, hidden), settings.act_layer(), nn.Dropout(settings.drop_rate))
        self.layers: nn.Sequential = nn.Sequential(inner, nn.Linear(hidden, embed_dim), nn.Dropout(settings.drop_rate))

    def forward(self, x: Tensor) -> Tensor:
        """Transform each place of `x`, `(..., C)`, by itself."""
        transformed: Tensor = self.layers(x)
        return transformed


class SwinBlock(nn.Module):
    """Attention in windows, then two linear layers, each with a residual connection.

    Shape:
        Maps `(B, H, W, C)` to maps `(B, H, W, C)`.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, settings: BlockSettings, *, shifted: bool, drop_path: float
    ) -> None:
        super().__init__()
        side = settings.window_size
        attention = WindowAttention(embed_dim, num_heads, settings)
        self.with_cp: bool = settings.with_cp
        self.norm1: nn.Module = settings.norm_layer(embed_dim)
        self.attn: ShiftedWindowAttention = ShiftedWindowAttention(attention, side, side // 2 if shifted else 0)
        self.drop_path: DropPath = DropPath(drop_path)
        self.norm2: nn.Module = settings.norm_layer(embed_dim)
        self.ffn: FeedForward = FeedForward(embed_dim, settings)

    def forward(self, maps: Tensor) -> Tensor:
        """Transform maps, `(B, H, W, C)`."""
        if (
            self.with_cp
            # torch documents it there, and does not say that it exports it.
            and not torch.jit.is_scripting()  # type: ignore[attr-defined]
            and torch.is_grad_enabled()
        ):
            transformed: Tensor = checkpoint(self._transform, maps, use_reentrant=False)
            return transformed
        return self._transform(maps)

    def _transform(self, maps: Tensor) -> Tensor:
        maps = maps + self.drop_path(self.attn(self.norm1(maps)))
        transformed: Tensor = maps + self.drop_path(self.ffn(self.norm2(maps)))
        return transformed


class SwinStage(nn.Module):
    """Blocks at one resolution, every other one with shifted windows, and the step to the next resolution.

    It returns two maps: the normalised feature, and the input of the next stage. timm's feature pyramid takes the
    first.

    Args:
        embed_dim: The number of channels.
        num_heads: The number of attention heads.
        drop_paths: For each block, the probability of skipping it in training.
        settings: The settings common to all blocks.
        downsample: The step to the next resolution; None for the last stage.
        frozen: Never train its blocks: they stay in evaluation mode.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        drop_paths: Sequence[float],
        settings: BlockSettings,
        downsample: PatchMerging | None,
        *,
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self.blocks: nn.ModuleList = nn.ModuleList(
            SwinBlock(embed_dim, num_heads, settings, shifted=bool(index % 2), drop_path=drop_path)
            for index, drop_path in enumerate(drop_paths)
        )
        self.downsample = downsample
        self.norm: nn.Module = settings.norm_layer(embed_dim)
        self._frozen = frozen
        if frozen:
            self.requires_grad_(False)
            self.eval()

    def forward(self, x: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Transform maps.

        Args:
            x: `(B, H, W, C)`, or the output of the stage before.

        Returns:
            The feature, `(B, H, W, C)`, and the input of the next stage, `(B, ceil(H / 2), ceil(W / 2), 2 * C)`.
        """
        maps = x if isinstance(x, Tensor) else x[1]
        for block in self.blocks:
            maps = block(maps)
        return self.norm(maps), maps if self.downsample is None else self.downsample(maps)

    def train(self, mode: bool = True) -> Self:
        """Set training mode, but for a frozen stage."""
        return super().train(mode and not self._frozen)
