"""Unet and Unet++ of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final

from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder

from terraregistry.sources.smp.decoder_options import AttentionType, Interpolation, Norm  # noqa: TC001 - read at run time
from terraregistry.sources.smp.decoders.smp_blocks import (
    block_channels,
    check_scse,
    check_sizes_double,
    check_strides_double,
    coarsest_block,
    read_u_shape,
)
from terraregistry.sources.smp.smp_checks import Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["Unet", "UnetPlusPlus"]

_NAMES: Final = MappingProxyType(
    {
        "decoder_use_norm": "use_norm",
        "decoder_attention_type": "attention_type",
        "decoder_interpolation": "interpolation_mode",
    }
)


class Unet(SmpDecoder):
    """smp's Unet: upsamples step by step, each step fused with the feature of its size (arXiv:1505.04597).

    Takes any pyramid of one or more features, since it resizes to the size of each: also features of one size, as
    plain vision transformers have them. The result has the size of the image, `(B, decoder_channels[-1], H, W)`. A
    feature at stride 1 takes the place of smp's image, unused by the decoder.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first: for
            checkpoints made that way. The result then has the size of the first feature.
        decoder_channels: The channels of each block, from the coarsest up. Without it smp's (256, 128, 64, 32, 16):
            as many from the front as there are blocks, or with more 256 in front.
        use_norm: The normalisation of each convolution.
        attention_type: An attention module in each block; a block then needs 16 channels or more.
        add_center_block: If True, two more convolutions follow the coarsest feature.
        interpolation_mode: How maps are upsampled.
        decoder_use_norm: Another name for `use_norm`.
        decoder_attention_type: Another name for `attention_type`.
        decoder_interpolation: Another name for `interpolation_mode`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.

    >>> decoder = Unet([32, 64, 128, 256])
    >>> decoder.out_channels, decoder.reduction
    (16, 1)
    """

    model_names: ClassVar[Mapping[str, str]] = _NAMES

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        decoder_channels: Sequence[int] | None = None,
        use_norm: Norm = "batchnorm",
        attention_type: AttentionType | None = None,
        add_center_block: bool = False,
        interpolation_mode: Interpolation = "nearest",
        decoder_use_norm: Norm | None = None,
        decoder_attention_type: AttentionType | None = None,
        decoder_interpolation: Interpolation | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        norm = checks.norm(either("use_norm", use_norm, "decoder_use_norm", decoder_use_norm))
        attention = either("attention_type", attention_type, "decoder_attention_type", decoder_attention_type)
        checks.choice(attention, (None, "scse"))
        mode = checks.interpolation(
            either("interpolation_mode", interpolation_mode, "decoder_interpolation", decoder_interpolation)
        )
        pyramid = read_u_shape(checks, channels, strides, drop_first_features=drop_first_features)
        widths = block_channels(checks, decoder_channels, pyramid)
        if attention.value == "scse":
            check_scse(checks, attention.path, [coarsest_block(pyramid), *widths])
        checks.finish()
        decoder = UnetDecoder(
            encoder_channels=pyramid.smp_channels,
            decoder_channels=widths,
            n_blocks=pyramid.depth,
            use_norm=norm,
            attention_type=attention.value,
            add_center_block=add_center_block,
            interpolation_mode=mode,
        )
        super().__init__(
            decoder,
            pyramid,
            out_channels=widths[-1],
            reduction=pyramid.output_stride,
            used_features=pyramid.from_entry(1),
        )


class UnetPlusPlus(SmpDecoder):
    """smp's Unet++: a Unet with dense skip connections (arXiv:1807.10165).

    Takes a pyramid with each stride twice the one before, and sizes that double exactly. The result has the size of the
    image, `(B, decoder_channels[-1], H, W)`, if the first stride is 4 or less; for a coarser pyramid it is four times as
    large as the first feature, since smp's decoder bears no more than two placeholders. A feature at stride 1 takes the
    place of smp's image, unused by the decoder.

    Args:
        channels: The channels of each feature, from the finest to the coarsest.
        strides: The stride of each feature in input pixels. Without it the last is taken as 32 and each before it as
            half.
        drop_first_features: Hand the features to smp without placeholders; smp then ignores the first: for
            checkpoints made that way. The result then has the size of the first feature.
        decoder_channels: The channels of each block, from the coarsest up. Without it smp's (256, 128, 64, 32, 16):
            as many from the front as there are blocks, or with more 256 in front.
        use_norm: The normalisation of each convolution.
        attention_type: An attention module in each block; a block then needs 16 channels or more.
        interpolation_mode: How maps are upsampled.
        center: If True, two more convolutions follow the coarsest feature.
        decoder_use_norm: Another name for `use_norm`.
        decoder_attention_type: Another name for `attention_type`.
        decoder_interpolation: Another name for `interpolation_mode`.

    Raises:
        InvalidArgumentsError: The arguments do not fit; every problem is listed.
    """

    model_names: ClassVar[Mapping[str, str]] = _NAMES

    def __init__(
        self,
        channels: Sequence[int],
        *,
        strides: Sequence[int] | None = None,
        drop_first_features: bool = False,
        decoder_channels: Sequence[int] | None = None,
        use_norm: Norm = "batchnorm",
        attention_type: AttentionType | None = None,
        interpolation_mode: Interpolation = "nearest",
        center: bool = False,
        decoder_use_norm: Norm | None = None,
        decoder_attention_type: AttentionType | None = None,
        decoder_interpolation: Interpolation | None = None,
    ) -> None:
        checks = Checks(type(self).__name__)
        norm = checks.norm(either("use_norm", use_norm, "decoder_use_norm", decoder_use_norm))
        attention = either("attention_type", attention_type, "decoder_attention_type", decoder_attention_type)
        checks.choice(attention, (None, "scse"))
        mode = checks.interpolation(
            either("interpolation_mode", interpolation_mode, "decoder_interpolation", decoder_interpolation)
        )
        pyramid = read_u_shape(
            checks, channels, strides, drop_first_features=drop_first_features, entries=3, placeholders=2
        )
        check_strides_double(checks, pyramid)
        widths = block_channels(checks, decoder_channels, pyramid)
        if attention.value == "scse":
            dense = [width for width in pyramid.smp_channels[1:-2] if width]
            check_scse(checks, attention.path, [coarsest_block(pyramid), *dense, *widths])
        checks.finish()
        decoder = UnetPlusPlusDecoder(
            encoder_channels=pyramid.smp_channels,
            decoder_channels=widths,
            n_blocks=pyramid.depth,
            use_norm=norm,
            attention_type=attention.value,
            interpolation_mode=mode,
            center=center,
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
