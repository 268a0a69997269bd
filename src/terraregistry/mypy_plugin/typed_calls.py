"""Calls by component name, each checked as a call of the named constructor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mypy.errorcodes import ErrorCode
from mypy.nodes import ARG_POS, CallExpr, IndexExpr, MemberExpr, RefExpr, TypeInfo, Var
from mypy.subtypes import is_subtype
from mypy.typeops import make_simplified_union
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    Overloaded,
    Parameters,
    Type,
    TypeOfAny,
    UnionType,
    get_proper_type,
)

from terraregistry.mypy_plugin.changes import changed
from terraregistry.mypy_plugin.joint_calls import joint
from terraregistry.mypy_plugin.known_names import Own
from terraregistry.mypy_plugin.literals import literal_names
from terraregistry.mypy_plugin.portable_types import symbol_at
from terraregistry.mypy_plugin.typed_constructors import constructor_of
from terraregistry.mypy_plugin.unpacked_arguments import fitted
from terraregistry.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from mypy.checker import TypeChecker
    from mypy.nodes import Context, Expression

    from terraregistry.mypy_plugin.known_names import Registries
    from terraregistry.mypy_plugin.typed_constructors import Constructor

__all__ = ["BUILDER", "UNKNOWN_COMPONENT", "NamedCall", "registry_of"]

BUILDER: Final = "terraregistry.registry.builders.Builder"

UNKNOWN_COMPONENT: Final = ErrorCode("unknown-component", "A registry has no component of a name", "terraregistry")

_SEVERAL: Final = "terraregistry.registry.multi.MultiSourceRegistry"
_MODULE_KINDS: Final = tuple(f"terraregistry.protocols.{kind}Module" for kind in ("Backbone", "Decoder", "Neck"))


def registry_of(registries: Registries, kind: Type, expression: Expression | None) -> str | None:
    """Identify the registry of an expression.

    Args:
        registries: The registries.
        kind: The type of the expression.
        expression: The expression.

    Returns:
        The full name of the registry; None if it may be any of its type.
    """
    proper = get_proper_type(kind)
    found = registries.by_class(proper.type.fullname) if isinstance(proper, Instance) else None
    if found is None and isinstance(expression, RefExpr) and isinstance(expression.node, Var):
        name = registries.full_name(expression.node.fullname)
        found = name if registries.is_known(name) else None
    return found


def receiver(context: Context) -> Expression | None:
    """Return the expression of a method's receiver."""
    if isinstance(context, CallExpr) and isinstance(context.callee, MemberExpr):
        return context.callee.expr
    return context.base if isinstance(context, IndexExpr) else None


