"""Annotations as source text, to be read back unchanged; and types named in source for type checkers only.

Type checkers need a portable type instead.
"""

from __future__ import annotations

import abc
import ast
import functools
import importlib
import inspect
import types
import typing
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.index.described import IMPORTED, UnreadableAnnotationError, read_annotation
from terraregistry.index.descriptions import PortableType
from terraregistry.indexing.portable import importable
from terraregistry.registry.signatures import render

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CannotBeWrittenError", "named_type", "promised_type", "written_annotation"]

_NOTHING: Final = inspect.Signature.empty


class CannotBeWrittenError(Exception):
    """The meaning of an annotation is not in the names of its classes."""


def written_annotation(annotation: Any) -> PortableType | None:  # an annotation is any object
    """Write an evaluated annotation as source text.

    Args:
        annotation: The annotation, or `inspect.Parameter.empty`.

    Returns:
        Its text and the modules of its names; None without an annotation.

    Raises:
        CannotBeWrittenError: It would be read back as another one to a user or to the validation.

    Examples:
        >>> written_annotation(typing.Optional[typing.List[int]])
        PortableType(text='typing.List[int] | None', imports=('typing',))
    """
    if annotation is inspect.Parameter.empty:
        return None
    writer = _Writer()
    written = PortableType(writer.write(annotation), tuple(sorted(writer.imports)))
    try:
        back = read_annotation(written)
    except UnreadableAnnotationError as error:
        raise CannotBeWrittenError from error
    if back != annotation or render(back) != render(annotation):
        raise CannotBeWrittenError
    return written


class _Writer:
    """Writer of the parts of an annotation; collects the modules of their names."""

    def __init__(self) -> None:
        self.imports: set[str] = set()

    def write(self, annotation: Any) -> str:  # as above
        if annotation is None or annotation is types.NoneType:
            return "None"
        if annotation is Ellipsis:
            return "..."
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Union or origin is types.UnionType:
            return " | ".join(map(self.write, arguments))
        if origin is typing.Literal:
            return f"{self._name('typing', 'Literal')}[{', '.join(map(_literal, arguments))}]"
        if isinstance(annotation, list):
            return f"[{', '.join(map(self.write, cast('list[object]', annotation)))}]"
        if type(annotation).__module__ == "typing":
            return self._of_typing(annotation, arguments)
        if origin is not None and arguments:
            return f"{self._class(origin)}[{', '.join(map(self.write, arguments))}]"
        return self._class(annotation)

    def _of_typing(self, annotation: Any, arguments: tuple[object, ...]) -> str:  # as above
        if annotation is typing.Any:
            return self._name("typing", "Any")
        name: object = getattr(annotation, "_name", None)
        if not isinstance(name, str) or not hasattr(typing, name):
            raise CannotBeWrittenError
        text = self._name("typing", name)
        return f"{text}[{', '.join(map(self.write, arguments))}]" if arguments else text

    def _name(self, module: str, qualname: str) -> str:
        if module != "builtins":
            self.imports.add(module)
        return qualname if module == "builtins" else f"{module}.{qualname}"

    def _class(self, cls: object) -> str:
        place = importable(cls)
        if cls is typing.Any:
            return self._name("typing", "Any")
        if place is None or not isinstance(cls, type):
            raise CannotBeWrittenError
        if place[0] not in IMPORTED and _means_more(cast("type[object]", cls)):
            raise CannotBeWrittenError
        return self._name(*place)


def _means_more(cls: type[object]) -> bool:
    """Return True if the validation takes other values for a class than its instances."""
    return (
        type(cls) not in (type, abc.ABCMeta)
        or hasattr(cls, "__get_pydantic_core_schema__")
        or typing.is_typeddict(cls)
        or bool(getattr(cls, "_is_protocol", False))
    )


def _literal(value: object) -> str:
    if value is None or type(value) in (bool, int, str, bytes):
        return repr(value)
    raise CannotBeWrittenError


def promised_type(constructor: object) -> Any:  # a type is any object
    """Read the return annotation of a function: a name imported by its module under `if TYPE_CHECKING`.

    Args:
        constructor: A function.

    Returns:
        The imported object; `inspect.Signature.empty` for any other annotation.
    """
    annotation = getattr(constructor, "__annotations__", {}).get("return")
    module = getattr(constructor, "__module__", None)
    return named_type(annotation, module) if isinstance(annotation, str) and isinstance(module, str) else _NOTHING


def named_type(text: str, module: str) -> Any:  # as above
    """Resolve a dotted name imported by a module under `if TYPE_CHECKING`.

    Args:
        text: The name, such as `nn.Module`.
        module: Its module, which is loaded.

    Returns:
        The imported object; `inspect.Signature.empty` for any other text.
    """
    root, *rest = text.split(".")
    place = _guarded_imports(module).get(root)
    if place is None:
        return _NOTHING
    found: object = importlib.import_module(place[0])
    for part in (place[1], *rest):
        found = getattr(found, part, _NOTHING)
    return found


@functools.lru_cache(maxsize=64)
def _guarded_imports(module: str) -> dict[str, tuple[str, str]]:
    try:
        tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    except (OSError, TypeError, SyntaxError):
        return {}
    return {name: place for statement in tree.body for name, place in _guarded(statement)}


def _guarded(statement: ast.stmt) -> Iterator[tuple[str, tuple[str, str]]]:
    if not isinstance(statement, ast.If) or not ast.unparse(statement.test).endswith("TYPE_CHECKING"):
        return
    for inner in statement.body:
        if isinstance(inner, ast.ImportFrom) and inner.module is not None and not inner.level:
            for alias in inner.names:
                yield alias.asname or alias.name, (inner.module, alias.name)
