"""The building blocks of JSON Schemas: conditions, definitions written once, and the values of a type."""

from __future__ import annotations

import ast
import functools
import json
import re
from typing import TYPE_CHECKING, Final, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "Definitions",
    "Schema",
    "TypeSchemas",
    "all_of",
    "any_case",
    "given",
    "is_one_of",
    "matches",
    "only_these",
    "refused",
    "when",
]

Schema: TypeAlias = "Mapping[str, object] | bool"
"""A schema: its keywords; or True (accepts anything) or False (accepts nothing)."""


def when(condition: Schema, then: Schema, otherwise: Schema = True) -> dict[str, object]:
    """Apply a schema if a condition holds, and another one otherwise."""
    # Negated: an editor lists all values of a condition as allowed ones, where the pointer rests.
    found: dict[str, object] = {"if": {"not": condition}}
    if otherwise is not True:
        found["then"] = otherwise
    if then is not True:
        found["else"] = then
    return found


def is_one_of(key: str, values: Iterable[str]) -> dict[str, object]:
    """Match if a key is given, with one of some values."""
    listed = list(values)
    fits = {"const": listed[0]} if len(listed) == 1 else {"enum": listed}
    return {"properties": {key: fits}, "required": [key]}


def matches(key: str, pattern: str) -> dict[str, object]:
    """Match if a key is given, with text matched by a regular expression."""
    return {"properties": {key: {"type": "string", "pattern": pattern}}, "required": [key]}


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
        """Define a schema, unless it is defined already or trivial, and refer to it by a name that begins with its kind."""
        return schema if isinstance(schema, bool) or not schema else self.define(kind, schema)

    def define(self, kind: str, schema: Schema) -> dict[str, object]:
        """Define a schema, unless it is defined already, and refer to it by a name that begins with its kind."""
        text = json.dumps([kind, schema])
        name = self._names.get(text)
        if name is None:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            name = self._names[text] = f"{kind}{number}"
            self._defined[name] = schema
        return {"$ref": f"#/$defs/{name}"}

    def text(self, schema: Schema) -> object:
        """Return the description of a schema that may be a reference."""
        if isinstance(schema, bool):
            return ""
        referred = self._defined.get(str(schema.get("$ref")).rpartition("/")[2], schema)
        return "" if isinstance(referred, bool) else referred.get("description", "")


