"""One mistake in the arguments of a component."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from terraregistry.nearest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Problem", "ProblemKind"]


class ProblemKind(StrEnum):
    """What is wrong with an argument."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    TYPE = "type"
    TOO_MANY = "too many"
    DUPLICATE = "duplicate"
    UNUSED = "unused"
    NOT_FOUND = "not found"
    INVALID = "invalid"


class Problem:
    """One mistake in the arguments of a component.

    Attributes:
        path: Where it is: a parameter, or a place inside one, such as `necks[1].indices`.
        kind: What is wrong.
        expected: The type that the parameter has, where that is what is wrong.
        given: What was given, in a few words.
        detail: What else there is to say.
    """

    __slots__ = ("_choices", "detail", "expected", "given", "kind", "path")

    def __init__(
        self,
        path: str,
        kind: ProblemKind,
        *,
        expected: str = "",
        given: str = "",
        detail: str = "",
        choices: Iterable[str] = (),
    ) -> None:
        self.path: str = path
        self.kind: ProblemKind = kind
        self.expected: str = expected
        self.given: str = given
        self.detail: str = detail
        self._choices = choices

    @property
    def suggestions(self) -> tuple[str, ...]:
        """What was most likely meant, the likeliest first."""
        if self.kind is ProblemKind.NOT_FOUND:
            return tuple(self._choices)
        return nearest(self.path.rpartition(".")[2], self._choices)

    @property
    def message(self) -> str:
        """What is wrong and what to write instead, without the path."""
        hint = did_you_mean(self.suggestions)
        match self.kind:
            case ProblemKind.UNKNOWN:
                return f"unknown argument{self._more()}{hint}"
            case ProblemKind.MISSING:
                return f"missing{f'; expected {self.expected}' if self.expected else ''}{self._more()}"
            case ProblemKind.TYPE:
                return f"expected {self.expected}, got {self.given}{self._more()}"
            case ProblemKind.DUPLICATE:
                return self.detail or "given twice: by position and by name"
            case _:  # too many, unused, invalid, not found: those have words of their own
                return f"{self.detail}{hint}"

    def at(self, path: str) -> Problem:
        """Return the same problem at another place, such as inside a larger composition."""
        moved = Problem(path, self.kind, expected=self.expected, given=self.given, detail=self.detail)
        moved._choices = self.suggestions
        return moved

    def __eq__(self, other: object) -> bool:
        """Compare by what is wrong, where, and how it is worded."""
        return isinstance(other, Problem) and (self.path, self.kind, self.message) == (
            other.path,
            other.kind,
            other.message,
        )

    def __hash__(self) -> int:
        return hash((self.path, self.kind))

    def __repr__(self) -> str:
        return f"Problem({self.path!r}, {self.kind.value!r}, {self.message!r})"

    def __str__(self) -> str:
        """Return the path and the message."""
        return f"{self.path}: {self.message}" if self.path else self.message

    # The reconstruction's arguments are as varied as the constructor's.
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the suggestions computed."""
        return _rebuild_problem, (self.path, self.kind, self.expected, self.given, self.detail, self.suggestions)

    def _more(self) -> str:
        return f" ({self.detail})" if self.detail else ""


def _rebuild_problem(
    path: str, kind: ProblemKind, expected: str, given: str, detail: str, choices: tuple[str, ...]
) -> Problem:
    return Problem(path, kind, expected=expected, given=given, detail=detail, choices=choices)
