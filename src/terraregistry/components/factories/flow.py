"""What flows from one part of a composition to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch

from terraregistry.protocols import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from terraregistry.protocols import FeatureSpec

__all__ = ["Flow", "as_laid_out", "feature_tensors", "image_size_for", "in_words"]

_BATCH: Final = 2
_ROWS, _COLUMNS = 8, 12
_LARGEST: Final = 1 << 16
_SHAPES: Final = {2: "vectors (B, C)", 3: "tokens (B, N, C)", 4: "maps (B, C, H, W)"}


@dataclass(frozen=True)
class Flow:
    """The features that a part gives.

    Attributes:
        giver: The part, as `backbone ('timm_resnet18')`.
        channels: The channels of each feature, as the part lists them.
        strides: The stride of each, in pixels; None where the part leaves them open.
        samples: Features of these shapes without data, each way that is possible as far as it is known; empty where
            shapes are not known.
        image_size: Height and width of the images that the samples are of.
    """

    giver: str
    channels: tuple[int, ...]
    strides: tuple[int, ...] | None = None
    samples: tuple[tuple[Tensor, ...], ...] = ()
    image_size: tuple[int, int] = (0, 0)

    @property
    def are_tokens(self) -> bool:
        """Whether all features are known to be tokens."""
        return bool(self.samples) and all(sample.dim() == 3 for sample in self.samples[0])

    @property
    def are_maps(self) -> bool:
        """Whether all features are known to be maps of their channels."""
        return bool(self.samples) and all(
            sample.dim() == 4 and sample.shape[1] == channels
            for sample, channels in zip(self.samples[0], self.channels, strict=False)
        )

    def as_maps(self) -> tuple[Tensor, ...]:
        """Make samples with the same channels and strides, as maps."""
        sizes = [(_ROWS, _COLUMNS)] * len(self.channels)
        if self.strides is not None:
            sizes = [(self.image_size[0] // stride, self.image_size[1] // stride) for stride in self.strides]
        return tuple(_map(channels, *size) for channels, size in zip(self.channels, sizes, strict=True))

    def __str__(self) -> str:
        """Say which part gives how many features of which layout, channels and strides."""
        count = len(self.channels)
        features = f"{count} feature{'s' if count != 1 else ''}"
        kinds = list(dict.fromkeys(_shape_in_words(sample) for sample in self.samples[0])) if self.samples else []
        layout = f", {' and '.join(kinds)}" if kinds else ""
        strides = f" at stride{_plural(self.strides)} {in_words(self.strides)}" if self.strides is not None else ""
        widths = f" of {in_words(self.channels)} channel{'s' if set(self.channels) != {1} else ''}"
        return f"{self.giver} gives {features}{layout}{widths}{strides}"


def image_size_for(strides: Sequence[int]) -> tuple[int, int] | None:
    """Choose a size of images that every stride divides, with enough pixels for any decoder.

    Args:
        strides: The strides of the features.

    Returns:
        Height and width, which differ; None where there is no such size of a sensible number of pixels.
    """
    import math

    step = math.lcm(*strides) if strides and min(strides) > 0 else _LARGEST
    return (_ROWS * step, _COLUMNS * step) if step * _COLUMNS < _LARGEST else None


def feature_tensors(
    specs: Sequence[FeatureSpec], image_size: tuple[int, int], steps: int
) -> tuple[tuple[Tensor, ...], ...]:
    """Make the features of a backbone, without data.

    Args:
        specs: What is known of them.
        image_size: Height and width of the images.
        steps: How many steps in time the tokens of one feature hold; a backbone counts them in the channels.

    Returns:
        The features as a model passes them on, with channels first: with a class token in front and without one where
        they are tokens.
    """
    prefixes = (1, 0) if any(spec.layout is Layout.TOKENS for spec in specs) else (0,)
    return tuple(tuple(_feature(spec, image_size, steps, prefix) for spec in specs) for prefix in prefixes)


def as_laid_out(features: Sequence[Tensor], specs: Sequence[FeatureSpec]) -> tuple[Tensor, ...]:
    """Put features in the layout that the backbone gives them in, for a neck that permutes the axes itself.

    Args:
        features: One tensor a feature, with channels first.
        specs: What is known of each.

    Returns:
        The features, maps with channels last where the backbone has them last.
    """
    pairs = zip(features, specs, strict=True)
    return tuple(feature.movedim(1, -1) if spec.layout is Layout.NHWC else feature for feature, spec in pairs)


def in_words(numbers: Sequence[int]) -> str:
    """List numbers: `64, 128 and 256`, or one of them where all are the same."""
    words = [str(number) for number in (numbers if len(set(numbers)) > 1 else list(numbers)[:1])]
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])


def _feature(spec: FeatureSpec, image_size: tuple[int, int], steps: int, prefix: int) -> Tensor:
    rows, columns = image_size[0] // spec.stride, image_size[1] // spec.stride
    if spec.layout is not Layout.TOKENS:
        return _map(spec.channels, rows, columns)
    steps = steps if spec.channels % steps == 0 else 1
    return torch.empty(_BATCH, prefix + steps * rows * columns, spec.channels // steps, device="meta")


def _map(channels: int, rows: int, columns: int) -> Tensor:
    return torch.empty(_BATCH, channels, rows, columns, device="meta")


def _shape_in_words(sample: Tensor) -> str:
    return _SHAPES.get(sample.dim(), f"{sample.dim()} axes")


def _plural(numbers: Sequence[int]) -> str:
    return "s" if len(set(numbers)) > 1 else ""
