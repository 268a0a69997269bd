"""The table of tasks, which can be read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TASKS", "UNKNOWN_TASK", "Task"]


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
