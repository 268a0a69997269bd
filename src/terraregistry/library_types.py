"""The classes of the library's registries: one each, so that type checkers can tell them apart.

They behave as `Registry` and `MultiSourceRegistry`. The stub beside this module lists the names in each, with the parameters and
the return type of each component; it is generated from the index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.protocols import Backbone, Decoder, ModelFactory, Neck
from terraregistry.registry import MultiSourceRegistry
from terraregistry.sources.mmseg import HEADS, REMEDY, MmsegRegistry
from terraregistry.sources.smp import SmpRegistry
from terraregistry.sources.terratorch import TerratorchRegistry
from terraregistry.sources.timm import TimmRegistry
from terraregistry.terratorch_names import TIMM, how_to_get

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch import nn  # noqa: F401 - what the registries of whole models name

__all__ = [
    "BackboneRegistry",
    "DecoderRegistry",
    "FullModelRegistry",
    "MmsegDecoderRegistry",
    "ModelFactoryRegistry",
    "NeckRegistry",
    "SmpDecoderRegistry",
    "TerratorchBackboneRegistry",
    "TerratorchDecoderRegistry",
    "TerratorchFullModelRegistry",
    "TerratorchNeckRegistry",
    "TimmBackboneRegistry",
]


class BackboneRegistry(MultiSourceRegistry[Backbone]):
    """The backbones of all sources."""


class TerratorchBackboneRegistry(TerratorchRegistry[Backbone]):
    """The library's own backbones."""

    stored_in = "terraregistry.library:TERRATORCH_BACKBONE_REGISTRY"

    def _taken(self, names: Collection[str]) -> Collection[str]:
        timm = TimmRegistry() if names else ()
        return {name for name in names if name in timm}


class TimmBackboneRegistry(TimmRegistry):
    """The backbones of timm."""

    def _how_to_get(self, name: str) -> str:
        return how_to_get(name, TIMM)


class NeckRegistry(MultiSourceRegistry[Neck]):
    """The necks of all sources."""


class TerratorchNeckRegistry(TerratorchRegistry[Neck]):
    """The library's own necks."""

    stored_in = "terraregistry.library:TERRATORCH_NECK_REGISTRY"


class DecoderRegistry(MultiSourceRegistry[Decoder]):
    """The decoders of all sources."""

    def _how_to_get(self, name: str) -> str:
        wants_mmseg = (name.startswith("mmseg_") or name in HEADS) and "mmseg" not in self.keys()
        return REMEDY if wants_mmseg else super()._how_to_get(name)


class TerratorchDecoderRegistry(TerratorchRegistry[Decoder]):
    """The library's own decoders."""

    stored_in = "terraregistry.library:TERRATORCH_DECODER_REGISTRY"
    includes_head: Final = False  # read by TerraTorch's factory from a source mounted there


class SmpDecoderRegistry(SmpRegistry):
    """The decoders of segmentation-models-pytorch."""

    includes_head: Final = False  # read by TerraTorch's factory from a source mounted there


class MmsegDecoderRegistry(MmsegRegistry):
    """The decoders of mmsegmentation."""

    includes_head: Final = True  # as above


class FullModelRegistry(MultiSourceRegistry["nn.Module"]):
    """The whole models of all sources."""


class TerratorchFullModelRegistry(TerratorchRegistry["nn.Module"]):
    """The library's own whole models."""

    stored_in = "terraregistry.library:TERRATORCH_FULL_MODEL_REGISTRY"


class ModelFactoryRegistry(TerratorchRegistry[ModelFactory]):
    """Factories: they assemble models from parts."""

    stored_in = "terraregistry.library:MODEL_FACTORY_REGISTRY"
