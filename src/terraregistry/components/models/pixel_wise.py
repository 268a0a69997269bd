"""A model with a result at each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.nn import functional

from terraregistry.components.models.encoder_decoder import EncoderDecoderModel
from terraregistry.components.models.images import image_size_of
from terraregistry.components.models.model_output import ModelOutput
from terraregistry.components.models.padding import centre_crop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor, nn

    from terraregistry.components.models.framing import PaddingMode, PatchSize
    from terraregistry.components.models.images import Images

__all__ = ["PixelWiseModel"]


class PixelWiseModel(EncoderDecoderModel):
    """A model with a result for each pixel: segmentation and regression.

    Args:
        encoder: The backbone.
        decoder: The decoder.
        head: The head; None if the decoder includes it.
        necks: The necks, the first next to the backbone.
        aux_heads: By name, further pairs of a decoder and its head.
        patch_size: The size to pad images to a multiple of; found in the backbone by default.
        padding: The padding mode beyond the edges of images.
        rescale: Bring results to the resolution of the images, bilinearly.
        image_size_out: Height and width of the results, cut out of the middle; those of the images by default.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        head: nn.Module | None = None,
        *,
        necks: Iterable[nn.Module] = (),
        aux_heads: Mapping[str, tuple[nn.Module, nn.Module | None]] | None = None,
        patch_size: PatchSize | None = None,
        padding: PaddingMode = "reflect",
        rescale: bool = True,
        image_size_out: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(
            encoder, decoder, head, necks=necks, aux_heads=aux_heads, patch_size=patch_size, padding=padding
        )
        self.rescale = rescale
        self.image_size_out = image_size_out

    # What a backbone takes beside the images (times, places, ...) is its own.
    def forward(self, x: Images, *, image_size: tuple[int, int] | None = None, **kwargs: Any) -> ModelOutput:
        """Compute the result of each pixel.

        Args:
            x: The images, `(B, C, H, W)` or `(B, C, T, H, W)`; several by name for a backbone with a mapping as its
                input.
            image_size: Height and width of the results if the model has no `image_size_out`; the images' by default.
            **kwargs: Further arguments of the backbone.

        Returns:
            Results `(B, N, H, W)`, or `(B, H, W)` for one number a pixel. Without `rescale`, they have the resolution
            of the head's output, and are cropped to the size if larger.

        Raises:
            ValueError: With `rescale`, the size requested is larger than the padded images.
        """
        images = self.pad(x)
        padded = image_size_of(images)
        size = self.image_size_out or image_size or image_size_of(x)
        if self.rescale and (size[0] > padded[0] or size[1] > padded[1]):
            raise ValueError(
                f"results of {size[0]}x{size[1]} pixels are asked for, but the images have {padded[0]}x{padded[1]}; "
                "results are cropped, never enlarged"
            )
        output, aux = self.branches(self.features(images, **kwargs))
        return ModelOutput(
            self._frame(output, padded, size), {name: self._frame(raw, padded, size) for name, raw in aux.items()}
        )

    def _frame(self, raw: Tensor, padded: tuple[int, int], size: tuple[int, int]) -> Tensor:
        if self.rescale and raw.shape[-2:] != padded:
            raw = functional.interpolate(raw, size=padded, mode="bilinear")
        return centre_crop(raw.squeeze(1), size)
