"""The index: a plain description of every component, shipped for the tested versions and made once for others.

Type checkers, stubs, schemas and the documentation read it instead of introspecting the libraries. Reading it imports neither
torch nor the libraries behind the sources. The classes and functions here are imported at their first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from terraregistry.index.descriptions import (
        Component,
        ConfigFacts,
        IndexedRegistry,
        Parameter,
        ParameterKind,
        PortableType,
        Resolved,
        Signature,
    )
    from terraregistry.index.loading import IndexUnavailableError, cached_index, load_index
    from terraregistry.index.store import Index

__all__ = [
    "BUILD_MODELS",
    "DETECTORS",
    "HEADS",
    "PARTS",
    "SMP_ENCODERS",
    "SMP_MODELS",
    "TIMM_NETWORKS",
    "Component",
    "ConfigFacts",
    "Index",
    "IndexUnavailableError",
    "IndexedRegistry",
    "Parameter",
    "ParameterKind",
    "PortableType",
    "Resolved",
    "Signature",
    "cached_index",
    "load_index",
]

# References of the further parts of models in configs: keys in the index alone, of no registries.
BUILD_MODELS: Final = "terraregistry.index:BUILD_MODELS"
"""The `build_model` of each model factory, by the name of the factory."""
DETECTORS: Final = "terraregistry.index:DETECTORS"
"""The frameworks of `ObjectDetectionModelFactory`."""
HEADS: Final = "terraregistry.index:HEADS"
"""The heads, by the names of their classes."""
PARTS: Final = "terraregistry.index:PARTS"
"""`AuxiliaryHead`, `Framing`, `TemporalWrapper` and `adapters`: the classes of the factories' dictionaries and arguments."""
SMP_MODELS: Final = "terraregistry.index:SMP_MODELS"
"""The models of `SMPModelFactory`."""
SMP_ENCODERS: Final = "terraregistry.index:SMP_ENCODERS"
"""The encoders of those models, each with the names of its weights as the type of its one parameter, `pretrained`."""
TIMM_NETWORKS: Final = "terraregistry.index:TIMM_NETWORKS"
"""The networks of timm as they are with `features_only=False`."""

_HOMES: Final = {**dict.fromkeys(("IndexUnavailableError", "cached_index", "load_index"), "loading"), "Index": "store"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'descriptions')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
