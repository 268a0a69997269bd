"""Wrong calls, as people make them: each line that ends with `# wrong` is one, and no other line. Nothing runs them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn

import terraregistry
from terraregistry import (
    BACKBONE_REGISTRY,
    DECODER_REGISTRY,
    FULL_MODEL_REGISTRY,
    MODEL_FACTORY_REGISTRY,
    NECK_REGISTRY,
    SMP_DECODER_REGISTRY,
    TERRATORCH_BACKBONE_REGISTRY,
    TERRATORCH_DECODER_REGISTRY,
    TERRATORCH_NECK_REGISTRY,
    TIMM_BACKBONE_REGISTRY,
    Backbone,
    ComponentSpec,
    Decoder,
    MultiSourceRegistry,
    Neck,
    Source,
)

TYPO: Final = "resnte18"
FEATURES = [torch.zeros(1, 8, 4, 4)]


def names(either: Literal["resnet18", "resnte18"]) -> None:
    BACKBONE_REGISTRY.build("resnte18")  # wrong
    BACKBONE_REGISTRY.build(TYPO)  # wrong
    BACKBONE_REGISTRY.build("timm_resnte18", in_chans=6)  # wrong
    BACKBONE_REGISTRY.build("tim_resnet18")  # wrong
    BACKBONE_REGISTRY.build("ResNet18")  # wrong
    BACKBONE_REGISTRY.build("resnet-18")  # wrong
    BACKBONE_REGISTRY.build("")  # wrong
    BACKBONE_REGISTRY.build("resnet18.a1_in2k")  # wrong
    BACKBONE_REGISTRY.build("FCNDecoder")  # wrong
    DECODER_REGISTRY.build("resnet18")  # wrong
    DECODER_REGISTRY.build("FCNDecodr", [8])  # wrong
    DECODER_REGISTRY.build("fcn_decoder", [8])  # wrong
    TERRATORCH_DECODER_REGISTRY.build("terratorch_FCNDecoder", [8])  # wrong
    TIMM_BACKBONE_REGISTRY.build("timm_resnet18")  # wrong
    TERRATORCH_BACKBONE_REGISTRY.build("resnet18")  # wrong
    TERRATORCH_NECK_REGISTRY.build("SelectIndexes", [8], [0])  # wrong
    SMP_DECODER_REGISTRY.build("UNet", [8, 16, 32, 64])  # wrong
    NECK_REGISTRY.build("SelectIndex", [8], [0])  # wrong
    MODEL_FACTORY_REGISTRY.build("EncoderDecoder")  # wrong
    FULL_MODEL_REGISTRY.build("prithvi")  # wrong
    terraregistry.BACKBONE_REGISTRY.build("resnte18")  # wrong
    BACKBONE_REGISTRY["timm"].build("resnte18")  # wrong
    BACKBONE_REGISTRY.build(either)  # wrong
    BACKBONE_REGISTRY.build(3)  # wrong
    BACKBONE_REGISTRY.build()  # wrong
    BACKBONE_REGISTRY.build(None)  # wrong
    BACKBONE_REGISTRY.build(["resnet18"])  # wrong
    BACKBONE_REGISTRY.validate("resnte18")  # wrong
    DECODER_REGISTRY.validate("FCNDecodr", [8])  # wrong
    print(BACKBONE_REGISTRY.build("resnte18").out_channels)  # wrong


def arguments(width: str, options: dict[str, Any]) -> None:
    BACKBONE_REGISTRY.build("resnet18", in_chan=6)  # wrong
    BACKBONE_REGISTRY.build("timm_resnet18", drop_raet=0.1)  # wrong
    BACKBONE_REGISTRY.build("resnet18", in_chan=6, **options)  # wrong
    BACKBONE_REGISTRY.build("resnet18", img_size=224)  # wrong
    BACKBONE_REGISTRY.build("resnet18.a1_in1k", pretrain=True)  # wrong
    BACKBONE_REGISTRY.build("resnet18", in_chans="6")  # wrong
    BACKBONE_REGISTRY.build("resnet18", in_chans=width)  # wrong
    BACKBONE_REGISTRY.build("resnet18", in_chans=[6])  # wrong
    BACKBONE_REGISTRY.build("resnet18", in_chans=6.5)  # wrong
    BACKBONE_REGISTRY.build("resnet18", pretrained="yes")  # wrong
    BACKBONE_REGISTRY.build("resnet18", drop_rate="0.1")  # wrong
    BACKBONE_REGISTRY.build("resnet18", out_indices="0")  # wrong
    BACKBONE_REGISTRY.build("resnet18", "yes")  # wrong
    BACKBONE_REGISTRY.build("vit_tiny_patch16_224", output_stride=8)  # wrong
    BACKBONE_REGISTRY.build("vit_tiny_patch16_224", dept=2)  # wrong
    BACKBONE_REGISTRY.build("prithvi_eo_v2_300", num_frame=3)  # wrong
    BACKBONE_REGISTRY.build("prithvi_eo_v2_300", num_frames="3")  # wrong
    TIMM_BACKBONE_REGISTRY.build("resnet18", in_chan=6)  # wrong
    BACKBONE_REGISTRY["timm"].build("resnet18", in_chan=6)  # wrong
    DECODER_REGISTRY.build("FCNDecoder")  # wrong
    DECODER_REGISTRY.build("FCNDecoder", channels=8)  # wrong
    DECODER_REGISTRY.build("FCNDecoder", 8)  # wrong
    DECODER_REGISTRY.build("FCNDecoder", "8")  # wrong
    DECODER_REGISTRY.build("FCNDecoder", ["8"])  # wrong
    DECODER_REGISTRY.build("FCNDecoder", [8], num_conv=2)  # wrong
    DECODER_REGISTRY.build("FCNDecoder", [8], channels="8")  # wrong
    DECODER_REGISTRY.build("FCNDecoder", [8], 8, 2, -1, True)  # wrong
    DECODER_REGISTRY.build("FCNDecoder", [8], embed_dim=[8])  # wrong
    DECODER_REGISTRY.build("UNetDecoder", [8, 16], channels=8)  # wrong
    DECODER_REGISTRY.build("smp_Unet", [8, 16, 32, 64], decoder_chanels=[8])  # wrong
    NECK_REGISTRY.build("SelectIndices", [8, 16])  # wrong
    NECK_REGISTRY.build("SelectIndices", [8, 16], index=[0])  # wrong
    NECK_REGISTRY.build("MaxpoolToPyramidal", [8, 16], scale=2)  # wrong
    MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory", 1)  # wrong
    BACKBONE_REGISTRY.validate("resnet18", in_chan=6)  # wrong
    BACKBONE_REGISTRY.validate("resnet18", in_chans="6")  # wrong
    DECODER_REGISTRY.validate("FCNDecoder")  # wrong
    DECODER_REGISTRY.validate("FCNDecoder", [8], num_conv=2)  # wrong
    print(DECODER_REGISTRY.build("FCNDecoder", [8], num_conv=2).out_channels)  # wrong


def products(name: str) -> None:
    decoder: Decoder = BACKBONE_REGISTRY.build("resnet18")  # wrong
    backbone: Backbone = DECODER_REGISTRY.build("FCNDecoder", [8])  # wrong
    neck: Neck = BACKBONE_REGISTRY.build(name)  # wrong
    channels: int = BACKBONE_REGISTRY.build("resnet18").out_channels  # wrong
    width: list[int] = DECODER_REGISTRY.build("FCNDecoder", [8]).out_channels  # wrong
    made: Tensor = BACKBONE_REGISTRY.build(name)(torch.zeros(1, 3, 64, 64))  # wrong
    spec: ComponentSpec[Decoder] = BACKBONE_REGISTRY.validate("resnet18")  # wrong
    later: Decoder = BACKBONE_REGISTRY.validate(name).build()  # wrong
    takes_decoder(BACKBONE_REGISTRY.build("resnet18"))  # wrong
    DECODER_REGISTRY.build("FCNDecoder", [8])(FEATURES[0])  # wrong
    BACKBONE_REGISTRY.build("resnet18")(FEATURES)  # wrong
    text: str = BACKBONE_REGISTRY.build("resnet18")  # wrong
    number: int = BACKBONE_REGISTRY.build(name)  # wrong
    print(decoder, backbone, neck, channels, width, made, spec, later, text, number)


def takes_decoder(decoder: Decoder) -> int:
    return decoder.out_channels


def builders(either: Literal["FCNDecoder", "UperNetDecoder"]) -> None:
    BACKBONE_REGISTRY.builder("resnte18")()  # wrong
    BACKBONE_REGISTRY.builder(TYPO)(in_chans=6)  # wrong
    BACKBONE_REGISTRY.builder("FCNDecoder")([8])  # wrong
    BACKBONE_REGISTRY.builder("resnte18").validate()  # wrong
    BACKBONE_REGISTRY.builder("resnet18")(in_chan=6)  # wrong
    BACKBONE_REGISTRY.builder("resnet18")(in_chans="6")  # wrong
    BACKBONE_REGISTRY.builder("resnet18").validate(in_chan=6)  # wrong
    BACKBONE_REGISTRY["timm"].builder("resnet18")(in_chan=6)  # wrong
    DECODER_REGISTRY.builder("FCNDecoder")()  # wrong
    DECODER_REGISTRY.builder("FCNDecoder")(["8"])  # wrong
    DECODER_REGISTRY.builder("FCNDecoder")([8], 8, 2, -1, True)  # wrong
    DECODER_REGISTRY.builder("FCNDecoder").validate()  # wrong
    NECK_REGISTRY.builder("SelectIndices")([8, 16])  # wrong
    decoder: Decoder = BACKBONE_REGISTRY.builder("resnet18")()  # wrong
    make: Callable[..., Decoder] = BACKBONE_REGISTRY.builder("resnet18")  # wrong
    BACKBONE_REGISTRY.builder()  # wrong
    BACKBONE_REGISTRY.builder(3)  # wrong
    print(decoder, make, either)


def constructors() -> None:
    BACKBONE_REGISTRY.find_class("resnte18")()  # wrong
    BACKBONE_REGISTRY.find_class("resnet18")(in_chan=6)  # wrong
    DECODER_REGISTRY.find_class("FCNDecoder")()  # wrong
    TERRATORCH_DECODER_REGISTRY["FCNDecodr"]([8])  # wrong
    TERRATORCH_DECODER_REGISTRY["FCNDecoder"]([8], num_conv=2)  # wrong
    DECODER_REGISTRY["terratorch"]["FCNDecoder"]("8")  # wrong
    DECODER_REGISTRY[3]  # wrong
    constructor: Callable[..., Decoder] = DECODER_REGISTRY.find_class("FCNDecodr")  # wrong
    inspect.signature(DECODER_REGISTRY.find_class("FCNDecodr"))  # wrong
    isinstance(constructor, TERRATORCH_DECODER_REGISTRY["FCNDecodr"])  # wrong


def sources() -> None:
    BACKBONE_REGISTRY["tim"].build("resnet18")  # wrong
    BACKBONE_REGISTRY["timm"]["resnte18"]()  # wrong
    DECODER_REGISTRY["timm"].build("resnet18")  # wrong
    source: Source[Decoder] = DECODER_REGISTRY["spm"]  # wrong
    print("Unet" in DECODER_REGISTRY["smpp"], source)  # wrong
    MultiSourceRegistry[Decoder](own=DECODER_REGISTRY["terratorh"])  # wrong


class Model(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.backbone = BACKBONE_REGISTRY.build("resnet18", in_chan=6)  # wrong
        self.decoder = DECODER_REGISTRY.build("FCNDecoder", self.backbone.out_channels, num_conv=2)  # wrong
        self.any = BACKBONE_REGISTRY.build(name, anything=1)
