"""The twelve decoders of segmentation-models-pytorch, built straight from a list of channels."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from terraregistry.sources.smp.decoders.deeplab import DeepLabV3, DeepLabV3Plus
from terraregistry.sources.smp.decoders.dpt import DPT
from terraregistry.sources.smp.decoders.fpn import FPN
from terraregistry.sources.smp.decoders.linknet import Linknet
from terraregistry.sources.smp.decoders.manet import MAnet
from terraregistry.sources.smp.decoders.pan import PAN
from terraregistry.sources.smp.decoders.pspnet import PSPNet
from terraregistry.sources.smp.decoders.segformer import Segformer
from terraregistry.sources.smp.decoders.smp_unet import Unet, UnetPlusPlus
from terraregistry.sources.smp.decoders.smp_upernet import UPerNet

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
