"""Typed, validated, lawful registries of vision-model components.

Everything here is loaded when it is first asked for: importing the package imports neither torch nor timm, smp or pydantic.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

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
    from terraregistry.tools.measuring import Cost, measure

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
    "Cost",
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
    "measure",
    "to_config",
]

_HOMES: Final = {
    "Cost": "components.costs",
    "from_config": "tools.configured",
    "measure": "tools.measuring",
    "to_config": "tools.configured",
}
"""The modules of what is not in `registry`."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"terraregistry.{_HOMES.get(name, 'registry')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
