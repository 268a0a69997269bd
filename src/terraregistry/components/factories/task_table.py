"""The table of tasks, readable without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TASKS", "UNKNOWN_TASK", "Task"]


@dataclass(frozen=True)
class Task:
    """The requirements of a task.

    Attributes:
        name: The task.
        head: The name of its head in `HEADS`; empty if unknown.
        counts: The arguments for the number of outputs, the usual one first.
        count_required: True if one of them is required.
        pixel_wise: True if there is a result at each pixel.
        decodes: True if there is a decoder.
    """

    name: str
    head: str = ""
    counts: tuple[str, ...] = ()
    count_required: bool = True
    pixel_wise: bool = False
    decodes: bool = True


UNKNOWN_TASK: Final = Task("")
"""Sentinel for an unknown task, to allow checks of the rest."""

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
