"""The exceptions of terraregistry.

Each derives from `RegistryError` and from the builtin exception usually caught for the case, keeps its facts as attributes, and
pickles. Messages are formatted on access: an error caught and handled costs next to nothing. A message names the component, the
place and the remedy, has printable characters only, and fits on a screen (`terraregistry.wording.ROWS`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from terraregistry.name_errors import (
    ComponentNotFoundError,
    DuplicateComponentError,
    DuplicateSourceError,
    InvalidRegistrationError,
    PrefixConflictError,
    ReadOnlyRegistryError,
    Registration,
    RegistryError,
    SourceNotFoundError,
)
from terraregistry.name_errors import Facts as _Facts
from terraregistry.name_errors import resolved_fact as _resolved_fact
from terraregistry.problems import Key, Problem, ProblemKind, Rename, Replace, Span
from terraregistry.wording import LONGEST_REMEDY as _LONGEST_REMEDY
from terraregistry.wording import describe_value
from terraregistry.wording import label as _label
from terraregistry.wording import listed as _listed
from terraregistry.wording import on_screen as _on_screen
from terraregistry.wording import one_line as _one_line
from terraregistry.wording import quoted as _quoted
from terraregistry.wording import taken as _taken

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


def _placed(file: str, problem: Problem) -> str:
    line, column, _ = problem.span or Span(1, 1)
    return f"{_one_line(file, 300)}:{line}:{column}: " if file else ""


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
        return _resolved_fact(self._registry)

    @property
    def signature(self) -> str:
        """The effective signature violated."""
        return _resolved_fact(self._signature)

    @property
    def defined_at(self) -> str:
        """The definition of the constructor, `file:line`; empty if unknown."""
        return _resolved_fact(self._defined_at)

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


@dataclass(eq=False, repr=False)
class UnusedArgumentWarning(_Facts, UserWarning):
    """Unused arguments were dropped.

    Attributes:
        component: The component given them.
        problems: One entry an argument.
        file: The config they are in, with the places of the problems; empty without one.
    """

    component: str
    problems: tuple[Problem, ...]
    file: str = ""

    def __str__(self) -> str:
        """List the arguments, each with the likeliest intended name."""
        if self.file:
            return _on_screen(
                (), [f"{_placed(self.file, problem)}warning: {problem.dropped}" for problem in self.problems]
            )
        count = len(self.problems)
        counted = f"{count} argument{'s' if count != 1 else ''}"
        head = f"{counted} of {_quoted(self.component)} that nothing reads, dropped; remove or correct what is listed"
        return _on_screen([head], [f"  {problem}" for problem in self.problems])


@dataclass(eq=False, repr=False)
class FitWarning(_Facts, UserWarning):
    """A model was checked without data, and not all of it could be followed, or something that works is doubtful.

    Attributes:
        component: The factory whose arguments they are.
        problems: One entry each, of the kind `UNCHECKED`, `DOUBTFUL` or `DIFFERENT`.
        file: The config that they are in, whose places the problems have; empty where there is none.
    """

    component: str
    problems: tuple[Problem, ...]
    file: str = ""

    @property
    def is_unknown(self) -> bool:
        """Whether something could not be checked."""
        return any(problem.kind is ProblemKind.UNCHECKED for problem in self.problems)

    def __str__(self) -> str:
        """List what there is to say."""
        if self.file:
            return _on_screen((), [f"{_placed(self.file, problem)}{_remark(problem)}" for problem in self.problems])
        return _on_screen([f"checked {_quoted(self.component)}"], [f"  {_remark(each)}" for each in self.problems])


def _remark(problem: Problem) -> str:
    return f"{'not checked' if problem.kind is ProblemKind.UNCHECKED else 'warning'}: {problem}"


@dataclass(eq=False, repr=False)
class UntrainedBackboneWarning(_Facts, UserWarning):
    """Adapters are put on a backbone with random weights, and these are not trained.

    Attributes:
        component: The place and the name of the backbone.
        method: The method of the adapters.
    """

    component: str
    method: str

    def __str__(self) -> str:
        """Return the consequence for the backbone, and how to give it weights."""
        reason = f"with {_label(self.method)} only adapters beside its random weights are trained"
        remedy = "load weights with pretrained=True or from a file"
        return _on_screen([f"{_label(self.component)} is not pretrained, and {reason}; {remedy}"])


@dataclass(eq=False, repr=False)
class TakenNameWarning(_Facts, UserWarning):
    """A model of this library was built although another package has registered one of the same name in timm.

    Attributes:
        name: The name; timm itself returns the other model for it.
        taken_by: The other model's entry point.
        defined_at: The definition of that entry point, `file:line`; empty if unknown.
    """

    name: str
    taken_by: str
    defined_at: str = ""

    def __str__(self) -> str:
        """Name the other model, and how to have it."""
        taken = f"timm has another model {_quoted(self.name)}: {_taken(self.taken_by, self.defined_at)}"
        return _on_screen([f"{taken}; built terraregistry's own; call timm.create_model for the other"])


@dataclass(eq=False, repr=False)
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

    component: str
    registry: str
    kind: str
    product: str
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    def _lines(self) -> list[str]:
        faults = [f"lacks {_listed(self.missing)}"] if self.missing else []
        faults += [_one_line(fault, 300) for fault in self.wrong[:_MOST_FAULTS]]
        reason = f": it {'; '.join(faults)}" if faults else ""
        built = f"{_quoted(self.component)} of {_label(self.registry)} built a {_label(self.product)}"
        kind = _label(self.kind)
        return [f"{built}, which is no {kind}{reason}; have its constructor return a {kind}"]


@dataclass(eq=False, repr=False)
class SourceUnavailableError(RegistryError, ImportError):
    """A source cannot be used: the library behind it is missing or broken, or the source itself raises.

    The source's own exception is the `__cause__`.

    Attributes:
        source: The prefix or name of the source.
        reason: The failure.
        remedy: The remedy, such as a package to install.
        steps: The argument in need of it, if a model factory was asked; empty otherwise.
    """

    source: str
    reason: str
    remedy: str = ""
    steps: tuple[Key, ...] = field(default=(), init=False)

    def _lines(self) -> list[str]:
        remedy = _one_line(self.remedy or "mend or unregister it", _LONGEST_REMEDY)
        reason = _one_line(self.reason, _LONGEST_REMEDY)
        return [f"the source {_quoted(self.source)} is unavailable: {reason}; {remedy}"]


@dataclass(eq=False, repr=False)
class ConfigError(RegistryError, ValueError):
    """A config cannot be read, or its model cannot be built; each problem has its file, line and path.

    Attributes:
        file: The file's name; empty for a config given as a mapping, which has no lines.
        problems: One entry a mistake, with its path in the config and its place in the file.
    """

    file: str
    problems: tuple[Problem, ...]

    def _lines(self) -> list[str]:
        return []

    def _items(self) -> list[str]:
        return [f"{_placed(self.file, problem)}{problem}" for problem in self.problems]


@dataclass(eq=False, repr=False)
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

    component: str
    origin: str
    reason: str
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    misshapen: tuple[str, ...] = ()
    remedy: str = ""

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
