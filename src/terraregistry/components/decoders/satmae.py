"""The decoder of SatMAE."""

from __future__ import annotations

from math import isqrt
from typing import ClassVar

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn
from torch.nn import functional

from terraregistry.components.refusals import at_least, channels_at, refusal

__all__ = ["SatMAEHead"]


class SatMAEHead(nn.Module):
    """The decoder of a masked autoencoder (He et al., 2022; SatMAE, Cong et al., 2022): tokens to the pixels of each patch.

    It has TerraTorch's state_dict keys (`mask_token`, `decoder_pos_embed`, `decoder_embed.*`, `decoder_blocks.{i}.*`,
    `decoder_norm.*`, `decoder_pred.*`) and, as there, position embeddings of zero until a checkpoint fills them.

    Tokens, with `ids_restore` if some are masked, become the pixels of each patch, as in TerraTorch; no factory can use
    it there. Here it is a decoder as well: it takes the last of a list of features, a map with one position a patch,
    and lays the predicted pixels out as an image for the model's head. In TerraTorch, `out_channels` is its width; here
    it is the number of channels of the image, as for every decoder.

    Args:
        embed_dim: The width of the tokens, or the channels of each feature (the last is read).
        out_channels: The width of the decoder; a multiple of `num_heads`.
        bias: Give the projections into and out of the decoder a bias.
        num_heads: The attention heads of each block.
        mlp_ratio: The width inside each block's MLP, for each of the decoder's.
        patch_size: The side of a patch, in pixels.
        num_patches: The number of patches of an image with position embeddings. For a map of another number they are
            interpolated (bicubic), as a grid as near to a square as possible.
        depth: The number of blocks.
        norm_layer: The class of each norm.
        in_chans: The channels of a pixel.

    Attributes:
        out_channels: The channels of the image, `in_chans`.

    Raises:
        InvalidArgumentsError: `embed_dim` is empty, a number is below 1 (`mlp_ratio`: not above 0), or `out_channels` is no
            multiple of `num_heads`.

    Shape:
        Features `(B, embed_dim[i], H_i, W_i)` to a map `(B, in_chans, H * patch_size, W * patch_size)`, with H and W those of the
        last feature. Tokens `(B, 1 + K, embed_dim)`, a class token first, to patches
        `(B, num_patches, patch_size**2 * in_chans)`; K is `num_patches`, or fewer with `ids_restore`.

    Examples:
        >>> import torch
        >>> decoder = SatMAEHead([32], 16, num_heads=4, mlp_ratio=2.0, patch_size=4, num_patches=9, depth=1, in_chans=3)
        >>> decoder([torch.zeros(2, 32, 3, 5)]).shape
        torch.Size([2, 3, 12, 20])
        >>> decoder(torch.zeros(2, 10, 32)).shape
        torch.Size([2, 9, 48])
    """

    includes_head: ClassVar[bool] = False

    def __init__(
        self,
        embed_dim: int | list[int],
        out_channels: int,
        bias: bool = True,
        *,
        num_heads: int,
        mlp_ratio: float,
        patch_size: int,
        num_patches: int = 1,
        depth: int,
        norm_layer: type[nn.Module] = nn.LayerNorm,
        in_chans: int,
    ) -> None:
        super().__init__()
        tokens = embed_dim if isinstance(embed_dim, int) else channels_at(self, embed_dim, -1, "embed_dim")
        numbers = {"num_heads": num_heads, "patch_size": patch_size, "depth": depth, "in_chans": in_chans}
        numbers |= {"embed_dim": tokens, "out_channels": out_channels, "num_patches": num_patches}
        for name, value in numbers.items():
            at_least(self, name, value)
        if mlp_ratio <= 0:
            raise refusal(self, "mlp_ratio", f"expected more than 0, got {mlp_ratio}")
        width = out_channels
        if width % num_heads:
            raise refusal(self, "out_channels", f"expected a multiple of num_heads={num_heads}, got {width}")
        self.num_patches = num_patches
        self.patch_size = patch_size
        self.out_channels: int = in_chans
        self.mask_token: nn.Parameter = nn.Parameter(torch.zeros(1, 1, width))
        self.decoder_pos_embed: nn.Parameter = nn.Parameter(torch.zeros(1, num_patches + 1, width), requires_grad=False)
        self.decoder_embed: nn.Linear = nn.Linear(tokens, width, bias=bias)
        self.decoder_blocks: nn.ModuleList = nn.ModuleList(
            Block(width, num_heads, mlp_ratio, qkv_bias=True, norm_layer=norm_layer) for _ in range(depth)
        )
        self.decoder_norm: nn.Module = norm_layer(width)
        self.decoder_pred: nn.Linear = nn.Linear(width, patch_size**2 * in_chans, bias=bias)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(self, features: Tensor | list[Tensor], ids_restore: Tensor | None = None) -> Tensor:
        """Predict the pixels of every patch.

        Args:
            features: One map a feature, `(B, embed_dim[i], H_i, W_i)`; or the tokens left, `(B, 1 + K, embed_dim)`.
            ids_restore: For each patch, the place of its token among those left, then those masked, `(B, num_patches)`.
                Without it, no token is masked and they are in the order of the patches.

        Returns:
            Of features a map, `(B, in_chans, H * patch_size, W * patch_size)`; of tokens patches,
            `(B, num_patches, patch_size**2 * in_chans)`, the values of each in the order row, column, channel.

        Raises:
            ValueError: The last feature is no map, or there are more or fewer tokens than patches.
        """
        if isinstance(features, Tensor):
            return self._patches(features, ids_restore)
        last = features[-1]
        if last.dim() != 4:
            raise ValueError(f"SatMAEHead expects maps (B, C, H, W), got the shape {tuple(last.shape)}")
        rows, columns = last.shape[-2:]
        tokens = self.decoder_embed(last.flatten(2).transpose(1, 2))
        return self._as_map(self._predict(tokens + self._positions(rows, columns).to(tokens.dtype)), rows, columns)

    def _patches(self, tokens: Tensor, ids_restore: Tensor | None) -> Tensor:
        self._check(tokens, ids_restore)
        x: Tensor = self.decoder_embed(tokens)
        if ids_restore is not None:
            x = self._with_masked(x, ids_restore)
        return self._predict(x + self.decoder_pos_embed)[:, 1:]

    def _predict(self, x: Tensor) -> Tensor:
        for block in self.decoder_blocks:
            x = block(x)
        pixels: Tensor = self.decoder_pred(self.decoder_norm(x))
        return pixels

    def _positions(self, rows: int, columns: int) -> Tensor:
        """Fit the position embeddings of the patches to a grid, `(1, rows * columns, width)`."""
        own = self.decoder_pos_embed[:, 1:]
        if rows * columns == self.num_patches:
            return own
        height = next(side for side in range(isqrt(self.num_patches), 0, -1) if self.num_patches % side == 0)
        grid = own.float().reshape(1, height, self.num_patches // height, -1).permute(0, 3, 1, 2)
        resized = functional.interpolate(grid, size=(rows, columns), mode="bicubic", align_corners=True)
        return resized.flatten(2).transpose(1, 2)

    def _as_map(self, patches: Tensor, rows: int, columns: int) -> Tensor:
        side = self.patch_size
        apart = patches.reshape(patches.shape[0], rows, columns, side, side, -1)
        return apart.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)

    def _check(self, tokens: Tensor, ids_restore: Tensor | None) -> None:
        if tokens.dim() != 3:
            raise ValueError(f"SatMAEHead expects tokens (B, N, C), got the shape {tuple(tokens.shape)}")
        known = tokens.shape[1] - 1 if ids_restore is None else ids_restore.shape[1]
        if known != self.num_patches or tokens.shape[1] - 1 > known:
            got = f"got {tokens.shape[1]} tokens" + ("" if ids_restore is None else f" and ids_restore for {known}")
            raise ValueError(f"SatMAEHead was made for {self.num_patches} patches and a class token, {got}")

    def _with_masked(self, x: Tensor, ids_restore: Tensor) -> Tensor:
        """Insert the mask token at the masked places among the others."""
        masked = self.mask_token.expand(x.shape[0], ids_restore.shape[1] + 1 - x.shape[1], -1)
        patches = torch.cat([x[:, 1:], masked.to(x.dtype)], dim=1)
        in_place = patches.gather(1, ids_restore.unsqueeze(-1).expand(-1, -1, x.shape[2]))
        return torch.cat([x[:, :1], in_place], dim=1)
