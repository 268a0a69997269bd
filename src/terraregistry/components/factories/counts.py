"""The number of outputs of a model: `num_classes` or `num_outputs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.errors import Problem, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.components.factories.task_heads import Task

__all__ = ["COUNTS", "Count", "read_count"]

COUNTS: Final = ("num_classes", "num_outputs")
"""The arguments for the number of outputs."""


class Count(NamedTuple):
    """The number of outputs, as the caller wrote it.

    Attributes:
        parameter: One of `COUNTS`.
        value: The number.
    """

    parameter: str
    value: int


def read_count(
    own: Mapping[str, Any],  # arguments of several types
    task: Task,
    problems: list[Problem],
) -> Count | None:
    """Read the number of classes or outputs.

    Args:
        own: The factory's own valid arguments.
        task: The task of the model.
        problems: Collects problems.

    Returns:
        The count, the task's own if both are given; None if neither is.
    """
    # One that was left out is in the list of problems already: any number will do to check the rest.
    given = [Count(name, own.get(name, 1)) for name in COUNTS if own.get(name, 1) is not None]
    for name, value in given:
        if value < 1:
            problems.append(Problem(name, ProblemKind.INVALID, detail=f"expected at least 1, got {value}"))
    if len(given) > 1:
        detail = f"{COUNTS[0]} is given as well; give one of them"
        problems.append(Problem(COUNTS[1], ProblemKind.DUPLICATE, detail=detail))
    given.sort(key=lambda count: count.parameter not in task.counts[:1])
    return Count(given[0].parameter, max(1, given[0].value)) if given else None
