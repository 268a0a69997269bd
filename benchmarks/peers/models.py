"""The registries of models that this library comes with, or TerraTorch."""

from __future__ import annotations

import importlib
import itertools
import sys
from typing import TYPE_CHECKING, Any, Final

from benchmarks.peers.child import Figure, Lacking, run
from benchmarks.peers.compositions import BACKBONES, compositions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.peers.compositions import Part

__all__ = ["FIGURES", "PROGRAMS", "Models", "main"]

_FCN: Final[dict[str, Any]] = {"embed_dim": [64, 128, 256, 512], "channels": 32, "num_convs": 1}  # of several types


class Models:
    """The registries of one library; both have them under the same names.

    Args:
        library: `terraregistry` or `terratorch`.
    """

    def __init__(self, library: str) -> None:
        # What they are is of the library that is installed here.
        registries: Any = importlib.import_module(f"{library}.registry")
        self.backbones = registries.BACKBONE_REGISTRY
        self.necks = registries.NECK_REGISTRY
        self.decoders = registries.DECODER_REGISTRY


def main() -> None:
    """Do what the process was started for."""
    run(lambda: Models(sys.argv[1]), FIGURES, PROGRAMS, sys.argv[2])


# -- in a running process --


def _hit(models: Models) -> Callable[[], object]:
    return lambda: "resnet18" in models.backbones


def _miss(models: Models) -> Callable[[], object]:
    return lambda: "resnt18" in models.backbones


def _listing(models: Models) -> Callable[[], object]:
    return lambda: list(models.backbones)


def _decoder(models: Models) -> Callable[[], object]:
    return lambda: models.decoders.build("FCNDecoder", **_FCN)


def _backbone(models: Models) -> Callable[[], object]:
    return lambda: models.backbones.build("timm_resnet18", pretrained=False)


def _refused(call: Callable[[], object]) -> Callable[[], object]:
    def refused() -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - any refusal is one
            str(error)  # somebody reads it
            return
        raise Lacking("takes it")

    refused()
    return refused


def _unknown_argument(models: Models) -> Callable[[], object]:
    return _refused(lambda: models.backbones.build("timm_resnet18", pretrained=False, drop_raet=0.1))


def _wrong_type(models: Models) -> Callable[[], object]:
    return _refused(lambda: models.decoders.build("FCNDecoder", **_FCN | {"channels": "x"}))


def _validating(models: Models) -> Callable[[], object]:
    written = compositions(BACKBONES)
    for composition in written:
        _check(models, composition)
    turns = itertools.cycle(written)
    return lambda: _check(models, next(turns))


def _check(models: Models, composition: Sequence[Part]) -> None:
    for part in composition:
        registry = getattr(models, part.kind)
        if not hasattr(registry, "validate"):
            raise Lacking("checks nothing before it builds")
        name, given, arguments = part.call()
        registry.validate(name, *given, **arguments)


FIGURES: Final = {
    "in: there": Figure(_hit),
    "in: not there": Figure(_miss),
    "listing all": Figure(_listing),
    "building a decoder": Figure(_decoder),
    "building resnet18": Figure(_backbone),
    "refusing an unknown argument": Figure(_unknown_argument),
    "refusing a wrong type": Figure(_wrong_type),
    "validating 1,000 configs": Figure(_validating, each=0.001),
}


# -- from a fresh start --


def _validate(models: Models) -> None:
    for composition in compositions(BACKBONES):
        _check(models, composition)


def _validate_many(models: Models) -> None:
    names = list(models.backbones)
    for composition in compositions([names[i * len(names) // 1_000] for i in range(1_000)]):
        _check(models, composition)


PROGRAMS: Final = {
    "answer": lambda models: "resnet18" in models.backbones,
    "list": lambda models: list(models.backbones),
    "decoder": lambda models: models.decoders.build("FCNDecoder", **_FCN),
    "backbone": lambda models: models.backbones.build("timm_resnet18", pretrained=False),
    "validate": _validate,
    "validate many": _validate_many,
}


if __name__ == "__main__":
    main()
