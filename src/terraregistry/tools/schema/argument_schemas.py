"""From signatures to the schemas of arguments, in a dictionary or one by one with a prefix."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from terraregistry.components.factories.rules import TIMM
from terraregistry.index import TIMM_NETWORKS, ParameterKind, Signature
from terraregistry.index.descriptions import OPAQUE_DEFAULT
from terraregistry.tools.schema.schema_parts import (
    Definitions,
    TypeSchemas,
    all_of,
    is_one_of,
    only_these,
    refused,
    when,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from terraregistry.index import Component, Index, Parameter
    from terraregistry.tools.schema.schema_parts import Schema

    _Schemas = dict[str, Schema]

__all__ = ["ArgumentSchemas", "Arguments", "Group", "full"]

_BY_POSITION: Final = (ParameterKind.POSITIONAL_ONLY, ParameterKind.POSITIONAL_OR_KEYWORD)
_BY_NAME: Final = (ParameterKind.POSITIONAL_OR_KEYWORD, ParameterKind.KEYWORD_ONLY)
_PROPERTY: Final = 10
"""The kind of a completion, in the language server protocol."""
_USED: Final = (
    *("task", "backbone", "model", "framework", "pretrained", "in_channels", "bands"),
    *("backbone_pretrained", "backbone_in_chans", "backbone_bands", "backbone_out_indices", "backbone_num_frames"),
    *("backbone_img_size", "necks", "decoder", "decoder_channels", "num_classes", "num_outputs", "head_dropout"),
)
"""The arguments that most configs have, in the order in which an editor offers them."""


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

    def prefixed(self, prefix: str, *, dictionary: str = "") -> dict[str, object]:
        """Make the schema of an object with the arguments among other keys, or in a dictionary under one of them."""
        properties: dict[str, object] = {prefix + name: schema for name, schema in self.schemas.items()}
        keep = f"(?!{re.escape(dictionary[len(prefix) :])}$)" if dictionary else ""
        pattern = f"^{re.escape(prefix)}{keep}{self.unknown}"
        asked = [prefix + name for name in self.required]
        needed: dict[str, object] = {"required": asked} if asked else {}
        if dictionary:
            inside = self.in_dictionary()
            required = inside.pop("required", None)
            # Behind an `allOf`, no editor writes every default when it is completed.
            properties[dictionary] = {"allOf": [inside]}
            if required:
                needed = when(full(dictionary), {"properties": {dictionary: {"required": required}}}, needed)
        return {"properties": properties, **refused(pattern), **self._once(prefix), **needed}

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


@dataclass(frozen=True)
class Group:
    """Names whose components take arguments of the same names and types, and of the same second names.

    Attributes:
        names: The names: canonical ones first, then bare ones and aliases.
        components: The component of each name.
    """

    names: tuple[str, ...]
    components: tuple[Component, ...]

    @property
    def signature(self) -> Signature:
        """The shared signature; a default that differs among the names is opaque."""
        usual = (Counter(column).most_common(1)[0][0] for column in self.columns)
        differing = self.differing
        return Signature(
            tuple(each._replace(default=OPAQUE_DEFAULT) if each.name in differing else each for each in usual)
        )

    @property
    def differing(self) -> frozenset[str]:
        """The parameters whose default or place of declaration differs among the names."""
        said = [{(each.name, each.default, each.origin) for each in column} for column in self.columns]
        return frozenset(name for each in said if len(each) > 1 for name, _, _ in each)

    @property
    def columns(self) -> list[tuple[Parameter, ...]]:
        """The parameters of each place, one for each name."""
        return list(zip(*(each.signature.parameters for each in self.components), strict=True))

    @property
    def synonyms(self) -> tuple[tuple[str, str], ...]:
        """Second names of parameters, each with the first; equal for all the components."""
        return self.components[0].synonyms


def _shape(component: Component) -> object:
    parameters = component.signature.parameters
    return component.synonyms, *((each.name, each.kind, each.accepts, each.default is None) for each in parameters)


class ArgumentSchemas:
    """The schemas of the parameters of an index, and of the definitions they refer to."""

    def __init__(self, index: Index) -> None:
        self.index: Final = index
        self.definitions: Final = Definitions()
        self.refer: Final = self.definitions.refer
        self._types = TypeSchemas(dict(index.facts.plain_values))
        self._documentation = index.texts
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
            known = self._known[parameter] = self.refer("arg", self._described(parameter))
        return known

    def named(self, reference: str, name: str, leading: int = 0) -> Arguments:
        """Make the schemas of the arguments of a component; raise a KeyError if there is none of this name."""
        found = self.index.find(reference, name)
        if found is None:
            raise KeyError(name)
        return self.of(found.component.signature, leading)

    def groups(self, reference: str, start: str = "") -> list[Group]:
        """Group the names of the components of a registry whose bare names have some beginning, in registry order."""
        found: dict[object, dict[str, Component]] = {}
        shapes: dict[int, object] = {}
        spellings = self.index.spellings(reference)
        for name, resolved in sorted(spellings.items(), key=lambda item: item[0] != item[1].canonical):
            component = resolved.component
            if component.name.startswith(start):
                shape = shapes.setdefault(id(component), _shape(component))
                found.setdefault(shape, {})[name] = component
        return [Group(tuple(names), tuple(names.values())) for names in found.values()]

    def by_name(
        self, group: Group, key: str, schemas: Mapping[str, Schema], write: Callable[[_Schemas], _Schemas] = dict
    ) -> tuple[_Schemas, Schema]:
        """Split the schemas of a group's arguments into those for all its names, and a schema dependent on the name."""
        usual = {each.name: each for each in group.signature.parameters}
        apart = {name for name in group.differing if schemas.get(name) == self.parameter(usual[name])}
        splits: dict[tuple[tuple[str, ...], ...], list[tuple[Parameter, ...]]] = {}
        for column in group.columns:
            if column[0].name in apart:
                parts: dict[Parameter, list[str]] = {}
                for name, parameter in zip(group.names, column, strict=True):
                    parts.setdefault(parameter, []).append(name)
                splits.setdefault(tuple(map(tuple, parts.values())), []).append(tuple(parts))
        rules: list[Schema] = []
        for split, columns in splits.items():
            own: list[tuple[tuple[str, ...], Schema]] = [
                (names, self.used_first({"properties": write({each.name: self.parameter(each) for each in row})}))
                for names, row in zip(split, zip(*columns, strict=True), strict=True)
            ]
            *rare, (_, rule) = sorted(own, key=lambda part: len(part[0]))
            for names, each in rare:
                rule = when(self.chosen(key, names), each, rule)
            rules.append(rule)
        return {name: schema for name, schema in schemas.items() if name not in apart}, self.refer(
            "own", all_of(*rules)
        )

    def used_first(self, schema: Mapping[str, object]) -> dict[str, object]:
        """Offer the most used properties of a schema first: as snippets, which the YAML language server can sort."""
        properties = dict(cast("_Schemas", schema.get("properties", {})))
        used = [key for key in _USED if key in properties and key not in cast("list[str]", schema.get("required", []))]
        snippets = [
            {
                "label": key,
                "description": self.definitions.text(properties[key]),
                "bodyText": "necks:\n  - name: " if key == "necks" else f"{key}: ",
                "suggestionKind": _PROPERTY,
                "sortText": f"!{_USED.index(key):02}",
            }
            for key in used
        ]
        properties |= {key: {"allOf": [properties[key]], "doNotSuggest": True} for key in used}
        return {**schema, "properties": properties, **({"defaultSnippets": snippets} if used else {})}

    def chosen(self, key: str, names: Iterable[str]) -> Schema:
        """Match if one of some names is chosen."""
        return self.refer("is", is_one_of(key, names))

    def networks(self, group: Group) -> Iterator[tuple[list[str], Arguments]]:
        """Yield names of timm's networks in a group with the arguments of the networks, equal ones together."""
        networks = {each.name: each for each in self.index.registry(TIMM_NETWORKS).components}
        pyramids = {id(each) for each in self.index.registry(TIMM.parts[0].registry).components}
        alike: dict[tuple[tuple[Parameter, ...], tuple[str, ...]], list[str]] = {}
        for name, component in zip(group.names, group.components, strict=True):
            network = networks.get(component.name) if id(component) in pyramids else None
            if network is not None:
                alike.setdefault(_difference(component.signature, network.signature), []).append(name)
        usual = self.of(group.signature)
        for (changed, removed), names in alike.items():
            schemas = self.of(Signature(changed)).schemas
            yield names, usual.without([*removed, *schemas]).with_more(schemas)

    def _described(self, parameter: Parameter) -> dict[str, object]:
        schema = self._types.of(parameter.accepts.text)
        found: dict[str, object] = {} if schema is True else {"not": {}} if schema is False else dict(schema)
        text = [self._documentation.get((parameter.origin, parameter.name), "")]
        text.append(f"Type: {parameter.accepts.text}.")
        if parameter.default not in (None, OPAQUE_DEFAULT):
            text.append(f"Default: {parameter.default}.")
        text.append(f"Declared by {parameter.origin}." if parameter.origin else "")
        found["description"] = " ".join(filter(None, text))
        if parameter.default not in (None, OPAQUE_DEFAULT):
            found |= _as_json(ast.literal_eval(str(parameter.default)))
        return found


def _as_json(default: object) -> dict[str, object]:
    try:
        return {"default": json.loads(json.dumps(default, allow_nan=False))}
    except (TypeError, ValueError):
        return {}


def _difference(pyramid: Signature, network: Signature) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """Return the parameters of a network not shared with its feature pyramid, and the names of those it lacks."""
    before = {each.name: each for each in pyramid.parameters}
    after = {each.name: each for each in network.parameters}
    changed = tuple(each for name, each in after.items() if before.get(name) != each)
    return changed, tuple(name for name in before if name not in after)
