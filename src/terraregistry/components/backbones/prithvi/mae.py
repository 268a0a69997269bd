"""Prithvi as it is pretrained: a masked autoencoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence  # noqa: TC003 - read at run time
from math import prod

import torch
from torch import Tensor, nn

from terraregistry.components.backbones.prithvi.coordinates import Coordinate  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.decoder import MAEDecoder
from terraregistry.components.backbones.prithvi.patches import from_patches, to_patches
from terraregistry.components.backbones.prithvi.sizes import PatchSize  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.vit import PrithviViT
from terraregistry.components.refusals import refusal

__all__ = ["PrithviMAE"]


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
        encoded = self.encoder.encode_some(images, temporal_coords, location_coords, ratio, noise)
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
