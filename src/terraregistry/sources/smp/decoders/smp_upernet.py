"""UPerNet of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final

from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder

from terraregistry.sources.smp.decoder_options import Norm  # noqa: TC001 - read at run time
from terraregistry.sources.smp.pyramid import read_pyramid, up_to_quarter
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["UPerNet"]

_FIRST_USED: Final = 2  # entry of smp's list


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
