"""Mounted sources: registries of this library, and foreign sources in the shape of one."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, TypeVar, cast, runtime_checkable

from terraregistry.errors import SourceUnavailableError, describe_value
from terraregistry.registry.base import NamedSet
from terraregistry.registry.calls import Call, ComponentDescription
from terraregistry.registry.entries import Entry, is_named_alike
from terraregistry.registry.locations import calling_site
from terraregistry.registry.signatures import EffectiveSignature, effective_signature
from terraregistry.suggest import nearest
from terraregistry.wording import describe_error, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from terraregistry.errors import Registration
    from terraregistry.registry.arguments import Checked
    from terraregistry.registry.base import Found
    from terraregistry.registry.kinds import Kind
    from terraregistry.registry.locations import Site

__all__ = ["Mount", "Source", "constructor_of", "mounted", "source_fault"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_MEMBERS: Final = ("__iter__", "__len__", "__contains__", "build")


@runtime_checkable
class Source(Protocol[T_co]):
    """A collection of names that builds components by name.

    Further methods of a `Registry` are used if present: `resolve`, `__getitem__`, `signature`, `validate`, `describe`.
    """

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, each once."""
        ...

    def __len__(self) -> int:
        """Count the names."""
        ...

    def __contains__(self, name: object, /) -> bool:
        """Return True for a known name or alias."""
        ...

    # Each component has arguments of its own.
    def build(self, name: str, /, *args: Any, **kwargs: Any) -> T_co:
        """Build the component of a name."""
        ...


class Mount(NamedTuple, Generic[T]):
    """A mounted source.

    Attributes:
        prefix: Its prefix.
        start: The beginning of its qualified names.
        source: The source.
        look_up: Returns the canonical name in the source for a name or an alias there, or None.
        registry: The source if it is a registry of this library; else a registry around it.
        site: The line that mounts it.
    """

    prefix: str
    start: str
    source: Source[T]
    look_up: Callable[[str], str | None]
    registry: NamedSet[T]
    site: Site

    def is_edition_of(self, older: Mount[T]) -> bool:
        """Return True if this is the source of an older mount, or its edition from a later execution of that code."""
        if self.source is older.source:
            return True
        later = self.site.is_later_than(older.site)
        if isinstance(self.source, NamedSet) and isinstance(older.source, NamedSet):
            later = later and self.source.made.is_later_than(older.source.made)
        return later and is_named_alike(type(older.source), type(self.source))

    def conflicts_with(self, prefix: str) -> bool:
        """Return True if names under another prefix are ambiguous with the names of this source."""
        return self.prefix == prefix or self.start.startswith(prefix + "_") or prefix.startswith(self.start)

    def names(self) -> list[str]:
        """Return the canonical names, each once.

        Raises:
            SourceUnavailableError: The source cannot be iterated, or yields a non-string.
        """
        return _names(self.prefix, self.source)


def source_fault(source: object) -> str | None:
    """Return why an object is no source, as text; None for a source."""
    missing = [each for each in _MEMBERS if not callable(getattr(source, each, None))]
    if not missing and not isinstance(source, type):
        return None
    return f"{describe_value(source)} is no source: it lacks {', '.join(missing) or 'an instance'}"


def mounted(owner: NamedSet[T], prefix: str, source: Source[T]) -> Mount[T]:
    """Mount a source in a registry, under a prefix checked already."""
    registry = source if isinstance(source, NamedSet) else _ForeignRegistry(owner, prefix, source)
    return Mount(prefix, prefix + "_", source, registry.look_up, registry, calling_site())


def constructor_of(source: object, name: str) -> Callable[..., Any] | None:  # of any component
    """Return the constructor of a name in a source; None if the source shows none."""
    # A registry of several sources has sources under [], and constructors under find_class.
    find = getattr(source, "find_class", None) or getattr(source, "__getitem__", None)
    return None if find is None else find(name)


def _names(prefix: str, source: Source[Any]) -> list[str]:
    try:
        # `iter`: unpacking the source itself would ask for its length first, which a registry in a registry counts by
        # iterating, twice at each level. And a source written by somebody else may give anything.
        names: list[object] = [*iter(source)]
    except Exception as error:
        raise _unavailable(prefix, error) from error
    for kind in {*map(type, names)}:
        if not issubclass(kind, str):
            other = next(name for name in names if type(name) is kind)
            raise SourceUnavailableError(prefix, f"it iterates over {describe_value(other)}, which is no name")
    return list(dict.fromkeys(cast("list[str]", names)))


def _unavailable(prefix: str, error: Exception) -> SourceUnavailableError:
    if isinstance(error, SourceUnavailableError):
        return SourceUnavailableError(prefix, error.reason, error.remedy)
    return SourceUnavailableError(prefix, describe_error(error))


