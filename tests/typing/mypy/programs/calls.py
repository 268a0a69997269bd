"""Every way of naming a component, right and wrong."""

from collections.abc import Callable
from typing import Any, Final, Literal, assert_type

from torch import nn

import terraregistry
from terraregistry import (
    BACKBONE_REGISTRY,
    DECODER_REGISTRY,
    MODEL_FACTORY_REGISTRY,
    NECK_REGISTRY,
    TERRATORCH_DECODER_REGISTRY as OWN,
    ComponentSpec,
    Decoder,
    DecoderModule,
    MultiSourceRegistry,
    Registry,
)
from terraregistry import registry as other_home
from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.components.decoders.unet import UNetDecoder
from terraregistry.components.decoders.upernet import UperNetDecoder
from terraregistry.library_types import DecoderRegistry
from terraregistry.registry import Builder
from terraregistry.sources.timm.backbone import TimmBackbone

NAME: Final = "FCNDecoder"
WRONG: Final = "FCNDecodr"
some = "FCNDecoder"  # may be assigned another name later

# -- names --
assert_type(DECODER_REGISTRY.build("FCNDecoder", [1, 2]), FCNDecoder)
assert_type(DECODER_REGISTRY.build("terratorch_FCNDecoder", [1, 2]), FCNDecoder)
assert_type(terraregistry.DECODER_REGISTRY.build(NAME, [1, 2]), FCNDecoder)
assert_type(other_home.DECODER_REGISTRY.build(NAME, embed_dim=[1, 2]), FCNDecoder)
assert_type(DECODER_REGISTRY.build(some, anything=1), DecoderModule)
assert_type(DECODER_REGISTRY.validate(some, anything=1).build(), DecoderModule)
assert_type(DECODER_REGISTRY.builder(some)(anything=1), DecoderModule)
module: nn.Module = DECODER_REGISTRY.build(some)
covariant: ComponentSpec[Decoder] = DECODER_REGISTRY.validate("FCNDecoder", [1])
assert_type(BACKBONE_REGISTRY.build("resnet18.a1_in1k", True), TimmBackbone)
DECODER_REGISTRY.build(WRONG, [1, 2])  # E: DECODER_REGISTRY has no component "FCNDecodr"; did you mean "FCNDecoder"?  [unknown-component]
OWN.build("terratorch_FCNDecoder", [1])  # E: TERRATORCH_DECODER_REGISTRY has no component "terratorch_FCNDecoder"; did you mean "FCNDecoder"?  [unknown-component]
DECODER_REGISTRY.build("resnet18")  # E: DECODER_REGISTRY has no component "resnet18"; BACKBONE_REGISTRY has  [unknown-component]
NECK_REGISTRY.validate("zzz")  # E: NECK_REGISTRY has no component "zzz"  [unknown-component]


def of(name: Literal["FCNDecoder"], either: Literal["FCNDecoder", "UNetDecoder"], mixed: Literal["FCNDecoder", "UnetDecoder"]) -> None:
    assert_type(DECODER_REGISTRY.build(name, [1]), FCNDecoder)
    assert_type(DECODER_REGISTRY.build(either, [1], channels=[2]), FCNDecoder | UNetDecoder)
    DECODER_REGISTRY.build(mixed)  # E: DECODER_REGISTRY has no component "UnetDecoder"; did you mean "UNetDecoder", "Unet" or "terratorch_UNetDecoder"?  [unknown-component]


def within(registry: DecoderRegistry, any_decoders: Registry[Decoder], many: MultiSourceRegistry[Decoder]) -> None:
    assert_type(registry.build("FCNDecoder", [1]), FCNDecoder)
    assert_type(any_decoders.build("FCNDecodr", 1), Decoder)
    assert_type(many.build("FCNDecodr", 1), Decoder)


def of_several(either: Literal["FCNDecoder", "UNetDecoder"]) -> None:
    DECODER_REGISTRY.build(either, [1], num_convs=2)  # one of them has it
    DECODER_REGISTRY.build(either, [1], num_conv=2)  # E: Unexpected keyword argument "num_conv" for "FCNDecoder or UNetDecoder"; did you mean "num_convs"?  [call-arg]
    DECODER_REGISTRY.build(either, "1")  # E: Argument 2 to "FCNDecoder or UNetDecoder" has incompatible type "str"; expected "list[int]"  [arg-type]
    DECODER_REGISTRY.build(either)  # E: Missing positional argument "embed_dim" in call to "FCNDecoder or UNetDecoder"  [call-arg]


def unpacked(values: list[Any], numbers: dict[str, int], data: dict[str, bytes], anything: dict[str, Any]) -> None:
    DECODER_REGISTRY.build("FCNDecoder", [1], **numbers)
    DECODER_REGISTRY.build("FCNDecoder", [1], channels=8, **numbers)
    DECODER_REGISTRY.builder("FCNDecoder")([1], **numbers)
    DECODER_REGISTRY.build("FCNDecoder", *values, **anything)
    BACKBONE_REGISTRY.build("resnet18", **{"in_chans": 3})
    BACKBONE_REGISTRY.validate("resnet18", **{"in_chans": 3, "drop_rate": 0.1})
    NECK_REGISTRY.build("SelectIndices", *values, indices=[0])
    NECK_REGISTRY.builder("SelectIndices")(*values, indices=[0])
    DECODER_REGISTRY.build("FCNDecoder", [1], **data)  # E: Argument 3 to "FCNDecoder" has incompatible type "**dict[str, bytes]"; no parameter takes such a value  [arg-type]
    DECODER_REGISTRY.builder("FCNDecoder")([1], **data)  # E: Argument 2 to "__call__" of "Builder" has incompatible type "**dict[str, bytes]"; no parameter takes such a value  [arg-type]
    DECODER_REGISTRY.build("FCNDecoder", [1], channels="8", **numbers)  # E: Argument "channels" to "FCNDecoder" has incompatible type "str"; expected "int"  [arg-type]


