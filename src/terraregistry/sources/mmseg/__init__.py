"""mmsegmentation as a source of decoders."""

from terraregistry.sources.mmseg.library import REMEDY, is_installed
from terraregistry.sources.mmseg.source import MmsegRegistry

__all__ = ["REMEDY", "MmsegRegistry", "is_installed"]
