"""The requirements of each task: a decoder, a head, and a number of classes or outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.task_table import TASKS, UNKNOWN_TASK, Task
from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind
from terraregistry.index import HEADS as STORED_HEADS
from terraregistry.index.provider import DescribedRegistry
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from torch import nn
else:
    nn = DeferredModule("torch.nn")

__all__ = ["HEADS", "TASKS", "UNKNOWN_TASK", "Task", "find_task"]


class _Heads(DescribedRegistry[nn.Module]):
    """The heads."""

    stored_in = STORED_HEADS


HEADS: Final = _Heads()
for _name in ("RegressionHead", "ScalarHead", "SegmentationHead"):
    HEADS.register_lazy(_name, f"terraregistry.components.heads:{_name}")


def find_task(name: str, problems: list[Problem]) -> Task:
    """Look up a task; case does not count.

    Args:
        name: Its name.
        problems: The list to append a problem to if there is no such task.

    Returns:
        The task, or `UNKNOWN_TASK`.
    """
    task = TASKS.get(name.lower())
    if task is None:
        close = nearest(name, TASKS)
        known = "" if close else f"; expected {', '.join(TASKS)}"
        problems.append(Problem("task", ProblemKind.INVALID, detail=f"there is no task {name!r}{known}", choices=close))
    return task or UNKNOWN_TASK
