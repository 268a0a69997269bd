"""A model returning features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terraregistry.components.models.encoder_decoder import EncoderModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn

    from terraregistry.components.models.framing import PaddingMode, PatchSize
    from terraregistry.components.models.images import Images

__all__ = ["EmbeddingOutputModel"]


class EmbeddingOutputModel(EncoderModel):
    """A model returning the features of each image, from a frozen backbone.

    TerraTorch's needs at least one neck; this one works without.

    Args:
        encoder: The backbone; frozen on construction.
        necks: The necks, the first next to the backbone.
        patch_size: The size to pad images to a multiple of; found in the backbone by default.
        padding: The padding mode beyond the edges of images.
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        necks: Iterable[nn.Module] = (),
        patch_size: PatchSize | None = None,
        padding: PaddingMode = "reflect",
    ) -> None:
        super().__init__(encoder, necks=necks, patch_size=patch_size, padding=padding)
        self.freeze_encoder()

    # What a backbone takes beside the images (times, places, ...) is its own.
    def forward(self, x: Images, **kwargs: Any) -> list[Tensor]:
        """Compute the features of each image.

        Args:
            x: The images, `(B, C, H, W)` or `(B, C, T, H, W)`; several by name for a backbone with a mapping as its
                input.
            **kwargs: Further arguments of the backbone.

        Returns:
            One tensor a feature, as the last neck gives it.
        """
        return self.features(self.pad(x), **kwargs)
