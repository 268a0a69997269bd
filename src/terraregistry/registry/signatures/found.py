"""Intermediate parameters of one callable, of a union of callables, and of several called together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from inspect import Parameter
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.annotations import NOT_EVALUATED, OPAQUE
from terraregistry.registry.signatures.paths import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from terraregistry.registry.signatures.paths import Forward, Path

__all__ = [
    "POSITIONAL",
    "UNKNOWN",
    "Found",
    "all_of",
    "any_of",
    "both_of",
    "optional",
    "passed_by",
    "without_positional",
]

POSITIONAL: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Found:
    """The parameters of one callable, on the way to a signature.

    Attributes:
        parameters: The named ones, in order.
        origins: The declaring callable of each.
        star: The `*args` parameter, if any number of positional arguments is accepted.
        kwargs: The `**kwargs` parameter, if unknown names may be accepted.
        swallows: True if unknown names are accepted but not read.
        refused: Names not accepted, since they are given already.
        ignored: Names accepted but not read.
    """

    parameters: Mapping[str, Parameter]
    origins: Mapping[str, object]
    star: Parameter | None = None
    kwargs: Parameter | None = None
    swallows: bool = False
    refused: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()

    @property
    def lets_unknown_through(self) -> bool:
        """True if a call does not fail because of an unknown name."""
        return self.swallows or self.kwargs is not None

    def lets_through(self, name: str) -> bool:
        """Return True if a call does not fail because of a name."""
        if name in self.parameters or name in self.ignored:
            return True
        return name not in self.refused and self.lets_unknown_through


UNKNOWN: Final = Found({}, {}, Parameter("args", Parameter.VAR_POSITIONAL), Parameter("kwargs", Parameter.VAR_KEYWORD))
"""Sentinel: parameters unknown; accepts any call."""


def any_of(alternatives: Sequence[Found]) -> Found:
    """Return the union over possible callees."""
    parameters: dict[str, Parameter] = {}
    origins: dict[str, object] = {}
    for found in alternatives:
        for name, parameter in found.parameters.items():
            parameters[name] = _either(parameters[name], parameter) if name in parameters else parameter
            origins.setdefault(name, found.origins[name])
    for name, parameter in parameters.items():
        if not all(name in found.parameters for found in alternatives):
            parameters[name] = optional(parameter)
    parameters, star = _in_order(parameters, alternatives, [found for found in alternatives if found.star is not None])
    kwargs = _common([found.kwargs for found in alternatives if found.kwargs is not None])
    swallows = any(found.swallows for found in alternatives)
    refused = frozenset(name for found in alternatives for name in found.refused)
    ignored = frozenset(name for found in alternatives for name in found.ignored)
    refused -= {name for found in alternatives for name in refused if found.lets_through(name)}
    return Found(parameters, origins, star, kwargs, swallows, refused, ignored)


def _in_order(
    parameters: dict[str, Parameter], together: Sequence[Found], starred: Sequence[Found] = ()
) -> tuple[dict[str, Parameter], Parameter | None]:
    """Order the positional parameters of joined callables; beyond their common prefix, any number is accepted.

    Callables of `starred` also disagree with positional parameters of another if they take them by name.
    """
    orders = [_positional(found) for found in together]
    longest = max(orders, key=len, default=list[str]())
    by_name_too = any(name in found.parameters for found in starred for name in longest[len(_positional(found)) :])
    ordered = {name: parameters[name] for name in dict.fromkeys([*longest, *parameters]) if name in parameters}
    if not by_name_too and all(order == longest[: len(order)] for order in orders):
        return ordered, _common([found.star for found in together if found.star is not None])
    agreed = 0
    while all(order[: agreed + 1] == longest[: agreed + 1] for order in orders):
        agreed += 1
    unclear = {name for order in orders for name in order[agreed:]} & ordered.keys()
    by_name = {name: optional(ordered[name]).replace(kind=Parameter.KEYWORD_ONLY) for name in unclear}
    return {**ordered, **by_name}, UNKNOWN.star


def _common(starred: Sequence[Parameter]) -> Parameter | None:
    """Join the `*args` or `**kwargs` of several: the annotation if equal."""
    if not starred or all(each.annotation == starred[0].annotation for each in starred):
        return starred[0] if starred else None
    return starred[0].replace(annotation=NOT_EVALUATED)


def _positional(found: Found) -> list[str]:
    return [name for name, parameter in found.parameters.items() if parameter.kind in POSITIONAL]


def _either(one: Parameter, other: Parameter) -> Parameter:
    """Join one parameter of two alternatives: the annotation if equal, optional if either has a default."""
    annotation = one.annotation if one.annotation == other.annotation else NOT_EVALUATED
    default = one.default if one.default is not Parameter.empty else other.default
    # Of two kinds that differ, at least one is positional.
    kind = one.kind if one.kind is other.kind else Parameter.POSITIONAL_OR_KEYWORD
    return one.replace(annotation=annotation, default=default, kind=kind)


def all_of(path: Path, reached: Sequence[Found], function: object) -> Found:
    """Join the uses of the arguments on one path: the names read, and all calls forwarded to.

    Args:
        path: The path.
        reached: The parameters of each forward's callee.
        function: The reader of the names read on the path.

    Returns:
        The names taken by some use and refused by none.
    """
    calls = [*zip(reached, path.forwards, strict=True)]
    parameters: dict[str, Parameter] = {}
    origins: dict[str, object] = {}
    for found, forward in sorted(calls, key=lambda call: not call[1].passes_positional):
        for name, parameter in found.parameters.items():
            if name in parameters:
                # A call that gets no positional arguments does without them where it has a default.
                beside = not forward.passes_positional and parameter.default is not Parameter.empty
                kind = parameters[name].kind if beside else parameter.kind
                parameters[name] = _both(parameters[name], parameter.replace(kind=kind))
            elif _is_served(name, calls):
                parameters[name], origins[name] = parameter, found.origins[name]
    for name, default in {**_for_somebody_unknown(calls), **path.reads}.items():
        if not _is_served(name, calls):
            continue
        if name not in parameters:
            value = Parameter.empty if default is REQUIRED else default
            parameters[name], origins[name] = Parameter(name, Parameter.KEYWORD_ONLY, default=value), function
        elif default is REQUIRED:
            parameters[name] = parameters[name].replace(default=Parameter.empty)
    lets_through = all(found.lets_unknown_through for found in reached)
    is_open = lets_through and (path.kept or any(found.kwargs is not None for found in reached))
    parameters, star = _in_order(parameters, [found for found, forward in calls if forward.passes_positional])
    lost = {name for found, forward in calls for name in found.ignored | forward.carrier.hidden}
    return Found(
        parameters,
        origins,
        star,
        UNKNOWN.kwargs if is_open or path.escapes else None,
        lets_through,
        frozenset(name for found in reached for name in found.refused if not _is_served(name, calls)),
        frozenset(name for name in lost if name not in parameters and _is_served(name, calls)),
    )


def _for_somebody_unknown(calls: Sequence[tuple[Found, Forward]]) -> dict[str, object]:
    """Return the names hidden from one call and possibly taken by another's open `**kwargs`."""
    hidden = [name for _, forward in calls for name in sorted(forward.carrier.hidden)]
    open_to = [forward.carrier.hidden for found, forward in calls if found.kwargs is not None]
    return {name: OPAQUE for name in hidden if any(name not in unseen for unseen in open_to)}


