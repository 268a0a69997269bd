"""From signatures to the schemas of arguments: in a dictionary, or one by one with a prefix."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from terraregistry.index import ParameterKind
from terraregistry.tools.schema.schema_parts import TypeSchemas, only_these, refused, when

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from terraregistry.index import ConfigFacts, Parameter, Signature
    from terraregistry.tools.schema.schema_parts import Definitions, Schema

__all__ = ["ArgumentSchemas", "Arguments"]

_BY_POSITION: Final = (ParameterKind.POSITIONAL_ONLY, ParameterKind.POSITIONAL_OR_KEYWORD)
_BY_NAME: Final = (ParameterKind.POSITIONAL_OR_KEYWORD, ParameterKind.KEYWORD_ONLY)
_OPAQUE: Final = "..."


@dataclass(frozen=True)
class Arguments:
    """The arguments of a component.

    Attributes:
        schemas: The schema of each argument.
        required: The required arguments.
        unknown: A regular expression for refused names, to be put after a prefix.
        synonyms: Second names of arguments, each with the first; mutually exclusive.
    """

    schemas: Mapping[str, Schema]
    required: tuple[str, ...]
    unknown: str
    synonyms: tuple[tuple[str, str], ...] = ()

    def without(self, names: Collection[str]) -> Arguments:
        """Refuse some arguments; they are no longer required either."""
        left = {name: schema for name, schema in self.schemas.items() if name not in names}
        required = tuple(name for name in self.required if name not in names)
        unknown = only_these(left)[1:] if self.is_closed else self.unknown
        return replace(self, schemas=left, required=required, unknown=unknown)

    def beyond(self, shared: Collection[str]) -> Arguments:
        """Drop the schemas of some arguments, written elsewhere; their names stay known."""
        return replace(self, schemas={name: each for name, each in self.schemas.items() if name not in shared})

    def optional(self, names: Collection[str]) -> Arguments:
        """Make some arguments optional."""
        return replace(self, required=tuple(name for name in self.required if name not in names))

    def with_more(self, schemas: Mapping[str, Schema], owned: str = "") -> Arguments:
        """Add arguments read by other code; names with the prefix `owned` are refused even if the signature is open."""
        merged = {**schemas, **self.schemas}
        if self.is_closed:
            return replace(self, schemas=merged, unknown=only_these(merged)[1:])
        mine = [re.escape(name[len(owned) :]) for name in schemas if name.startswith(owned)]
        extra = rf"{re.escape(owned)}(?!(?:{'|'.join(mine)})$)" if owned else "(?!)"
        return replace(self, schemas=merged, unknown=f"(?:{self.unknown}|{extra})")

    @property
    def is_closed(self) -> bool:
        """True if no other names are let through."""
        return self.unknown.startswith("(?!(?:") or not self.unknown

    def in_dictionary(self) -> dict[str, object]:
        """Make the schema of a dictionary of the arguments."""
        found: dict[str, object] = {"properties": dict(self.schemas), **refused(f"^{self.unknown}"), **self._once("")}
        return found | ({"required": list(self.required)} if self.required else {})

    def prefixed(self, prefix: str, *, dictionary: str = "", asked: bool = True) -> dict[str, object]:
        """Make the schema of an object with the arguments among other keys, or in a dictionary under one of them."""
        properties: dict[str, object] = {prefix + name: schema for name, schema in self.schemas.items()}
        keep = f"(?!{re.escape(dictionary[len(prefix) :])}$)" if dictionary else ""
        pattern = f"^{re.escape(prefix)}{keep}{self.unknown}"
        needed = {"required": [prefix + name for name in self.required]} if self.required and asked else {}
        if not dictionary:
            return {"properties": properties, **refused(pattern), **self._once(prefix), **needed}
        inside = self.in_dictionary()
        inside.pop("required", None)
        properties[dictionary] = {
            "allOf": [inside]
        }  # behind an `allOf`, no editor writes every default when it is completed
        found = {"properties": properties, **refused(pattern), **self._once(prefix)}
        if needed:
            mapping = {"required": list(self.required)}
            found |= when(full(dictionary), {"properties": {dictionary: mapping}}, needed)
        return found

    def _once(self, prefix: str) -> dict[str, object]:
        """Refuse the second name of an argument beside the first, unless it is null."""
        if not self.synonyms:
            return {}
        twice: dict[str, dict[str, Schema]] = {}
        for second, first in self.synonyms:
            said = {"type": "null", "errorMessage": f"given twice: also as {prefix}{first}, which means the same"}
            twice.setdefault(prefix + first, {})[prefix + second] = said
        return {"dependentSchemas": {name: {"properties": others} for name, others in twice.items()}}


def full(dictionary: str) -> dict[str, object]:
    """Match if a dictionary is given and not empty."""
    return {"properties": {dictionary: {"type": "object", "minProperties": 1}}, "required": [dictionary]}


class ArgumentSchemas:
    """The schemas of the parameters of signatures."""

    def __init__(self, facts: ConfigFacts, definitions: Definitions) -> None:
        self._types = TypeSchemas(dict(facts.plain_values))
        self._documentation = {(origin, name): text for origin, name, text in facts.documentation}
        self._definitions = definitions
        self._known: dict[Parameter, Schema] = {}

    def of(self, signature: Signature, leading: int = 0, synonyms: tuple[tuple[str, str], ...] = ()) -> Arguments:
        """Make the schemas of the arguments of a signature, except `leading` ones that are filled by position."""
        by_position = [each for each in signature.parameters if each.kind in _BY_POSITION][:leading]
        written = [each for each in signature.parameters if each.kind in _BY_NAME and each not in by_position]
        schemas = {each.name: self.parameter(each) for each in written}
        required = tuple(each.name for each in written if each.default is None)
        taken = "|".join(re.escape(each.name) for each in by_position) or "(?!)"
        unknown = f"(?:{taken})$" if signature.is_open else only_these(schemas)[1:]
        return Arguments(schemas, required, unknown, synonyms)

    def parameter(self, parameter: Parameter) -> Schema:
        """Make the schema of a parameter, with its default and its documentation."""
        known = self._known.get(parameter)
        if known is None:
            known = self._known[parameter] = self._definitions.refer("argument", self._described(parameter))
        return known

    def default_of(self, parameter: Parameter) -> Schema:
        """Make a schema with only the description and the default of a parameter; it accepts any value."""
        described = self._described(parameter)
        kept = {key: value for key, value in described.items() if key in ("description", "default")}
        return self._definitions.refer("default", kept)

    def _described(self, parameter: Parameter) -> dict[str, object]:
        schema = self._types.of(parameter.accepts.text)
        found: dict[str, object] = {} if schema is True else {"not": {}} if schema is False else dict(schema)
        text = [self._documentation.get((parameter.origin, parameter.name), "")]
        text.append(f"Type: {parameter.accepts.text}.")
        if parameter.default not in (None, _OPAQUE):
            text.append(f"Default: {parameter.default}.")
        text.append(f"Declared by {parameter.origin}." if parameter.origin else "")
        found["description"] = " ".join(filter(None, text))
        if parameter.default not in (None, _OPAQUE):
            found |= _as_json(ast.literal_eval(str(parameter.default)))
        return found


def _as_json(default: object) -> dict[str, object]:
    try:
        return {"default": json.loads(json.dumps(default, allow_nan=False))}
    except (TypeError, ValueError):
        return {}
