"""Whole models of other libraries, with the results of this library's."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import nn
from torch.nn import functional

from terraregistry.components.models.model_output import ModelOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["SmpModel", "TimmModel"]


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
