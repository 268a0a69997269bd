"""Annotations as source text, read back without importing the libraries named in them."""

from __future__ import annotations

import ast
import importlib
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.deferred import stand_in

if TYPE_CHECKING:
    from terraregistry.index.descriptions import PortableType

__all__ = ["IMPORTED", "UnreadableAnnotationError", "read_annotation"]

IMPORTED: Final = frozenset(
    {
        *("builtins", "collections", "collections.abc", "datetime", "decimal", "enum", "fractions", "functools"),
        *("numbers", "os", "pathlib", "types", "typing", "uuid"),
        "terraregistry.components.backbones.prithvi.bands",
    }
)
"""Modules without further imports, imported for an annotation; classes of other modules get a stand-in."""


class UnreadableAnnotationError(ValueError):
    """The text is no annotation, or is one with a name that cannot be resolved without an import."""


def read_annotation(written: PortableType) -> Any:  # an annotation is any object
    """Read an annotation from its source text.

    Args:
        written: The annotation, with its names in full, and the modules of the names.

    Returns:
        The annotation, with stand-ins for the classes of libraries not loaded.

    Raises:
        UnreadableAnnotationError: The text is no such annotation.
    """
    try:
        return _Reader(written.imports).read(ast.parse(written.text, mode="eval").body)
    except UnreadableAnnotationError:
        raise
    except Exception as error:
        raise UnreadableAnnotationError(f"{written.text!r} is no annotation: {error}") from error


class _Reader:
    """Reader of the parts of an annotation."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._modules = sorted(modules, key=len, reverse=True)

    def read(self, node: ast.expr) -> Any:  # as above
        match node:
            case ast.Constant() if node.value is None or node.value is ...:
                return node.value
            case ast.BinOp(op=ast.BitOr()):
                # Not `typing.Union`, which may give what it once made of the same members in another order.
                return _class_of(self.read(node.left)) | _class_of(self.read(node.right))
            case ast.Subscript():
                return self._generic(self.read(node.value), node.slice)
            case ast.List():
                return [self.read(each) for each in node.elts]
            case ast.Name() | ast.Attribute():
                return self._named(ast.unparse(node))
            case _:
                raise UnreadableAnnotationError(f"{ast.unparse(node)} is no annotation")

    def _generic(self, generic: Any, inside: ast.expr) -> Any:  # as above
        items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        if generic is typing.Literal:
            return generic[tuple(ast.literal_eval(each) for each in items)]
        arguments = tuple(self.read(each) for each in items)
        return generic[arguments if len(arguments) != 1 else arguments[0]]

    def _named(self, name: str) -> Any:  # as above
        for module in self._modules:
            if name.startswith(module + "."):
                return _attribute(module, name.removeprefix(module + "."))
        return _attribute("builtins", name)


def _class_of(annotation: Any) -> Any:  # as above
    return types.NoneType if annotation is None else annotation


def _attribute(module: str, qualname: str) -> Any:  # as above
    loaded: object = importlib.import_module(module) if module in IMPORTED else sys.modules.get(module)
    if loaded is None:
        return stand_in(module, qualname)
    for part in qualname.split("."):
        loaded = cast("object", getattr(loaded, part))
    return loaded
