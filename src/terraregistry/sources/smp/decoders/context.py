"""PSPNet, DeepLabV3 and DeepLabV3+ of segmentation-models-pytorch: decoders by the context of the last feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final, get_args

from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3Decoder, DeepLabV3PlusDecoder
from segmentation_models_pytorch.decoders.pspnet.decoder import PSPDecoder

from terraregistry.sources.smp.decoder_options import Norm, OutputStride
from terraregistry.sources.smp.pyramid import Pyramid, read_pyramid, up_to_quarter
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["DeepLabV3", "DeepLabV3Plus", "PSPNet"]

_SCALES: Final = 4
_RATES: Final = 3
_SHALLOW: Final = 3  # the depth at which smp's decoder doubles whatever the output stride is
_QUADRUPLING: Final = 16  # the output stride at which it quadruples otherwise
_LOW_LEVEL: Final = 2  # the place of the finer of the two features in smp's list
_NAMES: Final = MappingProxyType(
    {
        "decoder_channels": "out_channels",
        "decoder_atrous_rates": "atrous_rates",
        "decoder_aspp_separable": "aspp_separable",
        "decoder_aspp_dropout": "aspp_dropout",
    }
)


class PSPNet(SmpDecoder):
    """smp's PSPNet: pools one feature at four scales (arXiv:1612.01105).

    Uses only the last feature, with a multiple of 4 channels, one part for each scale; the others may be anything. The
    result has its size, `(B, out_channels, H, W)`.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Taken as by the other decoders; this one is handed the features as they are in any case.
        use_norm: The normalisation of each convolution.
        out_channels: The channels of the result.
        dropout: The probability of zeroing a channel of the result in training.
        decoder_use_norm: Another name for `use_norm`.
        psp_out_channels: Another name for `out_channels`.
        psp_dropout: Another name for `dropout`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"decoder_use_norm": "use_norm", "psp_out_channels": "out_channels", "psp_dropout": "dropout"}
    )

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,  # noqa: ARG002 - smp drops none here, and configs may say so of every decoder
        use_norm: Norm = "batchnorm",
        out_channels: int = 512,
        dropout: float = 0.2,
        decoder_use_norm: Norm | None = None,
        psp_out_channels: int | None = None,
        psp_dropout: float | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        norm = checks.norm(either("use_norm", use_norm, "decoder_use_norm", decoder_use_norm))
        result = checks.positive(either("out_channels", out_channels, "psp_out_channels", psp_out_channels))
        rate = checks.fraction(either("dropout", dropout, "psp_dropout", psp_dropout))
        pyramid = read_pyramid(checks, channels, strides)
        if pyramid.channels[-1] % _SCALES:
            checks.refuse(
                "channels",
                f"needs a last feature whose channels are a multiple of {_SCALES}, got {pyramid.channels[-1]}",
            )
        checks.finish()
        decoder = PSPDecoder(encoder_channels=pyramid.smp_channels, use_norm=norm, out_channels=result, dropout=rate)
        super().__init__(
            decoder,
            pyramid,
            out_channels=result,
            reduction=pyramid.strides[-1],
            used_features=(len(pyramid.channels) - 1,),
        )


