"""Parameters of one callable, of a union of callables, and of several called together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from inspect import Parameter
from typing import TYPE_CHECKING, Final

from terraregistry.registry.signatures.annotations import NOT_EVALUATED, OPAQUE
from terraregistry.registry.signatures.lattice import Key, KwargsDict, Verdict, all_given, any_given
from terraregistry.registry.signatures.paths import ExecutionPath, Forward

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "POSITIONAL",
    "UNKNOWN",
    "Found",
    "all_of",
    "any_of",
    "both_of",
    "by_name",
    "optional",
    "passed_by",
    "without_positional",
]

POSITIONAL: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_STAR: Final = Parameter("args", Parameter.VAR_POSITIONAL)
_KWARGS: Final = Parameter("kwargs", Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Found:
    """The parameters of one callable, on the way to a signature.

    Attributes:
        parameters: The named ones, in order.
        origins: The declaring callable of each.
        star: The `*args` parameter, if any number of positional arguments is accepted.
        rest: The verdict on all other names.
        others: The verdict on names that are an exception to `rest`.
        kwargs: The `**kwargs` parameter of the signature, if `rest` is unknown.
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    origins: Mapping[str, object] = field(default_factory=dict[str, object])
    star: Parameter | None = None
    rest: Verdict = Verdict.REFUSES
    others: Mapping[str, Verdict] = field(default_factory=dict[str, Verdict])
    kwargs: Parameter = _KWARGS

    @property
    def is_open(self) -> bool:
        """True if names that are not listed may be accepted."""
        return self.rest is Verdict.UNKNOWN

    def verdict(self, name: str) -> Verdict:
        """Return the use made of an argument given by name."""
        return Verdict.TAKES if name in self.parameters else self.others.get(name, self.rest)


UNKNOWN: Final = Found(star=_STAR, rest=Verdict.UNKNOWN)
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
    parameters, star = _in_order(parameters, alternatives)
    verdicts = {name: any_given(found.verdict(name) for found in alternatives) for name in _exceptions(alternatives)}
    rest = any_given(found.rest for found in alternatives)
    kwargs = _common([found.kwargs for found in alternatives if found.is_open]) or _KWARGS
    return Found(parameters, origins, star, rest, _others(verdicts, rest), kwargs)


def _exceptions(callees: Iterable[Found]) -> list[str]:
    return [name for found in callees for name in found.others]


def _others(verdicts: Mapping[str, Verdict], rest: Verdict) -> dict[str, Verdict]:
    return {name: each for name, each in verdicts.items() if each is not rest and each is not Verdict.TAKES}


def _in_order(
    parameters: dict[str, Parameter], alternatives: Sequence[Found]
) -> tuple[dict[str, Parameter], Parameter | None]:
    """Order the positional parameters of alternatives; beyond their common prefix, any number is accepted."""
    orders = [_positional(found) for found in alternatives]
    longest = max(orders, key=len)
    # A callable with `*args` disagrees with positional parameters of another that it takes by name.
    starred = [found for found in alternatives if found.star is not None]
    by_name_too = any(name in found.parameters for found in starred for name in longest[len(_positional(found)) :])
    ordered = {name: parameters[name] for name in dict.fromkeys([*longest, *parameters])}
    if not by_name_too and all(order == longest[: len(order)] for order in orders):
        return ordered, _common([found.star for found in starred if found.star is not None])
    agreed = 0
    while all(order[: agreed + 1] == longest[: agreed + 1] for order in orders):
        agreed += 1
    unclear = {name for order in orders for name in order[agreed:]}
    return {**ordered, **{name: by_name(optional(ordered[name])) for name in unclear}}, _STAR


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


def all_of(path: ExecutionPath, reached: Sequence[Found], function: object) -> Found:
    """Join the uses of the arguments on one path: the names read, and all calls forwarded to."""
    calls = [*zip(reached, path.forwards, strict=True)]

    def verdict(name: str) -> Verdict:
        return all_given(_verdict(name, found, forward) for found, forward in calls)

    parameters: dict[str, Parameter] = {}
    origins: dict[str, object] = {}
    for found, forward in sorted(calls, key=lambda call: not call[1].passes_positional):
        for name, parameter in found.parameters.items():
            if name in parameters:
                # A call that gets no positional arguments does without them where it has a default.
                beside = not forward.passes_positional and parameter.default is not Parameter.empty
                kind = parameters[name].kind if beside else parameter.kind
                parameters[name] = _both(parameters[name], parameter.replace(kind=kind))
            elif verdict(name) is not Verdict.REFUSES:
                parameters[name], origins[name] = parameter, found.origins[name]
    lost = [name for forward in path.forwards for name in forward.options.names(Key.LOST)]
    for_somebody = {name: OPAQUE for name in lost if verdict(name) is Verdict.UNKNOWN}
    for name, default in {**for_somebody, **path.reads}.items():
        if verdict(name) is Verdict.REFUSES:
            continue
        if name not in parameters:
            parameters[name], origins[name] = Parameter(name, Parameter.KEYWORD_ONLY, default=default), function
        elif default is Parameter.empty:
            parameters[name] = parameters[name].replace(default=default)
    parameters, star = _in_common(parameters, [found for found, forward in calls if forward.passes_positional])
    rest = all_given([*(found.rest for found in reached), *([Verdict.UNKNOWN] if path.kept else [])])
    rest = Verdict.UNKNOWN if path.escapes else rest
    verdicts = {name: verdict(name) for name in [*_exceptions(reached), *lost] if name not in parameters}
    return Found(parameters, origins, star, rest, _others(verdicts, rest))


