"""DPT and Segformer of segmentation-models-pytorch: decoders made for vision transformers."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - read at run time
from itertools import pairwise
from typing import TYPE_CHECKING

from segmentation_models_pytorch.decoders.dpt.decoder import DPTDecoder
from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder

from terraregistry.sources.smp.pyramid import QUARTER
from terraregistry.sources.smp.smp_checks import Readout  # noqa: TC001 - read at run time
from terraregistry.sources.smp.smp_decoder import SmpDecoder
from terraregistry.sources.smp.smp_plans import target_stride

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DPT", "Segformer"]


class DPT(SmpDecoder):
    """smp's DPT: features are brought to strides 4, 8, 16, 32, ..., and fused from the coarsest up (arXiv:2103.13413).

    Takes any number of features, resized by layers made for their strides: give `strides` unless they are those assumed,
    such as `strides=(16, 16, 16, 16)` for a plain vision transformer. Each stride must be a multiple or a whole part of its
    target stride. All features are used. The result has half the image's height and width, `(B, fusion_channels, H, W)`.

    Args:
        channels: The channels of each feature, in the order of the backbone's blocks.
        encoder_has_prefix_tokens: If True, `forward` is given the prefix tokens (such as the class token) of each
            feature.
        readout: The use of the tokens: concatenated to each position, added, or ignored. Without tokens, "cat" is a linear layer.
        intermediate_channels: The channels of each feature during resizing. Without it smp's (256, 512, 1024, 1024):
            as many from the front as there are features, or with more 1024 behind.
        fusion_channels: The channels of the result.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        encoder_has_prefix_tokens: bool = False,
        readout: Readout = "cat",
        intermediate_channels: Sequence[int] | None = None,
        fusion_channels: int = 256,
        decoder_readout: Readout | None = None,
        decoder_intermediate_channels: Sequence[int] | None = None,
        decoder_fusion_channels: int | None = None,
    ) -> None:
        super().__init__("DPT", DPTDecoder, locals())

    def forward(self, features: Sequence[Tensor], /, prefix_tokens: Sequence[Tensor | None] | None = None) -> Tensor:
        """Fuse the features.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`, in a list or tuple, left unchanged.
            prefix_tokens: The prefix tokens of each feature, `(B, N, C_i)`, for a decoder built to take them.

        Returns:
            One map, `(B, out_channels, H, W)`.

        Raises:
            ValueError: If the features are not those the decoder was built for, if they have sizes it cannot fuse, or
                if tokens are missing or were not asked for.
        """
        self._check(features)
        tokens: list[Tensor | None] = [None] * len(features) if prefix_tokens is None else list(prefix_tokens)
        self._check_tokens(tokens)
        # smp's readout views a map as a sequence, which needs its memory in order.
        result: Tensor = self._smp_decoder([feature.contiguous() for feature in features], tokens)
        return result

    if TYPE_CHECKING:

        def __call__(
            self, features: Sequence[Tensor], /, prefix_tokens: Sequence[Tensor | None] | None = None
        ) -> Tensor:
            """Fuse the features, through the hooks of the module."""
            ...

    def _check_tokens(self, tokens: list[Tensor | None]) -> None:
        name, count, arguments = type(self).__name__, len(self._pyramid.channels), self._arguments
        has_tokens: bool = arguments["encoder_has_prefix_tokens"]
        if not has_tokens and any(token is not None for token in tokens):
            raise ValueError(f"{name} takes prefix tokens only if it is built with encoder_has_prefix_tokens=True")
        if len(tokens) != count:
            raise ValueError(f"{name} needs the prefix tokens of each of its {count} features, got {len(tokens)}")
        if has_tokens and arguments["readout"] == "cat" and any(token is None for token in tokens):
            raise ValueError(f"{name} concatenates prefix tokens: give `prefix_tokens`, (B, N, C) for each feature")

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        strides = self._pyramid.strides
        resized = [tuple(_resized(length, strides[i], i) for length in size) for i, size in enumerate(sizes)]
        for i, (fine, coarse) in enumerate(pairwise(resized)):
            if fine != (2 * coarse[0], 2 * coarse[1]):
                raise ValueError(
                    f"{type(self).__name__} resizes its features by their strides {strides}, after which each must be "
                    f"exactly twice as high and wide as the next: feature {i} of {sizes[i][0]}x{sizes[i][1]} becomes "
                    f"{fine[0]}x{fine[1]}, feature {i + 1} of {sizes[i + 1][0]}x{sizes[i + 1][1]} becomes "
                    f"{coarse[0]}x{coarse[1]}; give the features' own `strides`, and images of a multiple of "
                    f"{target_stride(len(sizes) - 1)} pixels"
                )


def _resized(length: int, stride: int, index: int) -> int:
    """Return the height or width of a feature after smp's layer has resized it."""
    target = target_stride(index)
    return length * (stride // target) if stride >= target else (length - 1) // (target // stride) + 1


class Segformer(SmpDecoder):
    """smp's Segformer decoder: one linear layer a feature, all resized and mixed (arXiv:2105.15203).

    Takes two or more features of any strides and sizes, and uses all, but for one at stride 1, in the place of smp's
    image. The result has a quarter of the image's height and width, `(B, segmentation_channels, H, W)`.

    Args:
        segmentation_channels: The channels of the result.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        segmentation_channels: int = 256,
        decoder_segmentation_channels: int | None = None,
    ) -> None:
        super().__init__("Segformer", SegformerDecoder, locals())

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        pyramid = self._pyramid
        height, width = pyramid.size_at(pyramid.output_stride, sizes[0])
        if min(height, width) < QUARTER:
            raise ValueError(
                f"{type(self).__name__} makes maps of a quarter of {height}x{width} pixels, which leaves none: take larger "
                "images"
            )