class DeepLabV3(SmpDecoder):
    """smp's DeepLabV3: looks at one feature through convolutions of several dilations (arXiv:1706.05587).

    Uses only the last feature, of any size; the others may be anything. The result has its size, `(B, out_channels,
    H, W)`. In training a batch needs two images or more, since one branch normalises maps of one pixel.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Taken as by the other decoders; this one is handed the features as they are in any case.
        out_channels: The channels of the result.
        atrous_rates: The three dilations.
        aspp_separable: If True, the dilated convolutions are separable into depth and points.
        aspp_dropout: The probability of zeroing a value in training.
        decoder_channels: Another name for `out_channels`.
        decoder_atrous_rates: Another name for `atrous_rates`.
        decoder_aspp_separable: Another name for `aspp_separable`.
        decoder_aspp_dropout: Another name for `aspp_dropout`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = _NAMES

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,  # noqa: ARG002 - smp drops none here, and configs may say so of every decoder
        out_channels: int = 256,
        atrous_rates: Sequence[int] = (12, 24, 36),
        aspp_separable: bool = False,
        aspp_dropout: float = 0.5,
        decoder_channels: int | None = None,
        decoder_atrous_rates: Sequence[int] | None = None,
        decoder_aspp_separable: bool | None = None,
        decoder_aspp_dropout: float | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        result = checks.positive(either("out_channels", out_channels, "decoder_channels", decoder_channels))
        rates = _three(checks, either("atrous_rates", atrous_rates, "decoder_atrous_rates", decoder_atrous_rates))
        rate = checks.fraction(either("aspp_dropout", aspp_dropout, "decoder_aspp_dropout", decoder_aspp_dropout))
        pyramid = read_pyramid(checks, channels, strides)
        checks.finish()
        decoder = DeepLabV3Decoder(
            in_channels=pyramid.channels[-1],
            out_channels=result,
            atrous_rates=rates,
            aspp_separable=aspp_separable if decoder_aspp_separable is None else decoder_aspp_separable,
            aspp_dropout=rate,
        )
        super().__init__(
            decoder,
            pyramid,
            out_channels=result,
            reduction=pyramid.strides[-1],
            used_features=(len(pyramid.channels) - 1,),
        )


class DeepLabV3Plus(SmpDecoder):
    """smp's DeepLabV3+: DeepLabV3 with a result refined by a finer feature (arXiv:1802.02611).

    Uses two features: the first of stride 4 or more, and the last. The last must be exactly 4 times coarser with
    `output_stride=16`, or 2 times with `output_stride=8`, as dilated backbones give them: strides (4, 8, 16, 16) and
    (4, 8, 8, 8). With (4, 8, 16, 32) it cannot work; leave out the last feature then. The result has the size of the
    finer feature, `(B, out_channels, H, W)`. In training a batch needs two images or more, since one branch
    normalises maps of one pixel.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half, and the sizes of the features decide on their fit.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first two: for
            checkpoints made that way. The third is the finer feature then, and of four features the last must be 2
            times coarser.
        out_channels: The channels of the result.
        atrous_rates: The three dilations.
        output_stride: The stride of the last feature, if that of the finer one is 4.
        aspp_separable: If True, the dilated convolutions are separable into depth and points.
        aspp_dropout: The probability of zeroing a value in training.
        decoder_channels: Another name for `out_channels`.
        decoder_atrous_rates: Another name for `atrous_rates`.
        encoder_output_stride: Another name for `output_stride`.
        decoder_aspp_separable: Another name for `aspp_separable`.
        decoder_aspp_dropout: Another name for `aspp_dropout`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType({**_NAMES, "encoder_output_stride": "output_stride"})

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
        checks = Checks(type(self).__name__)
        result = checks.positive(either("out_channels", out_channels, "decoder_channels", decoder_channels))
        rates = _three(checks, either("atrous_rates", atrous_rates, "decoder_atrous_rates", decoder_atrous_rates))
        rate = checks.fraction(either("aspp_dropout", aspp_dropout, "decoder_aspp_dropout", decoder_aspp_dropout))
        stride: Argument[OutputStride] = either(
            "output_stride", output_stride, "encoder_output_stride", encoder_output_stride
        )
        checks.choice(stride, get_args(OutputStride))
        pyramid = read_pyramid(checks, channels, strides)
        if not drop_first_features:
            pyramid = pyramid.behind(up_to_quarter(pyramid.strides))
        shallow = drop_first_features and pyramid.depth == _SHALLOW
        ratio = 4 if stride.value == _QUADRUPLING and not shallow else 2
        used = _ends(checks, pyramid, ratio)
        checks.finish()
        decoder = DeepLabV3PlusDecoder(
            encoder_channels=pyramid.smp_channels,
            encoder_depth=_SHALLOW if shallow else 5,
            out_channels=result,
            atrous_rates=rates,
            output_stride=stride.value,
            aspp_separable=aspp_separable if decoder_aspp_separable is None else decoder_aspp_separable,
            aspp_dropout=rate,
        )
        super().__init__(decoder, pyramid, out_channels=result, reduction=pyramid.strides[used[0]], used_features=used)
        self._ratio = ratio

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        low, last = self.used_features
        height, width = sizes[last]
        if sizes[low] != (self._ratio * height, self._ratio * width):
            raise ValueError(
                f"{type(self).__name__} needs feature {low} exactly {self._ratio} times the size of the last: "
                f"it is {sizes[low][0]}x{sizes[low][1]}, the last is {height}x{width}; use a backbone dilated to the "
                "output stride, leave out coarser features, or set output_stride (8: 2 times, 16: 4 times)"
            )


def _three(checks: Checks, rates: Argument[Sequence[int]]) -> tuple[int, ...]:
    given = checks.positives(rates)
    if given is None:
        return ()
    if len(given) != _RATES:
        checks.refuse(rates.path, f"needs {_RATES} dilations, got {len(given)}")
    return given


def _ends(checks: Checks, pyramid: Pyramid, ratio: int) -> tuple[int, int]:
    """Return the indices of DeepLabV3+'s two features, and note a mismatch between them."""
    low, last = max(0, _LOW_LEVEL - len(pyramid.placeholders)), len(pyramid.channels) - 1
    if low >= last:
        checks.refuse(
            "channels",
            "needs a pyramid with a feature of stride 4 or more and a coarser one, such as (64, 128, 256, 512) at "
            f"strides (4, 8, 16, 16); got {pyramid}",
        )
    elif not pyramid.assumed and pyramid.strides[last] != ratio * pyramid.strides[low]:
        checks.refuse(
            "strides",
            f"needs the last stride to be {ratio} times that of feature {low}, such as (4, 8, 16, 16) with "
            f"output_stride=16 or (4, 8, 8, 8) with output_stride=8; got {pyramid.strides}",
        )
    return low, last
