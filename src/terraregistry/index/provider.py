"""The provider: a description from the index until the library of a component is loaded, the live component from then on."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from terraregistry.index.annotations import read_annotation
from terraregistry.index.descriptions import OPAQUE_DEFAULT, ParameterKind
from terraregistry.index.loading import cached_index
from terraregistry.locks import forking_lock
from terraregistry.registry import Call, ComponentDescription, Entry, Registry
from terraregistry.registry.signatures import EffectiveSignature, Opaque
from terraregistry.registry.signatures import Signature as RenderedSignature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.index.descriptions import Component, Parameter, PortableType
    from terraregistry.index.store import Index

__all__ = [
    "DescribedCall",
    "DescribedEntry",
    "DescribedRegistry",
    "answer_from",
    "described_call",
    "is_loaded",
    "stored_component",
    "stored_components",
    "stored_index",
]

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
"""Samples of a default by the type that it may have added to the accepted one; of no effect where the annotation has that."""
_reading: Final = forking_lock()
_stored: Final[list[Index | None]] = []
"""The index of this process, once it has been looked for."""


def is_loaded(library: str) -> bool:
    """Return whether a module is in `sys.modules`: from then on it is asked, and not the index.

    Args:
        library: The name of the module.
    """
    return library in sys.modules


def stored_index() -> Index | None:
    """Return the index of this process; None where it would have to be made.

    It is looked for once: the installed libraries do not change while a process runs.
    """
    with _reading:
        if not _stored:
            _stored.append(cached_index())
        return _stored[0]


def answer_from(index: Index) -> None:
    """Use an index in this process.

    Args:
        index: The index of what is installed.
    """
    with _reading:
        _stored[:] = [index]


def stored_component(registry: str, name: str, library: str) -> Component | None:
    """Find the stored description of a component.

    Args:
        registry: The reference of its registry in the index.
        name: Its canonical name there.
        library: The module that is asked instead once it is loaded.

    Returns:
        The description; None where the library is loaded, or the index does not have it.
    """
    index = None if is_loaded(library) else stored_index()
    found = None if index is None else index.own(registry, name)
    return None if found is None or found.name != name else found


def stored_components(registry: str, library: str) -> tuple[Component, ...]:
    """Find the stored descriptions of all components of a registry.

    Args:
        registry: The reference of the registry in the index.
        library: As for `stored_component`.

    Returns:
        The descriptions; empty where the library is loaded, or the index does not have the registry.
    """
    index = None if is_loaded(library) else stored_index()
    try:
        return () if index is None else index.registry(registry).components
    except KeyError:
        return ()


class DescribedEntry(Entry[T]):
    """A component that is validated and described from the index until its library is loaded.

    Args:
        name: Its canonical name.
        constructor: The constructor, where that needs no import.
        reference: `module:qualname` of the constructor otherwise.
        stored_in: The reference of its registry in the index.
        library: The module that is asked instead once it is loaded.
    """

    __slots__ = ("_described", "_library", "_stored_in")

    def __init__(
        self,
        name: str,
        constructor: Callable[..., T] | None = None,
        reference: str = "",
        *,
        stored_in: str,
        library: str,
    ) -> None:
        super().__init__(name, constructor, reference)
        self._stored_in = stored_in
        self._library = library
        self._described: dict[str, Call[T] | None] = {}

    def answer(self, kwargs: Mapping[str, Any]) -> Call[T]:  # the arguments of a call are any objects
        """Return the call that validates and describes, which need not be able to construct."""
        place = self.place_of(kwargs)
        if not place or is_loaded(self._library):
            return self.call(kwargs)
        if place not in self._described:
            component = stored_component(place, self.name, self._library)
            fitting = None if component is None else self.fitting(component)
            described = None if fitting is None else described_call(fitting, lambda: self.constructor)
            self._described[place] = described
        return self._described[place] or self.call(kwargs)

    def place_of(self, kwargs: Mapping[str, Any]) -> str:  # as above
        """Return the registry in the index that has the description for some arguments; empty where none has it."""
        del kwargs
        return self._stored_in

    def fitting(self, component: Component) -> Component | None:
        """Adapt the stored description to this entry; None for the description of another component."""
        return component


class DescribedRegistry(Registry[T]):
    """A registry whose lazy components are described from the index where that has the same name and reference.

    Attributes:
        stored_in: The reference of the registry in the index; each subclass has its own.
    """

    stored_in: ClassVar[str]

    def _lazy(self, name: str, reference: str) -> Entry[T]:
        return _LazyEntry(name, None, reference, stored_in=self.stored_in, library=reference.partition(":")[0])


class _LazyEntry(DescribedEntry[T]):
    """A lazily registered component: anybody may register another one under a name of the index."""

    __slots__ = ()

    def fitting(self, component: Component) -> Component | None:
        return component if component.constructor == self._reference else None


def described_call(component: Component, load: Callable[[], Callable[..., T]]) -> DescribedCall[T] | None:
    """Make the call of a component from its description.

    Args:
        component: The description.
        load: Imports the constructor.

    Returns:
        The call; None where the description is not exact.
    """
    if not component.is_exact:
        return None
    try:
        parameters = [_parameter(each) for each in component.signature.parameters]
        signature = RenderedSignature(parameters, return_annotation=_annotation(component.returns))
    except ValueError:  # an annotation that cannot be read, or a default in a place for none
        return None
    return DescribedCall(component, signature, load)


class DescribedCall(Call[T]):
    """A call that is validated and described from a description; the constructor is imported when it is called.

    Args:
        component: The description of the component.
        signature: Its effective signature.
        load: Imports the constructor.
    """

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
        return self._load()(*args, **kwargs)

    def defined_at(self) -> str:
        """Return the file and line of the constructor, for an error."""
        file = self._file()
        return "" if file is None else f"{file}:{self._component.line}"

    def describe(self, name: str, kind: str, aliases: tuple[str, ...]) -> ComponentDescription:
        """Describe the component.

        Args:
            name: The canonical name in the registry that was asked.
            kind: The name of the kind's protocol.
            aliases: Other spellings of the name.

        Returns:
            The description.
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
            origins=self._origins,
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


@functools.lru_cache(maxsize=8192)
def _parameter(parameter: Parameter) -> inspect.Parameter:
    default: object = inspect.Parameter.empty
    if parameter.default == OPAQUE_DEFAULT:
        members = parameter.accepts.text.split(" | ")
        default = Opaque(parameter.shown, *next((_SAMPLES[each] for each in members if each in _SAMPLES), ()))
    elif parameter.default is not None:
        default = ast.literal_eval(parameter.default)
    annotation = _annotation(parameter.annotation)
    return inspect.Parameter(parameter.name, _KINDS[parameter.kind], default=default, annotation=annotation)


@functools.lru_cache(maxsize=4096)
def _annotation(written: PortableType | None) -> Any:  # an annotation is any object
    return inspect.Parameter.empty if written is None else read_annotation(written)
