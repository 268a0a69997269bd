"""Attention in windows of a map (Swin Transformer, Liu et al., 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from terraregistry.components.refusals import refusal

__all__ = ["ShiftedWindowAttention", "WindowAttention", "merge_windows", "relative_positions", "split_windows"]


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
    """Number the offsets between the places of a window.

    Args:
        side: The side of the window.

    Returns:
        For each pair of places the row of its offset in a table of `(2 * side - 1) ** 2`, `(side ** 2, side ** 2)`.
    """
    places = torch.arange(side)
    rows, columns = places.repeat_interleave(side), places.repeat(side)
    down, right = rows[:, None] - rows, columns[:, None] - columns
    return (down + side - 1) * (2 * side - 1) + right + side - 1


class WindowAttention(nn.Module):
    """Self-attention among the places of a window, with a learned bias for each offset.

    Args:
        embed_dim: The number of channels.
        num_heads: The number of heads.
        window_size: The side of a window.
        qkv_bias: Give queries, keys and values a bias.
        qk_scale: The factor of the queries; one over the root of a head's width by default.
        attn_drop: Dropout on the attention.
        proj_drop: Dropout on the result.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        window_size: int,
        qkv_bias: bool = True,
        qk_scale: float | None = None,
        attn_drop: float = 0.0,
        proj_drop: float = 0.0,
    ) -> None:
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            raise refusal(self, "num_heads", f"expected a divisor of the {embed_dim} channels, got {num_heads}")
        self.num_heads = num_heads
        self.scale = qk_scale
        self.relative_position_bias_table: nn.Parameter = nn.Parameter(
            torch.empty((2 * window_size - 1) ** 2, num_heads)
        )
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.relative_position_index: Tensor  # declared here: TorchScript cannot read what a class declares
        self.register_buffer("relative_position_index", relative_positions(window_size))
        self.qkv: nn.Linear = nn.Linear(embed_dim, 3 * embed_dim, bias=qkv_bias)
        self.attn_drop = attn_drop
        self.proj: nn.Linear = nn.Linear(embed_dim, embed_dim)
        self.proj_drop: nn.Dropout = nn.Dropout(proj_drop)

    def forward(self, windows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend.

        Args:
            windows: `(B * n, N, C)`, the n windows of an image one after the other.
            mask: A bias on the attention of each window of an image, `(n, N, N)`.

        Returns:
            `(B * n, N, C)`.
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
