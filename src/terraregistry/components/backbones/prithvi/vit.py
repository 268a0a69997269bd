"""Prithvi as a backbone."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, ClassVar

import torch

from terraregistry.components.backbones.prithvi.encoder import PrithviEncoder
from terraregistry.components.backbones.prithvi.patches import Grid, grid_of, tokens_to_map
from terraregistry.protocols import FeatureSpec, Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["PrithviViT"]


class PrithviViT(PrithviEncoder):
    """The vision transformer of Prithvi: images over time in, the tokens of each of its blocks out.

    Parameters, buffers and state_dict keys are TerraTorch's. Defects of TerraTorch's are mended: `out_indices` counts
    in `out_channels` too; the features are computed by `forward` itself, so a deep copy computes with its own weights,
    and pickle, `torch.compile`, `torch.export` and `torch.jit.script` work; images of any size and number of frames go
    through `temporal_coords`; an unused argument is an error.

    Source: Prithvi-EO (Jakubik et al., 2023) and Prithvi-EO-2.0 (Szwarcman et al., 2024); the blocks are timm's.

    Args:
        img_size: Height and width of the images it is built for, in pixels; others are taken as well, with the position
            embedding interpolated.
        patch_size: The size of a patch: one number for height and width, or (time, height, width).
        num_frames: The number of frames of an image it is built for; others are taken as well.
        in_chans: The number of channels of a frame.
        embed_dim: The width of a token, a multiple of 16.
        depth: The number of blocks.
        num_heads: The number of attention heads.
        mlp_ratio: The width of each block's hidden layer, in widths of a token.
        norm_layer: Makes a normalisation of a width.
        coords_encoding: The coordinates encoded beside the images: "time", "location", both, or nothing.
        coords_scale_learn: Learn the weight of these codes.
        drop_path: The probability of skipping a block in training, the same for all.
        vpt: Add prompts to tune.
        vpt_n_tokens: The number of prompts for each block.
        vpt_dropout: Dropout on the prompts.
        out_indices: The blocks giving a feature, in order; negative counts from the last, all by default.

    Attributes:
        out_indices: The blocks giving a feature, counted from the first.
        model_bands: The bands of its images, if set by a builder.
        pretrained_bands: The training bands of its weights, if set by a builder.

    Raises:
        InvalidArgumentsError: A size does not fit another, or an index is out of range.

    Shape:
        Images `(B, C, T, H, W)`, or `(B, C, H, W)` with `num_frames=1`, to one feature `(B, 1 + N, embed_dim)` for each of
        `out_indices`: a class token and N patches in the order time, row, column.

    Examples:
        >>> vit = PrithviViT(img_size=32, in_chans=6, embed_dim=48, depth=4, num_heads=3, out_indices=[1, -1])
        >>> [tuple(feature.shape) for feature in vit(torch.zeros(1, 6, 32, 32))]
        [(1, 5, 48), (1, 5, 48)]
        >>> vit.out_channels
        [48, 48]
    """

    # Descriptions are for Python: TorchScript would compile all properties.
    __jit_unused_properties__: ClassVar[list[str]] = ["feature_specs", "out_channels"]

    @property
    def out_channels(self) -> list[int]:
        """The channels of the map made of each feature's tokens: their width, times the time steps it is built for.

        The tokens themselves are `embed_dim` wide. `ReshapeTokensToImage(effective_time_dim=...)` and
        `prepare_features_for_image_model` move the time steps into the channels.
        """
        return [self.embed_dim * self.effective_time_dim] * len(self.out_indices)

    @property
    def feature_specs(self) -> Sequence[FeatureSpec]:
        """One entry a feature: tokens, with the channels of `out_channels`, and the height of a patch as their stride."""
        stride = self.patch_embed.patch_size[1]
        return [FeatureSpec(channels, stride, Layout.TOKENS) for channels in self.out_channels]

    def forward(
        self, x: Tensor, temporal_coords: Tensor | None = None, location_coords: Tensor | None = None
    ) -> list[Tensor]:
        """Compute the features of the blocks in `out_indices`.

        Args:
            x: Images, `(B, C, T, H, W)`, or `(B, C, H, W)` for a model built for one frame.
            temporal_coords: Year and day of the year of each frame, `(B, T, 2)`; read if times are encoded.
            location_coords: Latitude and longitude in degrees, `(B, 2)`; read if places are encoded.

        Returns:
            `(B, 1 + N, embed_dim)` each; the very last block's is normalised.

        Raises:
            ValueError: The images or coordinates have other axes.
        """
        embedded = torch.cat(self.embed(x, temporal_coords, location_coords), dim=1)
        features = self.through_blocks(embedded, max(self.out_indices))
        return [features[index] for index in self.out_indices]

    def forward_features(
        self, x: Tensor, temporal_coords: Tensor | None = None, location_coords: Tensor | None = None
    ) -> list[Tensor]:
        """Compute the features of all blocks; arguments and shapes are those of `forward`."""
        return self.through_blocks(torch.cat(self.embed(x, temporal_coords, location_coords), dim=1))

    def prepare_features_for_image_model(
        self, features: Sequence[Tensor], image_size: tuple[int, int] | None = None
    ) -> list[Tensor]:
        """Lay the tokens of each feature out as a map, without the class token.

        Args:
            features: The output of `forward`.
            image_size: Height and width of the images, in pixels. Without it, the number of tokens the model was built
                for is laid out as its own grid, any other number as a square.

        Returns:
            Maps, `(B, T * embed_dim, H / patch, W / patch)`.

        Raises:
            ValueError: The tokens make no such map.
        """
        grid = self._grid_of_tokens(features[0].shape[1] - 1, image_size)
        return [tokens_to_map(feature[:, 1:], grid) for feature in features]

    def _grid_of_tokens(self, count: int, image_size: tuple[int, int] | None) -> Grid:
        built = self.patch_embed.grid
        steps = count // built.time
        if image_size is not None:
            grid = grid_of((self.num_frames, *image_size), self.patch_embed.patch_size)
        elif count == built.patches:
            grid = built
        else:
            grid = Grid(built.time, isqrt(steps), isqrt(steps))
        if grid.patches != count:
            image = "a square" if image_size is None else f"an image {image_size[0]}x{image_size[1]}"
            raise ValueError(f"{count} tokens in {built.time} time step(s) are not those of {image}; give image_size")
        return grid
