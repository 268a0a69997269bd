"""Mounted sources: registries of this library and foreign sources behind one interface."""

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
from terraregistry.wording import describe_error, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from terraregistry.registry.arguments import Checked
    from terraregistry.registry.locations import Site

__all__ = ["ForeignCalls", "Mount", "Source", "mounted", "source_fault"]

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
        ours: The source if it is a registry of this library, which can build under the user's spelling; else None.
        foreign: Validates calls of a foreign source.
        site: The line that mounts it.
    """

    prefix: str
    start: str
    source: Source[T]
    look_up: Callable[[str], str | None]
    ours: NamedSet[T] | None
    foreign: ForeignCalls[T]
    site: Site

    def is_edition_of(self, older: Mount[T]) -> bool:
        """Return True if this is the source of an older mount, or its edition from a later execution of that code."""
        if self.source is older.source:
            return True
        later = self.site.is_later_than(older.site)
        if self.ours is not None and older.ours is not None:
            later = later and self.ours.made.is_later_than(older.ours.made)
        return later and is_named_alike(type(older.source), type(self.source))

    def conflicts_with(self, prefix: str) -> bool:
        """Return True if names under another prefix are ambiguous with the names of this source."""
        return self.prefix == prefix or self.start.startswith(prefix + "_") or prefix.startswith(self.start)

    def names(self) -> list[str]:
        """Return the canonical names, each once.

        Raises:
            SourceUnavailableError: The source cannot be iterated, or yields a non-string.
        """
        try:
            # `iter`: unpacking the source itself would ask for its length first, which a registry in a registry counts by
            # iterating, twice at each level. And a source written by somebody else may give anything.
            names: list[object] = [*iter(self.source)]
        except Exception as error:
            raise _unavailable(self.prefix, error) from error
        for kind in {*map(type, names)}:
            if not issubclass(kind, str):
                other = next(name for name in names if type(name) is kind)
                raise SourceUnavailableError(self.prefix, f"it iterates over {describe_value(other)}, which is no name")
        return list(dict.fromkeys(cast("list[str]", names)))

    def constructor(self, name: str) -> Callable[..., T]:
        """Return the constructor of a known name; for a source without `[]`, a partial of its `build`.

        Args:
            name: A name or an alias in the source.

        Returns:
            The constructor.

        Raises:
            SourceUnavailableError: A foreign source raises.
        """
        try:
            return self._constructor(name)
        except Exception as error:
            if self.ours is not None:
                raise  # what says it best
            raise _unavailable(self.prefix, error) from error

    def signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a known name.

        Raises:
            SourceUnavailableError: A foreign source raises, or returns no signature.
        """
        signature = self.foreign.signature(name) if self.ours is None else self.ours.signature(name)
        return effective_signature(self.constructor(name)).signature if signature is None else signature

    def describe(self, name: str, canonical: str, kind: str) -> ComponentDescription:
        """Describe a known name.

        Args:
            name: A name or an alias in the source.
            canonical: Its canonical name there.
            kind: The kind of the products of a source that does not describe them as the registries of this library do.
        """
        description = self.foreign.describe(name) if self.ours is None else self.ours.describe(name)
        if isinstance(description, ComponentDescription):
            return description
        constructor = self.constructor(name)
        call = Call(constructor, effective_signature(constructor))
        return replace(call.describe(canonical, kind, ()), signature=self.signature(name))

    def _constructor(self, name: str) -> Callable[..., T]:
        find = _finder(self.source)
        return partial(self.source.build, name) if find is None else find(name)


def _finder(source: Source[T]) -> Callable[[str], Callable[..., T]] | None:
    """Return the method of a source for constructors, if any."""
    # A registry of several sources has sources under [], and constructors under find_class.
    found: Callable[[str], Callable[..., T]] | None = getattr(source, "find_class", None)
    return getattr(source, "__getitem__", None) if found is None else found


def source_fault(source: object) -> str | None:
    """Check that an object is a source.

    Args:
        source: Anything.

    Returns:
        The fault as text, or None for a source.
    """
    missing = [each for each in _MEMBERS if not callable(getattr(source, each, None))]
    if not missing and not isinstance(source, type):
        return None
    return f"{describe_value(source)} is no source: it lacks {', '.join(missing) or 'an instance'}"


def mounted(prefix: str, source: Source[T]) -> Mount[T]:
    """Mount a source.

    Args:
        prefix: Its prefix, already checked.
        source: The source.

    Returns:
        The mount.
    """
    ours = source if isinstance(source, NamedSet) else None
    # Our own registries answer at once, and raise what says it best.
    look_up = _looked_up(prefix, source) if ours is None else ours.look_up
    return Mount(prefix, prefix + "_", source, look_up, ours, ForeignCalls(prefix, source), calling_site())


