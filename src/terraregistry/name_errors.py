"""The base of the exceptions, and those about names: not found, taken, or refused.

`terraregistry.errors` is their public place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from terraregistry.readings import unrendered
from terraregistry.suggest import did_you_mean, nearest
from terraregistry.wording import LONGEST_REMEDY, label, listed, on_screen, one_line, portable, quoted, taken

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ComponentNotFoundError",
    "DuplicateComponentError",
    "DuplicateSourceError",
    "Facts",
    "InvalidRegistrationError",
    "PrefixConflictError",
    "ReadOnlyRegistryError",
    "Registration",
    "RegistryError",
    "SourceNotFoundError",
    "resolved_fact",
]


class Facts(Exception):  # noqa: N818 - a base of errors and of warnings
    """An exception of facts: the fields of a dataclass are its `args` too, by which it pickles."""

    __match_args__: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        self.args: tuple[Any, ...] = tuple(getattr(self, name) for name in self.__match_args__)


class RegistryError(Facts):
    """The base of every exception of this package."""

    def __str__(self) -> str:
        """Return the message, formatted from the attributes."""
        return self._message()

    def __repr__(self) -> str:
        """Return the class and the message: a value among the attributes may have no working `repr`."""
        return f"{type(self).__name__}({self._message()!r})"

    # The reconstruction's arguments are as varied as the constructors'.
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the facts, as they are now, and with the notes."""
        notes: list[str] | None = getattr(self, "__notes__", None)
        return type(self), self._facts(), {"__notes__": [*notes]} if notes else None

    def _facts(self) -> tuple[object, ...]:
        """The constructor's arguments, in order; the first may be a name of any type."""
        return (*map(portable, self.args[:1]), *self.args[1:])

    def _message(self) -> str:
        return on_screen(self._lines(), self._items(), self._last_lines())

    def _lines(self) -> list[str]:
        """Return the first lines of the message."""
        return [", ".join(map(str, self.args))]

    def _items(self) -> list[str]:
        """Return the items listed after them, cut to the height of a screen."""
        return []

    def _last_lines(self) -> list[str]:
        """Return the last lines of the message."""
        return []


def resolved_fact(fact: str | Callable[[], str]) -> str:
    """Return a fact, calling it if it is lazy."""
    return fact() if callable(fact) else fact


class Registration(NamedTuple):
    """The registration of a component in another process.

    Attributes:
        module: The module whose import registers it.
        place: The registering line, `file:line`.
        failure: Why that module cannot be imported in this process; empty if it can.
    """

    module: str
    place: str
    failure: str = ""


class ComponentNotFoundError(RegistryError, KeyError):
    """A name does not resolve.

    Attributes:
        name: The name requested, of any type.
        sources: The prefixes of the sources searched.
        registration: Its registration, if it came with a spec from another process; None otherwise.
    """

    def __init__(
        self,
        name: object,
        registry: str | Callable[[], str],
        sources: tuple[str, ...] = (),
        suggestions: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
        registration: Registration | None = None,
        remedy: str | Callable[[], str] = "",
    ) -> None:
        super().__init__(name, registry, sources, suggestions, registration, remedy)
        self._remedy = remedy
        self.name = name
        self.sources = sources
        self.registration = registration
        self._registry = registry
        self._suggestions = suggestions

    @property
    def registry(self) -> str:
        """The registry searched."""
        return resolved_fact(self._registry)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The nearest existing names, the nearest first; none are searched for beside a remedy."""
        if callable(self._suggestions):
            self._suggestions = () if self.remedy else self._suggestions()
        return self._suggestions

    @property
    def remedy(self) -> str:
        """How to get a component of this name, or the kind of thing it names instead; empty if neither is known."""
        return resolved_fact(self._remedy) or unrendered(self.name)

    def _facts(self) -> tuple[object, ...]:
        return portable(self.name), self.registry, self.sources, self.suggestions, self.registration, self.remedy

    def _lines(self) -> list[str]:
        if self.registration is not None:
            return [self._not_here(self.registration)]
        searched = f" (sources searched: {listed(self.sources)})" if self.sources else ""
        what = f"{label(self.registry)} has no component {quoted(self.name)}"
        if not isinstance(self.name, str):
            return [f"{what}: names are strings{f'; {self.remedy}' if self.remedy else ''}{searched}"]
        hint = f"; {self.remedy}" if self.remedy else did_you_mean(self.suggestions)
        hint = hint or "; search('*') lists those that there are"
        return [f"{what}{hint}{searched}"]

    def _not_here(self, registration: Registration) -> str:
        """Describe a component registered in another process but not in this one."""
        what = f"{label(self.registry)} has no component {quoted(self.name)} in this process"
        by = f"it was registered by {label(registration.module)} ({one_line(registration.place)})"
        if registration.failure:
            why = f", which cannot be imported here: {one_line(registration.failure, LONGEST_REMEDY)}"
            return f"{what}: {by}{why}; have its importable module on the path of every worker"
        return f"{what}: {by}, which importing does not run again here; register it at the top of an importable module"


@dataclass(eq=False, repr=False)
class SourceNotFoundError(RegistryError, KeyError):
    """No source is mounted under a prefix.

    Attributes:
        prefix: The prefix requested.
        registry: The registry searched.
        sources: The prefixes mounted.
        is_component: True if it is the name of a component instead.
    """

    prefix: object
    registry: str
    sources: tuple[str, ...] = ()
    is_component: bool = False

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The nearest mounted prefixes."""
        return nearest(self.prefix, self.sources) if isinstance(self.prefix, str) else ()

    def _lines(self) -> list[str]:
        what = f"{label(self.registry)} has no source {quoted(self.prefix)}"
        if self.is_component:
            name = quoted(self.prefix)
            return [f"{what}, but a component: build({name}) makes it, and find_class({name}) returns its constructor"]
        return [f"{what}{did_you_mean(self.suggestions)} (mounted: {listed(self.sources)})"]


