"""The exceptions of terraregistry.

Each derives from `RegistryError` and from the builtin exception usually caught for the case, keeps its facts as attributes, and
pickles. Messages are formatted on access: an error caught and handled costs next to nothing. A message names the component, the
place and the remedy, has printable characters only, and fits on a screen (`terraregistry.wording.ROWS`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.problems import Key, Problem, ProblemKind, Rename, Replace, Span
from terraregistry.readings import unrendered
from terraregistry.suggest import did_you_mean, nearest
from terraregistry.wording import describe_value
from terraregistry.wording import listed as _listed
from terraregistry.wording import on_screen as _on_screen
from terraregistry.wording import one_line as _one_line
from terraregistry.wording import portable as _portable
from terraregistry.wording import quoted as _quoted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ComponentNotFoundError",
    "ComponentProtocolError",
    "ConfigError",
    "DuplicateComponentError",
    "DuplicateSourceError",
    "FitWarning",
    "InvalidArgumentsError",
    "InvalidRegistrationError",
    "PrefixConflictError",
    "Problem",
    "ProblemKind",
    "ReadOnlyRegistryError",
    "Registration",
    "RegistryError",
    "Rename",
    "Replace",
    "SourceNotFoundError",
    "SourceUnavailableError",
    "Span",
    "TakenNameWarning",
    "UntrainedBackboneWarning",
    "UnusedArgumentWarning",
    "WeightsError",
    "describe_value",
]

_MOST_KEYS: Final = 10
_MOST_FAULTS: Final = 5
_LONGEST_KEY: Final = 200
_LONGEST_REMEDY: Final = 400


class RegistryError(Exception):
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
        """The constructor's arguments, in order."""
        return self.args

    def _message(self) -> str:
        return _on_screen(self._lines(), self._items(), self._last_lines())

    def _lines(self) -> list[str]:
        """Return the first lines of the message."""
        return [", ".join(map(str, self.args))]

    def _items(self) -> list[str]:
        """Return the items listed after them, cut to the height of a screen."""
        return []

    def _last_lines(self) -> list[str]:
        """Return the last lines of the message."""
        return []


def _text(fact: str | Callable[[], str]) -> str:
    """Return a fact, calling it if it is lazy."""
    return fact() if callable(fact) else fact


def _label(name: str) -> str:
    """Shorten the name of a registry, class or component if it is a whole text."""
    return _one_line(name, 100)


def _taken(by: str, defined_at: str) -> str:
    return f"{_label(by)}, defined at {_one_line(defined_at)}" if defined_at else _label(by)


