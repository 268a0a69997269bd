"""References in the index of the further parts of models in configs.

They are keys in the index alone: this module has no registries.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BUILD_MODELS", "HEADS", "PARTS", "SMP_ENCODERS", "SMP_MODELS", "TIMM_NETWORKS"]

BUILD_MODELS: Final = "terraregistry.index.references:BUILD_MODELS"
"""The `build_model` of each model factory, by the name of the factory."""
HEADS: Final = "terraregistry.index.references:HEADS"
"""The heads, by the names of their classes."""
PARTS: Final = "terraregistry.index.references:PARTS"
"""`AuxiliaryHead`, `Framing`, `TemporalWrapper` and `adapters`: the classes of the factories' dictionaries and arguments."""
SMP_MODELS: Final = "terraregistry.index.references:SMP_MODELS"
"""The models of `SMPModelFactory`."""
SMP_ENCODERS: Final = "terraregistry.index.references:SMP_ENCODERS"
"""The encoders of those models, each with the names of its weights as the type of its one parameter, `pretrained`."""
TIMM_NETWORKS: Final = "terraregistry.index.references:TIMM_NETWORKS"
"""The networks of timm as they are with `features_only=False`."""
