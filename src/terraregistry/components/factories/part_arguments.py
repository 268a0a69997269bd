"""Arguments of one part of a composition, with the paths the caller wrote them at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from terraregistry.errors import Problem, ProblemKind, describe_value
from terraregistry.problems import display_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from terraregistry.problems import KeyPath

__all__ = ["Arguments", "take_prefixed"]


@dataclass(frozen=True)
class Arguments:
    """The arguments of one part.

    Attributes:
        values: The value given for each parameter; of any type.
        prefix: The prefix of parameter names as the caller writes them, such as `backbone_`.
        inside: The path of their dictionary, such as `("backbone_kwargs",)`; empty for arguments of the call itself.
        elsewhere: Paths of parameters written apart from the others, such as `num_classes`.
    """

    values: Mapping[str, Any]
    prefix: str = ""
    inside: KeyPath = ()
    elsewhere: Mapping[str, KeyPath] = field(default_factory=dict[str, "KeyPath"])

    def path(self, parameter: str) -> KeyPath:
        """Return the path of a parameter in the caller's arguments."""
        return self.elsewhere.get(parameter, (*self.inside, self.prefix + parameter))

    def located(self, problem: Problem) -> Problem:
        """Move a problem of the part to the caller's path, with suggestions in the caller's spelling."""
        if not problem.steps:
            own = self.prefix.rstrip("_")
            return problem.at((*self.inside, own) if own else self.inside)
        path = (*self.path(problem.parameter), *problem.steps[1:])
        if problem.kind is not ProblemKind.UNKNOWN:
            return problem.at(path)
        return Problem(path, problem.kind, detail=problem.detail, choices=self.spellings(problem.suggestions))

    def also(self, parameter: str, value: object, written: str) -> Arguments:
        """Add a value written as another argument of the call."""
        return replace(self.written_at(parameter, (written,)), values={**self.values, parameter: value})

    def written_at(self, parameter: str, path: KeyPath) -> Arguments:
        """Add the path of a parameter written apart from the others."""
        return replace(self, elsewhere={**self.elsewhere, parameter: path})

    def without(self, parameters: Collection[str]) -> Arguments:
        """Leave parameters out."""
        return replace(self, values={name: value for name, value in self.values.items() if name not in parameters})

    def unused(self, why: str) -> Iterator[Problem]:
        """Report every argument as unused."""
        for name in self.values:
            yield Problem(self.path(name), ProblemKind.UNUSED, detail=f"nothing reads this: {why}")

    def spellings(self, parameters: Collection[str]) -> list[str]:
        """Write parameters as the caller would, for suggestions."""
        return [str(self.path(name)[-1]) for name in parameters]

    def __str__(self) -> str:
        """List the arguments with their places."""
        return ", ".join(
            f"{display_path(self.path(name))} = {describe_value(value)}" for name, value in self.values.items()
        )


def take_prefixed(part: str, loose: dict[str, Any], together: Mapping[str, Any]) -> tuple[Arguments, list[Problem]]:
    """Take the arguments of a part from its dictionary, or else by prefix.

    Args:
        part: The part, such as `backbone`.
        loose: Prefixed arguments of all parts; those of this part are taken out.
        together: The part's dictionary, such as `backbone_kwargs`.

    Returns:
        The arguments, and a problem for each prefixed argument given beside a dictionary.
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
    return Arguments(dict(together), inside=(f"{part}_kwargs",)), problems
