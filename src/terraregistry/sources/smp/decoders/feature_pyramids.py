"""FPN, PAN and UPerNet of segmentation-models-pytorch: decoders by a feature pyramid."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - read at run time
from typing import Final

from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder
from segmentation_models_pytorch.decoders.pan.decoder import PANDecoder
from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder

from terraregistry.sources.smp.smp_checks import Interpolation, MergePolicy, Norm  # noqa: TC001 - read at run time
from terraregistry.sources.smp.smp_decoder import DoublingDecoder, SmpDecoder

__all__ = ["FPN", "PAN", "UPerNet"]

_SMALLEST: Final = 8  # PAN halves the last feature three times


class FPN(DoublingDecoder):
    """smp's FPN: a feature pyramid network for segmentation (arXiv:1901.02446).

    Takes four features or more and uses the last four: each stride of these is twice the one before, and the sizes
    double exactly. The result has the size of the first of the four, `(B, out_channels, H, W)`.

    Args:
        pyramid_channels: The channels of the pyramid.
        segmentation_channels: The channels contributed by each level, a multiple of 32.
        dropout: The probability of zeroing a channel of the result in training.
        merge_policy: "add" for the sum of the levels; "cat" for their concatenation, with four times the channels.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        pyramid_channels: int = 256,
        segmentation_channels: int = 128,
        dropout: float = 0.2,
        merge_policy: MergePolicy = "add",
        interpolation_mode: Interpolation = "nearest",
        decoder_pyramid_channels: int | None = None,
        decoder_segmentation_channels: int | None = None,
        decoder_dropout: float | None = None,
        decoder_merge_policy: MergePolicy | None = None,
        decoder_interpolation: Interpolation | None = None,
    ) -> None:
        super().__init__("FPN", FPNDecoder, locals())


class PAN(SmpDecoder):
    """smp's PAN: a pyramid attention network (arXiv:1805.10180).

    Takes two to four features of stride 4 or more, of any strides and sizes, but for the last, of at least 8 pixels in
    height and width: 128 x 128 pixels of image at stride 16. Features finer than stride 4 may stand in front
    and are not used. The result has the size of the first feature used, `(B, decoder_channels, H, W)`. In training a
    batch needs two images or more, since one branch normalises maps of one pixel.

    Args:
        decoder_channels: The channels of the result.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        decoder_channels: int = 32,
        interpolation_mode: Interpolation = "bilinear",
        decoder_interpolation: Interpolation | None = None,
    ) -> None:
        super().__init__("PAN", PANDecoder, locals())

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        height, width = sizes[-1]
        if min(height, width) < _SMALLEST:
            raise ValueError(
                f"{type(self).__name__} needs a last feature of at least {_SMALLEST}x{_SMALLEST} pixels, got "
                f"{height}x{width}: take larger images, or leave out the coarsest feature"
            )


class UPerNet(SmpDecoder):
    """smp's UPerNet: pyramid pooling of the last feature, and a feature pyramid on the way up (arXiv:1807.10221).

    Takes two or more features of stride 4 or more, of any strides and sizes. Features finer than stride 4 may stand
    in front and are not used. The result has the size of the first feature used, `(B, decoder_channels, H, W)`. In
    training a batch needs two images or more, since one branch normalises maps of one pixel.

    Args:
        decoder_channels: The channels of the result.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        decoder_channels: int = 256,
        use_norm: Norm = "batchnorm",
        decoder_use_norm: Norm | None = None,
    ) -> None:
        super().__init__("UPerNet", UPerNetDecoder, locals())
