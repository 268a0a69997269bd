"""Checks of the branches of a model: the decoder and the head after it, of the main one and of auxiliary ones."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from terraregistry.components.factories.composition import INCLUDED, Branch, another_count, says_includes_head
from terraregistry.components.factories.part_arguments import Arguments
from terraregistry.components.factories.part_planning import plan_part
from terraregistry.components.factories.rules import (
    AUXILIARY,
    AUXILIARY_ARGUMENTS,
    AUXILIARY_PREFIXES,
    COUNTS,
    HEAD,
    count_parameter,
)
from terraregistry.deferred import DeferredModule, is_stand_in
from terraregistry.errors import ComponentNotFoundError, Problem, ProblemKind
from terraregistry.index.provider import DescribedRegistry, stored_index
from terraregistry.problems import display_path
from terraregistry.protocols import Decoder
from terraregistry.registry.calls import Call, call_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from terraregistry.components.factories.own_arguments import Count
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.components.factories.rules import Task
    from terraregistry.problems import KeyPath
    from terraregistry.registry import MultiSourceRegistry
else:
    nn = DeferredModule("torch.nn")

__all__ = ["HEAD_REGISTRY", "AuxiliaryHead", "AuxiliaryPlanner", "BranchPlanner", "refused_name"]


class _Heads(DescribedRegistry[nn.Module]):
    """The heads."""

    stored_in: ClassVar[str] = HEAD.registry


HEAD_REGISTRY: Final = _Heads()
for _name in ("RegressionHead", "ScalarHead", "SegmentationHead"):
    HEAD_REGISTRY.register_lazy(_name, f"terraregistry.components.heads:{_name}")


@dataclass
class AuxiliaryHead:
    """A further decoder and head on the same features.

    Args:
        name: The name of its result in `ModelOutput.auxiliary_heads`.
        decoder: The name of a decoder, or the decoder itself.
        decoder_args: Arguments of the decoder, prefixed `decoder_`, and of the head, prefixed `head_`. The number of
            classes or outputs is the model's unless `head_num_classes` or `head_num_outputs` is given.
    """

    name: str
    decoder: str | nn.Module
    decoder_args: Mapping[str, Any] | None = None  # arguments are any objects


@functools.cache
def _record() -> Call[AuxiliaryHead]:
    return call_of(AuxiliaryHead)


@dataclass(frozen=True)
class BranchPlanner:
    """Checks branches.

    Attributes:
        decoders: The registry of decoders.
        task: The task of the branches.
        problems: Collects problems.
    """

    decoders: MultiSourceRegistry[Decoder]
    task: Task
    problems: list[Problem]

    def plan(
        self,
        where: KeyPath,
        given: str | nn.Module | None,
        decoder_arguments: Arguments,
        head_arguments: Arguments,
        count: Count | None,
    ) -> Branch | None:
        """Check a decoder and its head, without constructing anything.

        Args:
            where: The decoder's path: `("decoder",)`, `("aux_decoders", 0, "decoder")`.
            given: The decoder's name, or the decoder itself; None if missing and already reported.
            decoder_arguments: The arguments given for it.
            head_arguments: The arguments given for the head.
            count: The number of outputs given.

        Returns:
            The branch; None if a part does not exist.
        """
        included = given is not None and self._includes_head(given)
        told = self._count_parameter(given) if included else ""
        if told:
            decoder_arguments = self._with_count(decoder_arguments, told, count)
        if included and isinstance(given, nn.Module):
            self.problems.extend(another_count(given, count))
        decoder = None
        if given is not None:
            plan = partial(plan_part, where, self.decoders, given, decoder_arguments, ([1],), self.problems)
            # The channels are not known yet, and their type is all that is checked.
            decoder = plan(kind=Decoder, check=self.decoders.check_call)
        head = None if included else self._head(where, head_arguments, count)
        if included:
            self.problems.extend(head_arguments.unused(INCLUDED))
        return None if decoder is None else Branch(decoder, head, head_arguments, None if told else count)

    def _head(self, where: KeyPath, arguments: Arguments, count: Count | None) -> Part | None:
        if not self.task.head:
            return None
        usual = self.task.counts[0]
        complete = arguments
        if count is not None and count.parameter in self.task.counts:
            complete = self._with_count(arguments, count.parameter, count)
        elif count is not None:
            detail = self.task.wrong_counts[count.parameter]
            self.problems.append(Problem(count.parameter, ProblemKind.INVALID, detail=detail))
            complete = arguments.also(usual, 1, usual)
        elif self.task.count_required and not any(name in arguments.values for name in self.task.counts):
            self.problems.append(Problem(usual, ProblemKind.MISSING, expected="int"))
            complete = arguments.also(usual, 1, usual)
        title = f"the head of {display_path(where)}"
        return plan_part(
            where, HEAD_REGISTRY, self.task.head, complete, (1,), self.problems, kind=nn.Module, title=title
        )

    def _with_count(self, arguments: Arguments, parameter: str, count: Count | None) -> Arguments:
        """Add the number of outputs to the arguments of a part; report a part with a count of its own."""
        if count is None:
            return arguments.written_at(parameter, (parameter,))
        given = next((name for name in COUNTS if name in arguments.values), None)
        if given is None:
            return arguments.also(parameter, count.value, count.parameter)
        detail = f"{count.parameter} says this already; give one of them"
        self.problems.append(Problem(arguments.path(given), ProblemKind.DUPLICATE, detail=detail))
        return arguments

    def _includes_head(self, given: str | nn.Module) -> bool:
        if isinstance(given, nn.Module):
            return says_includes_head(given)
        try:
            product: object = self.decoders.signature(given).return_annotation
            if is_stand_in(product):  # nothing was imported to answer
                return _is_known_to_include_head(cast("type[object]", product))
            constructor = self.decoders.find_class(given)
        except ComponentNotFoundError:
            return False
        return says_includes_head(constructor) or says_includes_head(product)

    def _count_parameter(self, given: str | nn.Module | None) -> str:
        """Find the parameter of a decoder with a head for its number of outputs; empty if it has none."""
        if not isinstance(given, str):
            return ""
        parameters = self.decoders.signature(given).parameters
        is_open = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        return count_parameter(parameters, is_open=is_open)


def _is_known_to_include_head(product: type) -> bool:
    """True if the index lists a class of decoders, not imported, as including its head."""
    index = stored_index()
    return index is not None and f"{product.__module__}:{product.__qualname__}" in index.whole_decoders


@dataclass(frozen=True)
class AuxiliaryPlanner:
    """Checks auxiliary heads.

    Attributes:
        branches: Checks their decoders and heads, and collects problems.
        count: The number of outputs given for the model.
        names: The names of the heads checked, by path.
    """

    branches: BranchPlanner
    count: Count | None
    names: dict[KeyPath, str] = field(default_factory=dict["KeyPath", str])

    # A record from a config, not validated yet.
    def plan(self, records: Sequence[AuxiliaryHead | Mapping[str, Any] | None]) -> dict[str, Branch]:
        """Check auxiliary heads, without constructing anything.

        Args:
            records: The records, as dictionaries or instances; None for one already reported.

        Returns:
            The valid branches, by name.
        """
        planned: dict[str, Branch] = {}
        for index, given in enumerate(records):
            where = (AUXILIARY.key, index)
            record = None if given is None else self._read(where, given)
            if record is not None:
                self._check_name((*where, "name"), record.name)
                branch = self._branch(where, record)
                if branch is not None:
                    planned[record.name] = branch
        return planned

    # A record from a config, not validated yet.
    def _read(self, where: KeyPath, given: AuxiliaryHead | Mapping[str, Any]) -> AuxiliaryHead | None:
        values = given if isinstance(given, Mapping) else vars(given)
        _, _, problems = _record().check(kwargs=values)
        place = Arguments({}, inside=where)
        self.branches.problems.extend(place.located(problem) for problem in problems)
        unknown = {problem.parameter for problem in problems if problem.kind is ProblemKind.UNKNOWN}
        if len(unknown) < len(problems):
            return None
        # The rest can be checked all the same.
        known = {name: value for name, value in values.items() if name not in unknown}
        _, valid, _ = _record().check(kwargs=known)
        return AuxiliaryHead(**valid)

    def _check_name(self, path: KeyPath, name: str) -> None:
        """Check a name, used in keys of the state_dict."""
        if name in self.names.values():
            detail = f"another auxiliary head is called {name!r} already"
            self.branches.problems.append(Problem(path, ProblemKind.DUPLICATE, detail=detail))
        elif not name or "." in name:
            self.branches.problems.append(refused_name(path, name))
        else:
            self.names[path] = name

    def _branch(self, where: KeyPath, record: AuxiliaryHead) -> Branch | None:
        given = record.decoder_args or {}
        place = (*where, AUXILIARY_ARGUMENTS)
        decoder_arguments, head_arguments = (_prefixed(given, prefix, place) for prefix in AUXILIARY_PREFIXES)
        has_own = any(name in (*decoder_arguments.values, *head_arguments.values) for name in COUNTS)
        count = None if has_own else self.count
        branch = self.branches.plan((*where, "decoder"), record.decoder, decoder_arguments, head_arguments, count)
        parts = [(decoder_arguments, branch.decoder), (head_arguments, branch.head)] if branch is not None else []
        choices = [name for arguments, part in parts if part for name in arguments.spellings(part.parameters)]
        for name in given:
            if not name.startswith(AUXILIARY_PREFIXES):
                self.branches.problems.append(Problem((*place, name), ProblemKind.UNKNOWN, choices=choices))
        return branch


def refused_name(path: KeyPath, name: str) -> Problem:
    """Report a name invalid for a module of a model."""
    detail = f"torch takes no module called {name!r}; expected a word such as 'aux', without dots"
    return Problem(path, ProblemKind.INVALID, detail=detail)


def _prefixed(given: Mapping[str, Any], prefix: str, place: KeyPath) -> Arguments:  # arguments are any objects
    values = {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
    return Arguments(values, prefix, place)
