"""Prithvi with the methods of timm's vision transformers."""

from __future__ import annotations

from typing import Any, Final

import torch
from timm.models._features import feature_take_indices
from torch import Tensor, nn

from terraregistry.components.backbones.prithvi.encoder import PrithviEncoder
from terraregistry.components.backbones.prithvi.patches import tokens_to_map
from terraregistry.components.refusals import refusal

__all__ = ["PrithviVisionTransformer"]


class PrithviVisionTransformer(PrithviEncoder):
    """The vision transformer of Prithvi in timm's form: it returns one tensor, and timm makes feature pyramids of it.

    A feature pyramid (`features_only=True`) gives maps, `(B, T * embed_dim, H / patch, W / patch)`, with the time steps in
    the channels; without, the model gives the tokens of the last block. It has no classifier.

    Args:
        embed_dim: The width of a token.
        depth: The number of blocks.
        num_classes: 0; there are no classes.
        **options: Further arguments of `PrithviEncoder`.

    Attributes:
        feature_info: The properties of each block for timm's feature pyramid.
        num_features: The width of a token.

    Raises:
        InvalidArgumentsError: A size does not fit another, or `num_classes` is not 0.
    """

    # Sizes and options of several types.
    def __init__(self, *, embed_dim: int, depth: int, num_classes: int = 0, **options: Any) -> None:
        super().__init__(embed_dim=embed_dim, depth=depth, **options)
        if num_classes:
            raise refusal(self, "num_classes", f"there is no classifier: expected 0, got {num_classes}")
        self.num_classes = 0
        self.num_features = embed_dim
        channels, reduction = embed_dim * self.effective_time_dim, self.patch_embed.patch_size[1]
        # timm's own way of describing features: entries of several types.
        self.feature_info: Final[list[dict[str, Any]]] = [
            {"num_chs": channels, "reduction": reduction, "module": f"blocks.{index}"} for index in range(depth)
        ]

    def forward_features(
        self, x: Tensor, temporal_coords: Tensor | None = None, location_coords: Tensor | None = None
    ) -> Tensor:
        """Compute the tokens of the last block, normalised.

        Args:
            x: Images, `(B, C, T, H, W)`, or `(B, C, H, W)` for a model built for one frame.
            temporal_coords: Year and day of the year of each frame, `(B, T, 2)`; read if times are encoded.
            location_coords: Latitude and longitude in degrees, `(B, 2)`; read if places are encoded.

        Returns:
            `(B, 1 + N, embed_dim)`, the class token first.
        """
        return self.through_blocks(torch.cat(self.embed(x, temporal_coords, location_coords), dim=1))[-1]

    def forward(
        self, x: Tensor, temporal_coords: Tensor | None = None, location_coords: Tensor | None = None
    ) -> Tensor:
        """Compute the tokens of the last block; arguments and shapes are those of `forward_features`."""
        return self.forward_features(x, temporal_coords, location_coords)

    def forward_intermediates(
        self,
        x: Tensor,
        indices: int | list[int] | None = None,
        norm: bool = False,
        stop_early: bool = False,
        output_fmt: str = "NCHW",
        intermediates_only: bool = False,
    ) -> list[Tensor] | tuple[Tensor, list[Tensor]]:
        """Compute the features of several blocks, with timm's signature.

        Args:
            x: Images, `(B, C, T, H, W)`, or `(B, C, H, W)` for a model built for one frame.
            indices: The blocks, or the number of last ones; all by default.
            norm: Normalise the features of all blocks; the very last block's always is.
            stop_early: Skip the blocks after the last one requested.
            output_fmt: `NCHW` for maps, `NLC` for tokens without the class token.
            intermediates_only: Leave out the tokens of the last block.

        Returns:
            The features; before them, unless `intermediates_only`, the tokens of the last block.

        Raises:
            ValueError: `output_fmt` is another layout.
        """
        if output_fmt not in ("NCHW", "NLC"):
            raise ValueError(f"output_fmt: expected 'NCHW' or 'NLC', got {output_fmt!r}")
        taken, last = feature_take_indices(len(self.blocks), indices)
        grid = self.grid_for(x)
        outputs = self.through_blocks(
            torch.cat(self.embed(x), dim=1), last if stop_early or intermediates_only else None
        )
        features = [outputs[index] for index in taken]
        if norm:
            features = [
                self.norm(feature) if index < self.depth - 1 else feature
                for index, feature in zip(taken, features, strict=True)
            ]
        patches = [feature[:, 1:] for feature in features]
        if output_fmt == "NCHW":
            patches = [tokens_to_map(tokens, grid) for tokens in patches]
        return patches if intermediates_only else (outputs[-1], patches)

    def prune_intermediate_layers(
        self, indices: int | list[int] = 1, prune_norm: bool = False, prune_head: bool = True
    ) -> list[int]:
        """Remove the blocks after the last one requested.

        Args:
            indices: The blocks, or the number of last ones.
            prune_norm: Remove the final norm along with the very last block.
            prune_head: Without effect: there is no classifier.

        Returns:
            The blocks, counted from the first.
        """
        del prune_head
        taken, last = feature_take_indices(len(self.blocks), indices)
        self.blocks: nn.ModuleList = self.blocks[: last + 1]
        if prune_norm and last < self.depth - 1:
            self.norm: nn.Module = nn.Identity()
        return taken

    def get_classifier(self) -> nn.Module:
        """Return an identity module: there is no classifier."""
        return nn.Identity()

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Accept that there is no classifier.

        Raises:
            InvalidArgumentsError: Classes or pooling are requested.
        """
        if num_classes or global_pool:
            raise refusal(self, "num_classes", f"there is no classifier: expected 0, got {num_classes}")
