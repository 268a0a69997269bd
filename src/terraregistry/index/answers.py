"""Answering from the index: calls that are validated and described without importing what would make the component."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from terraregistry.index.annotations import read_annotation
from terraregistry.index.descriptions import OPAQUE_DEFAULT, ParameterKind
from terraregistry.index.loading import cached_index
from terraregistry.locks import forking_lock
from terraregistry.registry import Call, ComponentDescription
from terraregistry.registry.signatures import EffectiveSignature, Opaque
from terraregistry.registry.signatures import Signature as RenderedSignature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terraregistry.index.descriptions import Component, Index, Parameter, PortableType, Written

__all__ = ["IndexedCall", "answer_from", "answering_index", "described_call", "indexed_call", "indexed_component"]

T = TypeVar("T")

_KINDS: Final = {
    ParameterKind.POSITIONAL_ONLY: inspect.Parameter.POSITIONAL_ONLY,
    ParameterKind.POSITIONAL_OR_KEYWORD: inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ParameterKind.VAR_POSITIONAL: inspect.Parameter.VAR_POSITIONAL,
    ParameterKind.KEYWORD_ONLY: inspect.Parameter.KEYWORD_ONLY,
    ParameterKind.VAR_KEYWORD: inspect.Parameter.VAR_KEYWORD,
}
_NOTHING_ELSE: Final = object()
"""An item that fits no type of items but any."""
_SAMPLES: Final[dict[str, tuple[object, ...]]] = {
    "collections.abc.Callable[..., typing.Any]": (repr,),
    "dict[typing.Any, typing.Any]": ({_NOTHING_ELSE: _NOTHING_ELSE},),
    "list[typing.Any]": ([],),  # also said of a list that a tuple's annotation takes, as it does this one
    "tuple[typing.Any, ...]": ((_NOTHING_ELSE,),),
}
"""Values that show what a parameter accepts because of a default that its annotation refuses, as it does these."""
_reading: Final = forking_lock()
_answering: Final[list[Index | None]] = []
"""The index that this process answers from, once it has been looked for."""


def answering_index() -> Index | None:
    """Return the index that this process answers from; None where there is none in the cache.

    It is looked for once: what is installed does not change while a process runs.
    """
    with _reading:
        if not _answering:
            _answering.append(cached_index())
        return _answering[0]


def answer_from(index: Index) -> None:
    """Have this process answer from an index that has been loaded already.

    Args:
        index: The index of what is installed.
    """
    with _reading:
        _answering[:] = [index]


def indexed_call(
    registry: str, name: str, load: Callable[[], Callable[..., T]], *, reference: str = ""
) -> IndexedCall[T] | None:
    """Find what validates and describes calls of a component without importing it.

    Args:
        registry: The reference of the registry that it is in, in the index.
        name: Its canonical name in there.
        load: Imports the constructor.
        reference: What the constructor has to be, as `module:qualname`; empty where no other can have the name.

    Returns:
        The call; None where the index does not know enough.
    """
    component = indexed_component(registry, name)
    if component is None or reference not in ("", component.constructor):
        return None
    return described_call(component, load)


def indexed_component(registry: str, name: str) -> Component | None:
    """Find the description of a component in the index.

    Args:
        registry: The reference of the registry that it is in, in the index.
        name: Its canonical name in there.

    Returns:
        The description; None where the index does not have it, or there is no index.
    """
    index = answering_index()
    try:
        found = None if index is None else index.find(registry, name)
    except KeyError:
        return None
    return None if found is None or found.canonical != name else found.component


def described_call(component: Component, load: Callable[[], Callable[..., T]]) -> IndexedCall[T] | None:
    """Make what validates and describes calls of a component from its description.

    Args:
        component: The description.
        load: Imports the constructor.

    Returns:
        The call; None where the description does not tell enough.
    """
    if component.written is None:
        return None
    try:
        signature = _signature(component.signature.parameters, component.written)
    except ValueError:  # an annotation that cannot be read, or a default that no default can be
        return None
    return IndexedCall(component, signature, load)


class IndexedCall(Call[T]):
    """A call that is validated and described from the index; its constructor is imported when it is asked for.

    Args:
        component: The description of the component.
        signature: Its effective signature.
        load: Imports the constructor.
    """

    __slots__ = ("_component", "_load")

    def __init__(
        self, component: Component, signature: inspect.Signature, load: Callable[[], Callable[..., T]]
    ) -> None:
        self._component = component
        self._load = load
        origins = {each.name: each.origin for each in component.signature.parameters if each.origin}
        super().__init__(
            self._make,
            EffectiveSignature(signature, origins),
            ineffective=dict(component.ineffective),
            synonyms=dict(component.synonyms),
        )

    # Each component has arguments of its own.
    def _make(self, *args: Any, **kwargs: Any) -> T:
        return self._load()(*args, **kwargs)

    def defined_at(self) -> str:
        """Say where the constructor is defined, for an error."""
        file = self._file()
        return "" if file is None else f"{file}:{self._component.line}"

    def describe(self, name: str, kind: str, aliases: tuple[str, ...]) -> ComponentDescription:
        """Describe the component.

        Args:
            name: The canonical name where it was asked for.
            kind: The name of the kind's protocol.
            aliases: Other spellings of the name.

        Returns:
            What the index knows of it.
        """
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
            origins=cast("dict[str, str]", self.effective.origins),
            weights=known.weights,
            ineffective=dict(known.ineffective),
            synonyms=dict(known.synonyms),
        )

    def _file(self) -> str | None:
        file = self._component.file
        if file is None or Path(file).is_absolute():
            return file
        home = _home_of(file.partition("/")[0].removesuffix(".py"))
        return file if home is None else str(home / file)


@functools.cache
def _home_of(package: str) -> Path | None:
    """Find the folder that a top-level package is in, without importing it."""
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):  # a finder of somebody's own
        return None
    if found is None or found.origin is None:
        return None
    home = Path(found.origin).parent
    return home.parent if found.submodule_search_locations is not None else home


def _signature(parameters: Iterable[Parameter], written: tuple[Written, ...]) -> inspect.Signature:
    *forms, returns = written
    found = [_parameter(each, form) for each, form in zip(parameters, forms, strict=True)]
    return RenderedSignature(found, return_annotation=_annotation(returns.annotation))


@functools.lru_cache(maxsize=8192)
def _parameter(parameter: Parameter, written: Written) -> inspect.Parameter:
    default: object = inspect.Parameter.empty
    if parameter.default == OPAQUE_DEFAULT:
        widened = parameter.accepts.text.removeprefix(parameter.type.text + " | ")
        default = Opaque(written.default, *(_SAMPLES.get(widened, ()) if widened != parameter.type.text else ()))
    elif parameter.default is not None:
        default = ast.literal_eval(parameter.default)
    kind = _KINDS[parameter.kind]
    return inspect.Parameter(parameter.name, kind, default=default, annotation=_annotation(written.annotation))


@functools.lru_cache(maxsize=4096)
def _annotation(written: PortableType | None) -> Any:  # an annotation is any object
    return inspect.Parameter.empty if written is None else read_annotation(written)
