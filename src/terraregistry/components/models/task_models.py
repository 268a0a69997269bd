"""Whole models with the results of a task: composed of parts, or of another library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from torch import nn
from torch.nn import functional

from terraregistry.components.models.encoder_decoder import EncoderDecoderModel, EncoderModel
from terraregistry.components.models.images import centre_crop, image_size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch import Tensor

    from terraregistry.components.models.framing import PaddingMode, PatchSize
    from terraregistry.components.models.images import Images

__all__ = [
    "EmbeddingOutputModel",
    "ModelOutput",
    "PixelWiseModel",
    "ScalarOutputModel",
    "SmpModel",
    "TimmModel",
    "UnetModel",
]


@dataclass(eq=False)
class ModelOutput:
    """The result of a model for a batch of images.

    Attributes:
        output: The result of the main head.
        auxiliary_heads: The result of each auxiliary head, by its name.
    """

    output: Tensor
    auxiliary_heads: dict[str, Tensor] = field(default_factory=dict)


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
            x: The images, `(B, C, H, W)` or `(B, C, T, H, W)`; several by name for a backbone that takes a mapping.
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


class ScalarOutputModel(EncoderDecoderModel):
    """A model with a few numbers for each image: classification and scalar regression.

    `freeze_encoder` uses the backbone's own `freeze()` if it has one, like `PixelWiseModel`; TerraTorch's does not.
    """

    # What a backbone takes beside the images (times, places, ...) is its own.
    def forward(self, x: Images, **kwargs: Any) -> ModelOutput:
        """Compute the numbers of each image.

        Args:
            x: The images, `(B, C, H, W)` or `(B, C, T, H, W)`; several by name for a backbone that takes a mapping.
            **kwargs: Further arguments of the backbone.

        Returns:
            Results `(B, N)`.
        """
        output, aux = self.branches(self.features(self.pad(x), **kwargs))
        return ModelOutput(output, aux)


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
            x: The images, `(B, C, H, W)` or `(B, C, T, H, W)`; several by name for a backbone that takes a mapping.
            **kwargs: Further arguments of the backbone.

        Returns:
            One tensor a feature, as the last neck gives it.
        """
        return self.features(self.pad(x), **kwargs)


class SmpModel(nn.Module):
    """A model of segmentation-models-pytorch; its state_dict keys come after `smp_model.`, as in TerraTorch.

    Args:
        smp_model: The model.
        rescale: Bring the result to the size of the images.
    """

    def __init__(self, smp_model: nn.Module, *, rescale: bool = True) -> None:
        super().__init__()
        self.smp_model = smp_model
        self.rescale = rescale

    def forward(self, x: Tensor) -> ModelOutput:
        """Score each pixel.

        Args:
            x: The images, `(B, C, H, W)`.

        Returns:
            Results `(B, N, H, W)`, for one class as well. smp's auxiliary output, `(B, M)`, is the auxiliary head
            `classification_head`.
        """
        found: Tensor | tuple[Tensor, Tensor] = self.smp_model(x)
        scores, labels = found if isinstance(found, tuple) else (found, None)
        if self.rescale and scores.shape[-2:] != x.shape[-2:]:
            scores = functional.interpolate(scores, size=x.shape[-2:], mode="bilinear")
        return ModelOutput(scores, {} if labels is None else {"classification_head": labels})

    def freeze_encoder(self) -> None:
        """Stop training the encoder."""
        self.smp_model.get_submodule("encoder").requires_grad_(False)

    def freeze_decoder(self) -> None:
        """Stop training the decoder."""
        self.smp_model.get_submodule("decoder").requires_grad_(False)

    def freeze_head(self) -> None:
        """Stop training the heads."""
        for name, module in self.smp_model.named_children():
            if name in ("segmentation_head", "classification_head"):
                module.requires_grad_(False)


class TimmModel(nn.Module):
    """A classifier of timm; its state_dict keys come after `timm_model.`, as in TerraTorch.

    Args:
        timm_model: The model, with its classifier.
    """

    def __init__(self, timm_model: nn.Module) -> None:
        super().__init__()
        self.timm_model = timm_model

    def forward(self, x: Tensor) -> ModelOutput:
        """Score each image, `(B, C, H, W)`, for each class: `(B, N)`."""
        scores: Tensor = self.timm_model(x)
        return ModelOutput(scores)

    def freeze_encoder(self) -> None:
        """Stop training all but the classifier."""
        trained = [(parameter, parameter.requires_grad) for head in self._heads() for parameter in head.parameters()]
        self.timm_model.requires_grad_(False)
        for parameter, requires_grad in trained:
            parameter.requires_grad_(requires_grad)

    def freeze_decoder(self) -> None:
        """Do nothing: a classifier has no decoder."""

    def freeze_head(self) -> None:
        """Stop training the classifier."""
        for head in self._heads():
            head.requires_grad_(False)

    def _heads(self) -> list[nn.Module]:
        # timm's models are modules whose further methods no type stub declares; models with distillation have two heads.
        get_classifier = cast("Callable[[], nn.Module | tuple[nn.Module, ...]]", self.timm_model.get_classifier)
        found = get_classifier()
        return [found] if isinstance(found, nn.Module) else list(found)


class UnetModel(nn.Module):
    """A backbone and a decoder that includes its head; the state_dict has the keys of TerraTorch's U-Net models.

    Args:
        unet_model: The backbone.
        decoder: The decoder.
        relu: Put a ReLU after the results.
    """

    def __init__(self, unet_model: nn.Module, decoder: nn.Module, *, relu: bool = False) -> None:
        super().__init__()
        self.unet_model = unet_model
        self.decoder = decoder
        self.final_act: nn.Module = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: Tensor) -> ModelOutput:
        """Compute a result at each position of the decoder's map: images `(B, C, H, W)` to `(B, N, H', W')`."""
        output: Tensor = self.final_act(self.decoder(list(self.unet_model(x))))
        return ModelOutput(output)

    @property
    def encoder(self) -> nn.Module:
        """The backbone."""
        return self.unet_model

    def freeze_encoder(self) -> None:
        """Stop training the backbone."""
        self.unet_model.requires_grad_(False)

    def freeze_decoder(self) -> None:
        """Stop training the decoder, with its head."""
        self.decoder.requires_grad_(False)
