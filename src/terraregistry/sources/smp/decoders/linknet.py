"""Linknet of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final

from segmentation_models_pytorch.decoders.linknet.decoder import LinknetDecoder

from terraregistry.sources.smp.decoder_options import Norm  # noqa: TC001 - read at run time
from terraregistry.sources.smp.decoders.smp_blocks import read_u_shape
from terraregistry.sources.smp.doubling import check_sizes_double, check_strides_double
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["Linknet"]

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
