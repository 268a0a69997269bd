"""The texts of arguments in docstrings."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Final

from terraregistry.deferred import loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["argument_texts", "documented_arguments", "find_loaded"]

_SECTION: Final = re.compile(r"^(?:Args|Arguments|Parameters):?[ \t]*\n((?:[ \t]+.*\n?|\n)*)", re.MULTILINE)
_ENTRY: Final = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_LONGEST: Final = 400


def argument_texts(origins: Mapping[str, object]) -> dict[str, str]:
    """Find the text of each argument in the docstring of its origin: a function, or a class and its bases.

    Args:
        origins: The declaring function or class of each argument.
    """
    documented: dict[int, dict[str, str]] = {}
    for origin in origins.values():
        if id(origin) not in documented:
            texts = documented[id(origin)] = documented_arguments(getattr(origin, "__doc__", None))
            for holder in _classes(origin):
                texts |= documented_arguments(holder.__doc__) | texts
    return {name: documented[id(origin)][name] for name, origin in origins.items() if name in documented[id(origin)]}


def _classes(origin: object) -> tuple[type, ...]:
    """Return the class of a constructor, and its bases."""
    owner = origin
    module, name = getattr(origin, "__module__", None), getattr(origin, "__qualname__", "")
    if name.endswith((".__init__", ".__new__")):
        owner = find_loaded(f"{module}.{name.rpartition('.')[0]}")
    return owner.__mro__[:-1] if isinstance(owner, type) else ()


def documented_arguments(docstring: object) -> dict[str, str]:
    r"""Read a line of text for each argument in a docstring of Google's style; none from anything else.

    Examples:
        >>> documented_arguments("Does.\n\nArgs:\n    width: How wide\n        it is.\n    eps (float): Epsilon.")
        {'width': 'How wide it is.', 'eps': 'Epsilon.'}
    """
    section = _SECTION.search(inspect.cleandoc(docstring)) if isinstance(docstring, str) else None
    if section is None:
        return {}
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in textwrap.dedent(section[1]).splitlines():
        entry = _ENTRY.match(line)
        if entry is not None:
            current = found.setdefault(entry[1], [])
            current.append(entry[2])
        elif not line[:1].strip():
            current.append(line)
    return {name: text for name, parts in found.items() if (text := _shortened(" ".join(parts)))}


def _shortened(text: str) -> str:
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 4].rpartition(" ")[0] + " ..."


def find_loaded(dotted: str) -> object:
    """Resolve a dotted name in the loaded modules; None without one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        found: object = loaded(".".join(parts[:length]))
        if found is not None:
            for part in parts[length:]:
                found = getattr(found, part, None)
            return found
    return None
