"""timm as a source of backbones."""

from terraregistry.sources.timm.timm_registry import TimmRegistry

__all__ = ["TimmRegistry"]
