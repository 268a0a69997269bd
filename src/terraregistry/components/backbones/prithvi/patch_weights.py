"""Choosing the channels of a patch embedding by the bands they stand for."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from torch import nn

from terraregistry.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from terraregistry.components.backbones.prithvi.bands import Band

__all__ = ["BandChoice"]


class BandChoice:
    """The bands of a model's images, and the training bands of its weights.

    Args:
        model: The bands of the model's images.
        pretrained: The bands of the weights.
        component: The name of the model, for the error.
        allow_mismatch: Warn of mismatched weights instead of raising an error.
    """

    def __init__(
        self, model: Sequence[Band], pretrained: Sequence[Band], component: str, *, allow_mismatch: bool
    ) -> None:
        self._model = list(model)
        self._pretrained = list(pretrained)
        self.component = component
        self.allow_mismatch = allow_mismatch

    def apply(self, weight: Tensor, wanted: Tensor, origin: str) -> Tensor:
        """Make the weight of a model's patch embedding from the pretrained one.

        Bands in both are matched by name, in any order; bands missing from the weights get new random ones (Xavier,
        uniform), with a warning. Channels only counted, in text ("0", "1", ...), get the weights in order, with a
        warning, if they are as many.

        Args:
            weight: The pretrained weight, `(D, C, ...)`.
            wanted: One of the model's shape.
            origin: The source of the weights, for the error.

        Returns:
            A tensor of the model's shape; the weight itself if it cannot be of this shape, an error left to the caller.

        Raises:
            WeightsError: The weights have another number of channels than bands, or none of the model's bands, and
                mismatches are not allowed.
        """
        if weight.dim() != wanted.dim() or (weight.shape[0], *weight.shape[2:]) != (wanted.shape[0], *wanted.shape[2:]):
            return weight
        if weight.shape[1] != len(self._pretrained):
            reason = f"their patch embedding has {weight.shape[1]} channels, pretrained_bands has {self._of_weights()}"
            return self._refused(reason, origin, weight)
        known = [band for band in self._model if band in self._pretrained]
        if not known and len(self._model) == len(self._pretrained) and all(map(_is_count, self._model)):
            warnings.warn(
                f"{self.component!r}: bands only counts the channels ({self._words(self._model)}), so they get the weights "
                f"of {origin} in order: {self._words(self._pretrained)}",
                stacklevel=5,
            )
            return weight
        if not known:
            reason = f"they have {self._of_weights()}, of which none is among bands, {self._words(self._model)}"
            return self._refused(reason, origin, weight)
        if self._model == self._pretrained:
            return weight
        if len(known) < len(self._model):
            new = self._words([band for band in self._model if band not in self._pretrained])
            warnings.warn(
                f"{self.component!r}: {origin} has no weights for {new}; theirs are new and random", stacklevel=5
            )
        chosen = nn.init.xavier_uniform_(weight.new_empty(wanted.shape).flatten(1)).view(wanted.shape)
        for channel, band in enumerate(self._model):
            if band in self._pretrained:
                chosen[:, channel] = weight[:, self._pretrained.index(band)]
        return chosen

    def _refused(self, reason: str, origin: str, weight: Tensor) -> Tensor:
        remedy = "name the bands of the weights with pretrained_bands and those of the images with bands"
        error = WeightsError(self.component, origin, reason, remedy=remedy)
        if not self.allow_mismatch:
            raise error
        warnings.warn(f"{error} (allowed)", stacklevel=5)
        return weight[:, :0]  # fits no module: what loads it leaves it out

    def _of_weights(self) -> str:
        return f"{len(self._pretrained)} ({self._words(self._pretrained)})"

    @staticmethod
    def _words(bands: Sequence[Band]) -> str:
        return ", ".join(str(band) for band in bands)


def _is_count(band: Band) -> bool:
    return isinstance(band, str) and band.isdecimal()