_PLAIN: Final[dict[str, Schema]] = {
    "None": {"type": "null"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "complex": {"type": "number"},
    "str": {"type": "string"},
    "pathlib.Path": {"type": "string"},
    "pathlib.PurePath": {"type": "string"},
    "os.PathLike": {"type": "string"},
    "object": True,
    "typing.Any": True,
    "bytes": False,
    "type": False,
    "collections.abc.Callable": False,
}
_LISTS: Final = frozenset(
    {"list", "set", "frozenset", "collections.deque"}
    | {f"collections.abc.{name}" for name in ("Sequence", "MutableSequence", "Set", "MutableSet")}
)
_ITERABLES: Final = frozenset({"collections.abc.Collection", "collections.abc.Iterable"})
_MAPPINGS: Final = frozenset({"dict", "collections.abc.Mapping", "collections.abc.MutableMapping"})
_TEXTUAL: Final = ("str", "typing.Any", "object")


class TypeSchemas:
    """The schemas of types: the values both accepted by a registry and possible in YAML."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.of: Final[Callable[[str], Schema]] = functools.cache(self._read)
        """Makes the schema of a type's text; True if anything is accepted, False if no YAML value fits."""

    def _read(self, text: str) -> Schema:
        return self._expression(ast.parse(text, mode="eval").body)

    def _expression(self, node: ast.expr) -> Schema:
        if isinstance(node, ast.BinOp):
            return united([self._expression(member) for member in _members(node)])
        if isinstance(node, ast.Subscript):
            arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return self._generic(ast.unparse(node.value), arguments)
        return self._class(ast.unparse(node))

    def _class(self, name: str) -> Schema:
        if name in _PLAIN:
            return _PLAIN[name]
        if name in _LISTS or name == "tuple":
            return {"type": "array"}
        if name in _MAPPINGS:
            return {"type": "object"}
        values: object = ast.literal_eval(self._values.get(name, "..."))
        if not isinstance(values, tuple):
            return True
        return {"enum": list(cast("tuple[object, ...]", values))} if values else False

    def _generic(self, name: str, arguments: list[ast.expr]) -> Schema:
        if name == "typing.Literal":
            return united([self._literal(each) for each in arguments])
        if name == "tuple":
            return self._tuple(arguments)
        if name in _LISTS:
            return _array(self._expression(arguments[0]))
        if name in _ITERABLES:
            textual: list[Schema] = [{"type": "string"}] if ast.unparse(arguments[0]) in _TEXTUAL else []
            return united([_array(self._expression(arguments[0])), {"type": "object"}, *textual])
        if name in _MAPPINGS:
            inside = self._expression(arguments[1])
            return {"type": "object"} if inside is True else {"type": "object", "additionalProperties": inside}
        return self._class(name)

    def _tuple(self, arguments: list[ast.expr]) -> Schema:
        if len(arguments) == 2 and ast.unparse(arguments[1]) == "...":
            return _array(self._expression(arguments[0]))
        items = [self._expression(each) for each in arguments]
        exact = {"minItems": len(items), "maxItems": len(items)}
        if all(item == items[0] for item in items):
            return {**cast("dict[str, object]", _array(items[0])), **exact}
        return {"type": "array", "prefixItems": items, **exact}

    def _literal(self, value: ast.expr) -> Schema:
        if isinstance(value, ast.Attribute):  # of an enum
            return self._class(ast.unparse(value.value))
        return {"enum": [ast.literal_eval(value)]}


def _members(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [*_members(node.left), *_members(node.right)]
    return [node]


def _array(items: Schema) -> Schema:
    return {"type": "array"} if items is True else {"type": "array", "items": items}


def united(members: list[Schema]) -> Schema:
    """Make the schema of a union: one object if possible, for clear errors, else `anyOf`."""
    if any(member is True for member in members):
        return True
    left = [cast("Mapping[str, object]", member) for member in members if member is not False]
    merged: list[dict[str, object]] = []
    for member in left:
        for index, other in enumerate(merged):
            both = _merged(other, member)
            if both is not None:
                merged[index] = both
                break
        else:
            merged.append(dict(member))
    if not merged:
        return False
    return merged[0] if len(merged) == 1 else {"anyOf": merged}


def _merged(one: Mapping[str, object], other: Mapping[str, object]) -> dict[str, object] | None:
    """Merge two schemas into their union; None if impossible."""
    if "enum" in one or "enum" in other:
        values, more = _values(one), _values(other)
        if values is None or more is None:
            return None
        return {"enum": values + [each for each in more if not _has(values, each)]}
    if "anyOf" in one or "anyOf" in other:
        return None
    types, others = _types(one), _types(other)
    keywords = (one.keys() | other.keys()) - {"type"}
    shared = {*types, *others} if {"integer", "number"} <= {*types, *others} else {*types} & {*others}
    if shared & {"array", "object"} or (keywords and shared and one != other and not shared <= {"null"}):
        return None
    # The first type is what the YAML language server writes a value of: null makes it write none.
    every = sorted(dict.fromkeys([*types, *others]), key=lambda name: name != "null")
    if "number" in every and "integer" in every:
        every.remove("integer")
    return {"type": every[0] if len(every) == 1 else every} | {
        key: value for each in (one, other) for key, value in each.items() if key != "type"
    }


def _types(schema: Mapping[str, object]) -> list[str]:
    found = schema["type"]
    return [found] if isinstance(found, str) else cast("list[str]", found)


def _values(schema: Mapping[str, object]) -> list[object] | None:
    if "enum" in schema:
        return cast("list[object]", schema["enum"])
    return [None] if schema.get("type") == "null" else None


def _has(values: list[object], value: object) -> bool:
    return any(type(each) is type(value) and each == value for each in values)
