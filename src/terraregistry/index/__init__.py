"""The index: a plain description of every component, made once for the installed versions and kept in the user's cache.

Whatever needs to know what can be built (type checkers, stubs, schemas, documentation) reads this one index instead of
introspecting by itself. Reading it imports neither torch nor the libraries behind the sources.

Everything here is loaded when it is first asked for: who only asks for names needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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

_LOADING: Final = ("IndexUnavailableError", "cached_index", "load_index")


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "loading" if name in _LOADING else "descriptions"
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
