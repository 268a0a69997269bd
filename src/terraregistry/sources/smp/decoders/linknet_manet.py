"""Linknet and MAnet of segmentation-models-pytorch: U-shaped decoders that sum up and that attend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final

from segmentation_models_pytorch.decoders.linknet.decoder import LinknetDecoder
from segmentation_models_pytorch.decoders.manet.decoder import MAnetDecoder

from terraregistry.sources.smp.decoder_options import Interpolation, Norm  # noqa: TC001 - read at run time
from terraregistry.sources.smp.decoders.smp_blocks import (
    block_channels,
    check_sizes_double,
    check_strides_double,
    read_u_shape,
)
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["Linknet", "MAnet"]

_NARROWEST: Final = 4  # each block works in a quarter of the channels that enter it


class Linknet(SmpDecoder):
    """smp's Linknet: features are added on the way up, not concatenated; light and fast (arXiv:1707.03718).

    Takes a pyramid of features of 4 channels or more, each stride twice the one before, with sizes that double exactly.
    The result has the size of the image, `(B, prefinal_channels, H, W)`. A feature at stride 1 takes the place of smp's
    image, unused by the decoder.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first: for
            checkpoints made that way. The result then has the size of the first feature.
        prefinal_channels: The channels of the result.
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
        prefinal_channels: int = 32,
        use_norm: Norm = "batchnorm",
        decoder_use_norm: Norm | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        norm = checks.norm(either("use_norm", use_norm, "decoder_use_norm", decoder_use_norm))
        prefinal = checks.positive(Argument("prefinal_channels", prefinal_channels))
        pyramid = read_u_shape(checks, channels, strides, drop_first_features=drop_first_features)
        used = pyramid.from_entry(1)
        check_strides_double(checks, pyramid)
        if min(pyramid.channels[i] for i in used) < _NARROWEST:
            checks.refuse("channels", f"needs features of at least {_NARROWEST} channels, got {pyramid.channels}")
        checks.finish()
        decoder = LinknetDecoder(
            encoder_channels=pyramid.smp_channels,
            prefinal_channels=prefinal,
            n_blocks=pyramid.depth,
            use_norm=norm,
        )
        super().__init__(decoder, pyramid, out_channels=prefinal, reduction=pyramid.output_stride, used_features=used)

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        check_sizes_double(type(self).__name__, sizes, self.used_features)


class MAnet(SmpDecoder):
    """smp's MAnet: a Unet with attention between positions and between scales (Fan et al., IEEE Access 2020).

    Takes a pyramid with each stride twice the one before, and sizes that double exactly. The result has the size of the
    image, `(B, decoder_channels[-1], H, W)`. Attention between positions takes memory by the square of the number of
    positions of the coarsest feature. A feature at stride 1 takes the place of smp's image, unused by the decoder.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first: for
            checkpoints made that way. The result then has the size of the first feature.
        decoder_channels: The channels of each block, from the coarsest up. Without it smp's (256, 128, 64, 32, 16):
            as many from the front as there are blocks, or with more 256 in front.
        reduction: The divisor of a feature's channels in the attention between scales.
        use_norm: The normalisation of each convolution.
        pab_channels: The channels for the comparison of positions.
        interpolation_mode: How maps are upsampled.
        decoder_use_norm: Another name for `use_norm`.
        decoder_pab_channels: Another name for `pab_channels`.
        decoder_interpolation: Another name for `interpolation_mode`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "decoder_use_norm": "use_norm",
            "decoder_pab_channels": "pab_channels",
            "decoder_interpolation": "interpolation_mode",
        }
    )

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        decoder_channels: Sequence[int] | None = None,
        reduction: int = 16,
        use_norm: Norm = "batchnorm",
        pab_channels: int = 64,
        interpolation_mode: Interpolation = "nearest",
        decoder_use_norm: Norm | None = None,
        decoder_pab_channels: int | None = None,
        decoder_interpolation: Interpolation | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        norm = checks.norm(either("use_norm", use_norm, "decoder_use_norm", decoder_use_norm))
        compared = checks.positive(either("pab_channels", pab_channels, "decoder_pab_channels", decoder_pab_channels))
        divisor = checks.positive(Argument("reduction", reduction))
        mode = checks.interpolation(
            either("interpolation_mode", interpolation_mode, "decoder_interpolation", decoder_interpolation)
        )
        pyramid = read_u_shape(checks, channels, strides, drop_first_features=drop_first_features)
        check_strides_double(checks, pyramid)
        widths = block_channels(checks, decoder_channels, pyramid)
        checks.finish()
        decoder = MAnetDecoder(
            encoder_channels=pyramid.smp_channels,
            decoder_channels=list(widths),
            n_blocks=pyramid.depth,
            reduction=divisor,
            use_norm=norm,
            pab_channels=compared,
            interpolation_mode=mode,
        )
        super().__init__(
            decoder,
            pyramid,
            out_channels=widths[-1],
            reduction=pyramid.output_stride,
            used_features=pyramid.from_entry(1),
        )

    def _check_sizes(self, sizes: list[tuple[int, int]]) -> None:
        check_sizes_double(type(self).__name__, sizes, self.used_features)
