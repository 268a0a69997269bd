"""Calls validated and described without importing the component's library; and annotations, read back from text."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from terraregistry.deferred import loaded, stand_in
from terraregistry.index.descriptions import OPAQUE_DEFAULT
from terraregistry.registry import Call, ComponentDescription
from terraregistry.registry.signatures import EffectiveSignature, Opaque
from terraregistry.registry.signatures import Signature as RenderedSignature

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraregistry.index.descriptions import Component, Parameter, PortableType

__all__ = ["IMPORTED", "DescribedCall", "described_call", "home_of", "read_annotation"]

T = TypeVar("T")

IMPORTED: Final = frozenset(
    {
        *("builtins", "collections", "collections.abc", "datetime", "decimal", "enum", "fractions", "functools"),
        *("numbers", "os", "pathlib", "types", "typing", "uuid"),
        "terraregistry.components.backbones.prithvi.bands",
    }
)
"""Modules without further imports, imported for an annotation; classes of other modules get a stand-in."""
_NOTHING_ELSE: Final = object()
"""Sentinel: an item fitting no type of items but any."""
_SAMPLES: Final[dict[str, tuple[object, ...]]] = {
    "collections.abc.Callable[..., typing.Any]": (repr,),
    "dict[typing.Any, typing.Any]": ({_NOTHING_ELSE: _NOTHING_ELSE},),
    "list[typing.Any]": ([],),  # also said of a list that a tuple's annotation takes, as it does this one
    "tuple[typing.Any, ...]": ((_NOTHING_ELSE,),),
}
"""Samples of a default, by the type it may have added to the accepted one; unused if the annotation has that type."""


def described_call(component: Component, load: Callable[[], Callable[..., T]]) -> DescribedCall[T] | None:
    """Make the call of a component from its description, with the import of its constructor; None unless that is exact."""
    if not component.is_exact:
        return None
    try:
        parameters = [_parameter(each) for each in component.signature.parameters]
        signature = RenderedSignature(parameters, return_annotation=_annotation(component.returns))
    except ValueError:  # an annotation that cannot be read, or a default in a place for none
        return None
    return DescribedCall(component, signature, load)


class DescribedCall(Call[T]):
    """A call validated and described from a description; the constructor is imported when it is called."""

    __slots__ = ("_component", "_load", "_origins")

    def __init__(
        self, component: Component, signature: inspect.Signature, load: Callable[[], Callable[..., T]]
    ) -> None:
        self._component = component
        self._load = load
        self._origins = {each.name: each.origin for each in component.signature.parameters if each.origin}
        super().__init__(
            self._make,
            EffectiveSignature(signature, self._origins),
            ineffective=dict(component.ineffective),
            synonyms=dict(component.synonyms),
        )

    # Each component has arguments of its own.
    def _make(self, *args: Any, **kwargs: Any) -> T:
        __tracebackhide__ = True
        return self._load()(*args, **kwargs)

    def defined_at(self) -> str:
        """Return the file and line of the constructor, for an error."""
        file = self._file()
        return "" if file is None else f"{file}:{self._component.line}"

    def describe(self, name: str, kind: str, aliases: tuple[str, ...]) -> ComponentDescription:
        """Describe the component, as `Call.describe` does."""
        known = self._component
        return ComponentDescription(
            name=name,
            kind=kind,
            signature=self.effective.signature,
            summary=known.summary,
            file=self._file(),
            line=known.line,
            library=known.library,
            version=known.version,
            aliases=aliases,
            origins=self._origins,
            weights=known.weights,
            ineffective=dict(known.ineffective),
            synonyms=dict(known.synonyms),
            texts=_texts(self._origins),
        )

    def _file(self) -> str | None:
        file = self._component.file
        if file is None or Path(file).is_absolute():
            return file
        home = home_of(file.partition("/")[0].removesuffix(".py"))
        return file if home is None else str(home / file)


def _texts(origins: dict[str, str]) -> dict[str, str]:
    """Return the texts of arguments in the index."""
    from terraregistry.index.provider import stored_index

    index = stored_index()
    known = {} if index is None else index.texts
    return {name: known[place] for name in origins if (place := (origins[name], name)) in known}


@functools.cache
def home_of(package: str) -> Path | None:
    """Find the parent folder of a top-level package, without importing it."""
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):  # a finder of somebody's own
        return None
    if found is None or found.origin is None:
        return None
    home = Path(found.origin).parent
    return home.parent if found.submodule_search_locations is not None else home


@functools.lru_cache(maxsize=8192)
def _parameter(parameter: Parameter) -> inspect.Parameter:
    default: object = inspect.Parameter.empty
    if parameter.default == OPAQUE_DEFAULT:
        members = parameter.accepts.text.split(" | ")
        default = Opaque(parameter.shown, *next((_SAMPLES[each] for each in members if each in _SAMPLES), ()))
    elif parameter.default is not None:
        default = ast.literal_eval(parameter.default)
    kind = getattr(inspect.Parameter, parameter.kind.name)  # the same names
    return inspect.Parameter(parameter.name, kind, default=default, annotation=_annotation(parameter.annotation))


@functools.lru_cache(maxsize=4096)
def _annotation(written: PortableType | None) -> Any:  # an annotation is any object
    return inspect.Parameter.empty if written is None else read_annotation(written)


def read_annotation(written: PortableType) -> Any:  # an annotation is any object
    """Read an annotation from its source text, with stand-ins for the classes of libraries not loaded.

    Raises:
        ValueError: The text is no annotation, or is one with a name that cannot be resolved without an import.
    """
    try:
        return _read(ast.parse(written.text, mode="eval").body, written.imports)
    except Exception as error:
        raise ValueError(f"{written.text!r} is no annotation") from error


def _read(node: ast.expr, modules: tuple[str, ...]) -> Any:  # as above
    match node:
        case ast.Constant() if node.value is None or node.value is ...:
            return node.value
        case ast.BinOp(op=ast.BitOr()):
            # Not `typing.Union`, which may give what it once made of the same members in another order.
            members = [_read(each, modules) for each in (node.left, node.right)]
            left, right = (types.NoneType if each is None else each for each in members)
            return left | right
        case ast.Subscript():
            generic = _read(node.value, modules)
            items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            is_literal = generic is typing.Literal
            arguments = tuple(ast.literal_eval(each) if is_literal else _read(each, modules) for each in items)
            return generic[arguments if len(arguments) != 1 else arguments[0]]
        case ast.List():
            return [_read(each, modules) for each in node.elts]
        case ast.Name() | ast.Attribute():
            name = ast.unparse(node)
            module = max((each for each in modules if name.startswith(each + ".")), key=len, default="builtins")
            return _attribute(module, name.removeprefix(module + "."))
        case _:
            raise ValueError


def _attribute(module: str, qualname: str) -> Any:  # as above
    found: object = importlib.import_module(module) if module in IMPORTED else loaded(module)
    if found is None:
        return stand_in(module, qualname)
    for part in qualname.split("."):
        found = cast("object", getattr(found, part))
    return found
