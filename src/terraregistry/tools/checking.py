"""Checking configs: what is wrong in each, where, and what to write instead."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from terraregistry.errors import ConfigError
from terraregistry.nearest import suggested
from terraregistry.tools.failures import describe_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Finding", "Replacement", "check_config", "describes_model", "find_files"]

_LINE_ENDS: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line in YAML."""
_WORD: Final = re.compile(r"[\w.-]+")
_QUOTED: Final = re.compile(r"'([^']+)'")
_OF_A_KEY: Final = re.compile(r"unknown (?:argument|key)|nothing reads")


@dataclass(frozen=True, slots=True)
class Replacement:
    """What to write instead of a part of a line; columns count from 1.

    Attributes:
        column: The first character that is replaced.
        end: The first character that is not.
        text: What to write there.
    """

    column: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong in a config.

    Attributes:
        file: The config.
        line: The line, counted from 1.
        column: The character in the line, counted from 1.
        message: What is wrong.
        is_warning: Whether the model can be built nevertheless.
        source: The line.
        replacement: What was most likely meant.
    """

    file: str
    line: int
    column: int
    message: str
    is_warning: bool = False
    source: str = ""
    replacement: Replacement | None = None

    @property
    def end(self) -> int:
        """The column after the word that is wrong."""
        if self.replacement is not None:
            return self.replacement.end
        word = _WORD.match(self.source, self.column - 1)
        return word.end() + 1 if word else self.column + 1

    @property
    def start(self) -> int:
        """The column of the word that is wrong."""
        return self.column if self.replacement is None else self.replacement.column

    @property
    def mended(self) -> str:
        """The line as it was most likely meant; empty where that is not known."""
        if self.replacement is None:
            return ""
        return (
            self.source[: self.replacement.column - 1] + self.replacement.text + self.source[self.replacement.end - 1 :]
        )


def find_files(paths: Iterable[str]) -> Iterator[str]:
    """List configs.

    Args:
        paths: Files, which are taken as they are, and folders, whose `.yaml` and `.yml` files are.

    Yields:
        Each file once.
    """
    seen: set[str] = set()
    for path in paths:
        folder = Path(path)
        inside = sorted(str(file) for file in folder.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
        for file in inside if folder.is_dir() else [path]:
            if file not in seen:
                seen.add(file)
                yield file


def describes_model(file: str) -> bool:
    """Say whether a file may describe a model: what cannot be read may.

    Args:
        file: A YAML file.
    """
    try:
        return b"model_factory" in Path(file).read_bytes()
    except OSError:
        return True


def check_config(file: str, *, allow_unused: bool = False, fit: bool = False) -> list[Finding]:
    """Validate a config without building anything.

    Args:
        file: The config.
        allow_unused: Whether arguments that nothing reads are only worth a warning.
        fit: Whether to make each part without data as well, to find out whether they fit each other; that needs torch.

    Returns:
        What is wrong with it, in the order of the lines.
    """
    from terraregistry.tools.config import find_request, read_config
    from terraregistry.tools.trial import allow_unused as allowing
    from terraregistry.tools.trial import make_factory

    problems: list[tuple[int, int, str, bool]] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            request = find_request(read_config(file))
            make_factory(allowing(request) if allow_unused else request, fit=fit)
        except ConfigError as error:
            problems += [(line, column, text, False) for line, column, text in error.problems]
        except Exception as error:  # noqa: BLE001 - a component may raise anything
            problems.append((1, 1, describe_failure("", error).removeprefix(": "), False))
    problems += [_warning(file, str(warning.message)) for warning in caught]
    lines = _lines_of(file) if problems else []
    return [_finding(file, lines, *problem) for problem in sorted(dict.fromkeys(problems))]


def _warning(file: str, text: str) -> tuple[int, int, str, bool]:
    """Read the place that a warning about a config begins with."""
    placed = re.match(r":([0-9]+):([0-9]+): warning: (.*)", text.removeprefix(file), re.DOTALL)
    return (int(placed[1]), int(placed[2]), placed[3], True) if placed else (1, 1, text, True)


def _lines_of(file: str) -> list[str]:
    try:
        return _LINE_ENDS.split(Path(file).read_bytes().decode("utf-8-sig", errors="replace"))
    except (OSError, ValueError):
        return []


def _finding(file: str, lines: list[str], line: int, column: int, text: str, is_warning: bool) -> Finding:
    source = lines[line - 1] if line <= len(lines) else ""
    return Finding(file, line, column, text, is_warning, source, _replacement(source, column, text))


def _replacement(source: str, column: int, text: str) -> Replacement | None:
    """Find the word that is wrong: the name that the message quotes, or else the key that it is about."""
    suggestions = suggested(text)
    if not suggestions:
        return None
    said = text[: text.rindex("did you mean")]
    for wrong in reversed(_QUOTED.findall(said)):
        place = re.compile(rf"(?<![\w.-]){re.escape(wrong)}(?![\w.-])").search(source, column - 1)
        if place:
            return Replacement(place.start() + 1, place.end() + 1, suggestions[0])
    word = _WORD.match(source, column - 1) if _OF_A_KEY.search(said) else None
    return Replacement(column, word.end() + 1, suggestions[0]) if word else None
