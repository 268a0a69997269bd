"""Types and defaults in a portable form: source text, and the modules to import for it."""

from __future__ import annotations

import collections
import collections.abc
import enum
import functools
import inspect
import math
import types
import typing
from typing import Any, Final, cast

from terraregistry.deferred import loaded
from terraregistry.index.descriptions import OPAQUE_DEFAULT, PortableType
from terraregistry.registry.signatures import NOT_EVALUATED, Opaque

__all__ = ["ANYTHING", "accepted_type", "default_text", "importable", "portable_type", "united"]

ANYTHING: Final = PortableType("typing.Any", ("typing",))
"""The type without an annotation, or with one unknown to other modules."""

_LONGEST_DEFAULT: Final = 300
_CALLABLE: Final = typing.get_origin(typing.Callable[[], None])
_WRAPPERS: Final = (typing.Annotated, typing.Final, typing.ClassVar, typing.Required, typing.NotRequired)
_ARITIES: Final[dict[object, int]] = {
    **dict.fromkeys((dict, collections.defaultdict, collections.OrderedDict, collections.ChainMap), 2),
    **dict.fromkeys((list, set, frozenset, type, collections.deque, collections.Counter), 1),
    **dict.fromkeys((collections.abc.Mapping, collections.abc.MutableMapping, collections.abc.ItemsView), 2),
    collections.abc.AsyncGenerator: 2,
    collections.abc.Generator: 3,
    collections.abc.Coroutine: 3,
}


def importable(target: object) -> tuple[str, str] | None:
    """Find the module and qualified name to import a class or function by.

    Args:
        target: Any object.

    Returns:
        Both, or None if no module leads to it; for a private module, the public parent with the same object.
    """
    module, qualname = getattr(target, "__module__", None), getattr(target, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str) or module == "__main__":
        return None
    parts = module.split(".")
    homes = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    public = [home for home in homes[:-1] if not _is_private(home)] if _is_private(module) else []
    for home in (*public, module):
        if _attribute(loaded(home), qualname) is target:
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
    """Write an evaluated annotation as source text.

    Args:
        annotation: The annotation, or `inspect.Parameter.empty`.

    Returns:
        The type; `typing.Any` if it has no name elsewhere, such as a class inside a function.

    Examples:
        >>> portable_type(typing.Optional[typing.Sequence[int]])
        PortableType(text='collections.abc.Sequence[int] | None', imports=('collections.abc',))
    """
    imports: set[str] = set()
    text = _Writer(imports).write(annotation)
    return PortableType(text, tuple(sorted(imports)))


def united(*members: PortableType) -> PortableType:
    """Join types in a union.

    Args:
        members: The types.

    Returns:
        Their union; `typing.Any` if it is among them.
    """
    if ANYTHING in members:
        return ANYTHING
    texts = _none_last(dict.fromkeys(each.text for each in members))
    return PortableType(" | ".join(texts), tuple(sorted({name for each in members for name in each.imports})))