def _is_served(name: str, calls: Sequence[tuple[Found, Forward]]) -> bool:
    return all(
        name in forward.carrier.hidden or name in forward.carrier.perhaps or found.lets_through(name)
        for found, forward in calls
    )


def both_of(one: Found, other: Found) -> Found:
    """Join two callables given the same arguments."""
    parameters: dict[str, Parameter] = {}
    for name, parameter in {**other.parameters, **one.parameters}.items():
        if name in one.parameters and name in other.parameters:
            parameters[name] = _both(one.parameters[name], other.parameters[name])
        elif one.lets_through(name) and other.lets_through(name):
            by_position = (other if name in one.parameters else one).star is not None
            parameters[name] = parameter if by_position else parameter.replace(kind=Parameter.KEYWORD_ONLY)
    is_open = one.lets_unknown_through and other.lets_unknown_through and (one.kwargs or other.kwargs)
    lost = one.ignored | other.ignored
    return Found(
        parameters,
        {**other.origins, **one.origins},
        one.star and other.star,
        UNKNOWN.kwargs if is_open else None,
        one.swallows and other.swallows,
        one.refused | other.refused,
        frozenset(
            name for name in lost if name not in parameters and one.lets_through(name) and other.lets_through(name)
        ),
    )


def _both(one: Parameter, other: Parameter) -> Parameter:
    """Join one parameter given to two calls: required if either requires it."""
    annotation = other.annotation if one.annotation is NOT_EVALUATED else one.annotation
    default = Parameter.empty if other.default is Parameter.empty else one.default
    kind = one.kind if one.kind is other.kind else Parameter.KEYWORD_ONLY
    return one.replace(annotation=annotation, default=default, kind=kind)


def passed_by(forward: Forward, found: Found) -> Found:
    """Return the parameters left to the caller by a forward.

    Args:
        forward: The call.
        found: The callee's parameters.

    Returns:
        The parameters reachable by the caller's arguments.
    """
    carrier = forward.carrier
    given = forward.keywords | carrier.fixed | carrier.hidden
    found = found if forward.positional is None else without_positional(found, forward.positional)
    by_position = forward.passes_positional
    star = found.star if by_position else None
    remaining: dict[str, Parameter] = {}
    for name, parameter in found.parameters.items():
        by_name = parameter.kind is not Parameter.POSITIONAL_ONLY
        if by_position and by_name and parameter.kind in POSITIONAL and (name in given or name in carrier.defaults):
            # The call gives it by name, and a positional argument that comes this far collides: unless it was taken out.
            by_position = False
            star = UNKNOWN.star if name in carrier.hidden - forward.keywords else None
        if (by_name and name in given) or not (by_name or by_position):
            continue
        maybe_in_star = star is not None and not by_position and parameter.kind in POSITIONAL
        loose = carrier.opaque or forward.partial or name in carrier.perhaps or forward.positional is None
        loose = loose or maybe_in_star
        kept = optional(parameter) if loose else parameter
        if name in carrier.defaults and by_name:
            kept = kept.replace(default=carrier.defaults[name])
        remaining[name] = kept if by_position else kept.replace(kind=Parameter.KEYWORD_ONLY)
    taken = forward.keywords | carrier.fixed
    return replace(found, parameters=remaining, star=star, refused=found.refused | taken, ignored=found.ignored - taken)


def optional(parameter: Parameter) -> Parameter:
    """Give a required parameter a default, unknown from the source."""
    return parameter.replace(default=OPAQUE) if parameter.default is Parameter.empty else parameter


def without_positional(found: Found, count: int) -> Found:
    """Drop the parameters filled by a call's first positional arguments."""
    filled = _positional(found)[:count]
    by_name = [name for name in filled if found.parameters[name].kind is not Parameter.POSITIONAL_ONLY]
    parameters = {name: parameter for name, parameter in found.parameters.items() if name not in filled}
    return replace(found, parameters=parameters, refused=found.refused.union(by_name))
