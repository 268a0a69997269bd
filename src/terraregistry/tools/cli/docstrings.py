"""Reading the docstring of a component in its file, without importing it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraregistry.index import Component

__all__ = ["docstring_of", "file_of"]

_MOST_LINES: Final = 2_000
"""Number of lines read of a definition; the docstring is at its beginning."""


def file_of(component: Component) -> Path | None:
    """Find the file of a component's definition.

    Args:
        component: The component; its file in the index is relative to the parent folder of its package.

    Returns:
        The file; None if not found.
    """
    found = _read(component)
    return None if found is None else found[0]


def docstring_of(component: Component) -> str:
    """Read the docstring of a component's constructor, a class or function.

    Args:
        component: The component.

    Returns:
        The docstring without its indentation; the summary of the index if there is none, or the file cannot be read.
    """
    found = _read(component)
    if found is None or component.line is None:
        return component.summary
    try:
        lines = found[1].decode().splitlines(keepends=True)
        block = inspect.getblock(lines[component.line - 1 :][:_MOST_LINES])
        statement = ast.parse(textwrap.dedent("".join(block))).body[0]
    except (OSError, ValueError, SyntaxError, IndexError):
        return component.summary
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return component.summary
    return (ast.get_docstring(statement) or component.summary).strip()


def _read(component: Component) -> tuple[Path, bytes] | None:
    """Find and read the file of a component's definition."""
    if component.file is None:
        return None
    package = component.file.partition("/")[0].removesuffix(".py")
    try:
        spec = find_spec(package)  # of a package by itself: nothing is imported
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    file = (home.parent if spec.submodule_search_locations else home) / component.file
    read: Callable[[str], bytes] | None = getattr(spec.loader, "get_data", None)  # also from a zip
    try:
        return None if read is None else (file, read(str(file)))
    except OSError:
        return None
