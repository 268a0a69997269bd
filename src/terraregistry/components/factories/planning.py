"""Checks of the arguments of a whole composition: names, types and combinations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from terraregistry.components.backbones.prithvi.bands import refused_values, takes_bands
from terraregistry.components.factories import rules
from terraregistry.components.factories.branches import BranchPlanner
from terraregistry.components.factories.composition import Composition
from terraregistry.components.factories.fitting import Parts
from terraregistry.components.factories.own_arguments import find_task, only_positive, read_count
from terraregistry.components.factories.part_arguments import (
    Arguments,
    take_framing,
    take_prefixed,
    take_temporal,
    unknown,
    unread,
)
from terraregistry.components.factories.part_planning import (
    as_yaml,
    doubts_of,
    entry_of,
    parameters_of,
    plan_part,
    with_adapters,
    with_time,
)
from terraregistry.components.factories.planned import Draft
from terraregistry.components.factories.planned_parts import NamedPart, nn
from terraregistry.errors import Problem, ProblemKind
from terraregistry.protocols import Backbone, Decoder, Neck

if TYPE_CHECKING:
    from terraregistry.components.factories.composition import Branch
    from terraregistry.components.factories.own_arguments import Read
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.problems import KeyPath
    from terraregistry.registry import MultiSourceRegistry

__all__ = ["Planner", "Registries"]


class Registries(NamedTuple):
    """The registries of the parts."""

    backbones: MultiSourceRegistry[Backbone]
    decoders: MultiSourceRegistry[Decoder]
    necks: MultiSourceRegistry[Neck]


class Planner:
    """Checker of the parts of one composition; collects the problems of each.

    Args:
        registries: The registries of the parts.
        read: The arguments of the factory.
    """

    def __init__(self, registries: Registries, read: Read) -> None:
        self._registries: Final = registries
        self._own: Final = read.own
        self._loose: Final = dict(read.loose)
        self._spellings: Final = list(read.free)
        self._problems: Final = list(read.problems)

    def draft(self) -> Draft:
        """Check everything possible before a part is constructed; the fit of the parts is the second stage."""
        own, task = self._own, rules.UNKNOWN_TASK
        if "task" in own:
            task = find_task(own["task"], rules.ENCODER_DECODER, self._problems)
        backbone, framing = self._backbone()
        given = enumerate(own.get(rules.NECKS.key) or ())
        necks = [None if neck is None else self._neck((rules.NECKS.key, at), neck) for at, neck in given]
        planner = BranchPlanner(self._registries.decoders, task, self._problems, {})
        branch, aux = self._branches(planner)
        self._problems.extend(unknown(name, self._spellings) for name in self._loose)
        composition: Composition | None = None
        if backbone is not None and not self._problems:
            results = {name: own[name] for name in ("rescale", "image_size_out")}
            known = [neck for neck in necks if neck is not None]
            composition = Composition(task, backbone, known, branch, aux, framing, results)
        parts = Parts(
            task=task,
            backbone=backbone,
            necks=necks if rules.NECKS.key in own else None,
            branches=[*([branch] if branch is not None else []), *aux.values()],
            aux_names=planner.aux_names,
            adapters=own.get(rules.ADAPTERS_AT),
            framing=framing,
            composition=composition,
        )
        return Draft(self._problems, composition, parts.fit, doubts_of(backbone))

    def _take(self, part: rules.PartRule) -> Arguments:
        arguments, problems = take_prefixed(part, self._loose, self._own.get(part.dictionary) or {})
        self._problems.extend(problems)
        return arguments

    def _remember(self, arguments: Arguments, part: Part | None) -> None:
        """Record the prefixed names of a part's parameters, as suggestions for misspelt ones."""
        if isinstance(part, NamedPart) and not arguments.inside:
            self._spellings.extend(arguments.spellings(part.parameters))

    def _backbone(self) -> tuple[Part | None, dict[str, Any]]:  # arguments of several types
        given: str | nn.Module | None = self._own.get(rules.BACKBONE.key)
        parameters = parameters_of(self._registries.backbones, given)
        temporal, taken = take_temporal(self._take(rules.BACKBONE), parameters)
        framing, arguments = take_framing(taken, parameters, self._problems)
        part: Part | None = None
        if given is not None:
            registry = self._registries.backbones
            part = plan_part((rules.BACKBONE.key,), registry, given, arguments, (), self._problems, kind=Backbone)
            self._remember(arguments, part)
            if isinstance(part, NamedPart) and takes_bands(part.parameters):
                refused = refused_values(registry.resolve(part.name).name, part.arguments.values)
                self._problems.extend(map(part.arguments.located, refused))
        part = with_time(part, temporal, self._problems)
        return with_adapters(part, self._own.get(rules.ADAPTERS_AT), self._problems), framing

    # Its arguments are any objects.
    def _neck(self, where: KeyPath, given: Mapping[str, Any] | nn.Module) -> Part | None:
        name_at = (*where, "name")
        name: str | nn.Module
        if isinstance(given, nn.Module):
            name, arguments = given, Arguments({}, inside=where)
        elif "name" in given:
            name, arguments = given["name"], Arguments(given, inside=where).without(["name"])
        else:
            entry = entry_of(given)
            detail = "" if entry is given else f"write `{as_yaml(entry)}`"
            self._problems.append(Problem(name_at, ProblemKind.MISSING, expected="str", detail=detail))
            return None
        found: list[Problem] = []
        part = plan_part(where, self._registries.necks, name, arguments, ([1],), found, kind=Neck, name_at=name_at)
        self._problems.extend(_beside_name(arguments, problem) for problem in found)
        return part

    def _branches(self, planner: BranchPlanner) -> tuple[Branch | None, dict[str, Branch]]:
        own, problems, task = self._own, self._problems, planner.task
        arguments, head_arguments = self._take(rules.DECODER), self._take(rules.HEAD)
        problems.extend(unread(name, why) for name, why in task.unread.items() if own.get(name))
        if not task.decodes:
            why = task.unread[rules.DECODER.key]
            problems.extend([*arguments.unused(why), *head_arguments.unused(why)])
            return None, {}
        decoder: str | nn.Module | None = own.get(rules.DECODER.key)
        if decoder is None and rules.DECODER.key in own:
            problems.append(Problem(rules.DECODER.key, ProblemKind.MISSING, expected="str | Module"))
        problems.extend(only_positive(own, rules.ENCODER_DECODER))
        count = read_count(own, task, problems)
        branch = planner.plan((rules.DECODER.key,), decoder, arguments, head_arguments, count)
        if branch is not None:
            self._remember(arguments, branch.decoder)
            self._remember(head_arguments, branch.head)
        return branch, planner.plan_auxiliary(own.get(rules.AUXILIARY.key) or (), count)


def _beside_name(arguments: Arguments, problem: Problem) -> Problem:
    """Explain a dictionary of arguments in the entry of a neck."""
    value: object = arguments.values.get(str(problem.steps[-1]))
    if problem.kind is not ProblemKind.UNKNOWN or not isinstance(value, Mapping):
        return problem
    inside = as_yaml(cast("Mapping[str, object]", value))
    return Problem(problem.steps, problem.kind, detail=f"its arguments stand beside `name`: `{inside[1:-1]}`")
