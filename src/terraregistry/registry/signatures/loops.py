"""Loops over constants, such as the keys of a dictionary."""

from __future__ import annotations

import ast
import itertools
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from terraregistry.registry.signatures.scopes import Scope

__all__ = ["rounds_of"]

_MOST_ROUNDS: Final = 8


def rounds_of(node: ast.For, scope: Scope, variables: Container[str]) -> list[dict[str, object]] | None:
    """Return a loop's variables in each round.

    Args:
        node: The loop.
        scope: The names of its function.
        variables: The variables that hold the arguments.

    Returns:
        The values of its variables a round; None unless it is over a few constants and touches the arguments.
    """
    names = [each for each in itertools.chain.from_iterable(map(ast.walk, node.body)) if isinstance(each, ast.Name)]
    if not any(each.id in variables for each in names):
        return None
    known: Iterable[object] = ()
    match node.iter:
        case ast.Call(func=ast.Attribute(value=held, attr="items"), args=[], keywords=[]):
            mapping = scope.value(held)
            known = typing.cast("Mapping[object, object]", mapping).items() if isinstance(mapping, Mapping) else ()
        case _:
            value = scope.value(node.iter)
            known = typing.cast("Sequence[object]", value) if isinstance(value, (tuple, list, dict)) else ()
    items: list[object] = [*known]
    if not items or len(items) > _MOST_ROUNDS:
        return None
    bound = [_bound(node.target, item) for item in items]
    rounds = [each for each in bound if each is not None]
    stored = {each.id for each in names if not isinstance(each.ctx, ast.Load)}
    return rounds if len(rounds) == len(bound) and stored.isdisjoint(rounds[0]) else None


def _bound(target: ast.expr, item: object) -> dict[str, object] | None:
    """Return the variables bound by one item of a loop; None if unknown."""
    match target:
        case ast.Name(id=name):
            return {name: item}
        case ast.Tuple(elts=parts) if isinstance(item, tuple):
            items = typing.cast("tuple[object, ...]", item)
            bound = [_bound(part, each) for part, each in zip(parts, items, strict=False)]
            known = [each for each in bound if each is not None]
            complete = len(known) == len(parts) == len(items)
            return {name: value for each in known for name, value in each.items()} if complete else None
        case _:
            return None