class NamedCall:
    """A call of `build`, `builder`, `validate`, `find_class` or `[]`.

    Args:
        registries: The registries.
        checker: The current type checker.
        method: The name of the method.
        default: The type of the method.
    """

    def __init__(self, registries: Registries, checker: TypeChecker, method: str, default: CallableType) -> None:
        self._registries = registries
        self._checker = checker
        self._method = method
        self._default = default
        self.modules: set[str] = set()
        """The modules used for the answer."""
        self.targets: set[str] = set()
        """The project's own classes and functions used for the answer."""
        self.unknown: bool = False
        """True if a name was not found."""

    def signature(self, kind: Instance, name: Expression, context: Context) -> FunctionLike:
        """Return the method's type for this name.

        Args:
            kind: The receiver's type.
            name: The first argument.
            context: The call.

        Returns:
            The type of the method in this call.
        """
        names = literal_names(self._checker.get_expression_type(name))
        registry = registry_of(self._registries, kind, receiver(context)) if names else None
        if registry is None:
            return self._default
        if self._method == "__getitem__" and kind.type.has_base(_SEVERAL):
            return self._sources(registry, names, name)
        found = [self._constructor(registry, each, name) for each in names]
        if any(isinstance(each, AnyType) for each in found):
            return changed(self._default, ret_type=AnyType(TypeOfAny.from_error))
        known = [each for each in found if each is not None and not isinstance(each, AnyType)]
        if len(known) < len(found):
            return self._default
        if self._method in ("__getitem__", "find_class"):
            return changed(self._default, ret_type=make_simplified_union([each.type for each in known]))
        if self._method == "builder":
            return changed(self._default, ret_type=make_simplified_union([self._builder(each) for each in known]))
        return self._called(known, context)

    def _sources(self, registry: str, names: tuple[str, ...], context: Expression) -> FunctionLike:
        sources = self._registries.sources(registry)
        types: list[Type] = []
        for prefix in names:
            if prefix not in sources:
                if not self._registries.may_have(registry, ""):
                    close = did_you_mean(nearest(prefix, sources) or tuple(sources)[:3]).replace("'", '"')
                    self._fail(f'{_label(registry)} has no source "{prefix}"{close}', context)
                return self._default
            node = symbol_at(self._checker.modules, sources[prefix] or "")
            if not isinstance(node, Var) or node.type is None:
                return self._default
            types.append(node.type)
        return changed(self._default, ret_type=make_simplified_union(types))

    def _constructor(self, registry: str, name: str, context: Expression) -> Constructor | AnyType | None:
        found = self._registries.find(registry, name)
        if found is not None:
            constructor = constructor_of(found, name, self._checker)
            self.modules.update(() if constructor is None else constructor.modules)
            if isinstance(found, Own):
                self.targets.add(found.target or "")
            return constructor
        self.unknown = True
        if self._registries.may_have(registry, name):
            return None
        close = did_you_mean(self._registries.nearest(registry, name)).replace("'", '"')
        other = None if close else self._registries.elsewhere(registry, name)
        hint = close if other is None else f"; {_label(other)} has"
        self._fail(f'{_label(registry)} has no component "{name}"{hint}', context)
        return AnyType(TypeOfAny.from_error)

    def _fail(self, message: str, context: Context) -> None:
        self._checker.fail(message, context, code=UNKNOWN_COMPONENT)

    def _called(self, constructors: list[Constructor], context: Context) -> FunctionLike:
        calls = [self._after_name(call) for each in constructors for call in each.calls]
        if len(constructors) == 1 and len(calls) > 1:
            return Overloaded(calls)
        return fitted(calls[0] if len(calls) == 1 else joint(calls), context, self._checker)

    def _after_name(self, call: CallableType) -> CallableType:
        """Prepend the name to a constructor's own arguments."""
        text = self._checker.named_generic_type("builtins.str", [])
        return changed(
            call,
            arg_types=[text, *call.arg_types],
            arg_kinds=[ARG_POS, *call.arg_kinds],
            arg_names=[None, *call.arg_names],
            ret_type=self._spec(call.ret_type) if self._method == "validate" else self._as_expected(call.ret_type),
        )

    def _as_expected(self, product: Type) -> Type:
        """Return the module kind expected by the call's context, such as `BackboneModule`, if the product is of both its bases."""
        expected = get_proper_type(self._checker.type_context[-1])
        for each in expected.items if isinstance(expected, UnionType) else [expected]:
            kind = get_proper_type(each)
            if isinstance(kind, Instance) and kind.type.fullname in _MODULE_KINDS:
                return kind if all(is_subtype(product, base) for base in kind.type.bases) else product
        return product

    def _spec(self, product: Type) -> Type:
        return self._generic("terraregistry.registry.specs.ComponentSpec", [product])

    def _builder(self, constructor: Constructor) -> Type:
        call = joint(constructor.calls)  # a builder has one list of parameters, also that of an overloaded function
        parameters = Parameters(call.arg_types, call.arg_kinds, call.arg_names, is_ellipsis_args=call.is_ellipsis_args)
        return self._generic(BUILDER, [parameters, call.ret_type])

    def _generic(self, name: str, arguments: list[Type]) -> Type:
        node = symbol_at(self._checker.modules, name)
        return Instance(node, arguments) if isinstance(node, TypeInfo) else self._default.ret_type


def _label(registry: str) -> str:
    return registry.rpartition(".")[2]
