"""Unpacked arguments: a dictionary may have any keys, and a list any length, so that not every parameter has to take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy.argmap import map_actuals_to_formals
from mypy.errorcodes import ARG_TYPE
from mypy.maptype import map_instance_to_supertype
from mypy.messages import callable_name, format_type
from mypy.nodes import ARG_NAMED, ARG_NAMED_OPT, ARG_STAR, ARG_STAR2, CallExpr
from mypy.subtypes import is_subtype
from mypy.types import Instance, TupleType, get_proper_type

from terraregistry.mypy_plugin.changes import changed
from terraregistry.mypy_plugin.portable_types import anything

if TYPE_CHECKING:
    from mypy.checker import TypeChecker
    from mypy.nodes import Context, Expression
    from mypy.types import CallableType, Type

__all__ = ["fitted"]


def fitted(callee: CallableType, context: Context, checker: TypeChecker) -> CallableType:
    """Relax a signature where a call unpacks its arguments, and report a dictionary that fits no parameter.

    Args:
        callee: The signature, with the name as its first parameter if the call has it.
        context: The call.
        checker: The current type checker.

    Returns:
        The signature for this call.
    """
    if not isinstance(context, CallExpr) or not any(kind.is_star() for kind in context.arg_kinds):
        return callee
    callee = _without_reach(callee, context, checker)
    fed = map_actuals_to_formals(
        context.arg_kinds,
        context.arg_names,
        callee.arg_kinds,
        callee.arg_names,
        lambda place: checker.get_expression_type(context.args[place]),
    )
    types = list(callee.arg_types)
    for place, (given, kind) in enumerate(zip(context.args, context.arg_kinds, strict=True)):
        formals = [formal for formal, actuals in enumerate(fed) if place in actuals]
        value = _value(given, checker) if kind is ARG_STAR2 and formals else None
        if value is None:
            continue
        if not any(is_subtype(value, callee.arg_types[formal]) for formal in formals):
            unpacked = format_type(checker.get_expression_type(given), checker.options).strip('"')
            message = f'Argument {place + 1} to {callable_name(callee)} has incompatible type "**{unpacked}"; '
            checker.fail(f"{message}no parameter takes such a value", given, code=ARG_TYPE)
        for formal in formals:
            types[formal] = anything()
    return changed(callee, arg_types=types)


def _without_reach(callee: CallableType, call: CallExpr, checker: TypeChecker) -> CallableType:
    """Take the parameters behind one that is given by its name out of the reach of an unpacked list."""
    if not any(
        kind is ARG_STAR and not isinstance(get_proper_type(checker.get_expression_type(given)), TupleType)
        for given, kind in zip(call.args, call.arg_kinds, strict=True)
    ):
        return callee
    given = {name for name in call.arg_names if name is not None}
    kinds = list(callee.arg_kinds)
    start = next((place for place, name in enumerate(callee.arg_names) if name in given), len(kinds))
    for place in range(start, len(kinds)):
        if kinds[place].is_positional():
            kinds[place] = ARG_NAMED if kinds[place].is_required() else ARG_NAMED_OPT
    return changed(callee, arg_kinds=kinds)


def _value(given: Expression, checker: TypeChecker) -> Type | None:
    """Return the type of a mapping's values; None for a `TypedDict`, and for what is no mapping."""
    found = get_proper_type(checker.get_expression_type(given))
    if not isinstance(found, Instance) or not found.type.has_base("typing.Mapping"):
        return None
    return map_instance_to_supertype(found, checker.lookup_typeinfo("typing.Mapping")).args[1]
