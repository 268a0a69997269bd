"""The component catalogue: what the page of the documentation that searches all components is given to show."""

from terraregistry.tools.catalogue.data import NAME, catalogue_data

__all__ = ["NAME", "catalogue_data"]