@dataclass(eq=False, repr=False)
class DuplicateComponentError(RegistryError, KeyError):
    """A name is registered already.

    Attributes:
        name: The name taken.
        registry: The registry it is taken in.
        taken_by: Its present owner.
        defined_at: The definition of the owner, `file:line`; empty if unknown.
        modules: The two module names of one file loaded twice, if it defines both components; None otherwise.
    """

    name: str
    registry: str
    taken_by: str
    defined_at: str = ""
    modules: tuple[str, str] | None = None

    @property
    def same_file(self) -> bool:
        """True if both components are of one file, loaded under two module names."""
        return self.modules is not None

    def _lines(self) -> list[str]:
        what = f"{label(self.registry)} has a component {quoted(self.name)} already"
        remedy = "register under another name, or with override=True to replace it"
        if self.modules is not None:
            both = " and ".join(quoted(module) for module in self.modules)
            remedy = f"it is the same file, loaded as the modules {both}: import it under one name only"
        return [f"{what}: {taken(self.taken_by, self.defined_at)}; {remedy}"]


@dataclass(eq=False, repr=False)
class DuplicateSourceError(RegistryError, KeyError):
    """A prefix is taken already.

    Attributes:
        prefix: The prefix taken.
        registry: The registry it is taken in.
        taken_by: The source mounted under it.
        defined_at: The definition of that source's class, `file:line`; empty if unknown.
    """

    prefix: str
    registry: str
    taken_by: str
    defined_at: str = ""

    def _lines(self) -> list[str]:
        what = f"{label(self.registry)} has a source {quoted(self.prefix)} already"
        remedy = "mount under another prefix, or unregister_source() it first"
        return [f"{what}: {taken(self.taken_by, self.defined_at)}; {remedy}"]


@dataclass(eq=False, repr=False)
class PrefixConflictError(RegistryError, ValueError):
    """A prefix cannot be mounted: it is no identifier, or names under it could be read in two ways.

    Attributes:
        prefix: The prefix refused.
        registry: The registry refusing it.
        conflicts_with: The mounted prefix in conflict with it, if any.
    """

    prefix: object
    registry: str
    conflicts_with: str | None = None

    def _lines(self) -> list[str]:
        refused = f"{label(self.registry)} cannot mount a source under {quoted(self.prefix)}"
        if self.conflicts_with is None:
            return [f"{refused}: a prefix is an identifier, such as 'timm'"]
        short, long = sorted((str(self.prefix), self.conflicts_with))  # the one begins with the other
        doubtful = f"names that begin with {quoted(long + '_')} could belong to {quoted(short)} as well"
        return [f"{refused} beside {quoted(self.conflicts_with)}: {doubtful}; mount it under another prefix"]


@dataclass(eq=False, repr=False)
class InvalidRegistrationError(RegistryError, TypeError, ValueError):
    """The object to register is no constructor, or its name is no name.

    Attributes:
        name: The name given, of any type; None if none was given.
        registry: The registry refusing it.
        reason: The mistake, and its correction.
    """

    name: object
    registry: str
    reason: str

    def _lines(self) -> list[str]:
        what = "a component" if self.name is None else quoted(self.name)
        return [f"{label(self.registry)} cannot register {what}: {self.reason}"]


@dataclass(eq=False, repr=False)
class ReadOnlyRegistryError(RegistryError, TypeError):
    """A source belonging to another library refuses a registration or removal.

    Attributes:
        registry: The source.
        remedy: The place to register instead.
    """

    registry: str
    remedy: str = ""

    def _lines(self) -> list[str]:
        return [
            f"{label(self.registry)} is read-only{f': {one_line(self.remedy, LONGEST_REMEDY)}' if self.remedy else ''}"
        ]


for _public in (
    RegistryError,
    Registration,
    ComponentNotFoundError,
    SourceNotFoundError,
    DuplicateComponentError,
    DuplicateSourceError,
    PrefixConflictError,
    InvalidRegistrationError,
    ReadOnlyRegistryError,
):
    _public.__module__ = "terraregistry.errors"  # tracebacks and pickles name the place that it is imported from
