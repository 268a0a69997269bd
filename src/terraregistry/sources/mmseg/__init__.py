"""mmsegmentation as a source of decoders."""

from terraregistry.sources.mmseg.library import is_installed
from terraregistry.sources.mmseg.source import MmsegRegistry

__all__ = ["MmsegRegistry", "is_installed"]
