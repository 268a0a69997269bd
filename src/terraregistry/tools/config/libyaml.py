"""The loader of ordinary configs: with libyaml's parser, which takes a tenth of the time of PyYAML's own.

PyYAML can be installed without it: then this module cannot be imported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from yaml.cyaml import CSafeLoader
from yaml.events import ScalarEvent

from terraregistry.tools.config.loader import BoundedComposer, ConfigLoader, LimitError

if TYPE_CHECKING:
    from yaml.events import Event
    from yaml.nodes import Node

__all__ = ["compose_ordinary"]

_ORDINARY: Final = re.compile(
    r"""[\n "#$%'()+,./0-9:;<=@A-Z\[\]^_`a-z{}~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd-]*"""
)
"""Text without tabs, anchors, tags, escapes, blocks of text and keys after a question mark, which are not always read alike."""


def compose_ordinary(text: str) -> Node | None:
    """Compose the nodes of an ordinary config.

    Args:
        text: A config.

    Returns:
        The root as `ConfigLoader` composes it; None for what only that one can be asked for: what is wrong, and what the two
        parsers may read in different ways.

    Raises:
        LimitError: It is larger or deeper than a config can be; the other one need not read it again to say so.
    """
    if not _ORDINARY.fullmatch(text):
        return None
    try:
        loader = _OrdinaryLoader(text)
        root = loader.get_node() if loader.check_node() else None
        return None if loader.check_node() else root
    except LimitError:
        raise
    except Exception:  # noqa: BLE001 - what is wrong is said by the other one
        return None


class _DoubtError(Exception):
    """Something that the two parsers may place differently."""


class _OrdinaryLoader(BoundedComposer, CSafeLoader):
    yaml_implicit_resolvers: dict[Any, Any] = ConfigLoader.yaml_implicit_resolvers  # as its base class declares it

    def __init__(self, text: str) -> None:
        CSafeLoader.__init__(self, text)
        BoundedComposer.__init__(self)

    def next_event(self) -> Event:
        event = self.peek_event()
        if event is None:
            raise _DoubtError
        if isinstance(event, ScalarEvent) and not event.value and not event.style:  # where a value is missing
            raise _DoubtError
        return event
