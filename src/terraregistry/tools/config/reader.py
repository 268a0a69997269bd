"""Read a YAML file into plain data with positions; YAML errors are reported with line and column.

PyYAML composes the nodes, with limits, and with jsonargparse's rules for scalars.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from yaml import AliasEvent, MappingNode, MarkedYAMLError, SafeLoader, SequenceNode
from yaml.reader import ReaderError

from terraregistry.errors import ConfigError, Problem, ProblemKind
from terraregistry.problems import Span
from terraregistry.tools.config.builder import AliasNode, build_document, start_of
from terraregistry.tools.config.document import lines_of

if TYPE_CHECKING:
    from os import PathLike

    from yaml.events import Event
    from yaml.nodes import Node

    from terraregistry.tools.config.document import Document

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "ConfigLoader", "LimitError", "parse_config", "read_config"]

MAX_BYTES: Final = 1_000_000
"""The maximum size of a config file."""
MAX_DEPTH: Final = 100
"""The maximum nesting depth of lists and mappings."""
MAX_NODES: Final = 20_000
"""The maximum number of keys and values of a config, with each alias expanded."""

_FLOAT_TAG: Final = "tag:yaml.org,2002:float"
_NUMBER_START: Final = "-+0123456789."
_EXPONENT: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)[eE][-+]?[0-9]+\Z")
_TEMPLATE: Final = re.compile(r"(?<!\{)(?:\{\{(?!\{)|\{%)")
_NOT_RESOLVED: Final = frozenset({"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"})


class LimitError(MarkedYAMLError):
    """A YAML file larger or deeper than a config can be."""


class ConfigLoader(SafeLoader):
    """PyYAML's own loader of plain values, with bounds on the depth and number of nodes, also with aliases expanded.

    Dates stay text. A number with an exponent is a float even without a dot and a sign (`1e-4`); PyYAML alone reads
    it as text.
    """

    yaml_implicit_resolvers: dict[Any, Any] = {  # noqa: RUF012 - as its base class declares it, of anything
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_RESOLVED]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0
        self._depth = 0
        self._sizes: dict[Node, tuple[int, int]] = {}

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """Compose the next node, an alias as an `AliasNode`."""
        event = self.next_event()
        self._nodes += 1
        self._depth += 1
        if self._nodes > MAX_NODES:
            raise LimitError(problem=f"more than {MAX_NODES:,} keys and values", problem_mark=start_of(event))
        if self._depth > MAX_DEPTH:
            raise LimitError(problem=f"nested more than {MAX_DEPTH} levels deep", problem_mark=start_of(event))
        node = cast("Node", super().compose_node(parent, index))
        self._depth -= 1
        if not isinstance(event, AliasEvent):
            self._sizes[node] = self._measured(node)
            return node
        if node not in self._sizes:
            raise LimitError(problem="this anchor contains an alias of itself", problem_mark=start_of(node))
        alias = AliasNode("", node, start_of(event), start_of(event))
        self._sizes[alias] = self._sizes[node]
        return alias

    def _measured(self, node: Node) -> tuple[int, int]:
        """Return the number of nodes and levels of a node, with each alias expanded."""
        children: list[Node] = node.value if isinstance(node, SequenceNode) else []
        if isinstance(node, MappingNode):
            children = [each for entry in node.value for each in entry]
        sizes = [self._sizes[child] for child in children]
        nodes, levels = 1 + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)
        if nodes > MAX_NODES:
            wrong = f"more than {MAX_NODES:,} keys and values when its aliases are expanded"
            raise LimitError(problem=wrong, problem_mark=start_of(node))
        if levels > MAX_DEPTH:
            wrong = f"nested more than {MAX_DEPTH} levels deep when its aliases are expanded"
            raise LimitError(problem=wrong, problem_mark=start_of(node))
        return nodes, levels

    def next_event(self) -> Event:
        """Parse the next event without consuming it."""
        return self.peek_event()  # type: ignore[no-untyped-call, no-any-return]  # untyped stub


ConfigLoader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]  # the stubs leave its arguments untyped
    _FLOAT_TAG, _EXPONENT, list(_NUMBER_START)
)


def read_config(path: str | PathLike[str], *, take_last: bool = False) -> Document:
    """Read a config; `take_last` as for `parse_config`.

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
        before = content[: error.start].decode("utf-8-sig")
        reason = f"not UTF-8: the byte 0x{content[error.start]:02x} ({error.reason}); save the file as UTF-8"
        raise _error(file, reason, *_end(before)) from None
    return parse_config(text, file, take_last=take_last)


