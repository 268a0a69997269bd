"""Facts for authors of configs beyond the signatures: docstrings, decoders with heads, values for classes."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import typing
from enum import Enum
from typing import TYPE_CHECKING, Final, cast

from terraregistry.index.descriptions import OPAQUE_DEFAULT, ConfigFacts
from terraregistry.indexing.portable import default_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terraregistry.index.descriptions import IndexedRegistry, Parameter

__all__ = ["config_facts", "documented_arguments"]

_SECTION: Final = re.compile(r"^(Args|Arguments|Parameters):?\s*$")
_ENTRY: Final = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_LONGEST: Final = 400
_NO_VALUES: Final = "()"


def config_facts(registries: Iterable[IndexedRegistry]) -> ConfigFacts:
    """Collect the facts; describing the components has imported their modules.

    Args:
        registries: The registries.

    Returns:
        The facts.
    """
    components = [component for registry in registries for component in registry.components]
    parameters = dict.fromkeys(each for component in components for each in component.signature.parameters)
    constructors = dict.fromkeys(each.constructor for each in components if each.constructor is not None)
    whole = (reference for reference in constructors if _includes_head(reference))
    return ConfigFacts(tuple(_documentation(parameters)), tuple(whole), tuple(_plain_values(parameters)))


def _documentation(parameters: Iterable[Parameter]) -> Iterator[tuple[str, str, str]]:
    wanted: dict[str, list[str]] = {}
    for each in parameters:
        wanted.setdefault(each.origin, []).append(each.name)
    for origin, names in wanted.items():
        documented: dict[str, str] = {}
        for holder in _documented(origin):
            documented = documented_arguments(getattr(holder, "__doc__", None)) | documented
        yield from ((origin, name, documented[name]) for name in dict.fromkeys(names) if name in documented)


def _documented(origin: str) -> Iterator[object]:
    """List the possible holders of a parameter's docstring: the function, or its class and the classes above that."""
    found = _find(origin)
    yield found
    owner = _find(origin.removesuffix(".__init__").removesuffix(".__new__"))
    if isinstance(owner, type):
        yield from owner.__mro__[:-1]


def documented_arguments(docstring: object) -> dict[str, str]:
    r"""Read the text for each argument in a docstring of Google's style.

    Args:
        docstring: The docstring, or anything else.

    Returns:
        A line of text for each argument.

    Examples:
        >>> documented_arguments("Does.\n\nArgs:\n    width: How wide\n        it is.\n    eps (float): Epsilon.")
        {'width': 'How wide it is.', 'eps': 'Epsilon.'}
    """
    lines = iter(inspect.cleandoc(docstring).split("\n") if isinstance(docstring, str) else ())
    found: dict[str, list[str]] = {}
    current: list[str] = []
    depth = 0
    for line in lines:
        if _SECTION.match(line):
            break
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() and not indent:
            break
        entry = _ENTRY.match(line.strip()) if not depth or indent == depth else None
        if entry is not None:
            depth = indent
            current = found.setdefault(entry[1], [])
            current.append(entry[2])
        elif indent > depth or not line.strip():
            current.append(line.strip())
    return {name: text for name, parts in found.items() if (text := _shortened(" ".join(parts)))}


def _shortened(text: str) -> str:
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 4].rpartition(" ")[0] + " ..."


def _includes_head(reference: str) -> bool:
    return getattr(_find(reference.replace(":", ".")), "includes_head", False) is True


def _plain_values(parameters: Iterable[Parameter]) -> Iterator[tuple[str, str]]:
    names: dict[str, None] = {}
    for each in dict.fromkeys(parameter.accepts for parameter in parameters):
        for node in ast.walk(ast.parse(each.text, mode="eval")):
            if isinstance(node, ast.Attribute):
                names[ast.unparse(node)] = None
    for name in names:
        found = _find(name)
        if isinstance(found, type) and found.__module__ not in ("typing", "collections.abc"):
            yield name, _values_for(cast("type[object]", found))


def _values_for(cls: type[object]) -> str:
    if issubclass(cls, Enum):
        values = tuple(member.value for member in cls)
        return default_text(values) or OPAQUE_DEFAULT
    asked_otherwise = hasattr(cls, "__get_pydantic_core_schema__") or typing.is_typeddict(cls)
    protocol = getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False)
    return OPAQUE_DEFAULT if asked_otherwise or protocol else _NO_VALUES


def _find(dotted: str) -> object:
    """Resolve a dotted name in the loaded modules."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        found: object = sys.modules.get(".".join(parts[:length]))
        if found is not None:
            for part in parts[length:]:
                found = getattr(found, part, None)
            return found
    return None
