"""Registrations in the project's own registries: constructors have to make the registry's product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mypy.errorcodes import TYPE_VAR
from mypy.expandtype import expand_type
from mypy.maptype import map_instance_to_supertype
from mypy.messages import format_type
from mypy.nodes import ARG_STAR, ARG_STAR2, CallExpr, MemberExpr, NameExpr, TypeInfo, Var
from mypy.types import AnyType, CallableType, Instance, Type, TypeVarType, get_proper_type

from terraregistry.mypy_plugin.changes import bounded, changed
from terraregistry.mypy_plugin.portable_types import anything, symbol_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy.checker import TypeChecker
    from mypy.nodes import Context, Expression
    from mypy.plugin import ClassDefContext

__all__ = ["REGISTRY", "call_decorators", "kind_of", "narrowed", "open_callable", "refuse"]

REGISTRY: Final = "terraregistry.registry.registry.Registry"


def call_decorators(context: ClassDefContext, is_registry: Callable[[str], bool]) -> None:
    """Rewrite `@R.register` on a class to the equivalent `@R.register()`.

    mypy calls no plugin hook for the former.

    Args:
        context: The class.
        is_registry: Predicate: True for the full name of a registry made by the project.
    """
    for place, decorator in enumerate(context.cls.decorators):
        if isinstance(decorator, MemberExpr) and decorator.name == "register":
            name = _dotted(decorator.expr)
            symbol = context.api.lookup_qualified(name, context.cls, suppress_errors=True) if name else None
            if symbol is not None and isinstance(symbol.node, Var) and is_registry(symbol.node.fullname):
                call = CallExpr(decorator, [], [], [])
                call.set_line(decorator)
                context.cls.decorators[place] = call


def _dotted(expression: Expression) -> str:
    if isinstance(expression, NameExpr):
        return expression.name
    if isinstance(expression, MemberExpr):
        before = _dotted(expression.expr)
        return before and f"{before}.{expression.name}"
    return ""


def kind_of(registry: Instance, checker: TypeChecker) -> Type | None:
    """Return the `T` of a `Registry[T]`; None if it is anything."""
    node = symbol_at(checker.modules, REGISTRY)
    if not isinstance(node, TypeInfo) or not registry.type.has_base(REGISTRY):
        return None
    kind = get_proper_type(map_instance_to_supertype(registry, node).args[0])
    is_object = isinstance(kind, Instance) and kind.type.fullname == "builtins.object"
    return None if isinstance(kind, AnyType) or is_object else kind


def open_callable(product: Type, checker: TypeChecker) -> CallableType:
    """Return the type of a product's constructor taking any arguments."""
    function = checker.named_generic_type("builtins.function", [])
    return CallableType(
        [anything(), anything()], [ARG_STAR, ARG_STAR2], [None, None], product, function, is_ellipsis_args=True
    )


def refuse(given: Type, kind: Type, context: Context, checker: TypeChecker) -> None:
    """Report a constructor not making its registry's product, with the mismatch.

    Args:
        given: The type of the registered object.
        kind: The registry's product.
        context: The place of the report.
        checker: The current type checker.
    """
    proper = get_proper_type(given)
    wanted = format_type(kind, checker.options)
    if isinstance(proper, CallableType):
        made = format_type(proper.ret_type, checker.options)
        message = f"This makes {made}, and the registry is of {wanted}"
        checker.check_subtype(proper.ret_type, kind, context, message, code=TYPE_VAR)
    else:
        checker.fail(
            f"{format_type(given, checker.options)} cannot be called, and the registry is of {wanted}",
            context,
            code=TYPE_VAR,
        )


def narrowed(register: CallableType, bound: Type) -> CallableType:
    """Restrict `register` to constructors of the right product.

    Args:
        register: One of the overloads of `Registry.register`.
        bound: The type of an accepted constructor.

    Returns:
        The same with the bound on its type variable, at any depth: one of the overloads returns a decorator.
    """
    variables = [
        bounded(each, upper_bound=bound) if isinstance(each, TypeVarType) else each for each in register.variables
    ]
    found = get_proper_type(expand_type(changed(register, variables=[]), {each.id: each for each in variables}))
    assert isinstance(found, CallableType)  # noqa: S101 - expanding leaves a function a function
    gives = get_proper_type(found.ret_type)
    if isinstance(gives, CallableType) and gives.variables:
        found = changed(found, ret_type=narrowed(gives, bound))
    return changed(found, variables=variables)
