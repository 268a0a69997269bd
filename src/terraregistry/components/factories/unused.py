"""What becomes of arguments that nothing reads."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, cast

from terraregistry.components.factories.auxiliary import AuxiliaryHead
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, UnusedArgumentWarning

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UnusedPolicy", "settled"]

UnusedPolicy: TypeAlias = Literal["error", "warn"]
"""What becomes of arguments that nothing reads: refused, or dropped with a warning."""

_UNREAD: Final = (ProblemKind.UNKNOWN, ProblemKind.UNUSED)

T = TypeVar("T")


# The arguments of a factory are any objects.
def settled(
    policy: object, component: str, arguments: Mapping[str, Any], make: Callable[[dict[str, Any]], T], *, depth: int = 0
) -> T:
    """Make something of arguments, without those that nothing reads where they may be dropped.

    Args:
        policy: What becomes of them, as an `UnusedPolicy`; what is none is refused with everything else by `make`.
        component: Whose arguments they are: what `make` raises about another is left alone.
        arguments: The arguments.
        make: Makes it, or raises what is wrong.
        depth: How many functions of the factory lie between this and the one that the caller called.

    Returns:
        What `make` gave.

    Raises:
        InvalidArgumentsError: Something else is wrong.
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
                unread = [problem for problem in error.problems if problem.kind in _UNREAD]
                found = [problem for problem in unread if _drop(left, problem.path)]
                if not found:
                    raise
                dropped += found
    finally:
        if dropped:
            warnings.warn(UnusedArgumentWarning(component, tuple(dropped)), stacklevel=3 + depth)


def _drop(arguments: dict[str, Any], path: str) -> bool:  # as above
    """Take what is at a path out of arguments; what the caller gave is not changed."""
    for name, value in arguments.items():
        if path == name:
            del arguments[name]
            return True
        if path.startswith((f"{name}.", f"{name}[")):
            smaller = _without(value, path[len(name) :])
            if smaller is not None:
                arguments[name] = smaller
                return True
    return False


def _without(value: object, path: str) -> object:
    """Copy a value without what is at a path in it, such as `.dropout` or `[1].index`; None where that is not there."""
    if isinstance(value, AuxiliaryHead):
        value = vars(value)
    if path.startswith(".") and isinstance(value, Mapping):
        inside = dict(cast("Mapping[str, object]", value))
        return inside if _drop(inside, path[1:]) else None
    entry = re.match(r"\[([0-9]+)\](.+)", path)
    items = list(cast("Sequence[object]", value)) if isinstance(value, (list, tuple)) else []
    if entry is None or int(entry[1]) >= len(items):
        return None
    at = int(entry[1])
    smaller = _without(items[at], entry[2])
    return None if smaller is None else [*items[:at], smaller, *items[at + 1 :]]