class _ForeignRegistry(NamedSet[T]):
    """A registry around a foreign source, whose exceptions become errors with its prefix.

    Calls are validated by the source's `validate`, by its `signature`, by the constructor that it shows if its `build` passes
    all arguments on to that, or by the signature of its `build`.
    """

    def __init__(self, owner: NamedSet[T], prefix: str, source: Source[T]) -> None:
        super().__init__()
        self._owner = owner
        self._prefix = prefix
        self._source = source
        self._resolve: Callable[[str], object] | None = getattr(source, "resolve", None)
        self._calls: dict[str, tuple[object, Call[T]]] = {}
        self._passes_on: bool | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the registry that it is mounted in."""
        return self._owner.kind

    def __iter__(self) -> Iterator[str]:
        return iter(_names(self._prefix, self._source))

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None if unknown."""
        try:
            if name not in self._source:
                return None
            canonical = name if self._resolve is None else self._resolve(name)
        except Exception as error:
            raise _unavailable(self._prefix, error) from error
        if not isinstance(canonical, str):
            reason = f"its resolve gives {describe_value(canonical)} for {quoted(name)}, which is no name"
            raise SourceUnavailableError(self._prefix, reason)
        return str.__str__(canonical)

    def _nearest(self, name: str) -> tuple[str, ...]:
        return nearest(name, self)

    def registrations(self, name: str) -> tuple[Registration, ...]:
        """Return nothing: how a foreign source knows its components is its own matter."""
        del name
        return ()

    def found(self, name: str) -> Found[T]:
        """Return a component that exists; its constructor is the source's `build`."""
        call = self._call(name)
        entry = Entry(name, call.constructor)
        entry.ready = call
        return entry, name, name, ()  # the owner checks the product

    def __getitem__(self, name: str) -> Callable[..., T]:
        try:
            found = constructor_of(self._source, name)
        except Exception as error:
            raise _unavailable(self._prefix, error) from error
        return partial(self._source.build, name) if found is None else found

    def signature(self, name: str) -> inspect.Signature:
        """Return the signature shown by the source, or that of the constructor."""
        signature = self._shown_signature(name)
        return effective_signature(self[name]).signature if signature is None else signature

    def describe(self, name: str) -> ComponentDescription:
        """Return the description given by the source, or one of the constructor."""
        description = self._asked("describe", name)
        if isinstance(description, ComponentDescription):
            return description
        constructor = self[name]
        call = Call(constructor, effective_signature(constructor))
        described = call.describe(self.look_up(name) or name, self.kind.name, ())
        return replace(described, signature=self.signature(name))

    def _asked(self, method: str, name: str) -> object:
        """Return the result of an optional method of the source; None without it."""
        try:
            ask: Callable[[str], object] | None = getattr(self._source, method, None)
            return None if ask is None else ask(name)
        except Exception as error:
            raise _unavailable(self._prefix, error) from error

    def _shown_signature(self, name: str) -> inspect.Signature | None:
        shown = self._asked("signature", name)
        if shown is None or isinstance(shown, inspect.Signature):
            return shown
        reason = f"its signature gives {describe_value(shown)} for {quoted(name)}, which is no signature"
        raise SourceUnavailableError(self._prefix, reason)

    def _call(self, name: str) -> Call[T]:
        validate: Callable[..., object] | None = getattr(self._source, "validate", None)
        if validate is not None:
            return _ForeignCall(partial(self._source.build, name), partial(validate, name))
        signature = self._shown_signature(name)
        basis = self._reached(name) if signature is None else signature
        known = self._calls.get(name)
        same = known is not None and (known[0] is basis or (signature is not None and known[0] == signature))
        if known is None or not same or not known[1].is_current:
            build = partial(self._source.build, name)
            if signature is not None:
                call = Call(build, EffectiveSignature(signature, {}))
            else:
                call = Call(build, effective_signature(build if basis is None else basis), reached=basis)
            known = self._calls[name] = (basis, call)
        return known[1]

    def _reached(self, name: str) -> object:
        """Return the constructor shown by the source, if its `build` passes all arguments on; else None."""
        if self._passes_on is None:
            from terraregistry.registry.signatures.passing import passes_on

            self._passes_on = passes_on(self._source.build)
        try:
            constructor = constructor_of(self._source, name) if self._passes_on else None
        except Exception:  # noqa: BLE001 - a source may raise anything; its build works without
            return None
        return constructor if callable(constructor) else None


class _ForeignCall(Call[T]):
    """A call validated by the source's own method, `accept`."""

    __slots__ = ("_accept",)

    def __init__(self, build: Callable[..., T], accept: Callable[..., object]) -> None:
        super().__init__(build, EffectiveSignature(inspect.Signature(), {}))
        self._accept = accept

    # The arguments of a call are any objects.
    def check(self, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = MappingProxyType({})) -> Checked:
        """Validate with the source's own method, which may raise anything."""
        self._accept(*args, **kwargs)
        return args, kwargs, ()
