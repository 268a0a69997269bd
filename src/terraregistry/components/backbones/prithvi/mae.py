"""Prithvi as it is pretrained: a masked autoencoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence  # noqa: TC003 - read at run time
from math import prod
from typing import TYPE_CHECKING, cast

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from terraregistry.components.backbones.prithvi.encoder import initialise, keep_at_random
from terraregistry.components.backbones.prithvi.patches import (
    Coordinate,
    CoordinateCode,
    Grid,
    PatchSize,
    from_patches,
    position_embedding,
    positions_for,
    to_patches,
)
from terraregistry.components.backbones.prithvi.vit import PrithviViT
from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from terraregistry.components.backbones.prithvi.encoder import MaskedTokens

__all__ = ["MAEDecoder", "PrithviMAE"]


class MAEDecoder(nn.Module):
    """A transformer predicting the pixels of every patch from the tokens of some.

    Args:
        patch_values: The number of values of a patch.
        grid: The number of patches along each axis of the images it is built for.
        encoder_embed_dim: The width of the encoder's tokens.
        decoder_embed_dim: The width of its own; the other arguments are as in `PrithviViT`.

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


class PrithviMAE(nn.Module):
    """A masked autoencoder: it sees some patches of an image and predicts the others.

    Parameters, buffers and state_dict keys (`encoder.*`, `decoder.*`) are TerraTorch's. Two defects of TerraTorch's are
    mended: a `mask_ratio` of 0 is refused rather than taken for none, and images without a whole number of patches are
    reconstructed up to their last whole patch.

    Source: masked autoencoders (He et al., 2021), Prithvi-EO (Jakubik et al., 2023).

    Args:
        img_size: As in `PrithviViT`, like all arguments not listed here.
        decoder_embed_dim: The width of the decoder's tokens, a multiple of 16.
        decoder_depth: The number of the decoder's blocks.
        decoder_num_heads: The number of the decoder's attention heads.
        norm_pix_loss: Compute the loss on patches normalised one by one.
        mask_ratio: The share of the patches masked, above 0 and below 1.

    Raises:
        InvalidArgumentsError: A size does not fit another, or `mask_ratio` is out of range.

    Examples:
        >>> mae = PrithviMAE(32, embed_dim=48, depth=1, num_heads=3, decoder_embed_dim=32, decoder_depth=1)
        >>> losses, reconstruction, mask = mae(torch.zeros(2, 6, 4, 32, 32))
        >>> tuple(reconstruction.shape), tuple(mask.shape)
        ((2, 6, 4, 32, 32), (2, 4, 32, 32))
    """

    def __init__(
        self,
        img_size: int | Sequence[int] = 224,
        patch_size: PatchSize = (1, 16, 16),
        num_frames: int = 4,
        in_chans: int = 6,
        embed_dim: int = 768,
        depth: int = 12,
        num_heads: int = 12,
        decoder_embed_dim: int = 512,
        decoder_depth: int = 8,
        decoder_num_heads: int = 16,
        mlp_ratio: float = 4.0,
        norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
        norm_pix_loss: bool = False,
        coords_encoding: Sequence[Coordinate] | None = None,
        coords_scale_learn: bool = False,
        drop_path: float = 0.0,
        mask_ratio: float = 0.75,
    ) -> None:
        super().__init__()
        if not 0 < mask_ratio < 1:
            raise refusal(self, "mask_ratio", f"expected a share above 0 and below 1, got {mask_ratio}")
        self.encoder: PrithviViT = PrithviViT(
            img_size=img_size,
            patch_size=patch_size,
            num_frames=num_frames,
            in_chans=in_chans,
            embed_dim=embed_dim,
            depth=depth,
            num_heads=num_heads,
            mlp_ratio=mlp_ratio,
            norm_layer=norm_layer,
            coords_encoding=coords_encoding,
            coords_scale_learn=coords_scale_learn,
            drop_path=drop_path,
        )
        self.patch_size: tuple[int, int, int] = self.encoder.patch_embed.patch_size
        self.decoder: MAEDecoder = MAEDecoder(
            prod(self.patch_size) * in_chans,
            self.encoder.patch_embed.grid,
            embed_dim,
            decoder_embed_dim,
            decoder_depth,
            decoder_num_heads,
            mlp_ratio,
            norm_layer,
            tuple(coords_encoding or ()),
            coords_scale_learn,
        )
        self.mask_ratio = mask_ratio
        self.norm_pix_loss = norm_pix_loss

    @property
    def out_channels(self) -> list[int]:
        """The channels of each feature of the encoder."""
        return self.encoder.out_channels

    def forward(
        self,
        pixel_values: Tensor,
        temporal_coords: Tensor | None = None,
        location_coords: Tensor | None = None,
        mask_ratio: float | None = None,
        noise: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Mask patches of images, and predict their pixels.

        Args:
            pixel_values: Images, `(B, C, T, H, W)`, or `(B, C, H, W)` for a model built for one frame.
            temporal_coords: Year and day of the year of each frame, `(B, T, 2)`; read if times are encoded.
            location_coords: Latitude and longitude in degrees, `(B, 2)`; read if places are encoded.
            mask_ratio: The share of the patches masked; the model's own by default.
            noise: A number for each patch, `(B, N)`: those with the largest are masked. Random by default.

        Returns:
            `{"loss": ...}`, the predicted images (of all patches, the masked and the seen), and 1 for each masked
            pixel, `(B, T, H, W)`. The images and the mask have no axis of time if `pixel_values` has none.

        Raises:
            ValueError: The images have other axes, or `mask_ratio` is out of range.
        """
        images = self.encoder.frames(pixel_values)
        grid = self.encoder.grid_for(images)
        ratio = self.mask_ratio if mask_ratio is None else mask_ratio
        class_token, tokens = self.encoder.embed(images, temporal_coords, location_coords)
        kept = keep_at_random(tokens, ratio, noise)
        seen = self.encoder.through_blocks(torch.cat([class_token, kept.tokens], dim=1))[-1]
        encoded = kept._replace(tokens=seen)
        predicted: Tensor = self.decoder(encoded, grid, temporal_coords, location_coords)
        loss = self.forward_loss(images, predicted, encoded.mask)
        per_pixel = encoded.mask[..., None].expand(-1, -1, prod(self.patch_size))
        reconstruction = from_patches(predicted, self.patch_size, grid)
        mask = from_patches(per_pixel, self.patch_size, grid)[:, 0]
        if pixel_values.dim() == 4:
            return {"loss": loss}, reconstruction[:, :, 0], mask[:, 0]
        return {"loss": loss}, reconstruction, mask

    def forward_loss(self, pixel_values: Tensor, pred: Tensor, mask: Tensor) -> Tensor:
        """Compute the mean squared error over the masked patches.

        Args:
            pixel_values: Images, `(B, C, T, H, W)`.
            pred: The predicted patches, `(B, N, P)`.
            mask: 1 for each masked patch, `(B, N)`.

        Returns:
            One number.
        """
        target = to_patches(pixel_values, self.patch_size)
        if self.norm_pix_loss:
            variance, mean = torch.var_mean(target, dim=-1, keepdim=True)
            target = (target - mean) / (variance + 1e-6).sqrt()
        errors = (pred - target).square().mean(dim=-1)
        return (errors * mask).sum() / mask.sum()

    def forward_features(
        self, x: Tensor, temporal_coords: Tensor | None = None, location_coords: Tensor | None = None
    ) -> list[Tensor]:
        """Compute the features of all blocks of the encoder, from whole images."""
        return self.encoder.forward_features(x, temporal_coords, location_coords)

    def freeze(self) -> None:
        """Stop training everything."""
        self.requires_grad_(False)