# -- arguments --
DECODER_REGISTRY.build("FCNDecoder")  # E: Missing positional argument "embed_dim" in call to "FCNDecoder"  [call-arg]
DECODER_REGISTRY.build("FCNDecoder", [1], num_conv=2)  # E: Unexpected keyword argument "num_conv" for "FCNDecoder"; did you mean "num_convs"?  [call-arg]
DECODER_REGISTRY.build("FCNDecoder", [1], embed_dim=[1])  # E: "FCNDecoder" gets multiple values for keyword argument "embed_dim"  [misc]
DECODER_REGISTRY.build("FCNDecoder", ["1"])  # E: List item 0 has incompatible type "str"; expected "int"  [list-item]
DECODER_REGISTRY.build("FCNDecoder", [1], channels="8")  # E: Argument "channels" to "FCNDecoder" has incompatible type "str"; expected "int"  [arg-type]
DECODER_REGISTRY.build("FCNDecoder", [1], 2, 3, 4, 5)  # E: Too many arguments for "FCNDecoder"  [call-arg]
BACKBONE_REGISTRY.build("timm_resnet18", drop_raet=0.1)  # E: Unexpected keyword argument "drop_raet" for "timm_resnet18"; did you mean "drop_rate"?  [call-arg]
MODEL_FACTORY_REGISTRY.build("SMPModelFactory", 1)  # E: Too many arguments for "SMPModelFactory"  [call-arg]

# -- validate, constructors and sources --
assert_type(OWN.validate("FCNDecoder", [1]), ComponentSpec[FCNDecoder])
assert_type(OWN.validate("FCNDecoder", [1]).build(), FCNDecoder)
OWN.validate("FCNDecoder", [1], channel=1)  # E: Unexpected keyword argument "channel" for "FCNDecoder"; did you mean "channels"?  [call-arg]
assert_type(OWN["FCNDecoder"], type[FCNDecoder])
assert_type(DECODER_REGISTRY.find_class("FCNDecoder"), type[FCNDecoder])
assert_type(BACKBONE_REGISTRY.find_class("resnet18")(drop_rate=0.1), TimmBackbone)
BACKBONE_REGISTRY.find_class("resnet18")(drop_raet=0.1)  # E: Unexpected keyword argument "drop_raet" for "resnet18"; did you mean "drop_rate"?  [call-arg]
OWN["FCNDecodr"]  # E: TERRATORCH_DECODER_REGISTRY has no component "FCNDecodr"; did you mean "FCNDecoder"?  [unknown-component]
assert_type(DECODER_REGISTRY["terratorch"].build("FCNDecoder", [1]), FCNDecoder)
BACKBONE_REGISTRY["tim"]  # E: BACKBONE_REGISTRY has no source "tim"; did you mean "timm"?  [unknown-component]

# -- builders --
assert_type(DECODER_REGISTRY.builder("FCNDecoder")([1], num_convs=2), FCNDecoder)
assert_type(DECODER_REGISTRY.builder("FCNDecoder").validate([1]), ComponentSpec[FCNDecoder])
assert_type(BACKBONE_REGISTRY.builder("resnet18.a1_in1k")(drop_rate=0.1), TimmBackbone)
kept: Builder[..., Decoder] = DECODER_REGISTRY.builder(NAME)
taken: Callable[[list[int]], Decoder] = DECODER_REGISTRY.builder(NAME)
DECODER_REGISTRY.builder(WRONG)  # E: DECODER_REGISTRY has no component "FCNDecodr"; did you mean "FCNDecoder"?  [unknown-component]
DECODER_REGISTRY.builder("FCNDecoder")([1], num_conv=2)  # E: Unexpected keyword argument "num_conv" for "__call__" of "Builder"; did you mean "num_convs"?  [call-arg]
DECODER_REGISTRY.builder("FCNDecoder")(["1"])  # E: List item 0 has incompatible type "str"; expected "int"  [list-item]
OWN.builder("FCNDecoder").validate()  # E: Missing positional argument "embed_dim" in call to "validate" of "Builder"  [call-arg]


def of_builders(some: str, either: Literal["FCNDecoder", "UperNetDecoder"], options: dict[str, Any]) -> None:
    assert_type(OWN.builder(either)([1], channels=8), FCNDecoder | UperNetDecoder)
    OWN.builder(either)([1], num_convs=8)  # E: Unexpected keyword argument "num_convs" for "__call__" of "Builder"  [call-arg]
    assert_type(OWN.builder("FCNDecoder")(**options), FCNDecoder)
    OWN.builder(some)(1, anything=2)
