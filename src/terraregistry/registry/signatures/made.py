"""The product of a class's `__new__`, read from its source."""

from __future__ import annotations

import ast
import types
from enum import Enum, auto
from typing import TYPE_CHECKING

from terraregistry.registry.signatures.scopes import Scope, definition_of, own_nodes

if TYPE_CHECKING:
    from terraregistry.registry.signatures.scopes import Target

__all__ = ["Made", "made_by_new"]


class Made(Enum):
    """The product of `__new__`: Python calls `__init__` only for an instance of the class."""

    ITSELF = auto()
    ANOTHER = auto()
    UNKNOWN = auto()


def made_by_new(new: Target, cls: type) -> Made:
    """Return the kind of product of a class's `__new__`.

    Args:
        new: The method.
        cls: The class called.

    Returns:
        `UNKNOWN` without source, or if the returns differ.
    """
    function = new.callable
    definition = definition_of(function) if isinstance(function, types.FunctionType) else None
    if definition is None or not isinstance(function, types.FunctionType):
        return Made.UNKNOWN
    scope = Scope(new, function, definition)
    returned = [node.value for node in own_nodes(definition) if isinstance(node, ast.Return)]
    made = {Made.ANOTHER if value is None else _made(value, scope, cls) for value in returned}
    return made.pop() if len(made) == 1 else Made.UNKNOWN


def _made(value: ast.expr, scope: Scope, cls: type, following: frozenset[str] = frozenset()) -> Made:
    match value:
        case ast.Constant() | ast.Dict() | ast.List() | ast.Set() | ast.Tuple() | ast.JoinedStr():
            return Made.ANOTHER
        case ast.Name(id=name) if name in following:  # assigned from itself
            return Made.UNKNOWN
        case ast.Name(id=name) if name in scope.assigned:
            inside = following | {name}
            assigned = {_made(each, scope, cls, inside) for each in scope.assigned[name] if each is not None}
            return assigned.pop() if len(assigned) == 1 and None not in scope.assigned[name] else Made.UNKNOWN
        case ast.Call(func=ast.Attribute(attr="__new__"), args=[asked, *_]):
            return _instance_of(asked, scope, cls)
        case ast.Call(func=made):
            return _instance_of(made, scope, cls)
        case _:
            return Made.ITSELF if _mentions(value, scope) else Made.UNKNOWN


def _instance_of(made: ast.expr, scope: Scope, cls: type) -> Made:
    """Judge an instance of the class named; an expression with `cls` itself, as in a singleton, is one of the class."""
    targets = scope.targets(made)
    classes = [target.callable for target in targets or ()]
    if not targets or not all(isinstance(each, type) for each in classes):
        return Made.ITSELF if _mentions(made, scope) else Made.UNKNOWN
    own = {isinstance(each, type) and issubclass(each, cls) for each in classes}
    return Made.UNKNOWN if len(own) > 1 else Made.ITSELF if own.pop() else Made.ANOTHER


def _mentions(value: ast.expr, scope: Scope) -> bool:
    arguments = [*scope.definition.args.posonlyargs, *scope.definition.args.args][:1]
    names = {argument.arg for argument in arguments}
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(value))
