"""What each task needs: a decoder, a head, and a number of classes or outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from torch import nn

from terraregistry.components.heads import RegressionHead, ScalarHead, SegmentationHead
from terraregistry.errors import Problem, ProblemKind
from terraregistry.nearest import did_you_mean, nearest
from terraregistry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADS", "TASKS", "UNKNOWN_TASK", "Task", "find_task"]

HEADS: Final = Registry[nn.Module](
    RegressionHead=RegressionHead, ScalarHead=ScalarHead, SegmentationHead=SegmentationHead
)


@dataclass(frozen=True)
class Task:
    """What a task needs.

    Attributes:
        name: The task.
        head: The name of its head in `HEADS`; empty where it is not known.
        counts: The arguments that say how many numbers come out, the usual one first.
        count_required: Whether one of them has to be given.
        pixel_wise: Whether there is a result at each pixel.
        decodes: Whether there is a decoder at all.
    """

    name: str
    head: str = ""
    counts: tuple[str, ...] = ()
    count_required: bool = True
    pixel_wise: bool = False
    decodes: bool = True


UNKNOWN_TASK: Final = Task("")
"""What stands for a task that there is not, so that the rest can be checked."""

TASKS: Final[Mapping[str, Task]] = {
    task.name: task
    for task in (
        Task("segmentation", "SegmentationHead", ("num_classes",), pixel_wise=True),
        Task("regression", "RegressionHead", ("num_outputs",), count_required=False, pixel_wise=True),
        Task("classification", "ScalarHead", ("num_classes", "num_outputs")),
        Task("scalar_regression", "ScalarHead", ("num_outputs", "num_classes")),
        Task("embedding_generation", decodes=False),
    )
}


def find_task(name: str, problems: list[Problem]) -> Task:
    """Look up a task; case does not count.

    Args:
        name: Its name.
        problems: Where a problem is added if there is no such task.

    Returns:
        The task, or `UNKNOWN_TASK`.
    """
    task = TASKS.get(name.lower())
    if task is None:
        hint = did_you_mean(nearest(name, TASKS)) or f"; expected {', '.join(TASKS)}"
        problems.append(Problem("task", ProblemKind.INVALID, detail=f"there is no task {name!r}{hint}"))
    return task or UNKNOWN_TASK
