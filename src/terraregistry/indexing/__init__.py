"""Making the index: what the registries say of each component, written down as plain data.

Whoever makes it imports every library that there are components of; whoever reads it, with `terraregistry.index`, imports none.
"""

from terraregistry.indexing.modules import with_modules

__all__ = ["with_modules"]
