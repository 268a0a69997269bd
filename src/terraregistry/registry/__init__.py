"""The core: registries of components, generic over the kind of component.

The registries of this library (`BACKBONE_REGISTRY` and the others) and the protocols can be imported from here as well;
they are loaded on first access.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from terraregistry.registry.builders import Builder
from terraregistry.registry.calls import Call, ComponentDescription
from terraregistry.registry.entries import Entry
from terraregistry.registry.mounts import Source
from terraregistry.registry.multi import MultiSourceRegistry
from terraregistry.registry.names import QualifiedName
from terraregistry.registry.registry import Registry
from terraregistry.registry.signatures import explain_signature
from terraregistry.registry.single import BaseRegistry
from terraregistry.registry.specs import ComponentSpec, In

if TYPE_CHECKING:
    from terraregistry.library import (
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
    )
    from terraregistry.protocols import (
        Backbone,
        BackboneModule,
        Decoder,
        DecoderModule,
        ModelFactory,
        Neck,
        NeckModule,
    )

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
    "BaseRegistry",
    "Builder",
    "Call",
    "ComponentDescription",
    "ComponentSpec",
    "Decoder",
    "DecoderModule",
    "Entry",
    "In",
    "ModelFactory",
    "MultiSourceRegistry",
    "Neck",
    "NeckModule",
    "QualifiedName",
    "Registry",
    "Source",
    "explain_signature",
]


def __getattr__(name: str) -> object:
    """Look up a registry or protocol declared in the layers above.

    The modules are imported by name, to keep the core itself independent of them.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "library" if name.endswith("_REGISTRY") else "protocols"
    return getattr(importlib.import_module(f"terraregistry.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
