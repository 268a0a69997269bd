"""Typed, validated, lawful registries of vision-model components.

Everything here is loaded when it is first asked for: importing the package imports neither torch nor timm, smp or pydantic.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terraregistry.registry import (
        BACKBONE_REGISTRY,
        DECODER_REGISTRY,
        FULL_MODEL_REGISTRY,
        MMSEG_DECODER_REGISTRY,
        MODEL_FACTORY_REGISTRY,
        NECK_REGISTRY,
        SMP_DECODER_REGISTRY,
        TERRATORCH_BACKBONE_REGISTRY,
        TERRATORCH_DECODER_REGISTRY,
        TERRATORCH_FULL_MODEL_REGISTRY,
        TERRATORCH_NECK_REGISTRY,
        TIMM_BACKBONE_REGISTRY,
        Backbone,
        BackboneModule,
        Builder,
        ComponentSpec,
        Decoder,
        DecoderModule,
        In,
        ModelFactory,
        MultiSourceRegistry,
        Neck,
        NeckModule,
        QualifiedName,
        Registry,
        Source,
        explain_signature,
    )
    from terraregistry.tools.configured import from_config, to_config

__all__ = [
    "BACKBONE_REGISTRY",
    "DECODER_REGISTRY",
    "FULL_MODEL_REGISTRY",
    "MMSEG_DECODER_REGISTRY",
    "MODEL_FACTORY_REGISTRY",
    "NECK_REGISTRY",
    "SMP_DECODER_REGISTRY",
    "TERRATORCH_BACKBONE_REGISTRY",
    "TERRATORCH_DECODER_REGISTRY",
    "TERRATORCH_FULL_MODEL_REGISTRY",
    "TERRATORCH_NECK_REGISTRY",
    "TIMM_BACKBONE_REGISTRY",
    "Backbone",
    "BackboneModule",
    "Builder",
    "ComponentSpec",
    "Decoder",
    "DecoderModule",
    "In",
    "ModelFactory",
    "MultiSourceRegistry",
    "Neck",
    "NeckModule",
    "QualifiedName",
    "Registry",
    "Source",
    "explain_signature",
    "from_config",
    "to_config",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "tools.configured" if name in ("from_config", "to_config") else "registry"
    return getattr(importlib.import_module(f"terraregistry.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
