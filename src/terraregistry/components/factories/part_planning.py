"""Checks of one part of a composition, without constructing it."""

from __future__ import annotations

from inspect import Parameter
from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.composition_errors import not_found, unlike
from terraregistry.components.factories.planned_parts import ModulePart, NamedPart
from terraregistry.deferred import DeferredModule
from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError, ProblemKind
from terraregistry.problems import Problem, Rename, display_path

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from torch import nn

    from terraregistry.components.factories.part_arguments import Arguments
    from terraregistry.components.factories.planned_parts import Builds, Part
    from terraregistry.problems import KeyPath
else:
    nn = DeferredModule("torch.nn")

__all__ = ["NOT_MADE", "plan_part"]

NOT_MADE: Final = object()
"""Placeholder for a module constructed later; valid for any parameter type."""
_STARRED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


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
) -> Part | None:
    """Check one part, without constructing anything.

    Args:
        where: Its path in the composition.
        registry: The registry of its name.
        given: Its name, or the part itself.
        arguments: The caller's arguments.
        leading: The arguments before these: any values of the right types, or `NOT_MADE`.
        problems: The list to append problems to.
        kind: The protocol required of a module.
        name_at: The path of the name, if not `where`.
        title: Its name in messages, if not its path.

    Returns:
        The part, without its invalid arguments; None if there is no such component.
    """
    if isinstance(given, nn.Module):
        problems += arguments.unused(f"{display_path(where)} is a module that is made already")
        faults = [*unlike(kind, given, where)]
        problems += faults
        return ModulePart(where, given, valid=not faults)
    refused: Sequence[Problem] = ()
    try:
        registry.validate(given, *leading, **arguments.values)
    except ComponentNotFoundError as error:
        problems.append(not_found(name_at or where, error))
        return None
    except InvalidArgumentsError as error:
        refused = error.problems
    named = [each for each in registry.signature(given).parameters.values() if each.kind not in _STARRED]
    names = tuple(each.name for each in named[: len(leading)])
    later = {name for name, value in zip(names, leading, strict=False) if value is NOT_MADE}
    refused = [each for each in refused if each.kind is not ProblemKind.TYPE or each.parameter not in later]
    free = {parameter.name: parameter for parameter in named[len(leading) :]}
    problems += [_given_by_the_model(each, arguments, names, free) or arguments.located(each) for each in refused]
    left = arguments.without({problem.parameter for problem in refused}) if refused else arguments
    return NamedPart(where, registry, given, left, names, free, valid=not refused, title=title)


def _given_by_the_model(
    problem: Problem, arguments: Arguments, leading: Collection[str], free: Collection[str]
) -> Problem | None:
    """Word the problem of an argument supplied by the model itself; return None for any other problem."""
    name = problem.parameter
    if problem.kind is not ProblemKind.DUPLICATE or name not in leading:
        return None
    path = arguments.path(name)
    detail = f"the part is given its {name} by what comes before it"
    # A decoder of smp has parameters that begin with the word that all arguments of decoders begin with here.
    own = arguments.prefix + name
    fix = Rename(str(arguments.path(own)[-1])) if arguments.prefix and own in free else None
    hint = "" if fix is None else f"; its own {own} is written {fix.to}"
    return Problem(path, ProblemKind.DUPLICATE, detail=detail + hint, fix=fix)