def _verdict(name: str, found: Found, forward: Forward) -> Verdict:
    """Return the use that a forward's callee makes of the caller's argument, if that comes so far."""
    verdict, key = found.verdict(name), forward.options.key(name)
    unseen = key is Key.LOST or (key is Key.MAYBE and verdict is Verdict.REFUSES)
    return Verdict.IGNORES if unseen else verdict


def both_of(one: Found, other: Found) -> Found:
    """Join two callables given the same arguments."""
    same = Forward([], KwargsDict(), passes_positional=True)
    return all_of(ExecutionPath([same, same]), [one, other], None)


def _in_common(
    parameters: dict[str, Parameter], together: Sequence[Found]
) -> tuple[dict[str, Parameter], Parameter | None]:
    """Order the positional parameters of callables called together: an argument has its place in each of them."""
    orders = [(_positional(found), found.star) for found in together]
    placed: dict[str, Parameter] = {}
    star: Parameter | None = None
    while orders and all(len(order) > len(placed) or more is not None for order, more in orders):
        names = {order[len(placed)] for order, _ in orders if len(order) > len(placed)}
        known = [name for name in names if name in parameters and parameters[name].kind in POSITIONAL]
        if not names:
            star = _common([more for _, more in orders if more is not None])
            break
        if len(known) != 1:
            star = _STAR if known else None
            break
        placed[known[0]] = parameters[known[0]]
    behind = {name: parameter for name, parameter in parameters.items() if name not in placed}
    unclear = star is not None  # which argument fills which of them
    named = {
        name: by_name(optional(each) if unclear and each.kind in POSITIONAL else each) for name, each in behind.items()
    }
    return {**placed, **named}, star


def _both(one: Parameter, other: Parameter) -> Parameter:
    """Join one parameter given to two calls: required if either requires it."""
    annotation = other.annotation if one.annotation is NOT_EVALUATED else one.annotation
    default = Parameter.empty if other.default is Parameter.empty else one.default
    kind = one.kind if one.kind is other.kind else Parameter.KEYWORD_ONLY
    return one.replace(annotation=annotation, default=default, kind=kind)


def passed_by(forward: Forward, found: Found) -> Found:
    """Return the parameters left to the caller by a forward."""
    options = forward.options
    taken = {*forward.keywords, *options.names(Key.GIVEN)}
    unseen = taken.union(options.names(Key.LOST))
    found = without_positional(found, forward.positional)
    by_position = forward.passes_positional
    star = found.star if by_position else None
    remaining: dict[str, Parameter] = {}
    for name, parameter in found.parameters.items():
        named = parameter.kind is not Parameter.POSITIONAL_ONLY
        if (
            by_position
            and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
            and name in unseen | options.defaults.keys()
        ):
            # The call gives it by name, and a positional argument that comes this far collides: unless it was taken out.
            by_position = False
            star = _STAR if options.key(name) is Key.LOST and name not in forward.keywords else None
        if (named and name in unseen) or not (named or by_position):
            continue
        maybe_in_star = star is not None and not by_position and parameter.kind in POSITIONAL
        loose = options.open or forward.may_give_more or options.key(name) is Key.MAYBE or maybe_in_star
        kept = optional(parameter) if loose else parameter
        if name in options.defaults and named:
            kept = kept.replace(default=options.defaults[name])
        remaining[name] = kept if by_position else by_name(kept)
    return replace(
        found, parameters=remaining, star=star, others={**found.others, **dict.fromkeys(taken, Verdict.REFUSES)}
    )


def by_name(parameter: Parameter) -> Parameter:
    """Return a parameter that is accepted by name only."""
    return parameter.replace(kind=Parameter.KEYWORD_ONLY)


def optional(parameter: Parameter) -> Parameter:
    """Give a required parameter a default, unknown from the source."""
    return parameter.replace(default=OPAQUE) if parameter.default is Parameter.empty else parameter


def without_positional(found: Found, count: int) -> Found:
    """Drop the parameters filled by a call's first positional arguments."""
    filled = _positional(found)[:count]
    named = [name for name in filled if found.parameters[name].kind is not Parameter.POSITIONAL_ONLY]
    parameters = {name: parameter for name, parameter in found.parameters.items() if name not in filled}
    return replace(found, parameters=parameters, others={**found.others, **dict.fromkeys(named, Verdict.REFUSES)})
