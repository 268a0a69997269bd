"""Checks shared by factories of whole models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terraregistry.errors import Problem, ProblemKind
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.components.factories.part_arguments import Arguments

__all__ = ["only_task", "positive", "with_own"]


def only_task(task: str, known: str, factory: str) -> list[Problem]:
    """Refuse every task but one.

    Args:
        task: The task given; case does not count.
        known: The task supported.
        factory: The name of the factory.

    Returns:
        The problem, if any.
    """
    if task.lower() == known:
        return []
    detail = f"{factory} builds models for {known}, not {task!r}"
    return [Problem("task", ProblemKind.INVALID, detail=detail, choices=nearest(task, [known]))]


def positive(own: Mapping[str, Any], name: str) -> list[Problem]:  # arguments of several types
    """Refuse a count below 1.

    Args:
        own: The valid arguments of a factory.
        name: The argument.

    Returns:
        The problem, if any.
    """
    value: int | None = own.get(name)
    if value is None or value >= 1:
        return []
    return [Problem(name, ProblemKind.INVALID, detail=f"expected at least 1, got {value}")]


def with_own(
    given: Arguments, own: Mapping[str, Any], names: Mapping[str, str], problems: list[Problem]
) -> Arguments:  # as above
    """Add the factory's own arguments to those of a part.

    Args:
        given: The arguments of the part.
        own: The arguments of the factory.
        names: The part's parameter for each of the factory's.
        problems: Collects a problem for each argument given both ways.

    Returns:
        All arguments of the part.
    """
    for name, inner in names.items():
        if inner in given.values:
            detail = f"{name} says this already; give one of them"
            problems.append(Problem(given.path(inner), ProblemKind.DUPLICATE, detail=detail))
        elif name in own:
            given = given.also(inner, own[name], name)
    return given
