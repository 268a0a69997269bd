"""The arguments of one part of a composition, and where the caller wrote each of them."""

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
        values: What was given for each parameter; arguments are any objects.
        prefix: What stands before the name of a parameter where the caller wrote it, such as `backbone_`.
        inside: Where the caller wrote them, such as `("backbone_kwargs",)`; empty for those of the call itself.
        elsewhere: Where parameters are written that do not stand there, such as `num_classes`.
    """

    values: Mapping[str, Any]
    prefix: str = ""
    inside: KeyPath = ()
    elsewhere: Mapping[str, KeyPath] = field(default_factory=dict[str, "KeyPath"])

    def path(self, parameter: str) -> KeyPath:
        """Return where the caller writes a parameter."""
        return self.elsewhere.get(parameter, (*self.inside, self.prefix + parameter))

    def located(self, problem: Problem) -> Problem:
        """Move a problem of the part to where the caller wrote it, and word what it suggests as the caller would."""
        if not problem.steps:
            own = self.prefix.rstrip("_")
            return problem.at((*self.inside, own) if own else self.inside)
        path = (*self.path(problem.parameter), *problem.steps[1:])
        if problem.kind is not ProblemKind.UNKNOWN:
            return problem.at(path)
        return Problem(path, problem.kind, detail=problem.detail, choices=self.spellings(problem.suggestions))

    def also(self, parameter: str, value: object, written: str) -> Arguments:
        """Add what the caller wrote as another argument of the call."""
        return replace(self.written_at(parameter, (written,)), values={**self.values, parameter: value})

    def written_at(self, parameter: str, path: KeyPath) -> Arguments:
        """Add where the caller writes a parameter that does not stand with the others."""
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
        return [str(self.path(name)[-1]) for name in parameters]

    def __str__(self) -> str:
        """List the arguments with their places."""
        return ", ".join(
            f"{display_path(self.path(name))} = {describe_value(value)}" for name, value in self.values.items()
        )


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
    return Arguments(dict(together), inside=(f"{part}_kwargs",)), problems