def _placed(file: str, problem: Problem) -> str:
    line, column, _ = problem.span or Span(1, 1)
    return f"{_one_line(file, 300)}:{line}:{column}"


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
        return _text(self._registry)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The nearest existing names, the nearest first; none beside a remedy."""
        if self.remedy:
            return ()
        if callable(self._suggestions):
            self._suggestions = self._suggestions()
        return self._suggestions

    @property
    def remedy(self) -> str:
        """How to get a component of this name, or the kind of thing it names instead; empty if neither is known."""
        return _text(self._remedy) or unrendered(self.name)

    def _facts(self) -> tuple[object, ...]:
        return _portable(self.name), self.registry, self.sources, self.suggestions, self.registration, self.remedy

    def _lines(self) -> list[str]:
        if self.registration is not None:
            return [self._not_here(self.registration)]
        searched = f" (sources searched: {_listed(self.sources)})" if self.sources else ""
        what = f"{_label(self.registry)} has no component {_quoted(self.name)}"
        if not isinstance(self.name, str):
            return [f"{what}: names are strings{searched}"]
        hint = f"; {self.remedy}" if self.remedy else did_you_mean(self.suggestions)
        hint = hint or "; search('*') lists those that there are"
        return [f"{what}{hint}{searched}"]

    def _not_here(self, registration: Registration) -> str:
        """Describe a component registered in another process but not in this one."""
        what = f"{_label(self.registry)} has no component {_quoted(self.name)} in this process"
        by = f"it was registered by {_label(registration.module)} ({_one_line(registration.place)})"
        if registration.failure:
            why = f", which cannot be imported here: {_one_line(registration.failure, _LONGEST_REMEDY)}"
            return f"{what}: {by}{why}; have its importable module on the path of every worker"
        return f"{what}: {by}, which importing does not run again here; register it at the top of an importable module"


class SourceNotFoundError(RegistryError, KeyError):
    """No source is mounted under a prefix.

    Attributes:
        prefix: The prefix requested.
        registry: The registry searched.
        sources: The prefixes mounted.
        is_component: True if it is the name of a component instead.
    """

    def __init__(
        self,
        prefix: object,
        registry: str,
        sources: tuple[str, ...] = (),
        is_component: bool = False,
    ) -> None:
        super().__init__(prefix, registry, sources, is_component)
        self.is_component = is_component
        self.prefix = prefix
        self.registry = registry
        self.sources = sources

    def _facts(self) -> tuple[object, ...]:
        return _portable(self.prefix), self.registry, self.sources, self.is_component

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The nearest mounted prefixes."""
        return nearest(self.prefix, self.sources) if isinstance(self.prefix, str) else ()

    def _lines(self) -> list[str]:
        what = f"{_label(self.registry)} has no source {_quoted(self.prefix)}"
        if self.is_component:
            name = _quoted(self.prefix)
            return [f"{what}, but a component: build({name}) makes it, and find_class({name}) returns its constructor"]
        return [f"{what}{did_you_mean(self.suggestions)} (mounted: {_listed(self.sources)})"]


