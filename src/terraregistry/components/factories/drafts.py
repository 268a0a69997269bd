"""The two stages of checking a model: its arguments, then a run without data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import nn

    from terraregistry.errors import Problem, SourceUnavailableError

__all__ = ["Draft", "Fit", "Plan"]


class Plan(Protocol):
    """A checked model, ready to be built."""

    def build(self) -> nn.Module:
        """Make the model."""
        ...


@dataclass(frozen=True)
class Fit:
    """The result of running a model without data.

    Attributes:
        problems: Invalid values, and parts incompatible with each other.
        remarks: Operations not followed (`ProblemKind.UNCHECKED`), and doubtful but working configurations.
        raised: Exceptions raised by constructors, by the problems made of them; None for an exception raised only by a run.
        unavailable: The error for a required library, missing or broken; None if there is none.
    """

    problems: Sequence[Problem] = ()
    remarks: Sequence[Problem] = ()
    raised: Mapping[Problem, Exception | None] = field(default_factory=dict["Problem", "Exception | None"])
    unavailable: SourceUnavailableError | None = None


@dataclass(frozen=True)
class Draft:
    """A model after the first stage, with neither torch nor the library behind a source needed.

    Attributes:
        problems: Problems of the arguments: names, types, tasks, counts, and combinations.
        plan: The model; None if a part is unknown.
        fit: The second stage: makes the model without data and runs it.
    """

    problems: Sequence[Problem]
    plan: Plan | None
    fit: Callable[[], Fit] = Fit
