"""Arguments at fault when a part fails, found by trying it without them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from terraregistry.components.factories.planned_parts import NamedPart
from terraregistry.components.factories.wrapping import WrappedPart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from inspect import Parameter

    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.problems import KeyPath

__all__ = ["Culprit", "find_culprits", "shapes_features"]


class Culprit(NamedTuple):
    """An argument at fault: the part fails with it and works without it.

    Attributes:
        path: The path of the argument.
        value: The value given.
        part: The part with this argument and without the other culprits.
        error: The exception raised by that part.
    """

    path: KeyPath
    value: object
    part: Part
    error: Exception


def find_culprits(part: Part, failure: Callable[[Part], Exception | None]) -> tuple[Part, list[Culprit]] | None:
    """Find every argument at fault for the failure of a part.

    The part is tried with its required arguments alone, then with one more argument at a time. Arguments with which it fails
    are tried again after the others, as one may need another.

    Args:
        part: The failing part.
        failure: Makes and runs a part, and returns the exception raised; None on success.

    Returns:
        The working part without the culprits, and the culprits; None if it fails without any argument too.
    """
    if isinstance(part, WrappedPart):
        return _of_wrapped(part, failure)
    return _of_named(part, failure) if isinstance(part, NamedPart) else None


def _of_named(
    part: NamedPart, failure: Callable[[NamedPart], Exception | None]
) -> tuple[NamedPart, list[Culprit]] | None:
    given = part.arguments.values
    kept = {name: value for name, value in given.items() if _is_needed(part.parameters, name)}
    if len(kept) == len(given) or failure(part.with_values(kept)) is not None:
        return None

    def with_kept(*others: str) -> NamedPart:
        return part.with_values({name: value for name, value in given.items() if name in kept or name in others})

    left = [name for name in given if name not in kept]
    while True:
        culprits: list[Culprit] = []
        for name in left:
            tried = with_kept(name)
            error = failure(tried)
            if error is None:
                kept[name] = given[name]
            else:
                culprits.append(Culprit(part.arguments.path(name), given[name], tried, error))
        if len(culprits) in (0, len(left)):
            return with_kept(), culprits
        left = [name for name in left if name not in kept]


def _of_wrapped(part: WrappedPart, failure: Callable[[Part], Exception | None]) -> tuple[Part, list[Culprit]] | None:
    """Try the arguments of the backbone, then those of its wrapper."""
    inner = find_culprits(part.inner, lambda each: failure(replace(part, inner=each)))
    if inner is not None:
        return replace(part, inner=inner[0]), inner[1]
    outer = _of_named(part.wrapper, lambda each: failure(replace(part, wrapper=each)))
    return None if outer is None else (replace(part, wrapper=outer[0]), outer[1])


def _is_needed(parameters: Mapping[str, Parameter], name: str) -> bool:
    parameter = parameters.get(name)
    return parameter is not None and parameter.default is parameter.empty


def shapes_features(value: Any) -> bool:  # any argument
    """True if an argument may change the number or the size of features: a name or a switch selects the computation."""
    return not isinstance(value, (str, bool))
