"""segmentation-models-pytorch as a source of decoders."""

from terraregistry.sources.smp.source import SmpRegistry

__all__ = ["SmpRegistry"]
