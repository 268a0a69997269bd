"""PAN of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from segmentation_models_pytorch.decoders.pan.decoder import PANDecoder

from terraregistry.sources.smp.decoder_options import Interpolation  # noqa: TC001 - read at run time
from terraregistry.sources.smp.pyramid import read_pyramid, up_to_quarter
from terraregistry.sources.smp.smp_checks import Argument, Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["PAN"]

_FIRST_USED: Final = 2  # entry of smp's list
_DEPTHS: Final[dict[int, Literal[3, 4, 5]]] = {2: 3, 3: 4, 4: 5}  # of smp, by the number of features used
_SMALLEST: Final = 8  # the last feature is halved three times


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
