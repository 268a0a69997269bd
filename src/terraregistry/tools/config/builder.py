"""From YAML nodes to plain data and positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, cast

from yaml.constructor import ConstructorError, SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from terraregistry.errors import describe_value
from terraregistry.problems import Key, KeyPath, Problem, ProblemKind, Span, shorten
from terraregistry.tools.config.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from yaml.error import Mark
    from yaml.events import Event

__all__ = ["AliasNode", "build_document", "start_of"]

_STANDARD: Final = "tag:yaml.org,2002:"
_MERGE: Final = _STANDARD + "merge"
_NUMBERS: Final = (_STANDARD + "int", _STANDARD + "float")
_LONGEST_NUMBER: Final = 1000
"""Limit in characters: longer numbers are slow to read (`1:59:59:...` is base 60), and Python may refuse to write them."""
_scalars: Final = SafeConstructor()
_READERS: Final[dict[str, Callable[[ScalarNode], Key]]] = {
    _STANDARD + "null": _scalars.construct_yaml_null,
    _STANDARD + "bool": _scalars.construct_yaml_bool,
    _STANDARD + "int": _scalars.construct_yaml_int,
    _STANDARD + "float": _scalars.construct_yaml_float,
    _STANDARD + "str": _scalars.construct_scalar,
    _MERGE: _scalars.construct_scalar,
}

Entry: TypeAlias = "tuple[Node, Node]"
"""The nodes of a key and of its value."""


class AliasNode(Node):
    """An alias: `value` is its target node, the marks are those of the alias itself."""


def build_document(root: Node, file: str, text: str, *, take_last: bool) -> Document:
    """Build the data of a config, and list repeated keys, unknown tags and unreadable values.

    With `take_last` a repeated key is only doubtful.
    """
    builder = _Builder(ProblemKind.DOUBTFUL if take_last else ProblemKind.DUPLICATE)
    data = builder.build(root, ())
    problems = sorted(builder.problems, key=lambda each: (each.span, each.message))
    return Document(file, data, builder.keys, builder.values, text, tuple(problems))


def start_of(place: Event | Node) -> Mark:
    """Return the mark of the beginning of an event or node; only one made without a file has none."""
    return cast("Mark", place.start_mark)


def span_of(node: Node) -> Span:
    """Return the span of a node."""
    start, end = start_of(node), node.end_mark
    is_word = isinstance(node, ScalarNode) and end is not None and end.line == start.line and end.column > start.column
    return Span(start.line + 1, start.column + 1, end.column + 1 if is_word and end is not None else None)


class _Builder:
    """Builds data from nodes, and records their positions and problems."""

    def __init__(self, repeated: ProblemKind) -> None:
        self._repeated_kind: Final = repeated
        self.keys: dict[KeyPath, Span] = {}
        self.values: dict[KeyPath, Span] = {}
        self.problems: set[Problem] = set()

    def build(self, node: Node, path: KeyPath) -> object:
        """Build the data of a node; None if it cannot be built."""
        self.values[path] = span_of(node)
        if isinstance(node, AliasNode):
            node = node.value
        if isinstance(node, MappingNode) and self._has_tag(node, "map", path):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and self._has_tag(node, "seq", path):
            return self._sequence(node, path)
        return self._scalar(node, path) if isinstance(node, ScalarNode) else None

    def _sequence(self, node: SequenceNode, path: KeyPath) -> list[object]:
        items: list[object] = []
        for index, item in enumerate(node.value):
            self.keys[*path, index] = span_of(item)
            items.append(self.build(item, (*path, index)))
        return items

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[Key, object]:
        entries = self._entries(node, path)
        for key, (key_node, _) in entries.items():
            self.keys[*path, key] = span_of(key_node)
        return {key: self.build(value, (*path, key)) for key, (_, value) in entries.items()}

    def _entries(self, node: MappingNode, path: KeyPath) -> dict[Key, Entry]:
        """Collect the entries of a mapping: its own, and those merged by `<<` for other keys; the last of a key counts."""
        own: dict[Key, Entry] = {}
        merged: dict[Key, Entry] = {}
        seen: dict[Key, Node] = {}
        for key_node, value_node in node.value:
            target = key_node.value if isinstance(key_node, AliasNode) else key_node
            if not isinstance(target, ScalarNode):
                self._problem(key_node, (*path, None), "a list or mapping cannot be a key")
                continue
            is_merge = target.tag == _MERGE
            key = self._scalar(target, (*path, target.value))
            if key in seen:
                self._repeated(key_node, path if is_merge else (*path, key), target, seen[key])
            seen.setdefault(key, key_node)
            if is_merge:
                merged |= self._merge(value_node, path)
            else:
                own[key] = key_node, value_node
        return merged | own

    def _merge(self, node: Node, path: KeyPath) -> dict[Key, Entry]:
        target = node.value if isinstance(node, AliasNode) else node
        if isinstance(target, MappingNode):
            return self._entries(target, path) if self._has_tag(target, "map", path) else {}
        entries: dict[Key, Entry] = {}
        if isinstance(target, SequenceNode):
            for item in reversed(target.value):
                item_target = item.value if isinstance(item, AliasNode) else item
                if isinstance(item_target, MappingNode):
                    entries |= self._entries(item_target, path)
                else:
                    self._problem(item, path, "`<<` merges mappings, and this is none")
            return entries
        if isinstance(target, ScalarNode) and target.tag not in _READERS:
            self._has_tag(node, "map", path)
            return entries
        self._problem(node, path, "`<<` merges a mapping or a list of mappings, and this is neither")
        return entries

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Key:
        read = _READERS.get(node.tag)
        if read is None:
            self._has_tag(node, "str", path)
            return None
        if node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            text = f"a number of more than {_LONGEST_NUMBER:,} characters; put it in quotes if it is text"
            self._problem(node, path, text)
            return None
        try:
            value = read(node)
            if isinstance(value, str) and not value.isascii():
                # This joins the two halves that JSON writes.
                value = value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._problem(node, path, "half of a surrogate pair is no character")
        except (ValueError, KeyError, IndexError, OverflowError, ConstructorError):
            self._problem(node, path, f"{describe_value(node.value)} is no {node.tag.removeprefix(_STANDARD)}")
        else:
            return value
        return None

    def _has_tag(self, node: Node, expected: str, path: KeyPath) -> bool:
        if node.tag == _STANDARD + expected:
            return True
        tag = f"!!{node.tag.removeprefix(_STANDARD)}" if node.tag.startswith(_STANDARD) else node.tag
        shown = shorten(tag if tag.isprintable() else repr(tag))
        plain = "a config holds text, numbers, true, false, null, lists and mappings"
        self._problem(node, path, f"the tag {shown} is not supported here; {plain}")
        return False

    def _repeated(self, node: Node, path: KeyPath, key: ScalarNode, first: Node) -> None:
        hint = "; merge several mappings with `<<: [*one, *two]`" if key.tag == _MERGE else ""
        line, column, _ = span_of(first)
        again = f"the key {shorten(repr(key.value))} is here a second time"
        counts = "; the last counts" if self._repeated_kind is ProblemKind.DOUBTFUL else ""
        text = f"{again}; the first is in line {line}, column {column}{counts or hint}"
        self._problem(node, path, text, self._repeated_kind)

    def _problem(self, node: Node, path: KeyPath, text: str, kind: ProblemKind = ProblemKind.INVALID) -> None:
        self.problems.add(Problem(path, kind, detail=text, span=span_of(node)))
