"""The decoder of Prithvi's masked autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from terraregistry.components.backbones.prithvi.coordinates import Coordinate, CoordinateCode
from terraregistry.components.backbones.prithvi.encoder import initialise
from terraregistry.components.backbones.prithvi.position import Grid, position_embedding, positions_for
from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terraregistry.components.backbones.prithvi.masking import MaskedTokens

__all__ = ["MAEDecoder"]


class MAEDecoder(nn.Module):
    """A transformer predicting the pixels of every patch from the tokens of some.

    Args:
        patch_values: The number of values of a patch.
        grid: The number of patches along each axis of the images it is built for.
        encoder_embed_dim: The width of the encoder's tokens.
        decoder_embed_dim: The width of its own.
        depth: The number of blocks.
        num_heads: The number of attention heads.
        mlp_ratio: The width of each block's hidden layer, in widths of a token.
        norm_layer: Makes a normalisation of a width.
        coords_encoding: The coordinates encoded beside the images.
        coords_scale_learn: Learn the weight of these codes.

    Raises:
        InvalidArgumentsError: The width is no multiple of 16, or not one of the heads.
    """

    decoder_pos_embed: Tensor

    def __init__(
        self,
        patch_values: int,
        grid: Grid,
        encoder_embed_dim: int,
        decoder_embed_dim: int = 512,
        depth: int = 8,
        num_heads: int = 16,
        mlp_ratio: float = 4.0,
        norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
        coords_encoding: Sequence[Coordinate] = (),
        coords_scale_learn: bool = False,
    ) -> None:
        super().__init__()
        if decoder_embed_dim % 16 or num_heads < 1 or decoder_embed_dim % num_heads:
            detail = f"expected a multiple of 16 and of the {num_heads} heads, got {decoder_embed_dim}"
            raise refusal(self, "decoder_embed_dim", detail)
        self.grid = grid
        self.decoder_embed: nn.Linear = nn.Linear(encoder_embed_dim, decoder_embed_dim)
        self.temporal_encoding: bool = "time" in coords_encoding
        self.location_encoding: bool = "location" in coords_encoding
        if self.temporal_encoding:
            self.temporal_embed_dec: CoordinateCode = CoordinateCode(decoder_embed_dim, coords_scale_learn)
        if self.location_encoding:
            self.location_embed_dec: CoordinateCode = CoordinateCode(decoder_embed_dim, coords_scale_learn)
        self.mask_token: nn.Parameter = nn.Parameter(torch.zeros(1, 1, decoder_embed_dim))
        positions = position_embedding(decoder_embed_dim, grid).to(self.mask_token.device)
        self.register_buffer("decoder_pos_embed", positions)
        layer = cast("type[nn.Module]", norm_layer)  # timm wants a class; any function that makes a module does
        self.decoder_blocks: nn.ModuleList = nn.ModuleList(
            Block(decoder_embed_dim, num_heads, mlp_ratio, qkv_bias=True, norm_layer=layer) for _ in range(depth)
        )
        self.decoder_norm: nn.Module = norm_layer(decoder_embed_dim)
        self.decoder_pred: nn.Linear = nn.Linear(decoder_embed_dim, patch_values)
        initialise(self)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(
        self,
        encoded: MaskedTokens,
        grid: Grid,
        temporal_coords: Tensor | None = None,
        location_coords: Tensor | None = None,
    ) -> Tensor:
        """Predict the pixels of every patch.

        Args:
            encoded: The encoder's tokens, the class token first, and their places.
            grid: The number of patches along each axis of the images.
            temporal_coords: Year and day of the year of each frame, `(B, T, 2)`.
            location_coords: Latitude and longitude, `(B, 2)`.

        Returns:
            `(B, N, patch_values)`.
        """
        tokens: Tensor = self.decoder_embed(encoded.tokens)
        class_token, kept = tokens[:, :1], tokens[:, 1:]
        batch, count = encoded.ids_restore.shape
        masked = self.mask_token.to(kept.dtype).expand(batch, count - kept.shape[1], -1)
        order = encoded.ids_restore[..., None].expand(-1, -1, kept.shape[-1])
        patches = torch.cat([kept, masked], dim=1).gather(1, order)
        positions = positions_for(self.decoder_pos_embed, self.grid, grid).to(kept.dtype)
        patches = patches + positions[:, 1:]
        if self.temporal_encoding and temporal_coords is not None:
            per_frame = grid.rows * grid.columns
            patches = patches + self.temporal_embed_dec(temporal_coords).repeat_interleave(per_frame, dim=1)
        if self.location_encoding and location_coords is not None:
            patches = patches + self.location_embed_dec(location_coords[:, None])
        decoded = torch.cat([class_token + positions[:, :1], patches], dim=1)
        for block in self.decoder_blocks:
            decoded = block(decoded)
        predicted: Tensor = self.decoder_pred(self.decoder_norm(decoded)[:, 1:])
        return predicted
