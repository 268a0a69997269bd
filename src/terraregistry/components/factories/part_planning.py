"""Checks of one part of a composition, and of the wrappers of a backbone, without constructing it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.backbones.prithvi.bands import band_problems, new_bands, takes_bands
from terraregistry.components.factories.part_arguments import Arguments, spelled_today
from terraregistry.components.factories.planned_parts import (
    AdaptedPart,
    ModulePart,
    NamedPart,
    WrappedPart,
    nn,
    unwrapped,
)
from terraregistry.components.factories.rules import ADAPTERS_AT, BACKBONE, FRAMING, NECKS, USE_TEMPORAL
from terraregistry.errors import (
    ComponentNotFoundError,
    ComponentProtocolError,
    InvalidArgumentsError,
    ProblemKind,
    describe_value,
)
from terraregistry.index import PARTS
from terraregistry.index.provider import DescribedRegistry
from terraregistry.problems import Problem, Rename, display_path
from terraregistry.registry.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from terraregistry.components.factories.planned_parts import Builds, Part
    from terraregistry.components.factories.rules import PartRule
    from terraregistry.problems import KeyPath

__all__ = [
    "NOT_MADE",
    "TIME",
    "as_yaml",
    "doubts_of",
    "entry_of",
    "not_found",
    "parameters_of",
    "plan_part",
    "respelled",
    "with_adapters",
    "with_time",
]

NOT_MADE: Final = object()
"""Placeholder for a module constructed later; valid for any parameter type."""
_MOST_LINES: Final = 4
_PLAIN: Final = re.compile(r"(?!(?:null|true|false|yes|no|on|off)$)[A-Za-z][\w./-]*", re.IGNORECASE)
"""Texts written in YAML without quotation marks."""
_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
TIME: Final = "TemporalWrapper"
"""The name of the wrapper applying a backbone to each image of a time series."""
_ADAPTERS: Final = "adapters"


class _Wrappers(DescribedRegistry[nn.Module]):
    """The wrappers of backbones."""

    stored_in = PARTS


_WRAPPERS: Final = _Wrappers()
_WRAPPERS.register_lazy(TIME, "terraregistry.components.backbones.temporal:TemporalWrapper")
_WRAPPERS.register_lazy(_ADAPTERS, "terraregistry.components.backbones.adapters:adapted")


def plan_part(
    where: KeyPath,
    registry: Builds,
    given: str | nn.Module,
    arguments: Arguments,
    leading: tuple[object, ...],
    problems: list[Problem],
    *,
    kind: type,
    name_at: KeyPath = (),
    title: str = "",
    check: Callable[..., object] | None = None,
) -> Part | None:
    """Check one part, without constructing anything.

    Args:
        where: Its path in the composition.
        registry: The registry of its name.
        given: Its name, or the part itself.
        arguments: The caller's arguments.
        leading: The arguments before these: any values of the right types, or `NOT_MADE`.
        problems: Collects problems.
        kind: The protocol required of a module.
        name_at: The path of the name, if not `where`.
        title: Its name in messages, if not its path.
        check: Checks its arguments; `validate` of the registry by default.

    Returns:
        The part, without its invalid arguments; None if there is no such component.
    """
    if isinstance(given, nn.Module):
        problems += arguments.unused(f"{display_path(where)} is a module that is made already")
        faults = [*_unlike(kind, given, where)]
        problems += faults
        return ModulePart(where, given, valid=not faults)
    refused: list[Problem] = []
    try:
        (check or registry.validate)(given, *leading, **arguments.values)
    except ComponentNotFoundError as error:
        problems.append(not_found(name_at or where, error))
        return None
    except InvalidArgumentsError as error:
        refused += error.problems
    named = [each for each in registry.signature(given).parameters.values() if each.kind not in _STARRED]
    names = tuple(each.name for each in named[: len(leading)])
    later = {name for name, value in zip(names, leading, strict=False) if value is NOT_MADE}
    refused = [each for each in refused if each.kind is not ProblemKind.TYPE or each.parameter not in later]
    free = {parameter.name: parameter for parameter in named[len(leading) :]}
    if takes_bands(free):
        wrong = {each.parameter for each in refused}
        refused += [*band_problems(arguments.without(wrong).values)]
    written = dict(zip(free, arguments.spellings(free), strict=True))
    for each in refused:
        found = _given_by_the_model(each, arguments, names, free)
        if each.kind is ProblemKind.UNKNOWN:
            found = spelled_today(arguments.path(each.parameter), each.parameter, written)
        problems.append(found or arguments.located(each))
    left = arguments.without({problem.parameter for problem in refused}) if refused else arguments
    return NamedPart(where, registry, given, left, names, free, valid=not refused, title=title)


def parameters_of(backbones: Builds, backbone: object) -> tuple[str, ...]:
    """List the parameters of a backbone, with those of image padding if it takes any; none for a module or an unknown name."""
    if not isinstance(backbone, str):
        return ()
    try:
        parameters = backbones.signature(backbone).parameters
    except ComponentNotFoundError:
        return ()
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    return (*parameters, *FRAMING) if takes_any else tuple(parameters)


def doubts_of(part: Part | None) -> list[Problem]:
    """Report what works and is doubtful among the arguments of a backbone, and of a model in its place."""
    part = unwrapped(part)
    if not isinstance(part, NamedPart) or not takes_bands(part.parameters):
        return []
    return [*map(part.arguments.located, new_bands(part.arguments.values))]


def with_time(part: Part | None, arguments: Arguments, problems: list[Problem]) -> Part | None:
    """Wrap a backbone for time series, if requested by the arguments of the wrapper, `use_temporal` among them."""
    use: object = arguments.values.get(USE_TEMPORAL, False)
    rest = arguments.without([USE_TEMPORAL])
    at = arguments.path(USE_TEMPORAL)
    if not isinstance(use, bool):
        problems.append(Problem(at, ProblemKind.TYPE, expected="bool", given=describe_value(use)))
    if use is False:
        problems += rest.unused(f"it needs {display_path(at)}=True")
        return part
    return _around(part, TIME, rest, problems, WrappedPart)


# What a method takes is its own.
def with_adapters(part: Part | None, given: Mapping[str, Any] | None, problems: list[Problem]) -> Part | None:
    """Add adapters to a backbone, if given; checks in need of the library peft are left out."""
    if given is None:
        return part
    found: list[Problem] = []
    adapted = _around(part, _ADAPTERS, Arguments(given, inside=(ADAPTERS_AT,)), found, AdaptedPart)
    inside = f"the arguments of the method are written under {ADAPTERS_AT}_kwargs in there"
    problems += [
        Problem(each.steps, each.kind, detail=inside)
        if each.kind is ProblemKind.UNKNOWN and not each.suggestions
        else each
        for each in found
    ]
    return adapted


def _around(
    part: Part | None, name: str, arguments: Arguments, problems: list[Problem], kind: type[WrappedPart]
) -> Part | None:
    wrapper = plan_part((BACKBONE.key,), _WRAPPERS, name, arguments, (NOT_MADE,), problems, kind=nn.Module)
    return kind(part, wrapper) if part is not None and isinstance(wrapper, NamedPart) else part


def _given_by_the_model(
    problem: Problem, arguments: Arguments, leading: Collection[str], free: Collection[str]
) -> Problem | None:
    """Word the problem of an argument supplied by the model itself; return None for any other problem."""
    name = problem.parameter
    if problem.kind is not ProblemKind.DUPLICATE or name not in leading:
        return None
    detail = f"the part is given its {name} by what comes before it"
    # A decoder of smp has parameters that begin with the word that all arguments of decoders begin with here.
    own = arguments.prefix + name
    fix = Rename(str(arguments.path(own)[-1])) if arguments.prefix and own in free else None
    hint = "; leave it out" if fix is None else f"; its own {own} is written {fix.to}"
    return Problem(arguments.path(name), ProblemKind.DUPLICATE, detail=detail + hint, fix=fix)


def not_found(path: KeyPath, error: ComponentNotFoundError) -> Problem:
    """Turn the error of a name into a problem at the path of the name."""
    sources = f" (sources searched: {', '.join(error.sources)})" if error.sources else ""
    remedy = f"; {error.remedy}" if error.remedy else ""
    detail = f"{error.registry} has no component {error.name!r}{sources}{remedy}"
    return Problem(path, ProblemKind.NOT_FOUND, given=str(error.name), detail=detail, choices=error.suggestions)


def _unlike(kind: type, module: nn.Module, where: KeyPath) -> Iterator[Problem]:
    """Yield the reasons why a module cannot be a part, if any."""
    try:
        Kind(kind).check(module, display_path(where), lambda: display_path(where))
    except ComponentProtocolError as error:
        lacks = [f"lacks {', '.join(error.missing)}"] if error.missing else []
        reasons = "; ".join([*lacks, *error.wrong])
        yield Problem(where, ProblemKind.INVALID, detail=f"{error.product} is no {error.kind}: it {reasons}")


def respelled(problem: Problem, value: object, part: PartRule) -> Problem:
    """Add the YAML to write to a type problem of a part given as a mapping, or of parts not in a list."""
    if problem.kind is not ProblemKind.TYPE:
        return problem
    written: list[str] = []
    if isinstance(value, Mapping):
        entry = entry_of(cast("Mapping[object, object]", value))
        written = [f"{part.key}: {as_yaml([entry])}"] if part.many else _apart(entry, part)
    elif part is NECKS and isinstance(value, list) and len(problem.steps) > 1:
        name = cast("list[object]", value)[cast("int", problem.steps[1])]
        written = [as_yaml({"name": name})] if isinstance(name, str) else []
    if not written:
        return problem
    detail = f"write {'a list: ' if part.many and isinstance(value, Mapping) else ''}"
    detail += " and ".join(f"`{line}`" for line in written)
    return Problem(problem.steps, problem.kind, expected=problem.expected, given=problem.given, detail=detail)


def _apart(entry: Mapping[object, object], part: PartRule) -> list[str]:
    """Write a part as its name, and arguments with its prefix."""
    arguments = {key: item for key, item in entry.items() if key != "name"}
    for key, item in arguments.items():
        if len(arguments) == 1 and isinstance(item, Mapping) and str(key).endswith(("args", "params")):
            arguments = dict(cast("Mapping[object, object]", item))
    name = f"{part.key}: {as_yaml(entry.get('name', 'NAME'))}"
    return [name, *[f"{part.prefix}{key}: {as_yaml(item)}" for key, item in arguments.items()][:_MOST_LINES]]


def entry_of(given: Mapping[Any, Any]) -> Mapping[Any, Any]:  # as it is in a config
    """Return the entry of a part as it is written in a list: `{name: X, a: 1}` for `{X: {a: 1}}` as well."""
    for name, inside in given.items():
        if len(given) == 1 and name != "name" and (inside is None or isinstance(inside, Mapping)):
            return {"name": name, **(inside or {})}
    return given


def as_yaml(value: object) -> str:
    """Write a value on one line of YAML."""
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return f"{{{', '.join(f'{as_yaml(key)}: {as_yaml(item)}' for key, item in items)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(as_yaml, cast('Sequence[object]', value)))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, default=repr)
