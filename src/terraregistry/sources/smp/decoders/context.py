"""PSPNet, DeepLabV3 and DeepLabV3+ of segmentation-models-pytorch: decoders by the context of the last feature."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - read at run time

from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3Decoder, DeepLabV3PlusDecoder
from segmentation_models_pytorch.decoders.pspnet.decoder import PSPDecoder

from terraregistry.sources.smp.smp_checks import Norm, OutputStride  # noqa: TC001 - read at run time
from terraregistry.sources.smp.smp_decoder import SmpDecoder
from terraregistry.sources.smp.smp_plans import times_coarser

__all__ = ["DeepLabV3", "DeepLabV3Plus", "PSPNet"]


class PSPNet(SmpDecoder):
    """smp's PSPNet: pools one feature at four scales (arXiv:1612.01105).

    Uses only the last feature, with a multiple of 4 channels, one part for each scale; the others may be anything. The
    result has its size, `(B, out_channels, H, W)`.

    Args:
        out_channels: The channels of the result.
        dropout: The probability of zeroing a channel of the result in training.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        use_norm: Norm = "batchnorm",
        out_channels: int = 512,
        dropout: float = 0.2,
        decoder_use_norm: Norm | None = None,
        psp_out_channels: int | None = None,
        psp_dropout: float | None = None,
    ) -> None:
        super().__init__("PSPNet", PSPDecoder, locals())


class DeepLabV3(SmpDecoder):
    """smp's DeepLabV3: looks at one feature through convolutions of several dilations (arXiv:1706.05587).

    Uses only the last feature, of any size; the others may be anything. The result has its size, `(B, out_channels,
    H, W)`. In training a batch needs two images or more, since one branch normalises maps of one pixel.

    Args:
        out_channels: The channels of the result.
        atrous_rates: The three dilations.
        aspp_separable: If True, the dilated convolutions are separable into depth and points.
        aspp_dropout: The probability of zeroing a value in training.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        out_channels: int = 256,
        atrous_rates: Sequence[int] = (12, 24, 36),
        aspp_separable: bool = False,
        aspp_dropout: float = 0.5,
        decoder_channels: int | None = None,
        decoder_atrous_rates: Sequence[int] | None = None,
        decoder_aspp_separable: bool | None = None,
        decoder_aspp_dropout: float | None = None,
    ) -> None:
        super().__init__("DeepLabV3", DeepLabV3Decoder, locals())


class DeepLabV3Plus(SmpDecoder):
    """smp's DeepLabV3+: DeepLabV3 with a result refined by a finer feature (arXiv:1802.02611).

    Uses two features: the first of stride 4 or more, and the last. The last must be exactly 4 times coarser with
    `output_stride=16`, or 2 times with `output_stride=8`, as dilated backbones give them: strides (4, 8, 16, 16) and
    (4, 8, 8, 8). With (4, 8, 16, 32) it cannot work; leave out the last feature then. The result has the size of the
    finer feature, `(B, out_channels, H, W)`. In training a batch needs two images or more, since one branch
    normalises maps of one pixel.

    Args:
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first two: for
            checkpoints made that way. The third is the finer feature then, and of four features the last must be 2
            times coarser.
        out_channels: The channels of the result.
        atrous_rates: The three dilations.
        output_stride: The stride of the last feature, if that of the finer one is 4.
        aspp_separable: If True, the dilated convolutions are separable into depth and points.
        aspp_dropout: The probability of zeroing a value in training.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        out_channels: int = 256,
        atrous_rates: Sequence[int] = (12, 24, 36),
        output_stride: OutputStride = 16,
        aspp_separable: bool = True,
        aspp_dropout: float = 0.5,
        decoder_channels: int | None = None,
        decoder_atrous_rates: Sequence[int] | None = None,
        encoder_output_stride: OutputStride | None = None,
        decoder_aspp_separable: bool | None = None,
        decoder_aspp_dropout: float | None = None,
    ) -> None:
        super().__init__("DeepLabV3Plus", DeepLabV3PlusDecoder, locals())

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        low, last = self.used_features
        height, width = sizes[last]
        ratio = times_coarser(self._arguments)
        if sizes[low] != (ratio * height, ratio * width):
            raise ValueError(
                f"{type(self).__name__} needs feature {low} exactly {ratio} times the size of the last: "
                f"it is {sizes[low][0]}x{sizes[low][1]}, the last is {height}x{width}; use a backbone dilated to the "
                "output stride, leave out coarser features, or set output_stride (8: 2 times, 16: 4 times)"
            )
