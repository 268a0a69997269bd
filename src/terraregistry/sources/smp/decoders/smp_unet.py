"""Unet, Unet++, MAnet and Linknet of segmentation-models-pytorch: U-shaped decoders that go up to the image."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - read at run time

from segmentation_models_pytorch.decoders.linknet.decoder import LinknetDecoder
from segmentation_models_pytorch.decoders.manet.decoder import MAnetDecoder
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder

from terraregistry.sources.smp.smp_checks import AttentionType, Interpolation, Norm  # noqa: TC001 - read at run time
from terraregistry.sources.smp.smp_decoder import DoublingDecoder, SmpDecoder

__all__ = ["Linknet", "MAnet", "Unet", "UnetPlusPlus"]


class Unet(SmpDecoder):
    """smp's Unet: upsamples step by step, each step fused with the feature of its size (arXiv:1505.04597).

    Takes any pyramid of one or more features, since it resizes to the size of each: also features of one size, as
    plain vision transformers have them. The result has the size of the image, `(B, decoder_channels[-1], H, W)`. A
    feature at stride 1 takes the place of smp's image, unused by the decoder.

    Args:
        decoder_channels: The channels of each block, from the coarsest up. Without it smp's (256, 128, 64, 32, 16):
            as many from the front as there are blocks, or with more 256 in front.
        attention_type: An attention module in each block; a block then needs 16 channels or more.
        add_center_block: If True, two more convolutions follow the coarsest feature.

    >>> decoder = Unet([32, 64, 128, 256])
    >>> decoder.out_channels, decoder.reduction
    (16, 1)
    """

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
        super().__init__("Unet", UnetDecoder, locals())


class UnetPlusPlus(DoublingDecoder):
    """smp's Unet++: a Unet with dense skip connections (arXiv:1807.10165).

    Takes a pyramid with each stride twice the one before, and sizes that double exactly. The result has the size of the
    image, `(B, decoder_channels[-1], H, W)`, if the first stride is 4 or less; for a coarser pyramid it is four times as
    large as the first feature, since smp's decoder bears no more than two placeholders. A feature at stride 1 takes the
    place of smp's image, unused by the decoder.

    Args:
        decoder_channels: The channels of each block, from the coarsest up. Without it smp's (256, 128, 64, 32, 16):
            as many from the front as there are blocks, or with more 256 in front.
        attention_type: An attention module in each block; a block then needs 16 channels or more.
        center: If True, two more convolutions follow the coarsest feature.
    """

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
        super().__init__("UnetPlusPlus", UnetPlusPlusDecoder, locals())


class MAnet(DoublingDecoder):
    """smp's MAnet: a Unet with attention between positions and between scales (Fan et al., IEEE Access 2020).

    Takes a pyramid with each stride twice the one before, and sizes that double exactly. The result has the size of the
    image, `(B, decoder_channels[-1], H, W)`. Attention between positions takes memory by the square of the number of
    positions of the coarsest feature. A feature at stride 1 takes the place of smp's image, unused by the decoder.

    Args:
        decoder_channels: The channels of each block, from the coarsest up. Without it smp's (256, 128, 64, 32, 16):
            as many from the front as there are blocks, or with more 256 in front.
        reduction: The divisor of a feature's channels in the attention between scales.
        pab_channels: The channels for the comparison of positions.
    """

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
        super().__init__("MAnet", MAnetDecoder, locals())


class Linknet(DoublingDecoder):
    """smp's Linknet: features are added on the way up, not concatenated; light and fast (arXiv:1707.03718).

    Takes a pyramid of features of 4 channels or more, each stride twice the one before, with sizes that double exactly.
    The result has the size of the image, `(B, prefinal_channels, H, W)`. A feature at stride 1 takes the place of smp's
    image, unused by the decoder.

    Args:
        prefinal_channels: The channels of the result.
    """

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
        super().__init__("Linknet", LinknetDecoder, locals())
