"""The arguments named by a factory itself: reading and checks."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.components.factories.part_arguments import given_twice, unread
from terraregistry.components.factories.part_planning import respelled
from terraregistry.components.factories.rules import AUXILIARY, COUNTS, NECKS, TASKS, UNKNOWN_TASK
from terraregistry.errors import Problem, ProblemKind
from terraregistry.problems import Rename
from terraregistry.registry import Call
from terraregistry.registry.signatures import EffectiveSignature, evaluate
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torch import nn

    from terraregistry.components.factories.part_arguments import Arguments
    from terraregistry.components.factories.rules import FactoryRule, PartRule, Task

__all__ = ["Count", "OwnArguments", "Read", "find_task", "named_in", "only_positive", "read_count", "with_own"]


def named_in(call: Mapping[str, Any]) -> dict[str, Any]:  # arguments of several types
    """Return the named arguments of a method with `**kwargs` from its `locals()`."""
    return {name: value for name, value in call.items() if name not in ("self", "kwargs")}


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
        parts: The parts of the models with arguments of their own.
    """

    def __init__(self, build_model: Callable[..., nn.Module], parts: Sequence[PartRule] = ()) -> None:
        signature = inspect.signature(build_model)
        _, *named = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        self._names: Final = [each.name for each in named]
        self._defaults: Final = {each.name: each.default for each in named if each.default is not each.empty}
        self._parts: Final = {part.key: part for part in parts}
        hints = evaluate(build_model, self._names)
        typed = [each.replace(annotation=hints.get(each.name, each.annotation)) for each in named]
        # The named parameters alone: planners handle `**kwargs`.
        self._call: Final = Call(build_model, EffectiveSignature(signature.replace(parameters=typed), {}))

    def read(self, arguments: Mapping[str, Any]) -> Read:  # any objects
        """Validate the arguments named by the factory, and separate the rest."""
        own = self._defaults | {name: value for name, value in arguments.items() if name in self._names}
        loose = {name: value for name, value in arguments.items() if name not in self._names}
        free = [name for name in self._names if name not in own or self._is_default(name, own[name])]
        _, valid, found = self._call.check(kwargs=own)
        problems = tuple(self._explained(problem, own) for problem in found)
        return Read(_without(own, problems) if problems else dict(valid), loose, problems, free)

    def _explained(self, problem: Problem, own: Mapping[str, Any]) -> Problem:
        part = self._parts.get(problem.parameter)
        return problem if part is None else respelled(problem, own.get(part.key), part)

    def _is_default(self, name: str, value: object) -> bool:
        default: object = self._defaults.get(name, inspect.Parameter.empty)
        return value is default or (type(value) is type(default) and isinstance(value, (str, int)) and value == default)


# Arguments of several types.
def _without(own: Mapping[str, Any], problems: Iterable[Problem]) -> dict[str, Any]:
    """Leave out invalid values: an entry of a list of parts (replaced by None), or else the whole argument."""
    left = dict(own)
    for problem in problems:
        name, inside = problem.parameter, problem.steps[1:]
        if name in (NECKS.key, AUXILIARY.key) and inside:
            left[name] = [None if at == inside[0] else part for at, part in enumerate(left[name])]
        else:
            left.pop(name, None)
    return left


def find_task(name: str, rule: FactoryRule, problems: list[Problem]) -> Task:
    """Look up a task of a factory; case does not count. An unknown one is a problem, and gives `UNKNOWN_TASK`."""
    if name.lower() in rule.tasks:
        return TASKS[name.lower()]
    close = nearest(name, rule.tasks)
    if len(rule.tasks) == 1 or name.lower() in TASKS:
        detail = f"{rule.name} builds models for {', '.join(rule.tasks)}, not {name!r}"
    else:
        detail = f"there is no task {name!r}" + ("" if close else f"; expected {', '.join(rule.tasks)}")
    problems.append(Problem("task", ProblemKind.INVALID, detail=detail, choices=close))
    return UNKNOWN_TASK


def only_positive(own: Mapping[str, Any], rule: FactoryRule) -> list[Problem]:  # arguments of several types
    """Refuse counts below 1 among the valid arguments of a factory."""
    given = {name: own[name] for name in rule.positive if own.get(name) is not None}
    return [
        Problem(name, ProblemKind.INVALID, detail=f"expected at least 1, got {value}")
        for name, value in given.items()
        if value < 1
    ]


class Count(NamedTuple):
    """The number of outputs, as the caller wrote it: `parameter` is one of `COUNTS`."""

    parameter: str
    value: int


def read_count(own: Mapping[str, Any], task: Task, problems: list[Problem]) -> Count | None:  # as above
    """Read the number of classes or outputs; the task's own if both are given, which is a problem."""
    # One that was left out is in the list of problems already: any number will do to check the rest.
    given = [Count(name, own.get(name, 1)) for name in COUNTS if own.get(name, 1) is not None]
    if len(given) > 1:
        detail = f"{COUNTS[0]} is given as well; give one of them"
        problems.append(Problem(COUNTS[1], ProblemKind.DUPLICATE, detail=detail))
    given.sort(key=lambda count: count.parameter not in task.counts[:1])
    return Count(given[0].parameter, max(1, given[0].value)) if given else None


def with_own(
    given: Arguments, own: Mapping[str, Any], names: Mapping[str, str], problems: list[Problem]
) -> Arguments:  # as above
    """Add a factory's own arguments to those of a part; `names` has the part's parameter for each."""
    for name, inner in names.items():
        if inner in given.values:
            other = given_twice(given.path(inner), name)
            problems.append(other if name in own else unread(other.steps, f"write {name}", Rename(name)))
        elif name in own:
            given = given.also(inner, own[name], name)
        else:
            given = given.written_at(inner, (name,))
    return given
