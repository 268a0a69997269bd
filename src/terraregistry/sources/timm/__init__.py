"""timm as a source of backbones."""

from terraregistry.sources.timm.source import TimmRegistry

__all__ = ["TimmRegistry"]
