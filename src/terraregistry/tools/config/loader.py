"""PyYAML's composer with limits, and with jsonargparse's rules for scalars."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final, cast

from yaml import AliasEvent, MarkedYAMLError, SafeLoader
from yaml.composer import Composer
from yaml.nodes import Node

if TYPE_CHECKING:
    from yaml.error import Mark
    from yaml.events import Event

__all__ = ["MAX_DEPTH", "MAX_NODES", "AliasNode", "BoundedComposer", "ConfigLoader", "LimitError", "start_of"]

MAX_DEPTH: Final = 100
"""The maximum nesting depth of lists and mappings."""
MAX_NODES: Final = 20_000
"""The maximum number of keys and values of a config, with each alias expanded."""

_FLOAT_TAG: Final = "tag:yaml.org,2002:float"
_NUMBER_START: Final = "-+0123456789."
_EXPONENT: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)[eE][-+]?[0-9]+\Z")
_NOT_RESOLVED: Final = frozenset({"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"})


class LimitError(MarkedYAMLError):
    """A YAML file larger or deeper than a config can be."""


class AliasNode(Node):
    """An alias: `value` is its target node, the marks are those of the alias itself."""


class BoundedComposer(Composer):
    """Composes nodes from the events of a parser, with a bound on their depth and number."""

    _depth: int = 0
    _nodes: int = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """Compose the next node, an alias as an `AliasNode`."""
        event = self.next_event()
        self._nodes += 1
        self._depth += 1
        if self._nodes > MAX_NODES:
            raise LimitError(problem=f"more than {MAX_NODES:,} keys and values", problem_mark=start_of(event))
        if self._depth > MAX_DEPTH:
            raise LimitError(problem=f"nested more than {MAX_DEPTH} levels deep", problem_mark=start_of(event))
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, AliasEvent):
            return AliasNode("", node, start_of(event), start_of(event))
        return node

    @abstractmethod
    def next_event(self) -> Event:
        """Parse the next event without consuming it."""


class ConfigLoader(BoundedComposer, SafeLoader):
    """PyYAML's own loader of plain values.

    Dates stay text. A number with an exponent is a float even without a dot and a sign (`1e-4`); PyYAML alone reads
    it as text.

    Args:
        text: The config.
    """

    yaml_implicit_resolvers: dict[Any, Any] = {  # noqa: RUF012 - as its base class declares it, of anything
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_RESOLVED]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str) -> None:
        SafeLoader.__init__(self, text)

    def next_event(self) -> Event:
        """Parse the next event without consuming it."""
        return self.peek_event()  # type: ignore[no-untyped-call, no-any-return]  # untyped stub


def start_of(place: Event | Node) -> Mark:
    """Return the mark of the beginning of an event or node.

    Raises:
        TypeError: It has no mark.
    """
    mark = place.start_mark
    if mark is None:
        raise TypeError(f"{type(place).__name__} has no mark")
    return cast("Mark", mark)


ConfigLoader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]  # the stubs leave its arguments untyped
    _FLOAT_TAG, _EXPONENT, list(_NUMBER_START)
)
