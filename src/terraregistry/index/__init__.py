"""The index: a plain description of every component, made once for the installed versions and kept in the user's cache.

Whatever needs to know what can be built (type checkers, stubs, schemas, documentation) reads this one index instead of
introspecting by itself. Reading it imports neither torch nor the libraries behind the sources.
"""

from terraregistry.index.descriptions import (
    Component,
    ConfigFacts,
    Index,
    IndexedRegistry,
    Parameter,
    ParameterKind,
    PortableType,
    Resolved,
    Signature,
    WholeNetworks,
    Written,
)
from terraregistry.index.loading import IndexUnavailableError, cached_index, load_index

__all__ = [
    "Component",
    "ConfigFacts",
    "Index",
    "IndexUnavailableError",
    "IndexedRegistry",
    "Parameter",
    "ParameterKind",
    "PortableType",
    "Resolved",
    "Signature",
    "WholeNetworks",
    "Written",
    "cached_index",
    "load_index",
]