def parse_config(text: str, file: str = "<config>", *, take_last: bool = False) -> Document:
    r"""Read a config from text.

    Repeated keys, tags other than those of plain values, and values that cannot be read are listed in the document:
    they are mistakes only in the model.

    Args:
        text: The YAML.
        file: The name of the file, for messages.
        take_last: True if a repeated key in the model is only worth a warning; its last value counts.

    Raises:
        ConfigError: It is empty or no YAML, has more than one document, a cyclic anchor, or more nodes or levels than
            a config can need.

    >>> document = parse_config("backbone: resnet18\nlr: 1e-4")
    >>> document.data
    {'backbone': 'resnet18', 'lr': 0.0001}
    >>> document.keys["lr",]
    Span(line=2, column=1, end=3)
    """
    try:
        root = _compose(text, file)
    except ConfigError as error:
        raise ConfigError(file, tuple(_or_template(each, text) for each in error.problems)) from None
    document = build_document(root, file, text, take_last=take_last)
    return replace(document, problems=tuple(_or_template(each, text) for each in document.problems))


def _compose(text: str, file: str) -> Node:
    try:
        loader = ConfigLoader(text)
    except ReaderError as error:
        reason = f"not valid YAML: the character U+{ord(text[error.position]):04X} is not allowed"
        raise _error(file, reason, *_end(text[: error.position])) from None
    try:
        root = loader.get_node() if loader.check_node() else None
        second = start_of(loader.next_event()) if loader.check_node() else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or loader
        raise _error(
            file, _syntax(error, lines_of(text)[mark.line][: mark.column]), mark.line + 1, mark.column + 1
        ) from None
    except (ValueError, OverflowError):  # PyYAML checks neither the range of an escape nor the length of a version
        reason = "not valid YAML: a character code or version number is out of range"
        raise _error(file, reason, loader.line + 1, loader.column + 1) from None
    if second is not None:
        reason = "a second document begins here; a config is one document"
        raise _error(file, reason, second.line + 1, second.column + 1)
    if root is None or (root.tag == "tag:yaml.org,2002:null" and not root.value):
        raise _error(file, "the file is empty")
    return root


def _or_template(problem: Problem, text: str) -> Problem:
    """Return a problem, or that of a template of Jinja if one begins in its line."""
    number = (problem.span or Span(1, 1)).line
    line = lines_of(text)[number - 1]
    mark = _TEMPLATE.search(line)
    if mark is None or ("}}" not in line and "%}" not in line):
        return problem
    place = Span(number, mark.start() + 1)
    detail = "a template of Jinja begins here; render it first"
    return Problem(problem.steps, ProblemKind.INVALID, detail=detail, span=place)


def _end(text: str) -> tuple[int, int]:
    """Return the line and the column after a text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _syntax(error: MarkedYAMLError, before: str) -> str:
    """Word an error of YAML, with the text before it in its line."""
    problem = (error.problem or "it cannot be parsed").removeprefix("but ")
    if "'\\t'" in problem:
        if before.strip():
            return "not valid YAML: a tab here; write a space instead"
        problem += "; indent with spaces, not with tabs"
    if problem.startswith("mapping values are not allowed"):
        problem += "; indent the line as those that belong with it, and put a text with a colon in quotes"
    if isinstance(error, LimitError):
        return problem
    if not error.context:
        return f"not valid YAML: {problem}"
    since = error.context_mark
    where = f" that begins in line {since.line + 1}" if since and since is not error.problem_mark else ""
    return f"not valid YAML: {problem} ({error.context}{where})"


def _error(file: str, reason: str, line: int = 1, column: int = 1) -> ConfigError:
    return ConfigError(file, (Problem((), ProblemKind.INVALID, detail=reason, span=Span(line, column)),))
