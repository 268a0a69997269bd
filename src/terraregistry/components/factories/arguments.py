"""The arguments of one part of a composition, and where the caller wrote each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from terraregistry.errors import Problem, ProblemKind, describe_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["Arguments", "parameter_of", "take_prefixed"]


@dataclass(frozen=True)
class Arguments:
    """The arguments of one part.

    Attributes:
        values: What was given for each parameter; arguments are any objects.
        prefix: What stands before a parameter where the caller wrote it: `backbone_`, `backbone_kwargs.`, `necks[1].`.
        elsewhere: Where parameters are written that do not come after the prefix, such as `num_classes`.
    """

    values: Mapping[str, Any]
    prefix: str
    elsewhere: Mapping[str, str] = field(default_factory=dict[str, str])

    def path(self, parameter: str) -> str:
        """Say where the caller writes a parameter, or a place inside one."""
        name = parameter_of(parameter)
        return self.elsewhere.get(name, self.prefix + name) + parameter[len(name) :]

    def located(self, problem: Problem) -> Problem:
        """Move a problem of the part to where the caller wrote it, and word what it suggests as the caller would."""
        path = self.path(problem.path) if problem.path else self.prefix.rstrip("._")
        if problem.kind is not ProblemKind.UNKNOWN:
            return problem.at(path)
        choices = [_last(self.path(name)) for name in problem.suggestions]
        return Problem(path, problem.kind, detail=problem.detail, choices=choices)

    def also(self, parameter: str, value: object, path: str) -> Arguments:
        """Add what the caller wrote elsewhere."""
        return replace(self.written_at(parameter, path), values={**self.values, parameter: value})

    def written_at(self, parameter: str, path: str) -> Arguments:
        """Say where the caller writes a parameter that does not come after the prefix."""
        return replace(self, elsewhere={**self.elsewhere, parameter: path})

    def without(self, parameters: Collection[str]) -> Arguments:
        """Leave parameters out."""
        return replace(self, values={name: value for name, value in self.values.items() if name not in parameters})

    def unused(self, why: str) -> Iterator[Problem]:
        """Report every argument as one that nothing reads."""
        for name in self.values:
            yield Problem(self.path(name), ProblemKind.UNUSED, detail=f"nothing reads this: {why}")

    def spellings(self, parameters: Collection[str]) -> list[str]:
        """Write parameters as the caller would, for suggestions."""
        return [_last(self.path(name)) for name in parameters]

    def __str__(self) -> str:
        """List the arguments with their places."""
        return ", ".join(f"{self.path(name)} = {describe_value(value)}" for name, value in self.values.items())


def take_prefixed(part: str, loose: dict[str, Any], together: Mapping[str, Any]) -> tuple[Arguments, list[Problem]]:
    """Take the arguments of a part: those in its dictionary, or else those that begin with its name.

    Args:
        part: The part, such as `backbone`.
        loose: Arguments of all parts, prefixed; those of this part are taken out.
        together: The part's dictionary, such as `backbone_kwargs`.

    Returns:
        The arguments, and a problem for each that is prefixed although there is a dictionary.
    """
    prefix = f"{part}_"
    names = [name for name in loose if name.startswith(prefix)]
    prefixed = {name.removeprefix(prefix): loose.pop(name) for name in names}
    if not together:
        return Arguments(prefixed, prefix), []
    problems = [
        Problem(prefix + name, ProblemKind.UNUSED, detail=f"{part}_kwargs is given as well: write {name!r} in there")
        for name in prefixed
    ]
    return Arguments(dict(together), f"{part}_kwargs."), problems


def parameter_of(path: str) -> str:
    """Tell the parameter from a place inside it: `indices[0]` is in `indices`.

    Args:
        path: The path of a problem.

    Returns:
        What it begins with.
    """
    return re.split(r"[.\[ ]", path, maxsplit=1)[0]


def _last(path: str) -> str:
    return path.rpartition(".")[2]
