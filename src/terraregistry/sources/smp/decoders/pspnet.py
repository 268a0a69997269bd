"""PSPNet of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from types import MappingProxyType
from typing import ClassVar, Final

from segmentation_models_pytorch.decoders.pspnet.decoder import PSPDecoder

from terraregistry.sources.smp.decoder_options import Norm  # noqa: TC001 - read at run time
from terraregistry.sources.smp.pyramid import read_pyramid
from terraregistry.sources.smp.smp_checks import Checks, either
from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = ["PSPNet"]

_SCALES: Final = 4


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
