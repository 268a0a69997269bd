"""Adding what a project registers to the index of what is installed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.index import Index

__all__ = ["with_modules"]


def with_modules(index: Index, modules: Iterable[str]) -> Index:
    """Import modules of a project, and describe what they register or mount.

    Args:
        index: The index of what is installed.
        modules: The names of the modules; where there are none, nothing is imported.

    Returns:
        The index with what is registered now.

    Raises:
        ImportError: One of the modules cannot be imported.
    """
    names = list(modules)
    if not names:
        return index
    for module in names:
        importlib.import_module(module)
    from terraregistry.indexing.making import library_registries, make_index

    return make_index(library_registries(), known=index)
