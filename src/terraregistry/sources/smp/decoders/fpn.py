"""FPN of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final, get_args

from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder

from terraregistry.sources.smp.decoder_options import Interpolation, MergePolicy
from terraregistry.sources.smp.doubling import check_sizes_double, check_strides_double
from terraregistry.sources.smp.pyramid import read_pyramid
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["FPN"]

_LEVELS: Final = 4
_GROUPS: Final = 32  # of the group norms that smp puts behind each convolution


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
