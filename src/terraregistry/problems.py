"""A mistake in arguments or in a config as data: its kind, its place, and its correction."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from terraregistry.suggest import did_you_mean, is_misspelling, nearest
from terraregistry.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Fix", "Key", "KeyPath", "Problem", "ProblemKind", "Rename", "Replace", "Span", "display_path", "shorten"]

Key: TypeAlias = str | int | float | bool | None
"""The name of an argument, a key of a mapping, or the index of an item of a list."""
KeyPath: TypeAlias = tuple[Key, ...]
"""The keys leading to a place in arguments or in a config, as written: `("necks", 1, "indices")`."""

_LONGEST_KEY: Final = 80
_PLAIN_KEY: Final = re.compile(r"[^\W\d][\w-]*")


class ProblemKind(StrEnum):
    """The kinds of mistake."""

    UNKNOWN = "unknown"
    UNKNOWN_KEY = "unknown key"
    MISSING = "missing"
    TYPE = "type"
    TOO_MANY = "too many"
    DUPLICATE = "duplicate"
    UNUSED = "unused"
    NOT_FOUND = "not found"
    INVALID = "invalid"
    UNCHECKED = "unchecked"
    """Nothing is known to be wrong: it could not be found out."""
    DOUBTFUL = "doubtful"
    """It works, and is hardly what was meant."""
    DIFFERENT = "different"
    """It works, and TerraTorch builds another model of it."""


class Span(NamedTuple):
    """A place in a file; lines and columns count from 1.

    Attributes:
        line: The line.
        column: The first character.
        end: The column after the last character; None unless it is a scalar on one line.
    """

    line: int
    column: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """The correction of a key: the same value belongs under another one."""

    to: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The correction of a value: another belongs there, a text or a plain value such as a number or a list."""

    to: object

    @classmethod
    def of(cls, name: str, suggestions: Sequence[str]) -> Replace | None:
        """Return the change of a name into the first suggestion, if it misspells that, with its prefix or without."""
        if not suggestions or any(name in other for other in suggestions[1:]):
            return None  # such as FCN, which FPN is near to and FCNDecoder begins with
        meant = suggestions[0]
        is_near = is_misspelling(name, meant) or is_misspelling(name, meant.partition("_")[2])
        return cls(meant) if is_near else None


Fix: TypeAlias = Rename | Replace


