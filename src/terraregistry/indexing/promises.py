"""Types named in source but not evaluable, because they are imported for type checkers only."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["named_type", "promised_type"]

_NOTHING: Final = inspect.Signature.empty


def promised_type(constructor: object) -> Any:  # a type is any object
    """Read the return annotation of a function: a name imported by its module under `if TYPE_CHECKING`.

    Args:
        constructor: A function.

    Returns:
        The imported object; `inspect.Signature.empty` for any other annotation.
    """
    annotation = getattr(constructor, "__annotations__", {}).get("return")
    module = getattr(constructor, "__module__", None)
    return named_type(annotation, module) if isinstance(annotation, str) and isinstance(module, str) else _NOTHING


def named_type(text: str, module: str) -> Any:  # as above
    """Resolve a dotted name imported by a module under `if TYPE_CHECKING`.

    Args:
        text: The name, such as `nn.Module`.
        module: Its module, which is loaded.

    Returns:
        The imported object; `inspect.Signature.empty` for any other text.
    """
    root, *rest = text.split(".")
    place = _guarded_imports(module).get(root)
    if place is None:
        return _NOTHING
    found: object = importlib.import_module(place[0])
    for part in (place[1], *rest):
        found = getattr(found, part, _NOTHING)
    return found


@functools.lru_cache(maxsize=64)
def _guarded_imports(module: str) -> dict[str, tuple[str, str]]:
    try:
        tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    except (OSError, TypeError, SyntaxError):
        return {}
    return {name: place for statement in tree.body for name, place in _guarded(statement)}


def _guarded(statement: ast.stmt) -> Iterator[tuple[str, tuple[str, str]]]:
    if not isinstance(statement, ast.If) or not ast.unparse(statement.test).endswith("TYPE_CHECKING"):
        return
    for inner in statement.body:
        if isinstance(inner, ast.ImportFrom) and inner.module is not None and not inner.level:
            for alias in inner.names:
                yield alias.asname or alias.name, (inner.module, alias.name)
