"""Types and defaults as source text with the modules to import for it: portable for type checkers, or exact to be read back."""

from __future__ import annotations

import abc
import ast
import collections
import collections.abc
import enum
import functools
import importlib
import inspect
import math
import types
import typing
from typing import Any, Final, cast

from terraregistry.deferred import loaded
from terraregistry.index.described import IMPORTED, read_annotation
from terraregistry.index.descriptions import OPAQUE_DEFAULT, PortableType
from terraregistry.registry.signatures import NOT_EVALUATED, Opaque, render

__all__ = [
    "ANYTHING",
    "CannotBeWrittenError",
    "accepted_type",
    "default_text",
    "importable",
    "named_type",
    "portable_type",
    "united",
    "written_annotation",
]

ANYTHING: Final = PortableType("typing.Any", ("typing",))
"""The type without an annotation, or with one unknown to other modules."""

_LONGEST_DEFAULT: Final = 300
_CALLABLE: Final = typing.get_origin(typing.Callable[[], None])
_UNIONS: Final = (typing.Union, types.UnionType)
_WRAPPERS: Final = (typing.Annotated, typing.Final, typing.ClassVar, typing.Required, typing.NotRequired)
_ARITIES: Final[dict[object, int]] = {
    **dict.fromkeys((dict, collections.defaultdict, collections.OrderedDict, collections.ChainMap), 2),
    **dict.fromkeys((list, set, frozenset, type, collections.deque, collections.Counter), 1),
    **dict.fromkeys((collections.abc.Mapping, collections.abc.MutableMapping, collections.abc.ItemsView), 2),
    collections.abc.AsyncGenerator: 2,
    collections.abc.Generator: 3,
    collections.abc.Coroutine: 3,
}


class CannotBeWrittenError(Exception):
    """The meaning of an annotation is not in the names of its classes."""


def importable(target: object) -> tuple[str, str] | None:
    """Find the module and qualified name to import a class or function by; None if no module leads to it.

    For a private module, the module is the public parent with the same object.
    """
    module, qualname = getattr(target, "__module__", None), getattr(target, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str) or module == "__main__":
        return None
    parts = module.split(".")
    homes = [".".join(parts[:length]) for length in range(1, len(parts))] if _is_private(module) else []
    for home in (*homes, module):
        if (home == module or not _is_private(home)) and _attribute(loaded(home), qualname) is target:
            return home, qualname
    return None