class Problem:
    """One mistake in the arguments of a component, or in a config.

    Attributes:
        steps: Its place: a parameter, then keys and indices inside its value.
        kind: The kind of mistake.
        expected: The type of the parameter, for a mistake of type.
        given: The value given, in a few words; for a name not found, the name.
        detail: Further explanation.
        of_key: True if the last key itself is wrong, not the value under it.
        span: Its place in a file; None without a file.
    """

    __slots__ = ("_choices", "_fix", "detail", "expected", "given", "kind", "of_key", "span", "steps")

    def __init__(
        self,
        path: str | KeyPath,
        kind: ProblemKind,
        *,
        expected: str = "",
        given: str = "",
        detail: str = "",
        choices: Iterable[str] = (),
        fix: Fix | None = None,
        of_key: bool = False,
        span: Span | None = None,
    ) -> None:
        """Describe a mistake.

        Args:
            path: A parameter, or the steps to a place inside one; empty for the call as a whole.
            kind: The kind of mistake.
            expected: The type of the parameter.
            given: The value given.
            detail: Further explanation.
            choices: For an unknown name, all names possibly meant; otherwise the likeliest intended values.
            fix: The correction, unless it is the first suggestion.
            of_key: True if the last key itself is wrong.
            span: Its place in a file.
        """
        self.steps: KeyPath = _steps(path)
        self.kind: ProblemKind = kind
        self.expected: str = expected
        self.given: str = given
        self.detail: str = detail
        self.of_key: bool = of_key
        self.span: Span | None = span
        self._choices = choices
        self._fix = fix

    @property
    def path(self) -> str:
        """Its place as displayed in messages: `necks[1].indices`."""
        return f"{display_path(self.steps[:-1])} key" if self.of_key else display_path(self.steps)

    @property
    def parameter(self) -> str:
        """The parameter it is in; empty if it concerns the call as a whole."""
        return str(self.steps[0]) if self.steps else ""

    @property
    def _is_misspelt(self) -> bool:
        return self.kind in (ProblemKind.UNKNOWN, ProblemKind.UNKNOWN_KEY)

    @property
    def is_unread(self) -> bool:
        """True for an unused argument, which could be left out."""
        return self.kind in (ProblemKind.UNKNOWN, ProblemKind.UNUSED)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The likeliest intended names or values, the likeliest first."""
        if self._is_misspelt:
            return nearest(str(self.steps[-1]), self._choices) if self.steps else ()
        return tuple(self._choices)

    @property
    def fix(self) -> Fix | None:
        """The correction, if known."""
        if self._fix is not None or not self.suggestions:
            return self._fix
        meant = self.suggestions[0]
        if not self._is_misspelt:
            return Replace.of(self.given, self.suggestions) if self.kind is ProblemKind.NOT_FOUND else Replace(meant)
        # What only begins with the same word is worth a question, and no change.
        return Rename(meant) if is_misspelling(str(self.steps[-1]), meant) else None

    @property
    def message(self) -> str:
        """The mistake and its correction, without the path."""
        hint = did_you_mean(self.suggestions)
        match self.kind:
            case ProblemKind.UNKNOWN | ProblemKind.UNKNOWN_KEY:
                what = "argument" if self.kind is ProblemKind.UNKNOWN else "key"
                return f"unknown {what}{self._more()}{hint}"
            case ProblemKind.MISSING:
                return f"missing{f'; expected {self.expected}' if self.expected else ''}{self._more()}"
            case ProblemKind.TYPE:
                meant = f"; did you mean {_written(self.fix.to)}?" if isinstance(self.fix, Replace) else ""
                return f"expected {self.expected}, got {self.given}{self._more()}{meant}"
            case ProblemKind.DUPLICATE:
                return self.detail or "given twice: by position and by name"
            case _:  # too many, unused, invalid, not found: those have words of their own
                return f"{self.detail}{hint}"

    @property
    def dropped(self) -> str:
        """The message for an unused argument that was dropped."""
        return f"{self}; {'' if self.kind is ProblemKind.UNUSED else 'nothing reads this, so '}it was dropped"

    def at(self, path: str | KeyPath, span: Span | None = None) -> Problem:
        """Return the same problem at another place, such as inside a larger composition or in a file."""
        moved = copy.copy(self)
        moved.steps, moved.span = _steps(path), span or self.span
        return moved

    def __eq__(self, other: object) -> bool:
        """Compare the place, the kind and the message."""
        return isinstance(other, Problem) and (self.steps, self.kind, self.span, self.message) == (
            other.steps,
            other.kind,
            other.span,
            other.message,
        )

    def __hash__(self) -> int:
        return hash((self.steps, self.kind, self.span))

    def __repr__(self) -> str:
        return f"Problem({self.path!r}, {self.kind.value!r}, {self.message!r})"

    def __str__(self) -> str:
        """Return the path and the message."""
        path = self.path
        return f"{path}: {self.message}" if path else self.message

    def __getstate__(self) -> tuple[None, dict[str, Any]]:  # attributes of several types
        """Pickle and copy with the suggestions computed."""
        return None, {**{name: getattr(self, name) for name in self.__slots__}, "_choices": self.suggestions}

    def _more(self) -> str:
        return f" ({self.detail})" if self.detail else ""


def _steps(path: str | KeyPath) -> KeyPath:
    return path if isinstance(path, tuple) else (path,) if path else ()


def _written(value: object) -> str:
    """Return a plain value in YAML's notation, and in Python's if that differs."""
    import json

    text = json.dumps(value, default=repr)
    return (
        text
        if isinstance(value, (str, int, float, list)) and not isinstance(value, bool)
        else f"{text} ({value} in Python)"
    )


def display_path(path: KeyPath) -> str:
    """Write a path as it is read in messages.

    >>> display_path(("necks", 1, "indices"))
    'necks[1].indices'
    >>> display_path(("decoder.channels", "a key", True))
    "decoder.channels['a key'][True]"
    """
    text = ""
    for key in path:
        if isinstance(key, str) and not text:
            text = shorten(one_line(key))
        elif isinstance(key, str) and _PLAIN_KEY.fullmatch(key):
            text += f".{shorten(key)}"
        else:
            text += f"[{shorten(repr(key))}]"
    return text


def shorten(text: str) -> str:
    """Cut the middle out of a text too long for a message: at most 80 characters are left."""
    if len(text) <= _LONGEST_KEY:
        return text
    return f"{text[: _LONGEST_KEY // 2]}...{text[3 - _LONGEST_KEY // 2 :]}"
