"""The data of the component catalogue: the documentation's search page for all components."""

from terraregistry.tools.catalogue.data import NAME, catalogue_data

__all__ = ["NAME", "catalogue_data"]
