"""Components that a project registers: what may be registered, and calls of it."""

from __future__ import annotations

from typing import Any, assert_type

from torch import Tensor, nn

from terraregistry import (
    DECODER_REGISTRY,
    MODEL_FACTORY_REGISTRY,
    NECK_REGISTRY,
    TERRATORCH_BACKBONE_REGISTRY,
    TERRATORCH_DECODER_REGISTRY,
    TERRATORCH_NECK_REGISTRY,
    Decoder,
    MultiSourceRegistry,
    Registry,
)

MINE = Registry[Decoder]()
ALL = MultiSourceRegistry[Decoder](mine=MINE, terratorch=TERRATORCH_DECODER_REGISTRY)
ANYTHING = Registry()  # type: ignore[var-annotated]  # of no kind
DECODER_REGISTRY.register_source("mine", MINE)


@TERRATORCH_DECODER_REGISTRY.register
class Flat(nn.Module):
    def __init__(self, channels: list[int], *, depth: int = 2) -> None:
        super().__init__()
        self.out_channels = channels[-1]

    def forward(self, features: list[Tensor]) -> Tensor:
        return features[-1]


@TERRATORCH_DECODER_REGISTRY.register(name="deeper", aliases=("deep",))
class Deeper(Flat):
    pass


@MINE.register
def flat_of(channels: list[int], *, factor: float) -> Flat:
    return Flat([round(each * factor) for each in channels])


@MINE.register(name="wide")
class Wide(Flat):
    def __init__(self, channels: list[int], **options: Any) -> None:
        super().__init__(channels, **options)


MINE.register(Deeper)
MINE.register(Flat, name="flat")

# -- what is registered keeps its type --
assert_type(Flat([1], depth=3), Flat)
assert_type(flat_of([1], factor=2.0), Flat)

# -- and is built by name --
assert_type(DECODER_REGISTRY.build("Flat", [1], depth=3), Flat)
assert_type(DECODER_REGISTRY.build("terratorch_deep", [1]), Deeper)
assert_type(DECODER_REGISTRY.build("mine_wide", [1], whatever=3), Wide)
assert_type(ALL.build("mine_flat_of", [1], factor=2), Flat)
assert_type(ALL.build("terratorch_Flat", [1]), Flat)
assert_type(MINE["Deeper"], type[Deeper])
TERRATORCH_DECODER_REGISTRY.build("Flat", [1], dept=3)  # E: Unexpected keyword argument "dept" for "Flat"; did you mean "depth"?  [call-arg]
MINE.build("flat_of", [1])  # E: Missing named argument "factor" for "flat_of"  [call-arg]
MINE.build("flat_of", [1], factor="2")  # E: Argument "factor" to "flat_of" has incompatible type "str"; expected "float"  [arg-type]
MINE.build("Flat", [1])  # E: MINE has no component "Flat"; did you mean "flat" or "flat_of"?  [unknown-component]
ALL.build("mine_Flatt", [1])  # E: ALL has no component "mine_Flatt"; did you mean "mine_flat"?  [unknown-component]
ALL["main"]  # E: ALL has no source "main"; did you mean "mine" or "terratorch"?  [unknown-component]


# -- what cannot make the kind is no component --
@TERRATORCH_DECODER_REGISTRY.register
class NoDecoder(nn.Module):  # E: Value of type variable "_MakesDecoder" of "register" of "TerratorchDecoderRegistry" cannot be "type[NoDecoder]"  [type-var]
    pass


@MINE.register
class NoDecoderEither(nn.Module):  # E: Value of type variable "C" of function cannot be "type[NoDecoderEither]"  [type-var]
    pass


@TERRATORCH_BACKBONE_REGISTRY.register  # E: Value of type variable "_MakesBackbone" of "register" of "TerratorchBackboneRegistry" cannot be "Callable[[int], Flat]"  [type-var]
def no_backbone(width: int) -> Flat:
    return Flat([width])


@MINE.register  # E: This makes Module, and the registry is of "Decoder"  [type-var]  # N:     out_channels: expected "int", got "Tensor | Module"
def no_decoder(width: int) -> nn.Module:
    return nn.Identity()


TERRATORCH_NECK_REGISTRY.register(Flat)  # E: Value of type variable "_MakesNeck" of "register" of "TerratorchNeckRegistry" cannot be "type[Flat]"  [type-var]
MODEL_FACTORY_REGISTRY.register(Flat, name="factory")  # E: Value of type variable "_MakesModelFactory" of "register" of "ModelFactoryRegistry" cannot be "type[Flat]"  [type-var]
MINE.register(nn.Linear)  # E: This makes "Linear", and the registry is of "Decoder"  [type-var]
ANYTHING.register(nn.Linear)
assert_type(NECK_REGISTRY.build("SelectIndices", [1], [0]).forward([]), list[Tensor])