def _looked_up(prefix: str, source: Source[Any]) -> Callable[[str], str | None]:
    """Return a look-up in a foreign source; its exceptions become errors with the prefix."""
    resolve: Callable[[str], object] | None = getattr(source, "resolve", None)

    def look_up(name: str) -> str | None:
        try:
            if name not in source:
                return None
            canonical = name if resolve is None else resolve(name)
        except Exception as error:
            raise _unavailable(prefix, error) from error
        if not isinstance(canonical, str):
            reason = f"its resolve gives {describe_value(canonical)} for {quoted(name)}, which is no name"
            raise SourceUnavailableError(prefix, reason)
        return str.__str__(canonical)

    return look_up


def _unavailable(prefix: str, error: Exception) -> SourceUnavailableError:
    if isinstance(error, SourceUnavailableError):
        return SourceUnavailableError(prefix, error.reason, error.remedy)
    return SourceUnavailableError(prefix, describe_error(error))


class ForeignCalls(Generic[T]):
    """Validator of calls to a foreign source.

    By its `validate`, its `signature`, the constructor shown and reached by its `build`, or the signature of its `build`.
    """

    def __init__(self, prefix: str, source: Source[T]) -> None:
        self._prefix = prefix
        self._source = source
        self._calls: dict[str, tuple[object, Call[T]]] = {}
        self._passes_on: bool | None = None

    def entry(self, name: str, canonical: str) -> Entry[T]:
        """Return a component of the source.

        Args:
            name: A name in the source.
            canonical: The canonical name in the source.

        Returns:
            The component; its constructor is the source's `build`.

        Raises:
            SourceUnavailableError: The source's `signature` raises or returns no signature.
        """
        return _ForeignEntry(canonical, self._call(name))

    def _call(self, name: str) -> Call[T]:
        validate: Callable[..., object] | None = getattr(self._source, "validate", None)
        if validate is not None:
            return _ForeignCall(partial(self._source.build, name), partial(validate, name))
        signature = self.signature(name)
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
        find = _finder(self._source) if self._passes_on else None
        if find is None:
            return None
        try:
            constructor: object = find(name)
        except Exception:  # noqa: BLE001 - a source may raise anything; its build works without
            return None
        return constructor if callable(constructor) else None

    def signature(self, name: str) -> inspect.Signature | None:
        """Return the result of the source's `signature`, if any.

        Args:
            name: A name in the source.

        Returns:
            The signature; None if there is none.

        Raises:
            SourceUnavailableError: The method raises, or returns no signature.
        """
        try:
            show: Callable[[str], object] | None = getattr(self._source, "signature", None)
            shown = None if show is None else show(name)
        except Exception as error:
            raise _unavailable(self._prefix, error) from error
        if shown is None or isinstance(shown, inspect.Signature):
            return shown
        reason = f"its signature gives {describe_value(shown)} for {quoted(name)}, which is no signature"
        raise SourceUnavailableError(self._prefix, reason)

    def describe(self, name: str) -> object:
        """Return the result of the source's `describe`, if any.

        Args:
            name: A name in the source.

        Returns:
            The result, of any type; None without such a method.

        Raises:
            SourceUnavailableError: The method raises.
        """
        try:
            describe: Callable[[str], object] | None = getattr(self._source, "describe", None)
            return None if describe is None else describe(name)
        except Exception as error:
            raise _unavailable(self._prefix, error) from error


class _ForeignEntry(Entry[T]):
    """A component of a foreign source."""

    __slots__ = ("_call",)

    def __init__(self, name: str, call: Call[T]) -> None:
        super().__init__(name, call.constructor)
        self._call = call

    def call(self, kwargs: Mapping[str, Any]) -> Call[T]:  # the arguments of a call are any objects
        """Return the call; it is the same for any arguments."""
        del kwargs
        return self._call


class _ForeignCall(Call[T]):
    """A call validated by the source itself.

    Args:
        build: Makes the component.
        accept: Raises if the arguments do not fit.
    """

    __slots__ = ("_accept",)

    def __init__(self, build: Callable[..., T], accept: Callable[..., object]) -> None:
        super().__init__(build, EffectiveSignature(inspect.Signature(), {}))
        self._accept = accept

    # The arguments of a call are any objects.
    def check(self, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = MappingProxyType({})) -> Checked:
        """Validate with the source's own method, which may raise anything."""
        self._accept(*args, **kwargs)
        return args, kwargs, ()
