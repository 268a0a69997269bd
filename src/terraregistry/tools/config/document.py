"""A parsed config: its data, and the position of each key, item and value in the file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from terraregistry.errors import ConfigError
from terraregistry.problems import ProblemKind, Rename, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.problems import Fix, KeyPath, Problem

__all__ = ["Document", "Edit"]

_PLAIN_WORD: Final = re.compile(r"[A-Za-z_][\w.-]*")
"""A word valid as text without quotes, unless YAML reads a number or a truth value."""
_NO_TEXT: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


class Edit(NamedTuple):
    """A change of a file.

    Attributes:
        span: The text to replace, a part of one line.
        text: The replacement.
    """

    span: Span
    text: str

    def applied(self, line: str) -> str:
        """Return the line with the change."""
        return line[: self.span.column - 1] + self.text + line[(self.span.end or self.span.column) - 1 :]


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a config.

    Attributes:
        file: The file's name as given.
        data: Lists, dictionaries and plain values.
        keys: The span of each key of a mapping and each item of a list.
        values: The span of each value; the whole document is under `()`.
        text: The file's content.
        problems: What could not be read as written, anywhere in the file: repeated keys, tags, values.
    """

    file: str
    data: object
    keys: Mapping[KeyPath, Span] = field(repr=False)
    values: Mapping[KeyPath, Span] = field(repr=False)
    text: str = field(repr=False, default="")
    problems: tuple[Problem, ...] = field(repr=False, default=())

    def locate(self, path: KeyPath) -> Span:
        """Find the span of the key or item at a path, or of its nearest existing ancestor."""
        for length in range(len(path), 0, -1):
            span = self.keys.get(path[:length])
            if span is not None:
                return span
        return self.values[()]

    def error(self, problems: Iterable[Problem]) -> ConfigError:
        """Combine mistakes, with paths in the config, into one error in file order."""
        placed = [problem.at(problem.steps, self.locate(problem.steps)) for problem in problems]
        return self._listed(placed)

    def unread(self, places: Iterable[KeyPath]) -> list[Problem]:
        """List what could not be read as written at any of the places, above or below it."""
        paths = tuple(places)
        return [each for each in self.problems if any(_touches(each.steps, path) for path in paths)]

    def with_unread(self, problems: Iterable[Problem], places: Iterable[KeyPath]) -> ConfigError:
        """Combine mistakes that have their places in the file with what could not be read as written at some places.

        A mistake above or below a value that could not be read may be its consequence, and is left out.
        """
        unread = [each for each in self.unread(places) if each.kind is not ProblemKind.DOUBTFUL]
        values = {each.steps for each in unread if each.kind is not ProblemKind.DUPLICATE}
        others = [each for each in problems if not any(_touches(each.steps, value) for value in values)]
        return self._listed([*others, *dict.fromkeys(each.at(()) for each in unread)])  # once for all aliases

    def _listed(self, problems: Iterable[Problem]) -> ConfigError:
        return ConfigError(self.file, tuple(sorted(problems, key=lambda each: (each.span or _START)[:2])))

    def edit(self, path: KeyPath, fix: Fix) -> Edit | None:
        """Convert a fix to a change of the file; None if the text to replace is not one scalar on one line."""
        span = (self.keys if isinstance(fix, Rename) else self.values).get(path)
        if span is None or span.end is None:
            return None
        written = self.lines[span.line - 1][span.column - 1 : span.end - 1]
        if written[:1] in ("&", "!"):  # others may refer to what has an anchor
            return None
        if not isinstance(fix.to, str):
            return Edit(span, json.dumps(fix.to))
        quote = written[0] if written[:1] in ("'", '"') else ""
        is_word = _PLAIN_WORD.fullmatch(fix.to) and fix.to.lower() not in _NO_TEXT
        if not quote and not is_word:
            quote = "'"
        return Edit(span, f"{quote}{fix.to}{quote}")

    @property
    def lines(self) -> list[str]:
        """The lines of the file."""
        return lines_of(self.text)


def _touches(one: KeyPath, other: KeyPath) -> bool:
    """Return True if one of two paths leads to the other."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def lines_of(text: str) -> list[str]:
    """Split the text of a file at YAML's line breaks."""
    return _LINE_ENDS.split(text)


_LINE_ENDS: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_START: Final = Span(1, 1)
