"""The base of model factories: check everything before constructing anything."""

from __future__ import annotations

import inspect
import warnings
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.components.factories.composition_errors import is_composition
from terraregistry.components.factories.unused import settled
from terraregistry.deferred import DeferredModule
from terraregistry.errors import FitWarning, InvalidArgumentsError, Problem, ProblemKind
from terraregistry.registry import Call
from terraregistry.registry.signatures import EffectiveSignature, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch import nn

    from terraregistry.components.factories.drafts import Draft, Fit, Plan
else:
    nn = DeferredModule("torch.nn")

__all__ = ["OwnArguments", "PlanningFactory", "Read"]

_LISTS_OF_PARTS: Final = ("necks", "aux_decoders")


class PlanningFactory(ABC):
    """A model factory with two stages of checks of the whole model before the first part is constructed."""

    # The arguments of a factory are any objects.
    @abstractmethod
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model` without constructing anything.

        Args:
            arguments: The arguments, by name.

        Returns:
            The model after the first stage.
        """

    def plan(self, arguments: Mapping[str, Any], *, building: bool = False) -> tuple[Plan, Fit]:
        """Check the arguments of `build_model`, and run the model without data.

        Args:
            arguments: The arguments, by name.
            building: Let exceptions of parts through unchanged if there is no other problem: those of constructors now,
                the others when the model runs.

        Returns:
            The model, ready to be built, and the findings of the run.

        Raises:
            InvalidArgumentsError: Lists all problems.
            SourceUnavailableError: The library behind a source is missing or broken.
        """
        draft = self.draft(arguments)
        fit = draft.fit()
        problems = [*draft.problems, *fit.problems]
        if building and problems and draft.plan is not None and all(each in fit.raised for each in problems):
            for error in filter(None, fit.raised.values()):
                raise error
            return draft.plan, fit
        if fit.unavailable is not None:
            if not problems:
                raise fit.unavailable
            problems.append(Problem(fit.unavailable.steps, ProblemKind.INVALID, detail=str(fit.unavailable)))
        if problems or draft.plan is None:
            raise self._refused(problems)
        return draft.plan, fit

    def check_arguments(self, **arguments: Any) -> None:
        """Check the arguments of `build_model` without constructing a part of the model.

        Covers names and types of the arguments of each part, the needs of the task, and unused arguments. Values, and the
        fit of the parts, are left to `validate_model`, the complete check.

        Args:
            **arguments: The arguments of `build_model`, by name.

        Raises:
            InvalidArgumentsError: The arguments are invalid; lists all problems, each at its path in the call.
            SourceUnavailableError: The library behind a source is missing or broken, and its components' parameters are
                needed.
        """
        settled(arguments.get("unused"), component_of(self), arguments, self._check)

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
        settled(arguments.get("unused"), component_of(self), arguments, self._run)

    def _run(self, arguments: Mapping[str, Any]) -> None:
        _, fit = self.plan(arguments)
        if fit.remarks:
            warnings.warn(FitWarning(component_of(self), tuple(fit.remarks)), stacklevel=4)

    def _check(self, arguments: Mapping[str, Any]) -> None:
        problems = self.draft(arguments).problems
        if problems:
            raise self._refused(problems)

    def _build(self, arguments: Mapping[str, Any]) -> nn.Module:
        return settled(arguments.get("unused"), component_of(self), arguments, self._made, depth=1)

    def _made(self, arguments: Mapping[str, Any]) -> nn.Module:
        plan, _ = self.plan(arguments, building=True)
        try:
            return plan.build()
        except InvalidArgumentsError as error:
            if not is_composition(error) or error.component == component_of(self):
                raise
            raise self._refused(map(self._moved, error.problems)) from error

    def _moved(self, problem: Problem) -> Problem:
        """Move a problem of a part to its path in this factory's call."""
        return problem

    def _refused(self, problems: Iterable[Problem]) -> InvalidArgumentsError:
        return InvalidArgumentsError(component_of(self), "MODEL_FACTORY_REGISTRY", tuple(dict.fromkeys(problems)))


class Read(NamedTuple):
    """The arguments of a call.

    Attributes:
        own: The arguments named by the factory, validated; invalid ones are left out.
        loose: The others.
        problems: The problems of the arguments named by the factory.
        free: Suggestions for unknown names: the arguments not given.
    """

    own: dict[str, Any]  # of several types
    loose: dict[str, Any]  # of parts, any objects
    problems: tuple[Problem, ...]
    free: list[str]


class OwnArguments:
    """The arguments named by a factory's `build_model`.

    Args:
        build_model: The method, as a function with the factory as first parameter.

    Attributes:
        names: Their names.
    """

    def __init__(self, build_model: Callable[..., nn.Module]) -> None:
        signature = inspect.signature(build_model)
        _, *named = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        self.names: Final = [each.name for each in named]
        self._defaults: Final = {each.name: each.default for each in named if each.default is not each.empty}
        self._build_model: Final = build_model
        self._named: Final = signature.replace(parameters=named)
        self._call: Call[nn.Module] | None = None

    def read(self, arguments: Mapping[str, Any]) -> Read:  # any objects
        """Validate the arguments named by the factory, and separate the rest.

        Args:
            arguments: The arguments of a call, by name.

        Returns:
            The arguments, with their problems.
        """
        own = self._defaults | {name: value for name, value in arguments.items() if name in self.names}
        loose = {name: value for name, value in arguments.items() if name not in self.names}
        free = [name for name in self.names if name not in own or self._is_default(name, own[name])]
        if self._call is None:
            self._call = self._inspected()
        _, valid, problems = self._call.check(kwargs=own)
        return Read(_without(own, problems) if problems else dict(valid), loose, problems, free)

    def _inspected(self) -> Call[nn.Module]:
        """Inspect the call of the named parameters alone; planners handle `**kwargs`."""
        hints = evaluate(self._build_model, self.names)
        named = [
            each.replace(annotation=hints.get(name, each.annotation)) for name, each in self._named.parameters.items()
        ]
        return Call(self._build_model, EffectiveSignature(self._named.replace(parameters=named), {}))

    def _is_default(self, name: str, value: object) -> bool:
        default: object = self._defaults.get(name, inspect.Parameter.empty)
        return value is default or (type(value) is type(default) and isinstance(value, (str, int)) and value == default)


def component_of(factory: object) -> str:
    """Return the owner of the arguments, as named in errors."""
    return f"{type(factory).__name__}.build_model"


# Arguments of several types.
def _without(own: Mapping[str, Any], problems: Iterable[Problem]) -> dict[str, Any]:
    """Leave out invalid values: an entry of a list of parts (replaced by None), or else the whole argument."""
    left = dict(own)
    for problem in problems:
        name, inside = problem.parameter, problem.steps[1:]
        if name in _LISTS_OF_PARTS and inside:
            left[name] = [None if at == inside[0] else part for at, part in enumerate(left[name])]
        else:
            left.pop(name, None)
    return left
