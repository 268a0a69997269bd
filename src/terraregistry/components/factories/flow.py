"""The features passed from one part of a composition to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["Flow", "in_words"]

_BATCH: Final = 2
_ROWS, _COLUMNS = 8, 12
_SHAPES: Final = {2: "vectors (B, C)", 3: "tokens (B, N, C)", 4: "maps (B, C, H, W)"}


@dataclass(frozen=True)
class Flow:
    """The features of a part.

    Attributes:
        giver: The part, as `backbone ('timm_resnet18')`.
        channels: The channels of each feature, as the part lists them.
        strides: The stride of each, in pixels; None if unknown.
        features: The part's output, without data.
        image_size: Height and width of the images.
    """

    giver: str
    channels: tuple[int, ...]
    strides: tuple[int, ...] | None
    features: tuple[Tensor, ...]
    image_size: tuple[int, int]

    @property
    def are_tokens(self) -> bool:
        """True if all features are tokens."""
        return all(feature.dim() == 3 for feature in self.features)

    @property
    def are_maps(self) -> bool:
        """True if all features are maps of their channels."""
        return all(
            feature.dim() == 4 and feature.shape[1] == channels
            for feature, channels in zip(self.features, self.channels, strict=False)
        )

    def as_maps(self) -> tuple[Tensor, ...]:
        """Make features with the same channels and strides, as maps."""
        sizes = [(_ROWS, _COLUMNS)] * len(self.channels)
        if self.strides is not None:
            sizes = [(self.image_size[0] // stride, self.image_size[1] // stride) for stride in self.strides]
        return tuple(_map(channels, *size) for channels, size in zip(self.channels, sizes, strict=True))

    def __str__(self) -> str:
        """Describe the part and its features: number, layout, channels and strides."""
        count = len(self.channels)
        features = f"{count} feature{'s' if count != 1 else ''}"
        kinds = list(dict.fromkeys(map(_shape_in_words, self.features)))
        layout = f", {' and '.join(kinds)}" if kinds else ""
        strides = f" at stride{_plural(self.strides)} {in_words(self.strides)}" if self.strides is not None else ""
        widths = f" of {in_words(self.channels)} channel{'s' if set(self.channels) != {1} else ''}"
        return f"{self.giver} gives {features}{layout}{widths}{strides}"


def in_words(numbers: Sequence[int]) -> str:
    """List numbers: `64, 128 and 256`, or one of them if all are equal."""
    words = [str(number) for number in (numbers if len(set(numbers)) > 1 else list(numbers)[:1])]
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])


def _map(channels: int, rows: int, columns: int) -> Tensor:
    return torch.empty(_BATCH, channels, rows, columns, device="meta")


def _shape_in_words(feature: Tensor) -> str:
    return _SHAPES.get(feature.dim(), f"{feature.dim()} axes")


def _plural(numbers: Sequence[int]) -> str:
    return "s" if len(set(numbers)) > 1 else ""
