"""Recognition of a `build` which passes its arguments on unchanged, from its source."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import TYPE_CHECKING

from terraregistry.registry.signatures.scopes import parse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["passes_on"]


# The arguments of a call are any objects.
def passes_on(build: Callable[..., object]) -> bool:
    """Return True for `build(name, *args, **kwargs)` with no other use of `args` and `kwargs` than a call with both.

    That call has no further arguments, except for the name in a call of another `build`.

    Args:
        build: A function or method.

    Examples:
        >>> passes_on(print)
        False
    """
    function = getattr(build, "__func__", build)
    definition = parse(function.__code__) if type(function) is FunctionType else None
    if definition is None or definition.decorator_list or hasattr(function, "__wrapped__"):
        return False
    declared = definition.args
    named = len(declared.posonlyargs) + len(declared.args) - (function is not build)
    if named != 1 or declared.vararg is None or declared.kwarg is None or declared.kwonlyargs:
        return False
    stars = (declared.vararg.arg, declared.kwarg.arg)
    nodes = [*ast.walk(definition)]
    uses = sum(isinstance(node, ast.Name) and node.id in stars for node in nodes)
    return 0 < uses == 2 * sum(_passes(node, *stars) for node in nodes)


def _passes(node: ast.AST, args: str, kwargs: str) -> bool:
    """Return True for a call such as `self[name](*args, **kwargs)`, or `source.build(name, *args, **kwargs)`."""
    match node:
        case ast.Call(func, [*before, ast.Starred(ast.Name(first))], [ast.keyword(None, ast.Name(second))]):
            is_build = isinstance(func, ast.Attribute) and func.attr == "build"
            return (first, second) == (args, kwargs) and len(before) == is_build
        case _:
            return False
