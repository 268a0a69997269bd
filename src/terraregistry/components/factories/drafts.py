"""The two stages in which a model is checked: first its arguments, and then whether it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import nn

    from terraregistry.errors import Problem, SourceUnavailableError

__all__ = ["Draft", "Fit", "Plan"]


class Plan(Protocol):
    """A model that is checked, ready to be built."""

    def build(self) -> nn.Module:
        """Make the model."""
        ...


@dataclass(frozen=True)
class Fit:
    """The result of running a model without data.

    Attributes:
        problems: What is wrong with values, and with how the parts fit each other.
        remarks: What could not be followed (`ProblemKind.UNCHECKED`), and what works and is doubtful.
        raised: What constructors raised, by the problems that were made of it; None for those of parts that can be made and
            raise when they run.
        unavailable: The library that a part needs and that is missing or broken; None for none.
    """

    problems: Sequence[Problem] = ()
    remarks: Sequence[Problem] = ()
    raised: Mapping[Problem, Exception | None] = field(default_factory=dict["Problem", "Exception | None"])
    unavailable: SourceUnavailableError | None = None


@dataclass(frozen=True)
class Draft:
    """A model after the first stage, for which neither torch nor a library behind a source is needed.

    Attributes:
        problems: What is wrong with the arguments: with names, types, tasks, counts, and what goes together.
        plan: The model; None where a part is not known.
        fit: The second stage: makes the model without data and runs it.
    """

    problems: Sequence[Problem]
    plan: Plan | None
    fit: Callable[[], Fit] = Fit
