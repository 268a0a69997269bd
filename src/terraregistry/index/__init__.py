"""The index: a plain description of every component, shipped for the tested versions and made once for others.

Type checkers, stubs, schemas and the documentation read it instead of introspecting the libraries. Reading it imports neither
torch nor the libraries behind the sources. The names here are imported at their first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from terraregistry.index.descriptions import (
        Component,
        ConfigFacts,
        IndexedRegistry,
        Parameter,
        ParameterKind,
        PortableType,
        Resolved,
        Signature,
    )
    from terraregistry.index.loading import IndexUnavailableError, cached_index, load_index
    from terraregistry.index.store import Index

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
    "cached_index",
    "load_index",
]

_HOMES: Final = {**dict.fromkeys(("IndexUnavailableError", "cached_index", "load_index"), "loading"), "Index": "store"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'descriptions')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
