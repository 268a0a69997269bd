"""What is asked of the registries where timm is missing or broken; prints what each question is answered with, as JSON."""

from __future__ import annotations

import inspect
import json
import pickle
import sys
from typing import TYPE_CHECKING

from terraregistry import (
    BACKBONE_REGISTRY,
    DECODER_REGISTRY,
    MODEL_FACTORY_REGISTRY,
    NECK_REGISTRY,
    TERRATORCH_BACKBONE_REGISTRY,
    TIMM_BACKBONE_REGISTRY,
)
from terraregistry.errors import RegistryError
from terraregistry.sources.timm.timm_constructor import TimmConstructor

if TYPE_CHECKING:
    from collections.abc import Callable

TIMM, ALL = TIMM_BACKBONE_REGISTRY, BACKBONE_REGISTRY
SPEC = bytes.fromhex(sys.argv[1])
FACTORY = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")

NAMES: dict[str, Callable[[], object]] = {
    "in": lambda: "resnet18" in TIMM,
    "in all": lambda: "resnet18" in ALL,
    "in, own": lambda: "timm_prithvi_swin_B" in ALL,
    "resolve": lambda: TIMM.resolve("resnet18"),
    "resolve in all": lambda: str(ALL.resolve("resnet18")),
    "iter": lambda: len([*TIMM]) > 0,
    "iter all": lambda: len([*ALL]) > 0,
    "len": lambda: len(TIMM) > 0,
    "search": lambda: len(TIMM.search("resnet1*")) > 0,
    "search all": lambda: len(ALL.search("*resnet1*")) > 0,
    "get": lambda: repr(TIMM.get("resnet18")),
    "[]": lambda: repr(TIMM["resnet18"]),
    "find_class": lambda: repr(ALL.find_class("timm_resnet18")),
}
"""What is known from timm's source, where it has any."""
UNAVAILABLE: dict[str, Callable[[], object]] = {
    "build": lambda: TIMM.build("resnet18"),
    "build by all": lambda: ALL.build("timm_resnet18"),
    "build, own": lambda: ALL.build("prithvi_vit_100", num_frames=1),
    "validate": lambda: ALL.validate("timm_resnet18"),
    "validate, own": lambda: TIMM.validate("prithvi_vit_tiny"),
    "signature": lambda: TIMM.signature("resnet18"),
    "signature by all": lambda: ALL.signature("resnet18"),
    "describe": lambda: ALL.describe("timm_resnet18"),
    "network_signature": lambda: TIMM.network_signature("resnet18"),
    "feature_specs": lambda: TIMM.feature_specs("resnet18"),
    "tag": lambda: TIMM.build("resnet18.no_such_tag"),
    "mistyped": lambda: ALL.build("resnet18.no_such_tag"),
    "pickled spec": lambda: pickle.loads(SPEC).build(),
    "constructor": TimmConstructor("resnet18"),
    "constructor, own": TimmConstructor("prithvi_swin_B"),
    "signature of constructor": lambda: inspect.signature(TimmConstructor("resnet18")),
    "place of constructor": lambda: TimmConstructor("resnet18").__defined_by__,
    "weights of constructor": lambda: TimmConstructor("prithvi_swin_B").__weights__,
    "model": lambda: FACTORY.build_model("segmentation", backbone="timm_resnet18", decoder="FCNDecoder", num_classes=2),
    "smp": lambda: DECODER_REGISTRY.build("smp_Unet", [64, 128]),
    "model of smp": lambda: MODEL_FACTORY_REGISTRY.build("SMPModelFactory").build_model(
        "segmentation", model="Unet", backbone="resnet18", num_classes=2
    ),
    "decoder with a block of timm": lambda: DECODER_REGISTRY.build("SatMAEHead", [64, 128, 128, 128]),
    "backbone with a block of timm": lambda: ALL.build("prithvi_eo_tiny", num_frames=1),
}
WORKING: dict[str, Callable[[], object]] = {
    "names": lambda: min(TERRATORCH_BACKBONE_REGISTRY),
    "prefixes": lambda: [*ALL.keys()],
    "in": lambda: "prithvi_eo_tiny" in ALL,
    "resolve": lambda: str(ALL.resolve("prithvi_eo_tiny")),
    "decoder": lambda: DECODER_REGISTRY.build("FCNDecoder", [64, 128]).out_channels,
    "neck": lambda: NECK_REGISTRY.build("SelectIndices", [8, 16], indices=[1]).channel_list,
    "decoders": lambda: "smp_Unet" in DECODER_REGISTRY,
    "mistyped decoder": lambda: DECODER_REGISTRY.build("FCNDecode"),
}


def answers(questions: dict[str, Callable[[], object]]) -> dict[str, object]:
    """Ask, and give what was answered or raised."""
    found: dict[str, object] = {}
    for name, ask in questions.items():
        try:
            found[name] = ask()
        except RegistryError as error:
            found[name] = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - what must not come out is shown
            found[name] = f"raw {type(error).__name__}: {error}"
    return found


def main() -> None:
    """Ask everything: in a process of its own, what is asked first differs from one run to the next."""
    every = [("names", NAMES), ("unavailable", UNAVAILABLE), ("working", WORKING)]
    start = int(sys.argv[2])
    once = {name: answers(questions) for name, questions in every[start:] + every[:start]}
    again = {name: answers(questions) for name, questions in every}
    print(json.dumps([once, again]))  # noqa: T201 - for the test that runs this


if __name__ == "__main__":
    main()
