"""A model with a few numbers for each image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terraregistry.components.models.encoder_decoder import EncoderDecoderModel
from terraregistry.components.models.model_output import ModelOutput

if TYPE_CHECKING:
    from terraregistry.components.models.images import Images

__all__ = ["ScalarOutputModel"]


class ScalarOutputModel(EncoderDecoderModel):
    """A model with a few numbers for each image: classification and scalar regression.

    `freeze_encoder` uses the backbone's own `freeze()` if it has one, like `PixelWiseModel`; TerraTorch's does not.
    """

    # What a backbone takes beside the images (times, places, ...) is its own.
    def forward(self, x: Images, **kwargs: Any) -> ModelOutput:
        """Compute the numbers of each image.

        Args:
            x: The images, `(B, C, H, W)` or `(B, C, T, H, W)`; several by name for a backbone with a mapping as its
                input.
            **kwargs: Further arguments of the backbone.

        Returns:
            Results `(B, N)`.
        """
        output, aux = self.branches(self.features(self.pad(x), **kwargs))
        return ModelOutput(output, aux)
