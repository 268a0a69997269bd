"""mmsegmentation as a source of decoders."""

from terraregistry.sources.mmseg.loaded_mmseg import REMEDY, is_installed
from terraregistry.sources.mmseg.mmseg_registry import MmsegRegistry

__all__ = ["REMEDY", "MmsegRegistry", "is_installed"]
