"""The two stages in which a model is checked: first its arguments, and then whether its parts fit each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torch import nn

    from terraregistry.errors import Problem

__all__ = ["Draft", "Plan"]


class Plan(Protocol):
    """A model that is checked, ready to be built."""

    def build(self) -> nn.Module:
        """Make the model."""
        ...


def _nothing() -> Iterable[Problem]:
    return ()


@dataclass(frozen=True)
class Draft:
    """A model after the first stage, for which neither torch nor a library behind a source is needed.

    Attributes:
        problems: What is wrong with the arguments: with names, types, tasks, counts, and what goes together.
        plan: The model; None where a part is not known.
        misfits: The second stage: makes parts without data, and gives what is wrong beyond that, with values and with how
            the parts fit each other.
    """

    problems: Sequence[Problem]
    plan: Plan | None
    misfits: Callable[[], Iterable[Problem]] = _nothing