class _Writer:
    """Writer of annotations; collects the modules of their names."""

    def __init__(self, imports: set[str]) -> None:
        self._imports = imports

    def write(self, annotation: Any) -> str:  # an annotation is any object
        if annotation is None or annotation is types.NoneType:
            return "None"
        if annotation is Ellipsis:
            return "..."
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Union or origin is types.UnionType:
            return self._union(arguments)
        if origin is typing.Literal:
            return f"{self._name('typing', 'Literal')}[{', '.join(map(self._literal, arguments))}]"
        if origin in _WRAPPERS:
            return self.write(arguments[0])
        if isinstance(annotation, typing.TypeVar):
            return self._variable(annotation)
        if type(annotation).__name__ == "TypeAliasType":
            return self.write(annotation.__value__)
        return self._generic(annotation if origin is None else origin, arguments)

    def _name(self, module: str, qualname: str) -> str:
        if module == "builtins":
            return qualname
        self._imports.add(module)
        return f"{module}.{qualname}"

    def _anything(self) -> str:
        return self._name("typing", "Any")

    def _union(self, members: tuple[object, ...]) -> str:
        texts = [self.write(member) for member in members]
        return self._anything() if "typing.Any" in texts else " | ".join(_none_last(dict.fromkeys(texts)))

    def _literal(self, value: object) -> str:
        if isinstance(value, enum.Enum):
            place = importable(type(value))
            return self._anything() if place is None else f"{self._name(*place)}.{value.name}"
        return repr(value)

    def _variable(self, variable: typing.TypeVar) -> str:
        if variable.__constraints__:
            return self._union(variable.__constraints__)
        return self._anything() if variable.__bound__ is None else self.write(variable.__bound__)

    def _generic(self, cls: object, arguments: tuple[Any, ...]) -> str:  # as above
        if cls == _CALLABLE:
            return self._callable(arguments)
        place = importable(cls)
        if cls is inspect.Parameter.empty or cls is typing.Any or place is None or not _is_class(cls):
            return self._anything()
        if not arguments:
            arguments = _open_arguments(cls)
        written = [self._argument(argument) for argument in arguments]
        return f"{self._name(*place)}[{', '.join(written)}]" if written else self._name(*place)

    def _argument(self, argument: object) -> str:
        if isinstance(argument, list):
            return f"[{', '.join(map(self.write, cast('list[object]', argument)))}]"
        return "..." if isinstance(argument, typing.ParamSpec) else self.write(argument)

    def _callable(self, arguments: tuple[Any, ...]) -> str:  # as above
        takes, gives = arguments if len(arguments) == 2 else (Ellipsis, Any)
        accepted = self._argument(cast("object", takes)) if isinstance(takes, list) else "..."
        return f"{self._name('collections.abc', 'Callable')}[{accepted}, {self.write(gives)}]"


def _is_class(cls: object) -> bool:
    return isinstance(cls, (type, typing.NewType))


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


def default_text(default: object) -> str | None:
    """Write a default as a literal.

    Args:
        default: The default, or `inspect.Parameter.empty`.

    Returns:
        Text for `ast.literal_eval`, `...` for any other object or a very long literal, None without a default.

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
    if isinstance(value, float):
        return type(value) is float and math.isfinite(value)
    if type(value) is dict:
        pairs = cast("dict[object, object]", value)
        return all(_is_plain(key) and _is_plain(each) for key, each in pairs.items())
    return type(value) in (list, tuple) and all(map(_is_plain, cast("list[object]", value)))


def accepted_type(annotation: Any, default: object) -> PortableType:  # an annotation is any object
    """Write the accepted type of a parameter: the annotation, widened to include the default.

    Args:
        annotation: The annotation, evaluated.
        default: The default, or `inspect.Parameter.empty`.
    """
    return _accepted(_Annotated(annotation, default))


class _Annotated:
    """An annotation with a default, as a key: `Literal[1] == Literal[True]`, and `1 == True`, but they are not the same."""

    __slots__ = ("_key", "annotation", "default")

    def __init__(self, annotation: Any, default: object) -> None:  # an annotation is any object
        self.annotation = annotation
        self.default = default
        self._key = (repr(annotation), type(default), id(default) if default_text(default) == "..." else repr(default))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Annotated) and self._key == other._key


@functools.lru_cache(maxsize=4096)
def _accepted(key: _Annotated) -> PortableType:
    from terraregistry.registry.schemas import accepts

    declared = portable_type(key.annotation)
    unknown = (
        key.default is inspect.Parameter.empty or isinstance(key.default, Opaque) or key.annotation is NOT_EVALUATED
    )
    if unknown or (accepts(key.annotation, key.default) and not _is_list_for_tuple(key.annotation, key.default)):
        return declared
    if key.default is None:
        return united(declared, portable_type(None))
    shown = portable_type(collections.abc.Callable[..., Any] if callable(key.default) else type(key.default))
    return united(declared, shown)


def _is_list_for_tuple(annotation: object, default: object) -> bool:
    """Find a default accepted by the validation, but not by a type checker."""
    if not isinstance(default, list):
        return False
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    origins = [typing.get_origin(each) or each for each in (typing.get_args(annotation) if is_union else (annotation,))]
    return tuple in origins and not any(isinstance(each, type) and issubclass(list, each) for each in origins)
