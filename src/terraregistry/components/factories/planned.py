"""The base of model factories: check everything before constructing anything."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, cast

from terraregistry.components.factories.planned_parts import is_composition
from terraregistry.errors import FitWarning, InvalidArgumentsError, Problem, ProblemKind, UnusedArgumentWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import nn

    from terraregistry.errors import SourceUnavailableError
    from terraregistry.problems import KeyPath

__all__ = ["Draft", "Fit", "Plan", "PlanningFactory", "UnusedPolicy", "without"]

UnusedPolicy: TypeAlias = Literal["error", "warn"]
"""Policy for unused arguments: refuse them, or drop them with a warning."""


class Plan(Protocol):
    """A checked model, ready to be built."""

    def build(self) -> nn.Module:
        """Make the model."""
        ...


class Fit(NamedTuple):
    """The result of running a model without data.

    Attributes:
        problems: Invalid values, and parts incompatible with each other.
        remarks: Operations not followed (`ProblemKind.UNCHECKED`), and doubtful but working configurations.
        raised: Exceptions raised by constructors, by the problems made of them; None for an exception raised only by a run.
        unavailable: The error for a required library, missing or broken; None if there is none.
    """

    problems: Sequence[Problem] = ()
    remarks: Sequence[Problem] = ()
    raised: Mapping[Problem, Exception | None] = MappingProxyType({})
    unavailable: SourceUnavailableError | None = None

    def moved(self, move: Callable[[Sequence[Problem]], list[Problem]]) -> Fit:
        """Move the problems and remarks to the arguments of another factory."""
        return self._replace(problems=move(self.problems), remarks=move(self.remarks))


class Draft(NamedTuple):
    """A model after the first stage, with neither torch nor the library behind a source needed.

    Attributes:
        problems: Problems of the arguments: names, types, tasks, counts, and combinations.
        plan: The model; None if a part is unknown.
        fit: The second stage: makes the model without data and runs it.
        remarks: Doubtful but working arguments.
    """

    problems: Sequence[Problem]
    plan: Plan | None
    fit: Callable[[], Fit] = Fit
    remarks: Sequence[Problem] = ()


class PlanningFactory(ABC):
    """A model factory with two stages of checks of the whole model before the first part is constructed."""

    # The arguments of a factory are any objects.
    @abstractmethod
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, by name, without constructing anything: the first stage."""

    def check_arguments(self, **arguments: Any) -> None:
        """Check the arguments of `build_model` without constructing a part of the model.

        Covers names and types of the arguments of each part, the needs of the task, and unused arguments. Values, and the
        fit of the parts, are left to `validate_model`, the complete check. A `FitWarning` reports doubtful arguments.

        Args:
            **arguments: The arguments of `build_model`, by name.

        Raises:
            InvalidArgumentsError: The arguments are invalid; lists all problems, each at its path in the call.
            SourceUnavailableError: The library behind a source is missing or broken, and its components' parameters are
                needed.
        """
        draft, fit = self._checked(arguments, run=False)
        if draft.problems:
            raise self._refused(draft.problems)
        self._warn(fit, stacklevel=3)

    def validate_model(self, **arguments: Any) -> None:
        """Check the arguments of `build_model`, and run the model without data.

        The model is built on torch's meta device, without weights and data, and run on a batch of images in training mode and
        in evaluation mode. A `FitWarning` reports operations that cannot be followed there, and doubtful combinations.

        Args:
            **arguments: The arguments of `build_model`, by name.

        Raises:
            InvalidArgumentsError: The arguments are invalid; lists all problems, each at its path in the call.
            SourceUnavailableError: The library behind a source is missing or broken.
        """
        draft, fit = self._checked(arguments)
        self._plan(draft, fit)
        self._warn(fit, stacklevel=3)

    def _warn(self, fit: Fit, stacklevel: int) -> None:
        if fit.remarks:
            warnings.warn(FitWarning(component_of(self), tuple(fit.remarks)), stacklevel=stacklevel)

    def _build(self, arguments: Mapping[str, Any]) -> nn.Module:
        draft, fit = self._checked(arguments, depth=1)
        problems = [*draft.problems, *fit.problems]
        if problems and draft.plan is not None and all(each in fit.raised for each in problems):
            # Exceptions of parts are let through unchanged: those of constructors now, the others when the model runs.
            for error in filter(None, fit.raised.values()):
                raise error
            plan = draft.plan
        else:
            plan = self._plan(draft, fit)
        try:
            return plan.build()
        except InvalidArgumentsError as error:
            if not is_composition(error) or error.component == component_of(self):
                raise
            raise self._refused(map(self._moved, error.problems)) from error

    def _checked(self, arguments: Mapping[str, Any], *, run: bool = True, depth: int = 0) -> tuple[Draft, Fit]:
        """Check arguments in both stages, or without a run; with policy "warn", drop the unused ones, and warn.

        `depth` is the number of the factory's functions between this one and the public one, for the warning.
        """
        lenient = arguments.get("unused") == "warn"
        dropped: list[Problem] = []
        try:
            while True:
                draft = self.draft(arguments)
                unread = lenient and any(problem.is_unread for problem in draft.problems)
                fit = draft.fit() if run and not unread else Fit()
                left = _without_unread(arguments, [*draft.problems, *fit.problems], dropped) if lenient else None
                if left is None:
                    return draft, fit._replace(remarks=[*draft.remarks, *fit.remarks])
                arguments = left
        finally:
            if dropped:
                warnings.warn(UnusedArgumentWarning(component_of(self), tuple(dropped)), stacklevel=3 + depth)

    def _plan(self, draft: Draft, fit: Fit) -> Plan:
        """Return the checked model, or raise all problems of both stages."""
        problems = [*draft.problems, *fit.problems]
        if fit.unavailable is not None:
            if not problems:
                raise fit.unavailable
            problems.append(Problem(fit.unavailable.steps, ProblemKind.INVALID, detail=str(fit.unavailable)))
        if problems or draft.plan is None:
            raise self._refused(problems)
        return draft.plan

    def _moved(self, problem: Problem) -> Problem:
        """Move a problem of a part to its path in this factory's call."""
        return problem

    def _refused(self, problems: Iterable[Problem]) -> InvalidArgumentsError:
        return InvalidArgumentsError(component_of(self), "MODEL_FACTORY_REGISTRY", tuple(dict.fromkeys(problems)))


