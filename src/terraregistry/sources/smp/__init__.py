"""segmentation-models-pytorch as a source of decoders."""

from terraregistry.sources.smp.smp_registry import SmpRegistry

__all__ = ["SmpRegistry"]
