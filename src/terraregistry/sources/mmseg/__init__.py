"""mmsegmentation as a source of decoders."""

from terraregistry.sources.mmseg.mmseg_heads import REMEDY, is_installed
from terraregistry.sources.mmseg.mmseg_registry import MmsegRegistry

__all__ = ["REMEDY", "MmsegRegistry", "is_installed"]
