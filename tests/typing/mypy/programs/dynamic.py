"""What cannot be seen before the program runs is let through."""

from __future__ import annotations

from typing import assert_type

from terraregistry import (
    DECODER_REGISTRY,
    TERRATORCH_DECODER_REGISTRY,
    BackboneModule,
    Decoder,
    DecoderModule,
    MultiSourceRegistry,
    Registry,
)
from terraregistry.components.decoders.fcn import FCNDecoder

LOOPED = Registry[Decoder]()
for depth in (1, 2):
    LOOPED.register(FCNDecoder, name=f"fcn{depth}")
SEVERAL = MultiSourceRegistry[Decoder](looped=LOOPED)


def fill(registry: Registry[Decoder]) -> None:
    registry.register(FCNDecoder, name="filled")


LAZY = Registry[Decoder]()
LAZY.register_lazy("later", "terraregistry.components.decoders.fcn:FCNDecoder")
LAZY.register_lazy("elsewhere", "a_package.that_is_not_here:Decoder")

assert_type(LOOPED.build("fcn1", [1], 2, 3, 4, 5), Decoder)
assert_type(SEVERAL.build("looped_fcn1", [1]), Decoder)
assert_type(TERRATORCH_DECODER_REGISTRY.build("filled", [1]), DecoderModule)
assert_type(DECODER_REGISTRY.build("FCNDecoder", [1]), FCNDecoder)
assert_type(LAZY.build("later", [1]), FCNDecoder)
assert_type(LAZY.build("elsewhere", 1, 2, 3), Decoder)

# The class of a component does not derive from the module kind, and is used as one where that is expected.
either: DecoderModule | None = DECODER_REGISTRY.build("FCNDecoder", [1])
given: list[DecoderModule] = [DECODER_REGISTRY.build("FCNDecoder", [1])]
wrong: BackboneModule = DECODER_REGISTRY.build("FCNDecoder", [1])  # E: Incompatible types in assignment (expression has type "FCNDecoder", variable has type "BackboneModule")  [assignment]


def whole() -> DecoderModule:
    return DECODER_REGISTRY.build("FCNDecoder", [1])


LAZY.build("lates", [1])  # E: LAZY has no component "lates"; did you mean "later"?  [unknown-component]
