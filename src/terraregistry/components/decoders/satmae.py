"""The decoder of SatMAE."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from timm.models.vision_transformer import Block
from torch import nn

from terraregistry.components.refusals import at_least, channels_at, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SatMAEHead"]


class SatMAEHead(nn.Module):
    """The decoder of a masked autoencoder (He et al., 2022; SatMAE, Cong et al., 2022): tokens to the pixels of each patch.

    It has TerraTorch's state_dict keys (`mask_token`, `decoder_pos_embed`, `decoder_embed.*`, `decoder_blocks.{i}.*`,
    `decoder_norm.*`, `decoder_pred.*`) and, as there, position embeddings that stay zero until a checkpoint fills them.

    It is a decoder as far as calls go: it takes a list of features, of which it reads the last, and without `ids_restore`
    takes its tokens as complete and in order; TerraTorch's can only be called with both. But what it gives are patches,
    not a map: it predicts pixels itself (`includes_head`), for the loss of a masked autoencoder, and does not fit a model of
    results at each pixel. TerraTorch says `out_channels` of its width; here that is the number of channels of the
    result, as of every decoder.

    Args:
        embed_dim: The width of the tokens, or of those of each feature, the last of which is read.
        out_channels: The width of the decoder; a multiple of `num_heads`.
        bias: Whether the projections into and out of the decoder have a bias.
        num_heads: The attention heads of each block.
        mlp_ratio: The width inside each block's MLP, for each of the decoder's.
        patch_size: The side of a patch, in pixels.
        num_patches: The number of patches of an image.
        depth: The number of blocks.
        norm_layer: The class of each norm.
        in_chans: The channels of a pixel.

    Attributes:
        out_channels: The channels of the result, `patch_size**2 * in_chans`.

    Raises:
        InvalidArgumentsError: `embed_dim` is empty, a number is below 1 (`mlp_ratio`: not above 0), or `out_channels` is no
            multiple of `num_heads`.

    Shape:
        Tokens `(B, 1 + K, embed_dim)`, a class token first, to patches `(B, num_patches, patch_size**2 * in_chans)`. K is
        `num_patches`, or fewer with `ids_restore`.

    Example:
        >>> import torch
        >>> decoder = SatMAEHead([32], 16, num_heads=4, mlp_ratio=2.0, patch_size=4, num_patches=9, depth=1, in_chans=3)
        >>> decoder([torch.zeros(2, 10, 32)]).shape
        torch.Size([2, 9, 48])
    """

    includes_head: ClassVar[bool] = True

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
        self.out_channels: int = patch_size**2 * in_chans
        self.mask_token: nn.Parameter = nn.Parameter(torch.zeros(1, 1, width))
        self.decoder_pos_embed: nn.Parameter = nn.Parameter(torch.zeros(1, num_patches + 1, width), requires_grad=False)
        self.decoder_embed: nn.Linear = nn.Linear(tokens, width, bias=bias)
        self.decoder_blocks: nn.ModuleList = nn.ModuleList(
            Block(width, num_heads, mlp_ratio, qkv_bias=True, norm_layer=norm_layer) for _ in range(depth)
        )
        self.decoder_norm: nn.Module = norm_layer(width)
        self.decoder_pred: nn.Linear = nn.Linear(width, self.out_channels, bias=bias)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(self, features: Tensor | list[Tensor], ids_restore: Tensor | None = None) -> Tensor:
        """Predict the pixels of every patch.

        Args:
            features: Tokens that are left, `(B, 1 + K, embed_dim)`, or a list of features, the last of which are such
                tokens.
            ids_restore: For each patch, the place of its token among those that are left, followed by those that are
                masked, `(B, num_patches)`. Without it, no token is masked and they are in the order of the patches.

        Returns:
            Patches, `(B, num_patches, patch_size**2 * in_chans)`.

        Raises:
            ValueError: There are more or fewer tokens than patches, or no tokens.
        """
        x: Tensor = self.decoder_embed(self._tokens(features, ids_restore))
        if ids_restore is not None:
            x = self._with_masked(x, ids_restore)
        x = x + self.decoder_pos_embed
        for block in self.decoder_blocks:
            x = block(x)
        pixels: Tensor = self.decoder_pred(self.decoder_norm(x))
        return pixels[:, 1:]

    def _tokens(self, features: Tensor | list[Tensor], ids_restore: Tensor | None) -> Tensor:
        tokens = features if isinstance(features, torch.Tensor) else features[-1]
        if tokens.dim() != 3:
            raise ValueError(f"SatMAEHead expects tokens (B, N, C), got the shape {tuple(tokens.shape)}")
        known = tokens.shape[1] - 1 if ids_restore is None else ids_restore.shape[1]
        if known != self.num_patches or tokens.shape[1] - 1 > known:
            got = f"got {tokens.shape[1]} tokens" + ("" if ids_restore is None else f" and ids_restore for {known}")
            raise ValueError(f"SatMAEHead was made for {self.num_patches} patches and a class token, {got}")
        return tokens

    def _with_masked(self, x: Tensor, ids_restore: Tensor) -> Tensor:
        """Put the token of what is masked where it belongs among the others."""
        masked = self.mask_token.expand(x.shape[0], ids_restore.shape[1] + 1 - x.shape[1], -1)
        patches = torch.cat([x[:, 1:], masked.to(x.dtype)], dim=1)
        in_place = patches.gather(1, ids_restore.unsqueeze(-1).expand(-1, -1, x.shape[2]))
        return torch.cat([x[:, :1], in_place], dim=1)
