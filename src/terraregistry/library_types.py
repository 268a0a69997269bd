"""The classes of the library's registries: one each, so that type checkers can tell them apart.

They do what `Registry` and `MultiSourceRegistry` do. The stub beside this module says which names each of them has, what the
component of a name takes, and what comes back; it is generated from the index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.protocols import Backbone, Decoder, ModelFactory, Neck
from terraregistry.registry import MultiSourceRegistry, Registry
from terraregistry.sources.mmseg import MmsegRegistry
from terraregistry.sources.smp import SmpRegistry
from terraregistry.sources.timm import TimmRegistry

if TYPE_CHECKING:
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


class TerratorchBackboneRegistry(Registry[Backbone]):
    """The library's own backbones."""


class TimmBackboneRegistry(TimmRegistry):
    """The backbones of timm."""


class NeckRegistry(MultiSourceRegistry[Neck]):
    """The necks of all sources."""


class TerratorchNeckRegistry(Registry[Neck]):
    """The library's own necks."""


class DecoderRegistry(MultiSourceRegistry[Decoder]):
    """The decoders of all sources."""


class TerratorchDecoderRegistry(Registry[Decoder]):
    """The library's own decoders."""


class SmpDecoderRegistry(SmpRegistry):
    """The decoders of segmentation-models-pytorch."""


class MmsegDecoderRegistry(MmsegRegistry):
    """The decoders of mmsegmentation."""


class FullModelRegistry(MultiSourceRegistry["nn.Module"]):
    """The whole models of all sources."""


class TerratorchFullModelRegistry(Registry["nn.Module"]):
    """The library's own whole models."""


class ModelFactoryRegistry(Registry[ModelFactory]):
    """What puts models together from parts."""
