"""What can be asked of any registry of one source, whoever may change it."""

from __future__ import annotations

import importlib
import sys
from abc import abstractmethod
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar, cast, overload

from terraregistry.errors import ComponentNotFoundError
from terraregistry.readings import names_in
from terraregistry.registry.calls import describe_call
from terraregistry.registry.globs import matching
from terraregistry.registry.kinds import Kind, kind_of
from terraregistry.registry.locations import reference_to
from terraregistry.registry.sets import NameSet
from terraregistry.registry.sites import defining_site
from terraregistry.registry.specs import ComponentSpec
from terraregistry.suggest import nearest
from terraregistry.wording import add_note

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterable

    from terraregistry.errors import Registration
    from terraregistry.registry.calls import ComponentDescription
    from terraregistry.registry.entries import Entry
    from terraregistry.registry.sites import Site

__all__ = ["BaseRegistry", "Found", "NamedSet"]

T = TypeVar("T")
D = TypeVar("D")


Found: TypeAlias = "tuple[Entry[T], str, str, tuple[Kind, ...]]"
"""A component that a name stands for: its entry; the name that was asked for, qualified where there are several sources; the
canonical name; and what products are checked against."""


class NamedSet(NameSet, Generic[T]):
    """A set of names with a kind, and with a name of its own to be called by in messages and pickles."""

    # The frames of constructors are skipped to find the line that makes a registry, and mutmut would rename them.
    def __init__(self) -> None:  # pragma: no mutate block
        self.made: Site = defining_site(self)
        self._attribute: str | None = None
        self._kind: Kind | None = None
        self._kinds: tuple[Kind, ...] | None = None

    @property
    def kind(self) -> Kind:
        """What products are checked against: the type argument, as in `Registry[Backbone]()`."""
        if self._kind is None:
            self._kind = kind_of(self)
        return self._kind

    def _checks(self) -> tuple[Kind, ...]:
        """Return the kind where there is one to check."""
        if self._kinds is None:
            self._kinds = () if self.kind.type is None else (self.kind,)
        return self._kinds

    @property
    def reference(self) -> str | None:
        """The importable place of this registry, such as `terraregistry.library:BACKBONE_REGISTRY`, if it has one."""
        return self._home() or reference_to(self)

    def _home(self) -> str | None:
        """Return the reference in the module that made this registry, if it has one there.

        A module that was executed again has a newer edition in its place, under the name that was found before or assigned first.
        """
        module = self.made.module
        namespace: dict[str, object] = getattr(sys.modules.get(module), "__dict__", {})
        if self._attribute is None or not self._is_edition(namespace.get(self._attribute)):
            found = [name for name, value in [*namespace.items()] if value is self]
            assigned = None if found else self.made.assigned_name()
            found += [assigned] if assigned is not None and self._is_edition(namespace.get(assigned)) else []
            self._attribute = found[0] if found else None
        return None if self._attribute is None else f"{module}:{self._attribute}"

    def _is_edition(self, value: object) -> bool:
        """Return whether a value is this registry, or what a later execution of its module has made."""
        return value is self or (isinstance(value, NamedSet) and value.made.is_later_than(self.made))

    def _label(self) -> str:
        """The name to call this registry by in a message."""
        reference = self._home()
        if reference is not None:
            return reference.partition(":")[2]
        kind = f"[{self.kind.name}]" if self.kind.type is not None else ""
        return f"{type(self).__name__}{kind}"

    @abstractmethod
    def _nearest(self, name: str) -> tuple[str, ...]:
        """Return the names that are closest to a mistyped one."""

    @abstractmethod
    def registrations(self, name: str) -> tuple[Registration, ...]:
        """Return what has to be imported, in this order, for a name to be here; none for what the library itself registers."""

    def _not_found(self, name: object) -> ComponentNotFoundError:
        """Make the error for a name that is not here."""
        if not isinstance(name, str):
            return ComponentNotFoundError(name, self._label, self._prefixes())
        suggest, remedy = partial(self._suggest, name), partial(self._how_to_get, name)
        return ComponentNotFoundError(name, self._label, self._prefixes(), suggest, None, remedy)

    def _suggest(self, name: str) -> tuple[str, ...]:
        """Return the name that a text contains, or the names that are closest to it."""
        meant = next((each for each in names_in(name) if self.look_up(each) is not None), None)
        return self._nearest(name) if meant is None else (self.found(meant)[1],)

    def _how_to_get(self, name: str) -> str:
        """Return what to install for a name, where that is known."""
        del name
        return ""

    def missing(self, name: str, registrations: tuple[Registration, ...]) -> ComponentNotFoundError | None:
        """Return the error for a component that another process has registered, where it is not here."""
        if self.look_up(name) is not None:
            return None
        told = next((each for each in registrations if each.failure), registrations[0])
        return ComponentNotFoundError(name, self._label, self._prefixes(), (), told)

    def _prefixes(self) -> tuple[str, ...]:
        """Return the prefixes of the sources that are searched; a registry of one source has none."""
        return ()

    @abstractmethod
    def found(self, name: object) -> Found[T]:
        """Return the component that a name stands for here.

        Raises:
            ComponentNotFoundError: The name is not here.
        """

    # In these, each component has arguments of its own.
    def build(self, name: str, /, *args: Any, **kwargs: Any) -> T:
        """Validate the arguments, construct the component and check it.

        Args:
            name: A name or an alias; where there are several sources, qualified or bare.
            args: Positional arguments for the constructor.
            kwargs: Keyword arguments for the constructor.

        Returns:
            The component.

        Raises:
            ComponentNotFoundError: The name is not here.
            InvalidArgumentsError: The arguments do not fit the effective signature; everything that is wrong is listed.
            ComponentProtocolError: What was constructed does not satisfy the kind.
            SourceUnavailableError: The library behind the component is missing or broken.
        """
        entry, spelling, _, kinds = self.found(name)
        call, (valid_args, valid, problems) = entry.check(args, kwargs)
        if problems:
            raise call.refused(problems, spelling, self._label)
        try:
            product = call.constructor(*valid_args, **valid)
        except Exception as error:
            add_note(error, describe_call(spelling, valid_args, valid))
            raise
        for kind in kinds:
            kind.check(product, spelling, self._label)
        return product

    def validate(self, name: str, /, *args: Any, **kwargs: Any) -> ComponentSpec[T]:
        """Make the same checks as `build`, without constructing anything.

        Args:
            name: A name or an alias; where there are several sources, qualified or bare.
            args: Positional arguments for the constructor.
            kwargs: Keyword arguments for the constructor.

        Returns:
            The component as a spec, to be built later or elsewhere.

        Raises:
            ComponentNotFoundError: The name is not here.
            InvalidArgumentsError: The arguments do not fit the effective signature; everything that is wrong is listed.
            SourceUnavailableError: The library behind the component is missing or broken.
        """
        entry, spelling, canonical, _ = self.found(name)
        call = entry.answer(kwargs)
        checked = call.check(args, kwargs)
        if checked.problems:
            raise call.refused(checked.problems, spelling, self._label)
        return ComponentSpec(self, canonical, checked.args, checked.kwargs, spelling)

    @abstractmethod
    def signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a component."""

    @abstractmethod
    def describe(self, name: str) -> ComponentDescription:
        """Describe a component without building it."""

    def __copy__(self) -> Self:
        """Copy by reference: there is one registry of a name in a process."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Copy by reference, so that what holds a registry can be copied."""
        del memo
        return self

    # What reconstructs it has arguments of its own.
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by reference.

        Raises:
            PicklingError: No module holds this registry.
        """
        import pickle

        reference = self.reference
        if reference is None:
            raise pickle.PicklingError(
                f"{self._label()} is held by no module: assign it to a name at the top of a module to pickle it by reference"
            )
        return _registry_by, (reference,)


def _registry_by(reference: str) -> object:
    """Find a pickled registry again: a pickle imports what it refers to, as pickles do."""
    module, _, attribute = reference.partition(":")
    return getattr(importlib.import_module(module), attribute)


class BaseRegistry(NamedSet[T]):
    """A set of names and a mapping from them to constructors, which builds and validates.

    Subclasses say which names there are; how they are asked, validated and built is the same for all.
    """

    @abstractmethod
    def _find(self, name: str) -> Entry[T] | None:
        """Return the entry of a canonical name or alias, or None."""

    @abstractmethod
    def _names(self) -> Iterable[str]:
        """Return the canonical names, as a snapshot."""

    def _aliases_of(self, name: str) -> tuple[str, ...]:
        """Return the other spellings of a canonical name."""
        del name
        return ()

    def registrations(self, name: str) -> tuple[Registration, ...]:
        """Return what has to be imported, in this order, for a name to be here; none for what the library itself registers."""
        entry = self._find(name)
        return () if entry is None or entry.site is None else entry.site.registration()

    def _spellings(self) -> Iterable[str]:
        """Return what a mistyped name is compared with."""
        return self._names()

    # -- names --

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return sum(1 for _ in self._names())

    def __bool__(self) -> bool:
        """A registry is a thing even when it is empty, but as a collection it is false then, as any set."""
        return any(True for _ in self._names())

    def __repr__(self) -> str:
        return f"<{self._label()}: {len(self)} components>"

    def look_up(self, name: str) -> str | None:
        """Return the canonical spelling of a name or an alias, or None for a name that is not here."""
        entry = self._find(name)
        return None if entry is None else entry.name

    def _entry(self, name: object) -> Entry[T]:
        entry = self._find(name) if isinstance(name, str) else None
        if entry is None:
            raise self._not_found(name)
        return entry

    def _nearest(self, name: str) -> tuple[str, ...]:
        return nearest(name, self._spellings())

    def resolve(self, name: str) -> str:
        """Return the canonical name that a name or alias stands for.

        Args:
            name: A canonical name or an alias.

        Returns:
            The canonical name.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        return self._resolved_name(name)

    def _resolved_name(self, name: object) -> str:
        canonical = self.look_up(name) if isinstance(name, str) else None
        if canonical is None:
            raise self._not_found(name)
        return canonical

    def search(self, pattern: str) -> list[str]:
        """Find names by glob, as `timm.list_models` does.

        Args:
            pattern: A glob such as `*net*`, or a part of the names.

        Returns:
            The canonical names that match, in natural order.
        """
        return matching(pattern, self._names())

    # -- the mapping to constructors --

    def __getitem__(self, name: str) -> Callable[..., T]:
        return self._entry(name).constructor

    @overload
    def get(self, name: str) -> Callable[..., T] | None: ...
    @overload
    def get(self, name: str, default: D) -> Callable[..., T] | D: ...
    def get(self, name: str, default: D | None = None) -> Callable[..., T] | D | None:
        """Return the constructor of a name, or a default.

        Args:
            name: A canonical name or an alias.
            default: What to return for a name that is not here.

        Returns:
            The constructor, or the default.
        """
        canonical = self.look_up(name) if isinstance(name, str) else None  # type: ignore[redundant-expr]  # names come from untyped configs too
        return default if canonical is None else self[name]

    def keys(self) -> KeysView[str]:
        """Return a view of the canonical names."""
        return _Constructors(self).keys()

    def values(self) -> ValuesView[Callable[..., T]]:
        """Return a view of the constructors; looking at it imports those that were registered lazily."""
        return _Constructors(self).values()

    def items(self) -> ItemsView[str, Callable[..., T]]:
        """Return a view of the pairs of canonical name and constructor."""
        return _Constructors(self).items()

    # -- building --

    def found(self, name: object) -> Found[T]:
        """Return the component that a name stands for here.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        entry = self._entry(name)
        kinds = self._kinds
        return entry, cast("str", name), entry.name, self._checks() if kinds is None else kinds

    def signature(self, name: str) -> inspect.Signature:
        """Return the effective signature of a component: forwarded `**kwargs` are replaced by what they reach.

        Args:
            name: A canonical name or an alias.

        Returns:
            The signature, with evaluated annotations.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        return self._entry(name).answer({}).effective.signature

    def describe(self, name: str) -> ComponentDescription:
        """Describe a component without building it.

        Args:
            name: A canonical name or an alias.

        Returns:
            Its signature, docstring summary, file and line, library and version, and aliases.

        Raises:
            ComponentNotFoundError: The name is not here.
        """
        entry = self._entry(name)
        return entry.answer({}).describe(entry.name, self.kind.name, self._aliases_of(entry.name))


class _Constructors(Mapping[str, "Callable[..., T]"]):
    """The mapping face of a registry, for views that agree with it at any time."""

    __slots__ = ("_registry",)

    def __init__(self, registry: BaseRegistry[T]) -> None:
        self._registry = registry

    def __getitem__(self, name: str) -> Callable[..., T]:
        return self._registry[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry)

    def __len__(self) -> int:
        return len(self._registry)

    def __contains__(self, name: object) -> bool:
        return name in self._registry
