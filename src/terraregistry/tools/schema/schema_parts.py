"""The building blocks of JSON Schemas: conditions, and definitions written once."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Definitions", "Schema", "all_of", "any_case", "given", "is_one_of", "only_these", "refused", "when"]

Schema: TypeAlias = "Mapping[str, object] | bool"
"""A schema: its keywords; or True (accepts anything) or False (accepts nothing)."""


def when(condition: Schema, then: Schema, otherwise: Schema = True) -> dict[str, object]:
    """Apply a schema if a condition holds, and another one otherwise."""
    found: dict[str, object] = {"if": condition}
    if then is not True:
        found["then"] = then
    if otherwise is not True:
        found["else"] = otherwise
    return found


def is_one_of(key: str, values: Iterable[str]) -> dict[str, object]:
    """Match if a key is given, with one of some values."""
    listed = list(values)
    fits = {"const": listed[0]} if len(listed) == 1 else {"enum": listed}
    return {"properties": {key: fits}, "required": [key]}


def given(key: str) -> dict[str, object]:
    """Match if a key is given and not null."""
    return {"properties": {key: {"not": {"type": "null"}}}, "required": [key]}


def all_of(*schemas: Schema) -> Schema:
    """Apply several schemas."""
    left = [schema for schema in schemas if schema is not True]
    if len(left) == 1:
        return left[0]
    return {"allOf": left} if left else True


def refused(pattern: str) -> dict[str, object]:
    """Refuse the keys matched by a regular expression."""
    return {"patternProperties": {pattern: False}}


def only_these(names: Iterable[str], prefix: str = "", starts: Iterable[str] = ()) -> str:
    """Write the regular expression of keys after a prefix, except some names and words with some beginnings."""
    listed = "|".join(map(re.escape, names))
    ends = [f"(?:{listed})$"] if listed else []
    return f"^{re.escape(prefix)}(?!{'|'.join([*ends, *map(re.escape, starts)])})" if listed or starts else f"^{prefix}"


def any_case(words: Iterable[str]) -> str:
    """Write the case-insensitive regular expression of some words."""
    return f"^(?:{'|'.join(''.join(_either(letter) for letter in word) for word in words)})$"


def _either(letter: str) -> str:
    return f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else re.escape(letter)


_REFERENCE: Final = re.compile(r'"\$ref": "#/\$defs/(\w+)"')


class Definitions:
    """The definitions of a schema: each distinct schema is written once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._defined: dict[str, Schema] = {}

    def reached_from(self, schema: Schema) -> dict[str, Schema]:
        """List the definitions reachable from a schema, in the order of their creation."""
        reached: set[str] = set()
        waiting = [schema]
        while waiting:
            names = set(_REFERENCE.findall(json.dumps(waiting.pop()))) - reached
            reached |= names
            waiting += [self._defined[name] for name in sorted(names)]
        return {name: each for name, each in self._defined.items() if name in reached}

    def refer(self, kind: str, schema: Schema) -> Schema:
        """Define a schema, unless it is defined already.

        Args:
            kind: The kind of schema: the first part of its name.
            schema: The schema.

        Returns:
            A reference to it; the schema itself if it is a bool or empty.
        """
        if isinstance(schema, bool) or not schema:
            return schema
        text = json.dumps([kind, schema])
        name = self._names.get(text)
        if name is None:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            name = self._names[text] = f"{kind}{number}"
            self._defined[name] = schema
        return {"$ref": f"#/$defs/{name}"}
