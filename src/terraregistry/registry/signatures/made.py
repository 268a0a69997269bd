"""The product of a class's `__new__`, read from its source."""

from __future__ import annotations

import ast
import types
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.scopes import Scope, definition_of, own_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.registry.signatures.scopes import Target

__all__ = ["made_by_new"]

_Made = frozenset[bool]
_UNKNOWN: Final = frozenset({True, False})


def made_by_new(new: Target, cls: type) -> _Made:
    """Return the possible products of a class's `__new__`: Python calls `__init__` only for an instance of the class.

    Args:
        new: The method.
        cls: The class called.

    Returns:
        `True` is among them if it may be an instance of the class, `False` if it may be anything else.
    """
    function = new.callable
    definition = definition_of(function) if isinstance(function, types.FunctionType) else None
    if definition is None or not isinstance(function, types.FunctionType):
        return _UNKNOWN
    scope = Scope(new, function, definition)
    returned = [node.value for node in own_nodes(definition) if isinstance(node, ast.Return)]
    return _any_of(_made(value, scope, cls, frozenset()) for value in returned) or _UNKNOWN


def _made(value: ast.expr | None, scope: Scope, cls: type, following: frozenset[str]) -> _Made:
    match value:
        case None | ast.Constant() | ast.Dict() | ast.List() | ast.Set() | ast.Tuple() | ast.JoinedStr():
            return frozenset({False})
        case ast.Name(name) if name in following:  # assigned from itself
            return _UNKNOWN
        case ast.Name(name) if name in scope.assigned:
            inside = following | {name}
            return _any_of(
                _UNKNOWN if each is None else _made(each, scope, cls, inside) for each in scope.assigned[name]
            )
        case ast.Call(ast.Attribute(attr="__new__"), [asked, *_]) | ast.Call(asked):
            classes = [target.callable for target in scope.targets(asked)]
            if classes and all(isinstance(each, type) for each in classes):
                return frozenset(isinstance(each, type) and issubclass(each, cls) for each in classes)
            return _instance_of(asked, scope)
        case _:
            return _instance_of(value, scope)


def _any_of(made: Iterable[_Made]) -> _Made:
    return frozenset(each for several in made for each in several)


def _instance_of(value: ast.expr, scope: Scope) -> _Made:
    """Judge by the class's own parameter: an expression with `cls`, as in a singleton, is an instance of it."""
    arguments = [*scope.definition.args.posonlyargs, *scope.definition.args.args][:1]
    names = {argument.arg for argument in arguments}
    mentions = any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(value))
    return frozenset({True}) if mentions else _UNKNOWN
