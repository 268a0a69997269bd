"""Auxiliary heads: further branches of a model, used in training."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.factories.counts import COUNTS
from terraregistry.components.factories.part_arguments import Arguments
from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind
from terraregistry.registry.calls import Call, call_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from terraregistry.components.factories.branches import Branch, BranchPlanner
    from terraregistry.components.factories.counts import Count
    from terraregistry.problems import KeyPath
else:
    nn = DeferredModule("torch.nn")

__all__ = ["AuxiliaryHead", "AuxiliaryPlanner", "refused_name"]


@dataclass
class AuxiliaryHead:
    """A further decoder and head on the same features.

    Attributes:
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


_PREFIXES: Final = ("decoder_", "head_")


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
            where = ("aux_decoders", index)
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
        place = (*where, "decoder_args")
        decoder_arguments, head_arguments = (_prefixed(given, prefix, place) for prefix in _PREFIXES)
        has_own = any(name in (*decoder_arguments.values, *head_arguments.values) for name in COUNTS)
        count = None if has_own else self.count
        branch = self.branches.plan((*where, "decoder"), record.decoder, decoder_arguments, head_arguments, count)
        parts = [(decoder_arguments, branch.decoder), (head_arguments, branch.head)] if branch is not None else []
        choices = [name for arguments, part in parts if part for name in arguments.spellings(part.parameters)]
        for name in given:
            if not name.startswith(_PREFIXES):
                self.branches.problems.append(Problem((*place, name), ProblemKind.UNKNOWN, choices=choices))
        return branch


def refused_name(path: KeyPath, name: str) -> Problem:
    """Report a name invalid for a module of a model."""
    detail = f"torch takes no module called {name!r}; expected a word such as 'aux', without dots"
    return Problem(path, ProblemKind.INVALID, detail=detail)


def _prefixed(given: Mapping[str, Any], prefix: str, place: KeyPath) -> Arguments:  # arguments are any objects
    values = {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
    return Arguments(values, prefix, place)
