"""Constructors of components, as mypy's function types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mypy.nodes import (
    ARG_NAMED,
    ARG_NAMED_OPT,
    ARG_OPT,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    Decorator,
    FuncDef,
    OverloadedFuncDef,
    TypeInfo,
    Var,
)
from mypy.typeops import function_type, type_object_type
from mypy.types import CallableType, FunctionLike, Instance, Overloaded, Type, UnionType, get_proper_type

from terraregistry.index import Component, ParameterKind
from terraregistry.mypy_plugin.changes import changed
from terraregistry.mypy_plugin.portable_types import TypeReader, anything, symbol_at

if TYPE_CHECKING:
    from mypy.checker import TypeChecker
    from mypy.nodes import ArgKind, SymbolNode

    from terraregistry.index import Parameter
    from terraregistry.mypy_plugin.known_names import Own

__all__ = ["Constructor", "constructor_of"]

_KINDS: Final[dict[ParameterKind, tuple[ArgKind, ArgKind]]] = {
    ParameterKind.POSITIONAL_ONLY: (ARG_POS, ARG_OPT),
    ParameterKind.POSITIONAL_OR_KEYWORD: (ARG_POS, ARG_OPT),
    ParameterKind.VAR_POSITIONAL: (ARG_STAR, ARG_STAR),
    ParameterKind.KEYWORD_ONLY: (ARG_NAMED, ARG_NAMED_OPT),
    ParameterKind.VAR_KEYWORD: (ARG_STAR2, ARG_STAR2),
}
"""Argument kinds of a parameter: required, and with a default."""


@dataclass(frozen=True)
class Constructor:
    """A constructor.

    Attributes:
        calls: Its call signatures: several for an overloaded function.
        type: The type of the constructor itself.
        modules: The modules it is taken from.
    """

    calls: tuple[CallableType, ...]
    type: FunctionLike
    modules: frozenset[str]


def constructor_of(found: Component | Own, name: str, checker: TypeChecker) -> Constructor | None:
    """Find the constructor of a component.

    Args:
        found: The component.
        name: The name as written, used in messages.
        checker: The current type checker.

    Returns:
        The constructor; None if mypy has not loaded its types.
    """
    if isinstance(found, Component):
        return _indexed(found, name, checker)
    return None if found.target is None else _own(found, found.target, checker)


def _indexed(component: Component, name: str, checker: TypeChecker) -> Constructor | None:
    read = TypeReader(checker).read
    product = get_proper_type(read(component.product))
    if not isinstance(product, Instance):
        return None
    parameters = component.signature.parameters
    call = CallableType(
        [_accepted(each, read(each.accepts), checker) for each in parameters],
        [_KINDS[each.kind][each.default is not None] for each in parameters],
        [_name_of(each) for each in parameters],
        product,
        checker.named_generic_type("builtins.function", []),
        name=name,
    )
    own: FunctionLike = call
    if component.constructor is not None and component.constructor.replace(":", ".") == product.type.fullname:
        cls = type_object_type(product.type)
        own = cls if isinstance(cls, FunctionLike) else call
    return Constructor((call,), own, frozenset(component.product.imports))


def _accepted(parameter: Parameter, declared: Type, checker: TypeChecker) -> Type:
    """Accept a list if the default is one, even if annotated as a tuple."""
    if (parameter.default or "").startswith("[") and "list[" not in parameter.accepts.text:
        return UnionType.make_union([declared, checker.named_generic_type("builtins.list", [anything()])])
    return declared


def _name_of(parameter: Parameter) -> str | None:
    return None if parameter.kind is ParameterKind.POSITIONAL_ONLY else parameter.name


def _own(own: Own, target: str, checker: TypeChecker) -> Constructor | None:
    node = symbol_at(checker.modules, target)
    found = None if node is None else _type_of(node, checker)
    if found is None:
        return None
    items = found.items if isinstance(found, Overloaded) else [found]
    fallback = checker.named_generic_type("builtins.function", [])
    calls = [
        changed(each, fallback=fallback, name=target.rpartition(".")[2])
        for each in items
        if isinstance(each, CallableType)
    ]
    home = node.fullname.rpartition(".")[0] if isinstance(node, (TypeInfo, FuncDef)) else own.module
    return Constructor(tuple(calls), found, frozenset({home, own.module}))


def _type_of(node: SymbolNode, checker: TypeChecker) -> FunctionLike | None:
    found: Type
    if isinstance(node, TypeInfo):
        found = type_object_type(node)
    elif isinstance(node, (FuncDef, OverloadedFuncDef)):
        found = function_type(node, checker.named_generic_type("builtins.function", []))
    elif isinstance(node, Decorator):
        # What registers a function leaves it as it is.
        known = node.var.type if node.var.type is not None else node.func.type
        found = (
            function_type(node.func, checker.named_generic_type("builtins.function", [])) if known is None else known
        )
    elif isinstance(node, Var) and node.type is not None:
        found = node.type
    else:
        return None
    proper = get_proper_type(found)
    return proper if isinstance(proper, FunctionLike) else None
