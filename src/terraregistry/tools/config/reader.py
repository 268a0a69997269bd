"""Read a YAML file into plain data with positions; YAML errors are reported with line and column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml
from yaml.reader import ReaderError

from terraregistry.errors import ConfigError, Problem, ProblemKind
from terraregistry.problems import Span
from terraregistry.tools.config.builder import build_document
from terraregistry.tools.config.loader import ConfigLoader, LimitError, start_of

if TYPE_CHECKING:
    from os import PathLike

    from yaml.nodes import Node

    from terraregistry.tools.config.document import Document

__all__ = ["MAX_BYTES", "parse_config", "read_config"]

MAX_BYTES: Final = 1_000_000
"""The maximum size of a config file."""


def read_config(path: str | PathLike[str]) -> Document:
    """Read a config.

    Args:
        path: The YAML file.

    Returns:
        Its data and positions.

    Raises:
        ConfigError: It cannot be read, is no UTF-8, or is no config (see `parse_config`).
    """
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise _error(file, "is a directory; give the config file in it") from None
    except FileNotFoundError:
        raise _error(file, "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _error(file, f"cannot be read: {reason or error}") from None
    if len(content) > MAX_BYTES:
        raise _error(file, f"larger than {MAX_BYTES:,} bytes, so this is no config")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8-sig", errors="replace")) + 1
        reason = f"not UTF-8: the byte 0x{content[error.start]:02x} ({error.reason}); save the file as UTF-8"
        raise _error(file, reason, before.count(b"\n") + 1, column) from None
    return parse_config(text, file)


def parse_config(text: str, file: str = "<config>") -> Document:
    r"""Read a config from text.

    Args:
        text: One YAML document.
        file: The file name in errors.

    Returns:
        The data and positions.

    Raises:
        ConfigError: It is empty or no YAML, has more than one document, repeats a key, has a tag other than those of
            plain values, a cyclic anchor, or more nodes or levels than a config can need.

    >>> document = parse_config("backbone: resnet18\nlr: 1e-4")
    >>> document.data
    {'backbone': 'resnet18', 'lr': 0.0001}
    >>> document.keys["lr",]
    Span(line=2, column=1, end=3)
    """
    return build_document(_compose(text, file), file, text)


def _compose(text: str, file: str) -> Node:
    try:
        loader = ConfigLoader(text)
    except ReaderError as error:
        raise _bad_character(text, file, error.position) from None
    try:
        root = loader.get_node() if loader.check_node() else None
        second = start_of(loader.next_event()) if loader.check_node() else None
    except yaml.MarkedYAMLError as error:
        raise _error(file, _syntax(error), *_place(error, loader)) from None
    except (ValueError, OverflowError):  # PyYAML checks neither the range of an escape nor the length of a version
        reason = "not valid YAML: a character code or version number is out of range"
        raise _error(file, reason, loader.line + 1, loader.column + 1) from None
    if second is not None:
        raise _error(
            file, "a second document begins here; a config is one document", second.line + 1, second.column + 1
        )
    if root is None or (root.tag == "tag:yaml.org,2002:null" and not root.value):
        raise _error(file, "the file is empty")
    return root


def _place(error: yaml.MarkedYAMLError, loader: ConfigLoader | None = None) -> tuple[int, int]:
    mark = error.problem_mark or error.context_mark or loader
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = (error.problem or "it cannot be parsed").removeprefix("but ")
    if "'\\t'" in problem:
        problem += "; indent with spaces, not with tabs"
    if isinstance(error, LimitError):
        return problem
    if not error.context:
        return f"not valid YAML: {problem}"
    since = error.context_mark
    where = f" that begins in line {since.line + 1}" if since and since is not error.problem_mark else ""
    return f"not valid YAML: {problem} ({error.context}{where})"


def _bad_character(text: str, file: str, index: int) -> ConfigError:
    line_start = text.rfind("\n", 0, index) + 1
    reason = f"not valid YAML: the character U+{ord(text[index]):04X} is not allowed"
    return _error(file, reason, text.count("\n", 0, index) + 1, index - line_start + 1)


def _error(file: str, reason: str, line: int = 1, column: int = 1) -> ConfigError:
    return ConfigError(file, (Problem((), ProblemKind.INVALID, detail=reason, span=Span(line, column)),))
