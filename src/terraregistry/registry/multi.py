"""`MultiSourceRegistry`: several sources under prefixes, as one large registry."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast, overload

from terraregistry.errors import (
    DuplicateSourceError,
    InvalidRegistrationError,
    PrefixConflictError,
    SourceNotFoundError,
    SourceUnavailableError,
)
from terraregistry.locks import CHANGING
from terraregistry.registry.base import Found, NamedSet
from terraregistry.registry.locations import locate
from terraregistry.registry.mounts import Mount, constructor_of, mounted, source_fault
from terraregistry.registry.names import QualifiedName, is_prefix, matching
from terraregistry.suggest import SUGGESTIONS, is_misspelling, nearest

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView

    from terraregistry.errors import Registration
    from terraregistry.registry.calls import ComponentDescription
    from terraregistry.registry.mounts import Source

__all__ = ["MultiSourceRegistry"]

T = TypeVar("T")
D = TypeVar("D")

_Located = tuple[Mount[T], str, str]
"""A resolved name: a mount, the name in its source as given, and the canonical name there."""


class MultiSourceRegistry(NamedSet[T]):
    """Several sources, mounted under prefixes, as one large registry.

    As a set it contains canonical names, `prefix_name`; a bare name resolves to the first source with that name. As a
    mapping it maps prefixes to sources.

    Args:
        sources: Sources to begin with, by prefix.

    Raises:
        PrefixConflictError: A prefix is no identifier, or conflicts with another.

    Examples:
        >>> from terraregistry.registry import Registry
        >>> NUMBERS = MultiSourceRegistry(py=Registry(int=int, float=float), c=Registry(int=round))
        >>> list(NUMBERS)
        ['py_int', 'py_float', 'c_int']
        >>> NUMBERS.resolve("int")
        QualifiedName(prefix='py', name='int')
        >>> sorted(NUMBERS & {"float", "c_int", "str"})
        ['c_int', 'py_float']
    """

    _resolves_prefixes = True

    def __init__(self, /, **sources: Source[T]) -> None:  # pragma: no mutate block, see NamedSet
        super().__init__()
        self._mounts: tuple[Mount[T], ...] = ()
        for prefix, source in sources.items():
            self.register_source(prefix, source)

    # -- mounting --

    def register_source(self, prefix: str, source: Source[T]) -> None:
        """Mount a source under a prefix, after those already mounted.

        Mounting the same source again is no clash; its new edition from a reloaded module or a notebook cell replaces it.

        Args:
            prefix: An identifier; it may contain underscores.
            source: A registry, or any object with `__iter__`, `__len__`, `__contains__` and `build`.

        Raises:
            PrefixConflictError: The prefix is no identifier, or names under it are ambiguous with another source's.
            DuplicateSourceError: The prefix is taken by another source.
            InvalidRegistrationError: The source lacks a member of the protocol.
        """
        if not is_prefix(prefix):
            raise PrefixConflictError(prefix, self._label())
        fault = source_fault(source)
        if fault is not None:
            raise InvalidRegistrationError(prefix, self._label(), fault)
        mount = mounted(self, prefix, source)
        with CHANGING:
            inside = isinstance(source, MultiSourceRegistry) and source._leads_to(self)
            conflict = next((each for each in self._mounts if each.conflicts_with(prefix)), None)
            again = conflict is not None and conflict.prefix == prefix and mount.is_edition_of(conflict)
            if not inside and conflict is None:
                self._mounts = (*self._mounts, mount)
            elif not inside and again:
                self._mounts = tuple(mount if each is conflict else each for each in self._mounts)
        if inside:
            raise InvalidRegistrationError(
                prefix, self._label(), "a registry cannot be mounted in itself; mount one of its sources"
            )
        if conflict is None or again:
            return
        if conflict.prefix == prefix:
            location = locate(conflict.source)
            kind = type(conflict.source).__qualname__
            raise DuplicateSourceError(prefix, self._label(), kind, "" if location is None else str(location))
        raise PrefixConflictError(prefix, self._label(), conflict.prefix)

    def _leads_to(self, registry: object) -> bool:
        """Return True if this is the registry, or has it mounted at any depth."""
        nested = (mount.registry for mount in self._mounts)
        return self is registry or any(
            isinstance(each, MultiSourceRegistry) and each._leads_to(registry) for each in nested
        )

    def register(self, source: Source[T], prefix: str) -> None:
        """Mount a source: `register_source` with its arguments in the other order.

        Args:
            source: The source.
            prefix: Its prefix.
        """
        self.register_source(prefix, source)

    def unregister_source(self, prefix: str) -> Source[T]:
        """Unmount a source.

        Args:
            prefix: Its prefix.

        Returns:
            The source.

        Raises:
            SourceNotFoundError: No source is mounted there.
        """
        with CHANGING:
            source = self[prefix]
            self._mounts = tuple(mount for mount in self._mounts if mount.prefix != prefix)
        return source

    # -- the mapping from prefixes to sources --

    def _sources(self) -> MappingProxyType[str, Source[T]]:
        return MappingProxyType({mount.prefix: mount.source for mount in self._mounts})

    def keys(self) -> KeysView[str]:
        """Return the prefixes, in order of mounting."""
        return self._sources().keys()

    def values(self) -> ValuesView[Source[T]]:
        """Return the sources, in order of mounting."""
        return self._sources().values()

    def items(self) -> ItemsView[str, Source[T]]:
        """Return the pairs of prefix and source, in order of mounting."""
        return self._sources().items()

    def _mounted_at(self, prefix: object) -> Mount[T] | None:
        if not isinstance(prefix, str):
            return None
        return next((mount for mount in self._mounts if mount.prefix == prefix), None)

    def __getitem__(self, prefix: str) -> Source[T]:
        mount = self._mounted_at(prefix)
        if mount is None:
            raise SourceNotFoundError(prefix, self._label(), self._prefixes(), self._is_component(prefix))
        return mount.source

    def _is_component(self, name: object) -> bool:
        try:
            return name in self
        except SourceUnavailableError:
            return False

    @overload
    def get(self, prefix: str) -> Source[T] | None: ...
    @overload
    def get(self, prefix: str, default: D) -> Source[T] | D: ...
    def get(self, prefix: str, default: D | None = None) -> Source[T] | D | None:
        """Return the source of a prefix, or a default for an unknown one."""
        mount = self._mounted_at(prefix)
        return default if mount is None else mount.source

    def _prefixes(self) -> tuple[str, ...]:
        return tuple(mount.prefix for mount in self._mounts)

    def _how_to_get(self, name: str) -> str:
        """Return the hint of the first source with one."""
        told = (mount.registry._how_to_get(name.removeprefix(mount.start)) for mount in self._mounts)
        return next(filter(None, told), "")

    # -- the set of canonical names --

    def __iter__(self) -> Iterator[str]:
        return iter([mount.start + name for mount in self._mounts for name in mount.names()])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._locate(name) is not None

    def __repr__(self) -> str:
        return f"<{self._label()}: {', '.join(self._prefixes()) or 'no sources'}>"

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None if unknown."""
        located = self._locate(name)
        return None if located is None else located[0].start + located[2]

    def _locate(self, name: str) -> _Located[T] | None:
        """Find the source of a name, the name in there, and the canonical name there: qualified first, bare second."""
        mounts = self._mounts
        for mount in mounts:
            start = mount[1]
            if name.startswith(start):
                bare = name.removeprefix(start)
                canonical = mount[3](bare)
                if canonical is not None:
                    return mount, bare, canonical
                break  # no other prefix can begin this name
        unavailable: SourceUnavailableError | None = None
        for mount in mounts:
            try:
                canonical = mount[3](name)
            except SourceUnavailableError as error:
                unavailable = unavailable or error
                continue
            if canonical is not None:
                return mount, name, canonical
        if unavailable is not None:
            raise unavailable  # whether the name exists depends on a source that cannot be asked
        return None

    def _located(self, name: object) -> _Located[T]:
        located = self._locate(name) if isinstance(name, str) else None
        if located is None:
            raise self._not_found(name)
        return located

    def _nearest(self, name: str) -> tuple[str, ...]:
        """Return the closest names: after a known prefix, else for the whole name as bare or as misspelt qualified."""
        spelled: dict[str, str] = {}
        for mount in self._mounts:
            # Of a source that cannot be asked there is nothing: whoever asks for this one is told why it is not here.
            with contextlib.suppress(SourceUnavailableError):
                close = mount.registry._nearest(name[len(mount.start) :]) if name.startswith(mount.start) else ()
                if close:
                    return tuple(mount.start + each for each in close)
                for each in mount.registry._nearest(name):
                    spelled.setdefault(each, mount.start + each)
                whole = nearest(name, [mount.start + each for each in mount.names()])
                spelled.update((each, each) for each in whole if is_misspelling(name, each))
        # The bare and the qualified spelling of one component may both be close.
        found = dict.fromkeys(spelled[each] for each in nearest(name, spelled, 2 * SUGGESTIONS) or spelled)
        return tuple(found)[:SUGGESTIONS]

    def registrations(self, name: str) -> tuple[Registration, ...]:
        """Return the imports that register a name, in order; none for components of this library."""
        located = self._locate(name)
        if located is None:
            return ()
        mount, bare, _ = located
        return tuple(dict.fromkeys((*mount.registry.registrations(bare), *mount.site.registration())))

    def resolve(self, name: str) -> QualifiedName:
        """Resolve a name: as qualified first, as bare second.

        Args:
            name: A qualified or bare name, or an alias.

        Returns:
            The prefix of its source and its canonical name in there.

        Raises:
            ComponentNotFoundError: The name resolves nowhere.
            SourceUnavailableError: A source required for the answer is unavailable.
        """
        located = self._located(name)
        # As QualifiedName(...) does, without the Python function in between that costs as much as the look-up.
        return tuple.__new__(QualifiedName, (located[0][0], located[2]))  # pyright: ignore[reportUnknownMemberType]  # typeshed leaves its items open

    def candidates(self, name: str) -> list[QualifiedName]:
        """List all components matching a name.

        Args:
            name: A qualified or bare name, or an alias.

        Returns:
            The resolved one first, then those of the other sources with this bare name.

        Raises:
            ComponentNotFoundError: The name resolves nowhere.
            SourceUnavailableError: A source required for the answer is unavailable.
        """
        winner = self.resolve(name)
        found = [(mount.prefix, mount.look_up(name)) for mount in self._mounts]
        others = [QualifiedName(prefix, canonical) for prefix, canonical in found if canonical is not None]
        return list(dict.fromkeys([winner, *others]))

    def search(self, pattern: str, *, pretrained: bool | None = None) -> list[str]:
        """Find names by glob, as `timm.list_models` does.

        Args:
            pattern: A glob such as `*net*` for canonical or bare names, or a part of the names.
            pretrained: True for those with pretrained weights, False for those without, None for all.

        Returns:
            The canonical names, in natural order.
        """
        bare = {mount.start + name: name for mount in self._mounts for name in mount.names()}
        return self._with_weights(matching(pattern, bare, bare.__getitem__), pretrained)

    # -- building --

    def find_registry(self, name: str) -> Source[T]:
        """Return the source of a name.

        Args:
            name: A qualified or bare name, or an alias.

        Returns:
            The source.

        Raises:
            ComponentNotFoundError: The name resolves nowhere.
        """
        return self._located(name)[0].source

    def find_class(self, name: str) -> Callable[..., T]:
        """Return the constructor of a name.

        Args:
            name: A qualified or bare name, or an alias.

        Returns:
            The class or function; for a source without `[]`, a partial of its `build`.

        Raises:
            ComponentNotFoundError: The name resolves nowhere.
        """
        mount, bare, _ = self._located(name)
        return cast("Callable[..., T]", constructor_of(mount.registry, bare))

    def found(self, name: str) -> Found[T]:
        """Return the component of a name; raise a ComponentNotFoundError if there is none."""
        mount, bare, canonical = self._located(name)
        entry, _, _, inside = mount.registry.found(bare)
        return entry, mount.start + bare, mount.start + canonical, (*inside, self)

    def signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a component, with forwarded `**kwargs` expanded into parameters.

        Args:
            name: A qualified or bare name, or an alias.

        Returns:
            The signature, with evaluated annotations.

        Raises:
            ComponentNotFoundError: The name resolves nowhere.
        """
        mount, bare, _ = self._located(name)
        return mount.registry.signature(bare)

    def describe(self, name: str) -> ComponentDescription:
        """Describe a component without building it.

        Args:
            name: A qualified or bare name, or an alias.

        Returns:
            Its signature, docstring summary, file and line, library and version, and aliases.

        Raises:
            ComponentNotFoundError: The name resolves nowhere.
        """
        mount, bare, _ = self._located(name)
        description = mount.registry.describe(bare)
        aliases = tuple(mount.start + alias for alias in description.aliases)
        return replace(description, name=mount.start + description.name, aliases=aliases)
