"""Models that are put together by name: every name and argument here is checked before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import terraregistry
from downstream.decoders import SumDecoder  # noqa: TC001 - importing the module registers its decoders
from downstream.heads import HEADS
from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY

if TYPE_CHECKING:
    from torch import Tensor

    from downstream.heads import Head

__all__ = ["Segmenter", "decoder_of", "small_segmenter"]

DECODER: Final = "sum"


class Segmenter:
    """A backbone, a decoder and a head in a row.

    Args:
        backbone: The backbone.
        decoder: The decoder.
        head: The head.
    """

    def __init__(self, backbone: terraregistry.Backbone, decoder: terraregistry.Decoder, head: Head) -> None:
        self.backbone: terraregistry.Backbone = backbone
        self.decoder: terraregistry.Decoder = decoder
        self.head: Head = head

    def __call__(self, x: Tensor) -> Tensor:
        """Segment a batch of images, `(B, C, H, W)`, as `(B, classes, H / 2, W / 2)`."""
        return self.head(self.decoder(self.backbone(x)))


def small_segmenter(classes: int) -> Segmenter:
    """Make a segmenter on a small backbone of timm.

    Args:
        classes: The number of classes.
    """
    backbone = BACKBONE_REGISTRY.build("test_resnet", pretrained=False, in_chans=3)
    decoder: SumDecoder = DECODER_REGISTRY.builder(DECODER)(backbone.out_channels, width=32)
    return Segmenter(backbone, decoder, HEADS.build("linear", decoder.out_channels, classes))


def decoder_of(name: str, channels: list[int]) -> terraregistry.Decoder:
    """Build a decoder whose name is only known when the program runs.

    Args:
        name: The name.
        channels: The channels of each feature.
    """
    neck = NECK_REGISTRY.validate("SelectIndices", channels, [0, -1]).build()
    return DECODER_REGISTRY.build(name, neck.process_channel_list(channels))
