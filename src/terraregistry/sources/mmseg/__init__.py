"""mmsegmentation as a source of decoders."""

from terraregistry.sources.mmseg.mmseg_heads import HEADS, REMEDY, is_installed
from terraregistry.sources.mmseg.mmseg_registry import MmsegRegistry

__all__ = ["HEADS", "REMEDY", "MmsegRegistry", "is_installed"]