def _is_private(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


def _attribute(holder: object, qualname: str) -> object:
    for part in qualname.split("."):
        if not part.isidentifier():
            return None
        holder = getattr(holder, part, None)
    return holder


def portable_type(annotation: object) -> PortableType:
    """Write an evaluated annotation for type checkers: `typing.Any` if it has no name elsewhere, as a class inside a function.

    Examples:
        >>> portable_type(typing.Optional[typing.Sequence[int]])
        PortableType(text='collections.abc.Sequence[int] | None', imports=('collections.abc',))
    """
    return _Writer().written(Any if isinstance(annotation, list) else annotation)


def written_annotation(annotation: Any) -> PortableType | None:  # an annotation is any object
    """Write an evaluated annotation to be read back unchanged; None without one.

    Raises:
        CannotBeWrittenError: It would be read back as another one to a user or to the validation.

    Examples:
        >>> written_annotation(typing.Optional[typing.List[int]])
        PortableType(text='typing.List[int] | None', imports=('typing',))
    """
    if annotation is inspect.Parameter.empty:
        return None
    written = _Exact().written(annotation)
    try:
        back = read_annotation(written)
    except ValueError as error:
        raise CannotBeWrittenError from error
    if back != annotation or render(back) != render(annotation):
        raise CannotBeWrittenError
    return written


def united(*members: PortableType) -> PortableType:
    """Join types in a union; `typing.Any` if it is among them."""
    if ANYTHING in members:
        return ANYTHING
    texts = _none_last(dict.fromkeys(each.text for each in members))
    return PortableType(" | ".join(texts), tuple(sorted({name for each in members for name in each.imports})))


class _Writer:
    """Writer for type checkers, which gives each type one spelling; collects the modules of its names."""

    def __init__(self) -> None:
        self._imports: set[str] = set()

    def written(self, annotation: Any) -> PortableType:  # an annotation is any object
        """Write a whole annotation."""
        text = self._write(annotation)
        return PortableType(text, tuple(sorted(self._imports)))

    def _write(self, annotation: Any) -> str:  # as above
        if annotation is None or annotation is types.NoneType:
            return "None"
        if annotation is Ellipsis:
            return "..."
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin in _UNIONS:
            return self._union(arguments)
        if origin is typing.Literal:
            return f"{self._name('typing', 'Literal')}[{', '.join(map(self._literal, arguments))}]"
        if isinstance(annotation, list):
            return f"[{self._list(cast('list[object]', annotation))}]"
        return self._other(annotation, origin, arguments)

    def _list(self, arguments: collections.abc.Iterable[object]) -> str:
        return ", ".join(map(self._write, arguments))

    def _name(self, module: str, qualname: str) -> str:
        if module == "builtins":
            return qualname
        self._imports.add(module)
        return f"{module}.{qualname}"

    def _union(self, members: tuple[object, ...]) -> str:
        texts = [self._write(member) for member in members]
        return self._name("typing", "Any") if "typing.Any" in texts else " | ".join(_none_last(dict.fromkeys(texts)))

    def _literal(self, value: object) -> str:
        if isinstance(value, enum.Enum):
            place = importable(type(value))
            return self._name("typing", "Any") if place is None else f"{self._name(*place)}.{value.name}"
        return repr(value)

    def _other(self, annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> str:  # as above
        if origin in _WRAPPERS:
            return self._write(arguments[0])
        if isinstance(annotation, typing.ParamSpec):
            return "..."
        if isinstance(annotation, typing.TypeVar):
            return self._union(annotation.__constraints__ or (annotation.__bound__ or Any,))
        if type(annotation).__name__ == "TypeAliasType":
            return self._write(annotation.__value__)
        cls = annotation if origin is None else origin
        if cls == _CALLABLE:
            takes, gives = arguments if len(arguments) == 2 else (Ellipsis, Any)
            accepted = self._write(takes) if isinstance(takes, list) else "..."
            return f"{self._name('collections.abc', 'Callable')}[{accepted}, {self._write(gives)}]"
        place = importable(cls)
        if cls is inspect.Parameter.empty or cls is Any or place is None or not isinstance(cls, (type, typing.NewType)):
            return self._name("typing", "Any")
        inside = self._list(arguments or _open_arguments(cls))
        return f"{self._name(*place)}[{inside}]" if inside else self._name(*place)


class _Exact(_Writer):
    """Writer for `read_annotation`: each type as it was spelled."""

    def _union(self, members: tuple[object, ...]) -> str:
        return " | ".join(map(self._write, members))

    def _literal(self, value: object) -> str:
        if value is None or type(value) in (bool, int, str, bytes):
            return repr(value)
        raise CannotBeWrittenError

    def _other(self, annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> str:  # as above
        if annotation is Any:
            return self._name("typing", "Any")
        if type(annotation).__module__ == "typing":
            name: object = getattr(annotation, "_name", None)
            if not isinstance(name, str) or not hasattr(typing, name):
                raise CannotBeWrittenError
            text = self._name("typing", name)
        else:
            text = self._class(annotation if origin is None or not arguments else origin)
        return f"{text}[{self._list(arguments)}]" if arguments else text

    def _class(self, cls: object) -> str:
        place = importable(cls)
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


def _open_arguments(cls: object) -> tuple[object, ...]:
    """Return the type arguments of a generic class left bare by an annotation."""
    if cls is tuple:
        return (Any, Ellipsis)
    count = _ARITIES.get(cls)
    if count is None and getattr(cls, "__module__", "") == "collections.abc":
        count = int(hasattr(cls, "__class_getitem__"))
    if count is not None:
        return (Any,) * count
    variables: tuple[object, ...] = getattr(cls, "__parameters__", ())
    return tuple(each if isinstance(each, typing.ParamSpec) else Any for each in variables)


def _none_last(texts: collections.abc.Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: text == "None")


def named_type(annotation: object, module: object) -> Any:  # a type is any object
    """Import a type by the dotted name, such as `nn.Module`, that a module imports under `if TYPE_CHECKING`.

    Any other annotation gives `inspect.Signature.empty`.
    """
    if not isinstance(annotation, str) or not isinstance(module, str):
        return inspect.Signature.empty
    root, *rest = annotation.split(".")
    place = _guarded_imports(module).get(root)
    if place is None:
        return inspect.Signature.empty
    found: object = importlib.import_module(place[0])
    for part in (place[1], *rest):
        found = getattr(found, part, inspect.Signature.empty)
    return found


@functools.lru_cache(maxsize=64)
def _guarded_imports(module: str) -> dict[str, tuple[str, str]]:
    try:
        body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    except (OSError, TypeError, SyntaxError):
        return {}
    guards = [each for each in body if isinstance(each, ast.If) and ast.unparse(each.test).endswith("TYPE_CHECKING")]
    imports = [each for guard in guards for each in guard.body if isinstance(each, ast.ImportFrom) and not each.level]
    return {alias.asname or alias.name: (str(each.module), alias.name) for each in imports for alias in each.names}


def default_text(default: object) -> str | None:
    """Write a default as text for `ast.literal_eval`: `...` for any object but a literal of some length, None without one.

    Examples:
        >>> default_text((1, "a")), default_text(len), default_text(inspect.Parameter.empty)
        ("(1, 'a')", '...', None)
    """
    if default is inspect.Parameter.empty:
        return None
    try:
        text = repr(default) if _is_plain(default) else OPAQUE_DEFAULT
    except RecursionError:
        return OPAQUE_DEFAULT
    return text if len(text) <= _LONGEST_DEFAULT else OPAQUE_DEFAULT


def _is_plain(value: object) -> bool:
    if value is None or type(value) in (bool, int, str, bytes):
        return True
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is dict:
        pairs = cast("dict[object, object]", value)
        return all(_is_plain(key) and _is_plain(each) for key, each in pairs.items())
    return type(value) in (list, tuple) and all(map(_is_plain, cast("list[object]", value)))


_accepted: Final[dict[object, tuple[object, PortableType]]] = {}
"""The types worked out before, with their defaults: an id is part of some keys."""


def accepted_type(annotation: Any, default: object) -> PortableType:  # an annotation is any object
    """Write the accepted type of a parameter: the annotation, widened to include the default."""
    # `Literal[1] == Literal[True]`, and `1 == True`, but they are not the same.
    key = (repr(annotation), type(default), id(default) if default_text(default) == "..." else repr(default))
    if key not in _accepted:
        _accepted[key] = default, _widened(annotation, default)
    return _accepted[key][1]


def _widened(annotation: Any, default: object) -> PortableType:  # as above
    from terraregistry.registry.schemas import accepts

    declared = portable_type(annotation)
    if default is inspect.Parameter.empty or isinstance(default, Opaque) or annotation is NOT_EVALUATED:
        return declared
    if accepts(annotation, default) and not _is_list_for_tuple(annotation, default):
        return declared
    shown = collections.abc.Callable[..., Any] if callable(default) else None if default is None else type(default)
    return united(declared, portable_type(shown))


def _is_list_for_tuple(annotation: object, default: object) -> bool:
    """Find a default accepted by the validation, but not by a type checker."""
    if not isinstance(default, list):
        return False
    is_union = typing.get_origin(annotation) in _UNIONS
    origins = [typing.get_origin(each) or each for each in (typing.get_args(annotation) if is_union else (annotation,))]
    return tuple in origins and not any(isinstance(each, type) and issubclass(list, each) for each in origins)
