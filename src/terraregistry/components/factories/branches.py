"""Checks of the branches of a model: the decoder and the head after it, of the main one and of auxiliary ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, cast

from terraregistry.components.factories import rules
from terraregistry.components.factories.composition import INCLUDED, Branch, another_count, says_includes_head
from terraregistry.components.factories.part_arguments import Arguments, given_twice, own_call
from terraregistry.components.factories.part_planning import plan_part
from terraregistry.components.factories.planned_parts import NamedPart, nn
from terraregistry.deferred import is_stand_in
from terraregistry.errors import Problem, ProblemKind
from terraregistry.index.provider import DescribedRegistry, stored_index
from terraregistry.problems import display_path
from terraregistry.protocols import Decoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.components.factories.own_arguments import Count
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.problems import KeyPath
    from terraregistry.registry import MultiSourceRegistry

__all__ = ["HEAD_REGISTRY", "AuxiliaryHead", "BranchPlanner", "includes_head", "refused_name"]


class _Heads(DescribedRegistry[nn.Module]):
    """The heads."""

    stored_in: ClassVar[str] = rules.HEAD.registry


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


class BranchPlanner(NamedTuple):
    """Checks branches, without constructing anything.

    Attributes:
        decoders: The registry of decoders.
        task: The task of the branches.
        problems: Collects problems.
        aux_names: The valid names of auxiliary heads, by path.
    """

    decoders: MultiSourceRegistry[Decoder]
    task: rules.Task
    problems: list[Problem]
    aux_names: dict[KeyPath, str]

    def plan(
        self,
        where: KeyPath,
        given: str | nn.Module | None,
        decoder_arguments: Arguments,
        head_arguments: Arguments,
        count: Count | None,
    ) -> Branch | None:
        """Check a decoder, None if missing and already reported, and its head; return None if a part does not exist."""
        included = given is not None and includes_head(self.decoders, given)
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
        task = self.task
        if not task.head:
            return None
        usual = task.counts[0]
        if count is not None and count.parameter in task.counts:
            arguments = self._with_count(arguments, count.parameter, count)
        elif count is not None:
            detail = task.wrong_counts[count.parameter]
            self.problems.append(Problem(count.parameter, ProblemKind.INVALID, detail=detail))
            arguments = arguments.also(usual, 1, usual)
        elif task.count_required and not any(name in arguments.values for name in task.counts):
            self.problems.append(Problem(usual, ProblemKind.MISSING, expected="int"))
            arguments = arguments.also(usual, 1, usual)
        title = f"the head of {display_path(where)}"
        return plan_part(where, HEAD_REGISTRY, task.head, arguments, (1,), self.problems, kind=nn.Module, title=title)

    def _with_count(self, arguments: Arguments, parameter: str, count: Count | None) -> Arguments:
        """Add the number of outputs to the arguments of a part; report a part with a count of its own."""
        if count is None:
            return arguments.written_at(parameter, (parameter,))
        given = next((name for name in rules.COUNTS if name in arguments.values), None)
        if given is None:
            return arguments.also(parameter, count.value, count.parameter)
        self.problems.append(given_twice(arguments.path(given), count.parameter))
        return arguments

    def _count_parameter(self, given: str | nn.Module | None) -> str:
        """Find the parameter of a decoder with a head for its number of outputs; empty if it has none."""
        if not isinstance(given, str):
            return ""
        parameters = self.decoders.signature(given).parameters
        is_open = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        return rules.count_parameter(parameters, is_open=is_open)

    # Records from a config, not validated yet.
    def plan_auxiliary(
        self, records: Sequence[AuxiliaryHead | Mapping[str, Any] | None], count: Count | None
    ) -> dict[str, Branch]:
        """Check auxiliary heads, None for one already reported; return the branches by name."""
        planned: dict[str, Branch] = {}
        for index, given in enumerate(records):
            where = (rules.AUXILIARY.key, index)
            record = None if given is None else self._read(where, given)
            if record is not None:
                self._check_name((*where, "name"), record.name)
                branch = self._auxiliary(where, record, count)
                if branch is not None:
                    planned[record.name] = branch
        return planned

    # A record from a config, not validated yet.
    def _read(self, where: KeyPath, given: AuxiliaryHead | Mapping[str, Any]) -> AuxiliaryHead | None:
        values = given if isinstance(given, Mapping) else vars(given)
        call = own_call(AuxiliaryHead)
        _, _, problems = call.check(kwargs=values)
        self.problems.extend(map(Arguments({}, inside=where).located, problems))
        unknown = {problem.parameter for problem in problems if problem.kind is ProblemKind.UNKNOWN}
        if len(unknown) < len(problems):
            return None
        # The rest can be checked all the same.
        _, valid, _ = call.check(kwargs={name: value for name, value in values.items() if name not in unknown})
        return AuxiliaryHead(**valid)

    def _check_name(self, path: KeyPath, name: str) -> None:
        """Check a name, used in keys of the state_dict."""
        if name in self.aux_names.values():
            detail = f"another auxiliary head is called {name!r} already"
            self.problems.append(Problem(path, ProblemKind.DUPLICATE, detail=detail))
        elif not name or "." in name:
            self.problems.append(refused_name(path, name))
        else:
            self.aux_names[path] = name

    def _auxiliary(self, where: KeyPath, record: AuxiliaryHead, count: Count | None) -> Branch | None:
        given = record.decoder_args or {}
        place = (*where, rules.AUXILIARY_ARGUMENTS)
        of_decoder, of_head = (
            Arguments({name.removeprefix(start): given[name] for name in given if name.startswith(start)}, start, place)
            for start in rules.AUXILIARY_PREFIXES
        )
        has_own = any(name in (*of_decoder.values, *of_head.values) for name in rules.COUNTS)
        branch = self.plan((*where, "decoder"), record.decoder, of_decoder, of_head, None if has_own else count)
        parts = [(of_decoder, branch.decoder), (of_head, branch.head)] if branch is not None else []
        named = [(arguments, part.parameters) for arguments, part in parts if isinstance(part, NamedPart)]
        choices = [name for arguments, parameters in named for name in arguments.spellings(parameters)]
        unknown = [name for name in given if not name.startswith(rules.AUXILIARY_PREFIXES)]
        self.problems.extend(Problem((*place, name), ProblemKind.UNKNOWN, choices=choices) for name in unknown)
        return branch


def includes_head(decoders: MultiSourceRegistry[Decoder], given: str | nn.Module) -> bool:
    """Return True if a decoder, a module or a name of a registry, includes its head; False for an unknown name."""
    if isinstance(given, nn.Module):
        return says_includes_head(given)
    if given not in decoders:
        return False
    product: object = decoders.signature(given).return_annotation
    if is_stand_in(product):  # nothing was imported to answer
        cls, index = cast("type[object]", product), stored_index()
        return index is not None and f"{cls.__module__}:{cls.__qualname__}" in index.whole_decoders
    return says_includes_head(decoders.find_class(given)) or says_includes_head(product)


def refused_name(path: KeyPath, name: str) -> Problem:
    """Report a name invalid for a module of a model."""
    taken = name and "." not in name
    why = "nn.ModuleDict has an attribute of this name" if taken else "must be a valid nn.Module attribute (no dots)"
    detail = f"invalid head name {name!r}: {why}"
    return Problem(path, ProblemKind.INVALID, detail=detail)
