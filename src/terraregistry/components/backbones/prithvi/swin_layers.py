"""The blocks and stages of Prithvi's Swin, with MMSegmentation's names of their parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from timm.layers.drop import DropPath
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import (
    checkpoint,  # pyright: ignore[reportUnknownVariableType] - torch leaves parts of its type open
)

from terraregistry.components.backbones.prithvi.windows import ShiftedWindowAttention, WindowAttention

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["BlockSettings", "PatchEmbed2d", "PatchMerging", "SwinBlock", "SwinStage"]


@dataclass(frozen=True)
class BlockSettings:
    """The settings common to all blocks.

    Attributes:
        window_size: The side of a window.
        mlp_ratio: The width of the hidden layer, in widths of the input.
        qkv_bias: Give queries, keys and values a bias.
        qk_scale: The factor of the queries; one over the root of a head's width if None.
        drop_rate: Dropout on the outputs of the linear layers.
        attn_drop_rate: Dropout on the attention.
        act_layer: Makes the activation.
        norm_layer: Makes a normalisation of a width.
        with_cp: Recompute activations in the backward pass, to save memory.
    """

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
        attention = WindowAttention(
            embed_dim,
            num_heads,
            side,
            settings.qkv_bias,
            settings.qk_scale,
            settings.attn_drop_rate,
            settings.drop_rate,
        )
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
