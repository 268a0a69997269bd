"""Segformer of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final

from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder

from terraregistry.sources.smp.pyramid import QUARTER, read_pyramid, up_to_quarter
from terraregistry.sources.smp.smp_checks import Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["Segformer"]

_FIRST_USED: Final = 1  # entry of smp's list
_SHALLOWEST: Final = 3  # what smp calls the depth


class Segformer(SmpDecoder):
    """smp's Segformer decoder: one linear layer a feature, all resized and mixed (arXiv:2105.15203).

    Takes two or more features of any strides and sizes, and uses all, but for one at stride 1, in the place of smp's
    image. The result has a quarter of the image's height and width, `(B, segmentation_channels, H, W)`.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first: for
            checkpoints made that way. The result then has a quarter of the first feature's height and width.
        segmentation_channels: The channels of the result.
        decoder_segmentation_channels: Another name for `segmentation_channels`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"decoder_segmentation_channels": "segmentation_channels"}
    )

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        segmentation_channels: int = 256,
        decoder_segmentation_channels: int | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        width = checks.positive(
            either(
                "segmentation_channels",
                segmentation_channels,
                "decoder_segmentation_channels",
                decoder_segmentation_channels,
            )
        )
        pyramid = read_pyramid(checks, channels, strides)
        if not drop_first_features:
            pyramid = pyramid.behind(up_to_quarter(pyramid.strides))
        if pyramid.depth < _SHALLOWEST:
            checks.refuse(
                "channels",
                f"needs a pyramid that makes {_SHALLOWEST + 1} levels or more together with the image's, such as "
                f"(64, 128, 256, 512) at strides (4, 8, 16, 32); got {pyramid}",
            )
        checks.finish()
        decoder = SegformerDecoder(
            encoder_channels=pyramid.smp_channels,
            encoder_depth=pyramid.depth,
            segmentation_channels=width,
        )
        super().__init__(
            decoder,
            pyramid,
            out_channels=width,
            reduction=pyramid.output_stride * QUARTER,
            used_features=pyramid.from_entry(_FIRST_USED),
        )

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        height, width = self._pyramid.size_at(self._pyramid.output_stride, sizes[0])
        if min(height, width) < QUARTER:
            raise ValueError(
                f"{type(self).__name__} makes maps of a quarter of {height}x{width} pixels, which leaves none: take larger "
                "images"
            )
