"""The twelve decoders of segmentation-models-pytorch, built straight from a list of channels."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from terraregistry.sources.smp.decoders.context import DeepLabV3, DeepLabV3Plus, PSPNet
from terraregistry.sources.smp.decoders.feature_pyramids import FPN, PAN, UPerNet
from terraregistry.sources.smp.decoders.smp_unet import Linknet, MAnet, Unet, UnetPlusPlus
from terraregistry.sources.smp.decoders.transformers import DPT, Segformer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.sources.smp.smp_decoder import SmpDecoder

__all__ = [
    "DPT",
    "FPN",
    "PAN",
    "SMP_DECODERS",
    "DeepLabV3",
    "DeepLabV3Plus",
    "Linknet",
    "MAnet",
    "PSPNet",
    "Segformer",
    "UPerNet",
    "Unet",
    "UnetPlusPlus",
]

SMP_DECODERS: Final[Mapping[str, type[SmpDecoder]]] = MappingProxyType(
    {
        decoder.__name__: decoder
        for decoder in (
            Unet,
            UnetPlusPlus,
            MAnet,
            Linknet,
            FPN,
            PSPNet,
            DeepLabV3,
            DeepLabV3Plus,
            PAN,
            UPerNet,
            Segformer,
            DPT,
        )
    }
)
"""The decoders by the names of smp's models."""
