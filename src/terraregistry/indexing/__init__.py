"""Making the index: the registries' answers about each component, as plain data.

Making it imports the libraries of all components; reading it, with `terraregistry.index`, imports none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.index import Index

__all__ = ["with_modules"]


def with_modules(index: Index, modules: Iterable[str]) -> Index:
    """Import modules of a project, and describe the components and sources added by them.

    Args:
        index: The index of the installed libraries.
        modules: The names of the modules; if empty, nothing is imported.

    Returns:
        The index with the present registrations.

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
