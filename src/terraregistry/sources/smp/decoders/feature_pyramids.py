"""FPN, PAN and UPerNet of segmentation-models-pytorch: decoders by a feature pyramid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final, Literal, get_args

from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder
from segmentation_models_pytorch.decoders.pan.decoder import PANDecoder
from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder

from terraregistry.sources.smp.decoder_options import Interpolation, MergePolicy, Norm
from terraregistry.sources.smp.decoders.smp_blocks import check_sizes_double, check_strides_double
from terraregistry.sources.smp.pyramid import read_pyramid, up_to_quarter
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["FPN", "PAN", "UPerNet"]

_LEVELS: Final = 4
_GROUPS: Final = 32  # of the group norms that smp puts behind each convolution
_FIRST_USED: Final = 2  # entry of smp's list
_DEPTHS: Final[dict[int, Literal[3, 4, 5]]] = {2: 3, 3: 4, 4: 5}  # of smp, by the number of features used
_SMALLEST: Final = 8  # the last feature is halved three times


class FPN(SmpDecoder):
    """smp's FPN: a feature pyramid network for segmentation (arXiv:1901.02446).

    Takes four features or more and uses the last four: each stride of these is twice the one before, and the sizes
    double exactly. The result has the size of the first of the four, `(B, out_channels, H, W)`.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Taken as by the other decoders; this one is handed the features as they are in any case.
        pyramid_channels: The channels of the pyramid.
        segmentation_channels: The channels contributed by each level, a multiple of 32.
        dropout: The probability of zeroing a channel of the result in training.
        merge_policy: "add" for the sum of the levels; "cat" for their concatenation, with four times the channels.
        interpolation_mode: How the pyramid is upsampled.
        decoder_pyramid_channels: Another name for `pyramid_channels`.
        decoder_segmentation_channels: Another name for `segmentation_channels`.
        decoder_dropout: Another name for `dropout`.
        decoder_merge_policy: Another name for `merge_policy`.
        decoder_interpolation: Another name for `interpolation_mode`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "decoder_pyramid_channels": "pyramid_channels",
            "decoder_segmentation_channels": "segmentation_channels",
            "decoder_dropout": "dropout",
            "decoder_merge_policy": "merge_policy",
            "decoder_interpolation": "interpolation_mode",
        }
    )

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,  # noqa: ARG002 - smp drops none here, and configs may say so of every decoder
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
        checks = Checks(type(self).__name__)
        inner = checks.positive(
            either("pyramid_channels", pyramid_channels, "decoder_pyramid_channels", decoder_pyramid_channels)
        )
        segmentation = either(
            "segmentation_channels",
            segmentation_channels,
            "decoder_segmentation_channels",
            decoder_segmentation_channels,
        )
        outer = checks.positive(segmentation)
        if outer % _GROUPS:
            checks.refuse(segmentation.path, f"must be a multiple of {_GROUPS}, the groups of its norms, got {outer}")
        rate = checks.fraction(either("dropout", dropout, "decoder_dropout", decoder_dropout))
        policy: Argument[MergePolicy] = either(
            "merge_policy", merge_policy, "decoder_merge_policy", decoder_merge_policy
        )
        checks.choice(policy, get_args(MergePolicy))
        mode = checks.interpolation(
            either("interpolation_mode", interpolation_mode, "decoder_interpolation", decoder_interpolation)
        )
        pyramid = read_pyramid(checks, channels, strides)
        used = pyramid.from_entry(len(pyramid.channels) - _LEVELS)
        if len(used) < _LEVELS:
            checks.refuse("channels", f"needs a pyramid of {_LEVELS} features or more, got {pyramid}")
        check_strides_double(checks, pyramid, used[0])
        checks.finish()
        decoder = FPNDecoder(
            encoder_channels=pyramid.smp_channels,
            encoder_depth=pyramid.depth,
            pyramid_channels=inner,
            segmentation_channels=outer,
            dropout=rate,
            merge_policy=policy.value,
            interpolation_mode=mode,
        )
        super().__init__(
            decoder,
            pyramid,
            out_channels=decoder.out_channels,
            reduction=pyramid.strides[-_LEVELS],
            used_features=used,
        )

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        check_sizes_double(type(self).__name__, sizes, self.used_features)


class PAN(SmpDecoder):
    """smp's PAN: a pyramid attention network (arXiv:1805.10180).

    Takes two to four features of stride 4 or more, of any strides and sizes, but for the last, of at least 8 pixels in
    height and width: 128 x 128 pixels of image at stride 16. Features finer than stride 4 may stand in front
    and are not used. The result has the size of the first feature used, `(B, decoder_channels, H, W)`. In training a
    batch needs two images or more, since one branch normalises maps of one pixel.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first two: for
            checkpoints made that way.
        decoder_channels: The channels of the result.
        interpolation_mode: How maps are upsampled.
        decoder_interpolation: Another name for `interpolation_mode`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType({"decoder_interpolation": "interpolation_mode"})

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
        checks = Checks(type(self).__name__)
        width = checks.positive(Argument("decoder_channels", decoder_channels))
        mode = checks.interpolation(
            either("interpolation_mode", interpolation_mode, "decoder_interpolation", decoder_interpolation)
        )
        pyramid = read_pyramid(checks, channels, strides)
        if not drop_first_features:
            pyramid = pyramid.behind(up_to_quarter(pyramid.strides))
        used = pyramid.from_entry(_FIRST_USED)
        if len(used) not in _DEPTHS:
            place = "after the first two" if drop_first_features else "of stride 4 or more"
            checks.stop("channels", f"needs a pyramid with two to four features {place}, got {pyramid}")
        checks.finish()
        decoder = PANDecoder(
            encoder_channels=pyramid.smp_channels,
            encoder_depth=_DEPTHS[len(used)],
            decoder_channels=width,
            interpolation_mode=mode,
        )
        super().__init__(decoder, pyramid, out_channels=width, reduction=pyramid.strides[used[0]], used_features=used)

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
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first two: for
            checkpoints made that way.
        decoder_channels: The channels of the result.
        use_norm: The normalisation of each convolution.
        decoder_use_norm: Another name for `use_norm`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType({"decoder_use_norm": "use_norm"})

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
        checks = Checks(type(self).__name__)
        norm = checks.norm(either("use_norm", use_norm, "decoder_use_norm", decoder_use_norm))
        width = checks.positive(Argument("decoder_channels", decoder_channels))
        pyramid = read_pyramid(checks, channels, strides)
        if not drop_first_features:
            pyramid = pyramid.behind(up_to_quarter(pyramid.strides))
        used = pyramid.from_entry(_FIRST_USED)
        if len(used) < 2:
            place = "after the first two" if drop_first_features else "of stride 4 or more"
            checks.stop("channels", f"needs a pyramid with two or more features {place}, got {pyramid}")
        checks.finish()
        decoder = UPerNetDecoder(
            encoder_channels=pyramid.smp_channels,
            encoder_depth=pyramid.depth,
            decoder_channels=width,
            use_norm=norm,
        )
        super().__init__(decoder, pyramid, out_channels=width, reduction=pyramid.strides[used[0]], used_features=used)
