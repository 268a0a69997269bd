"""Policies for unused arguments."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast

from terraregistry.components.factories.auxiliary import AuxiliaryHead
from terraregistry.errors import InvalidArgumentsError, Problem, UnusedArgumentWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraregistry.problems import KeyPath

__all__ = ["UnusedPolicy", "settled", "without"]

UnusedPolicy: TypeAlias = Literal["error", "warn"]
"""Policy for unused arguments: refuse them, or drop them with a warning."""

T = TypeVar("T")


# The arguments of a factory are any objects.
def settled(
    policy: object, component: str, arguments: Mapping[str, Any], make: Callable[[dict[str, Any]], T], *, depth: int = 0
) -> T:
    """Call `make`; with policy "warn", drop unused arguments and retry.

    Args:
        policy: An `UnusedPolicy`; other values are left for `make` to refuse.
        component: The owner of the arguments; errors of `make` about another one are raised unchanged.
        arguments: The arguments.
        make: Returns the result, or raises the problems.
        depth: The number of the factory's functions between this one and the public one, for the warning.

    Returns:
        The result of `make`.

    Raises:
        InvalidArgumentsError: The arguments have other problems.
    """
    left = dict(arguments)
    dropped: list[Problem] = []
    try:
        while True:
            try:
                return make(left)
            except InvalidArgumentsError as error:
                if policy != "warn" or error.component != component:
                    raise
                before = len(dropped)
                for problem in error.problems:
                    smaller = without(left, problem.steps) if problem.is_unread else None
                    if smaller is not None:
                        left = smaller
                        dropped.append(problem)
                if len(dropped) == before:
                    raise
    finally:
        if dropped:
            warnings.warn(UnusedArgumentWarning(component, tuple(dropped)), stacklevel=3 + depth)


def without(arguments: Mapping[str, Any], path: KeyPath) -> dict[str, Any] | None:  # as above
    """Copy arguments without the value at a path.

    Args:
        arguments: The arguments; not changed.
        path: The path of the value.

    Returns:
        The rest; None if there is no such value.
    """
    smaller = _without(arguments, path)
    return cast("dict[str, Any]", smaller) if isinstance(smaller, dict) else None


def _without(value: object, path: KeyPath) -> object:
    if isinstance(value, AuxiliaryHead):
        value = vars(value)
    if not path:
        return None
    first, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        given = cast("Mapping[object, object]", value)
        if first not in given:
            return None
        if not rest:
            return {key: item for key, item in given.items() if key != first}
        smaller = _without(given[first], rest)
        return None if smaller is None else {**given, first: smaller}
    items = list(cast("Sequence[object]", value)) if isinstance(value, (list, tuple)) else []
    if not isinstance(first, int) or not rest or not 0 <= first < len(items):
        return None
    smaller = _without(items[first], rest)
    return None if smaller is None else [*items[:first], smaller, *items[first + 1 :]]
