"""Types of the index as types of mypy."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING, Final

from mypy.nodes import ARG_POS, MypyFile, SymbolTableNode, TypeAlias, TypeInfo
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    LiteralType,
    NoneType,
    TupleType,
    Type,
    TypeOfAny,
    TypeType,
    UnionType,
    get_proper_type,
)

from terraregistry.mypy_plugin.scanning import dotted

if TYPE_CHECKING:
    from mypy.checker import TypeChecker
    from mypy.nodes import SymbolNode

    from terraregistry.index import PortableType

__all__ = ["TypeReader", "anything", "symbol_at"]

_ANY: Final = ("typing.Any", "typing_extensions.Any")


def anything() -> AnyType:
    """Return the type `Any`, for an unknown type."""
    return AnyType(TypeOfAny.special_form)


def symbol_at(modules: dict[str, MypyFile], name: str) -> SymbolNode | None:
    """Find a full name's symbol in the modules loaded by mypy.

    Args:
        modules: The modules of the build.
        name: The name.

    Returns:
        The class, function, alias or variable; None if there is none.
    """
    module, _, _ = name.rpartition(".")
    while module and module not in modules:
        module, _, _ = module.rpartition(".")
    if not module:
        return None
    names = modules[module].names
    found: SymbolTableNode | None = None
    for part in name[len(module) + 1 :].split("."):
        found = names.get(part)
        node = None if found is None else found.node
        if isinstance(node, (MypyFile, TypeInfo)):
            names = node.names
        elif node is None:
            return None
    return None if found is None else found.node


class TypeReader:
    """Reader of types from text; anything not loaded by mypy becomes `Any`.

    Args:
        checker: The current type checker.
    """

    def __init__(self, checker: TypeChecker) -> None:
        self._checker = checker

    def read(self, written: PortableType) -> Type:
        """Read a type of the index."""
        parsed = _parsed(written.text)
        return anything() if parsed is None else self._read(parsed)

    def _read(self, node: ast.expr) -> Type:
        if isinstance(node, ast.Constant) and node.value is None:
            return NoneType()
        if isinstance(node, ast.BinOp):
            return UnionType.make_union([self._read(node.left), self._read(node.right)])
        if isinstance(node, ast.Subscript):
            return self._generic(dotted(node.value) or "", _items(node.slice))
        name = dotted(node)
        return anything() if name is None else self._named(name, [])

    def _named(self, name: str, arguments: list[Type]) -> Type:
        if name in _ANY:
            return anything()
        node = symbol_at(self._checker.modules, name if "." in name else f"builtins.{name}")
        if isinstance(node, TypeAlias) and not node.alias_tvars:
            return node.target
        if not isinstance(node, TypeInfo):
            return anything()
        if node.tuple_type is not None and not node.type_vars:
            return node.tuple_type.copy_modified(fallback=Instance(node, []))
        count = len(node.type_vars)
        return Instance(node, arguments if len(arguments) == count else [anything() for _ in range(count)])

    def _generic(self, name: str, items: list[ast.expr]) -> Type:
        if name in ("typing.Literal", "typing_extensions.Literal"):
            return UnionType.make_union([self._literal(item) for item in items])
        if name == "tuple":
            return self._tuple(items)
        if name == "type":
            return TypeType.make_normalized(self._read(items[0]))
        if name == "collections.abc.Callable":
            return self._callable(items)
        return self._named(name, [self._read(item) for item in items])

    def _literal(self, node: ast.expr) -> Type:
        try:
            value: object = ast.literal_eval(node)
        except ValueError:
            owner, _, member = (dotted(node) or "").rpartition(".")
            cls = get_proper_type(self._named(owner, []))
            return LiteralType(member, cls) if isinstance(cls, Instance) and cls.type.is_enum else anything()
        if value is None:
            return NoneType()
        if not isinstance(value, (str, int)):
            return anything()
        return LiteralType(value, self._checker.named_generic_type(f"builtins.{type(value).__name__}", []))

    def _tuple(self, items: list[ast.expr]) -> Type:
        if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is Ellipsis:
            return self._checker.named_generic_type("builtins.tuple", [self._read(items[0])])
        fallback = self._checker.named_generic_type("builtins.tuple", [anything()])
        return TupleType([self._read(item) for item in items], fallback)

    def _callable(self, items: list[ast.expr]) -> Type:
        function = self._checker.named_generic_type("builtins.function", [])
        gives = self._read(items[1]) if len(items) == 2 else anything()
        if items and isinstance(items[0], ast.List):
            takes = [self._read(item) for item in items[0].elts]
            return CallableType(takes, [ARG_POS] * len(takes), [None] * len(takes), gives, function)
        from mypy.nodes import ARG_STAR, ARG_STAR2

        open_arguments = [anything(), anything()]
        return CallableType(open_arguments, [ARG_STAR, ARG_STAR2], [None, None], gives, function, is_ellipsis_args=True)


def _items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