def component_of(factory: object) -> str:
    """Return the owner of the arguments, as named in errors."""
    return f"{type(factory).__name__}.build_model"


# The arguments of a factory are any objects.
def _without_unread(
    arguments: Mapping[str, Any], problems: Iterable[Problem], dropped: list[Problem]
) -> dict[str, Any] | None:
    """Leave out the unused arguments among some problems, and list these; None if there are none."""
    left: dict[str, Any] | None = None
    for problem in problems:
        smaller = without(left or arguments, problem.steps) if problem.is_unread else None
        if smaller is not None:
            left = smaller
            dropped.append(problem)
    return left


def without(arguments: Mapping[str, Any], path: KeyPath) -> dict[str, Any] | None:  # as above
    """Copy arguments without the value at a path; None if there is no such value."""
    smaller = _without(arguments, path)
    return cast("dict[str, Any]", smaller) if isinstance(smaller, dict) else None


def _without(value: object, path: KeyPath) -> object:
    if not path:
        return None
    first, rest = path[0], path[1:]
    inside: Mapping[object, object] = {}
    if is_dataclass(value):  # an AuxiliaryHead
        inside = cast("Mapping[object, object]", vars(value))
    elif isinstance(value, Mapping):
        inside = cast("Mapping[object, object]", value)
    elif isinstance(value, (list, tuple)) and rest:  # an item as such is no argument
        inside = dict(enumerate(cast("Sequence[object]", value)))
    if first not in inside:
        return None
    if not rest:
        return {key: item for key, item in inside.items() if key != first}
    smaller = _without(inside[first], rest)
    left = {**inside, first: smaller}
    return None if smaller is None else [*left.values()] if isinstance(value, (list, tuple)) else left