class DuplicateComponentError(RegistryError, KeyError):
    """A name is registered already.

    Attributes:
        name: The name taken.
        registry: The registry it is taken in.
        taken_by: Its present owner.
        defined_at: The definition of the owner, `file:line`; empty if unknown.
        modules: The two module names of one file loaded twice, if it defines both components; None otherwise.
    """

    def __init__(
        self,
        name: str,
        registry: str,
        taken_by: str,
        defined_at: str = "",
        modules: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(name, registry, taken_by, defined_at, modules)
        self.name = name
        self.registry = registry
        self.taken_by = taken_by
        self.defined_at = defined_at
        self.modules = modules

    @property
    def same_file(self) -> bool:
        """True if both components are of one file, loaded under two module names."""
        return self.modules is not None

    def _lines(self) -> list[str]:
        what = f"{_label(self.registry)} has a component {_quoted(self.name)} already"
        remedy = "register under another name, or with override=True to replace it"
        if self.modules is not None:
            both = " and ".join(_quoted(module) for module in self.modules)
            remedy = f"it is the same file, loaded as the modules {both}: import it under one name only"
        return [f"{what}: {_taken(self.taken_by, self.defined_at)}; {remedy}"]


class DuplicateSourceError(RegistryError, KeyError):
    """A prefix is taken already.

    Attributes:
        prefix: The prefix taken.
        registry: The registry it is taken in.
        taken_by: The source mounted under it.
        defined_at: The definition of that source's class, `file:line`; empty if unknown.
    """

    def __init__(self, prefix: str, registry: str, taken_by: str, defined_at: str = "") -> None:
        super().__init__(prefix, registry, taken_by, defined_at)
        self.prefix = prefix
        self.registry = registry
        self.taken_by = taken_by
        self.defined_at = defined_at

    def _lines(self) -> list[str]:
        what = f"{_label(self.registry)} has a source {_quoted(self.prefix)} already"
        remedy = "mount under another prefix, or unregister_source() it first"
        return [f"{what}: {_taken(self.taken_by, self.defined_at)}; {remedy}"]


class PrefixConflictError(RegistryError, ValueError):
    """A prefix cannot be mounted: it is no identifier, or names under it could be read in two ways.

    Attributes:
        prefix: The prefix refused.
        registry: The registry refusing it.
        conflicts_with: The mounted prefix in conflict with it, if any.
    """

    def __init__(self, prefix: object, registry: str, conflicts_with: str | None = None) -> None:
        super().__init__(prefix, registry, conflicts_with)
        self.prefix = prefix
        self.registry = registry
        self.conflicts_with = conflicts_with

    def _facts(self) -> tuple[object, ...]:
        return _portable(self.prefix), self.registry, self.conflicts_with

    def _lines(self) -> list[str]:
        refused = f"{_label(self.registry)} cannot mount a source under {_quoted(self.prefix)}"
        if self.conflicts_with is None:
            return [f"{refused}: a prefix is an identifier, such as 'timm'"]
        short, long = sorted((str(self.prefix), self.conflicts_with))  # the one begins with the other
        doubtful = f"names that begin with {_quoted(long + '_')} could belong to {_quoted(short)} as well"
        return [f"{refused} beside {_quoted(self.conflicts_with)}: {doubtful}; mount it under another prefix"]


class InvalidRegistrationError(RegistryError, TypeError, ValueError):
    """The object to register is no constructor, or its name is no name.

    Attributes:
        name: The name given, of any type; None if none was given.
        registry: The registry refusing it.
        reason: The mistake, and its correction.
    """

    def __init__(self, name: object, registry: str, reason: str) -> None:
        super().__init__(name, registry, reason)
        self.name = name
        self.registry = registry
        self.reason = reason

    def _facts(self) -> tuple[object, ...]:
        return _portable(self.name), self.registry, self.reason

    def _lines(self) -> list[str]:
        what = "a component" if self.name is None else _quoted(self.name)
        return [f"{_label(self.registry)} cannot register {what}: {self.reason}"]


class InvalidArgumentsError(RegistryError, TypeError, ValueError):
    """The arguments of a component do not fit its signature; all mistakes are listed.

    Attributes:
        component: The name of the component.
        problems: One entry a mistake.
    """

    def __init__(
        self,
        component: str,
        registry: str | Callable[[], str],
        problems: tuple[Problem, ...],
        signature: str | Callable[[], str] = "",
        defined_at: str | Callable[[], str] = "",
    ) -> None:
        super().__init__(component, registry, problems, signature, defined_at)
        self.component = component
        self.problems = problems
        self._registry = registry
        self._signature = signature
        self._defined_at = defined_at

    @property
    def registry(self) -> str:
        """The registry of the component."""
        return _text(self._registry)

    @property
    def signature(self) -> str:
        """The effective signature violated."""
        return _text(self._signature)

    @property
    def defined_at(self) -> str:
        """The definition of the constructor, `file:line`; empty if unknown."""
        return _text(self._defined_at)

    def _facts(self) -> tuple[object, ...]:
        return self.component, self.registry, self.problems, self.signature, self.defined_at

    def _lines(self) -> list[str]:
        count = len(self.problems)
        counted = f"{count} problem{'s' if count != 1 else ''}"
        return [f"{counted} in the arguments of {_quoted(self.component)} ({_label(self.registry)})"]

    def _items(self) -> list[str]:
        return [f"  {problem}" for problem in self.problems]

    def _last_lines(self) -> list[str]:
        signature, defined_at = self.signature, self.defined_at
        lines = [f"signature: {_label(self.component)}{signature}"] if signature else []
        return [*lines, f"defined at: {_one_line(defined_at)}"] if defined_at else lines


class UnusedArgumentWarning(UserWarning):
    """Unused arguments were dropped.

    Attributes:
        component: The component given them.
        problems: One entry an argument.
        file: The config they are in, with the places of the problems; empty without one.
    """

    def __init__(self, component: str, problems: tuple[Problem, ...], file: str = "") -> None:
        super().__init__(component, problems, file)
        self.component = component
        self.problems = problems
        self.file = file

    def __str__(self) -> str:
        """List the arguments, each with the likeliest intended name."""
        if self.file:
            return _on_screen(
                (), [f"{_placed(self.file, problem)}: warning: {problem.dropped}" for problem in self.problems]
            )
        count = len(self.problems)
        counted = f"{count} argument{'s' if count != 1 else ''}"
        head = f"{counted} of {_quoted(self.component)} that nothing reads, dropped; remove or correct what is listed"
        return _on_screen([head], [f"  {problem}" for problem in self.problems])


class FitWarning(UserWarning):
    """A model was checked without data, and not all of it could be followed, or something that works is doubtful.

    Attributes:
        component: The factory whose arguments they are.
        problems: One entry each, of the kind `UNCHECKED` or `DOUBTFUL`.
        file: The config that they are in, whose places the problems have; empty where there is none.
    """

    def __init__(self, component: str, problems: tuple[Problem, ...], file: str = "") -> None:
        super().__init__(component, problems, file)
        self.component = component
        self.problems = problems
        self.file = file

    @property
    def is_unknown(self) -> bool:
        """Whether something could not be checked."""
        return any(problem.kind is ProblemKind.UNCHECKED for problem in self.problems)

    def __str__(self) -> str:
        """List what there is to say."""
        if self.file:
            return _on_screen((), [f"{_placed(self.file, problem)}: {_remark(problem)}" for problem in self.problems])
        return _on_screen([f"checked {_quoted(self.component)}"], [f"  {_remark(each)}" for each in self.problems])


def _remark(problem: Problem) -> str:
    return f"{'not checked' if problem.kind is ProblemKind.UNCHECKED else 'warning'}: {problem}"


class UntrainedBackboneWarning(UserWarning):
    """Adapters are put on a backbone with random weights, and these are not trained.

    Attributes:
        component: The place and the name of the backbone.
        method: The method of the adapters.
    """

    def __init__(self, component: str, method: str) -> None:
        super().__init__(component, method)
        self.component = component
        self.method = method

    def __str__(self) -> str:
        """Return the consequence for the backbone, and how to give it weights."""
        reason = f"with {_label(self.method)} only adapters beside its random weights are trained"
        remedy = "load weights with pretrained=True or from a file"
        return _on_screen([f"{_label(self.component)} is not pretrained, and {reason}; {remedy}"])


class TakenNameWarning(UserWarning):
    """A model of this library was built although another package has registered one of the same name in timm.

    Attributes:
        name: The name; timm itself returns the other model for it.
        taken_by: The other model's entry point.
        defined_at: The definition of that entry point, `file:line`; empty if unknown.
    """

    def __init__(self, name: str, taken_by: str, defined_at: str = "") -> None:
        super().__init__(name, taken_by, defined_at)
        self.name = name
        self.taken_by = taken_by
        self.defined_at = defined_at

    def __str__(self) -> str:
        """Name the other model, and how to have it."""
        taken = f"timm has another model {_quoted(self.name)}: {_taken(self.taken_by, self.defined_at)}"
        return _on_screen([f"{taken}; built terraregistry's own; call timm.create_model for the other"])


class ComponentProtocolError(RegistryError, TypeError):
    """A constructor's product does not satisfy the kind of its registry.

    Attributes:
        component: The name of the component.
        registry: Its registry.
        kind: The name of the protocol.
        product: The name of the product's type.
        missing: The members lacking in the product.
        wrong: Its members of another type than the protocol's, with the type found.
    """

    def __init__(
        self,
        component: str,
        registry: str,
        kind: str,
        product: str,
        missing: tuple[str, ...] = (),
        wrong: tuple[str, ...] = (),
    ) -> None:
        super().__init__(component, registry, kind, product, missing, wrong)
        self.component = component
        self.registry = registry
        self.kind = kind
        self.product = product
        self.missing = missing
        self.wrong = wrong

    def _lines(self) -> list[str]:
        faults = [f"lacks {_listed(self.missing)}"] if self.missing else []
        faults += [_one_line(fault, 300) for fault in self.wrong[:_MOST_FAULTS]]
        reason = f": it {'; '.join(faults)}" if faults else ""
        built = f"{_quoted(self.component)} of {_label(self.registry)} built a {_label(self.product)}"
        kind = _label(self.kind)
        return [f"{built}, which is no {kind}{reason}; have its constructor return a {kind}"]


class SourceUnavailableError(RegistryError, ImportError):
    """A source cannot be used: the library behind it is missing or broken, or the source itself raises.

    The source's own exception is the `__cause__`.

    Attributes:
        source: The prefix or name of the source.
        reason: The failure.
        remedy: The remedy, such as a package to install.
        steps: The argument in need of it, if a model factory was asked; empty otherwise.
    """

    def __init__(self, source: str, reason: str, remedy: str = "") -> None:
        super().__init__(source, reason, remedy)
        self.source = source
        self.reason = reason
        self.remedy = remedy
        self.steps: tuple[Key, ...] = ()

    def _lines(self) -> list[str]:
        remedy = _one_line(self.remedy or "mend or unregister it", _LONGEST_REMEDY)
        reason = _one_line(self.reason, _LONGEST_REMEDY)
        return [f"the source {_quoted(self.source)} is unavailable: {reason}; {remedy}"]


class ReadOnlyRegistryError(RegistryError, TypeError):
    """A source belonging to another library refuses a registration or removal.

    Attributes:
        registry: The source.
        remedy: The place to register instead.
    """

    def __init__(self, registry: str, remedy: str = "") -> None:
        super().__init__(registry, remedy)
        self.registry = registry
        self.remedy = remedy

    def _lines(self) -> list[str]:
        return [
            f"{_label(self.registry)} is read-only{f': {_one_line(self.remedy, _LONGEST_REMEDY)}' if self.remedy else ''}"
        ]


class ConfigError(RegistryError, ValueError):
    """A config cannot be read, or its model cannot be built; each problem has its file, line and path.

    Attributes:
        file: The file's name.
        problems: One entry a mistake, with its path in the config and its place in the file.
    """

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(file, problems)
        self.file = file
        self.problems = problems

    def _lines(self) -> list[str]:
        return []

    def _items(self) -> list[str]:
        return [f"{_placed(self.file, problem)}: {problem}" for problem in self.problems]


class WeightsError(RegistryError, RuntimeError):
    """Pretrained weights are unavailable, unreadable, or do not fit their component.

    Attributes:
        component: The component to load them into.
        origin: The place searched: a file, or a repository of a hub and a file in it.
        reason: The failure.
        missing: Keys of the component lacking in the weights.
        surplus: Keys of the weights lacking in the component.
        misshapen: Keys of both with tensors of different shapes, each with the two shapes.
        remedy: The remedy.
    """

    def __init__(
        self,
        component: str,
        origin: str,
        reason: str,
        missing: tuple[str, ...] = (),
        surplus: tuple[str, ...] = (),
        misshapen: tuple[str, ...] = (),
        remedy: str = "",
    ) -> None:
        super().__init__(component, origin, reason, missing, surplus, misshapen, remedy)
        self.component = component
        self.origin = origin
        self.reason = reason
        self.missing = missing
        self.surplus = surplus
        self.misshapen = misshapen
        self.remedy = remedy

    def _lines(self) -> list[str]:
        origin = f" from {_one_line(self.origin)}" if self.origin else ""
        return [f"no weights{origin} for {_quoted(self.component)}: {_one_line(self.reason, _LONGEST_REMEDY)}"]

    def _items(self) -> list[str]:
        lines: list[str] = []
        for title, keys in (("missing", self.missing), ("surplus", self.surplus), ("misshapen", self.misshapen)):
            lines += [f"  {title}: {_one_line(key, _LONGEST_KEY)}" for key in keys[:_MOST_KEYS]]
            if len(keys) > _MOST_KEYS:
                lines.append(f"  {title}: {len(keys) - _MOST_KEYS} more")
        return lines

    def _last_lines(self) -> list[str]:
        return [
            _one_line(self.remedy, _LONGEST_REMEDY)
            or "give the file of a state dict that fits, or build it without weights"
        ]
