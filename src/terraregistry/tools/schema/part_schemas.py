"""The parts of a model in a config: each is a name, and arguments dependent on the name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.rules import (
    AUXILIARY_ARGUMENTS,
    AUXILIARY_PREFIXES,
    BACKBONE,
    COUNTS,
    DECODER,
    NECKS,
    TEMPORAL,
    TIMM,
    USE_TEMPORAL,
    count_parameter,
)
from terraregistry.index import PARTS
from terraregistry.tools.schema.argument_schemas import full
from terraregistry.tools.schema.name_schemas import names_of_groups
from terraregistry.tools.schema.schema_parts import all_of, given, refused, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from terraregistry.components.factories.rules import PartRule
    from terraregistry.index import Component
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas, Group
    from terraregistry.tools.schema.schema_parts import Schema

__all__ = ["Parts"]


class Parts:
    """The schemas of backbones, necks and decoders."""

    def __init__(self, schemas: ArgumentSchemas) -> None:
        self._schemas: Final = schemas
        self.backbones: Final = schemas.groups(BACKBONE.registry)
        self.decoders: Final = schemas.groups(DECODER.registry)
        every = [pair for group in self.decoders for pair in zip(group.names, group.components, strict=True)]
        self.whole_decoders: Final = [name for name, component in every if self._is_whole(component)]

    def _is_whole(self, decoder: Component) -> bool:
        """Return True if a decoder includes its head."""
        return decoder.constructor in self._schemas.index.facts.whole_decoders

    def names(self, part: PartRule, groups: list[Group]) -> Schema:
        """Make the schema of names of backbones or decoders."""
        return names_of_groups(self._schemas.definitions, groups, f"The name of a {part.key}", part.key)

    def backbone(self, group: Group, *, dictionary: bool = True) -> Schema:
        """Make the schema of the arguments of a group of backbones, prefixed with `backbone_` or in `backbone_kwargs`."""
        key = BACKBONE.dictionary if dictionary else ""
        own = self._schemas.of(group.signature)
        pyramid = self._read_by_all(own)
        networks = [(names, self._read_by_all(each)) for names, each in self._schemas.networks(group)]
        shared = dict(pyramid.schemas)
        for _, each in networks:
            shared = {name: schema for name, schema in shared.items() if each.schemas.get(name) == schema}
        alike, differing = self._by_name(group, "backbone", shared, key)
        own_alike, own_differing = self._by_name(group, "backbone", pyramid.beyond(shared).schemas, key)
        limited = self._limited(replace(pyramid, schemas=own_alike), key)
        strict = self._schemas.refer("backbone", all_of(limited, own_differing))
        rules = [self._schemas.refer("backbone", self._limited(each.beyond(shared), key)) for _, each in networks]
        if len(rules) > 1:
            rules = [
                when(self._schemas.chosen("backbone", names), rule)
                for (names, _), rule in zip(networks, rules, strict=True)
            ]
        common: dict[str, Schema] = {BACKBONE.prefix + name: schema for name, schema in alike.items()}
        if key:
            common[key] = {"allOf": [{"properties": alike}]}
        chosen = when(_whole_network(key), all_of(*rules), strict) if rules else strict
        return all_of(
            self._schemas.refer("backbone", all_of(self._schemas.used_first({"properties": common}), differing)), chosen
        )

    def _limited(self, backbone: Arguments, dictionary: str) -> Schema:
        """Make the schema of the arguments that depend on the kind of backbone (pyramid or network), and refuse others."""
        more: list[Schema] = [_without_time(BACKBONE.prefix)]
        if dictionary:
            more.append({"properties": {dictionary: _without_time("")}})
        own = backbone.prefixed(BACKBONE.prefix, dictionary=dictionary)
        return all_of(self._schemas.used_first(own), *more)

    def _read_by_all(self, own: Arguments) -> Arguments:
        """Add the arguments read around a backbone: by the framing of images, and by the wrapper for time series."""
        framing: Mapping[str, Schema] = self._schemas.named(PARTS, "Framing").schemas if own.is_closed else {}
        time = self._time(own)
        return own.with_more({**framing, **time}, TEMPORAL if time else "")

    def _time(self, own: Arguments) -> Mapping[str, Schema]:
        if any(name == USE_TEMPORAL or name.startswith(TEMPORAL) for name in own.schemas):
            return {}
        wrapper = self._schemas.named(PARTS, "TemporalWrapper", leading=1)
        text = "Whether the backbone, one for images, is applied to each step of a time series."
        use = {"type": "boolean", "default": False, "description": text}
        return {USE_TEMPORAL: use, **{TEMPORAL + name: schema for name, schema in wrapper.schemas.items()}}

    def _by_name(
        self, group: Group, key: str, schemas: Mapping[str, Schema], dictionary: str
    ) -> tuple[dict[str, Schema], Schema]:
        """Split schemas as `ArgumentSchemas.by_name`, for arguments with a prefix and in a dictionary."""
        by_name = self._schemas.by_name
        alike, prefixed = by_name(group, key, schemas, lambda own: {f"{key}_{name}": own[name] for name in own})
        _, inside = by_name(group, key, schemas, lambda own: {dictionary: {"allOf": [{"properties": own}]}})
        return alike, all_of(prefixed, inside) if dictionary else prefixed

    def decoder(self, group: Group) -> Schema:
        """Make the schema of the arguments of a group of decoders, prefixed with `decoder_` or in `decoder_kwargs`."""
        arguments, told = self._decoder(group)
        prefix, key = DECODER.prefix, DECODER.dictionary
        alike, differing = self._by_name(group, DECODER.key, arguments.schemas, key)
        written = replace(arguments, schemas=alike).optional([told]).prefixed(prefix, dictionary=key)
        counted: Schema = True
        if told:
            names = "|".join(COUNTS)
            twice = all_of(refused(f"^{prefix}(?:{names})$"), {"properties": {key: refused(f"^(?:{names})$")}})
            inside = {"properties": {key: {"required": [told]}}}
            alone = when(full(key), inside, {"required": [prefix + told]}) if told in arguments.required else True
            counted = when({"anyOf": [given(name) for name in COUNTS]}, twice, alone)
        return self._schemas.refer("decoder", all_of(self._schemas.used_first(written), differing, counted))

    def auxiliary_decoder(self, group: Group) -> Schema:
        """Make the schema of an auxiliary head with a decoder of a group, without the arguments of its own head."""
        arguments, told = self._decoder(group)
        optional = arguments.optional([told])
        key = AUXILIARY_ARGUMENTS
        found: dict[str, object] = {"properties": {key: optional.prefixed(DECODER.prefix)}}
        if optional.required:
            found["required"] = [key]
            found = {"allOf": [found, {"properties": {key: {"type": "object"}}}]}
        return self._schemas.refer("auxiliary", found)

    def auxiliary_heads(self) -> Schema:
        """Make the schema of a list of auxiliary heads, except for its task-dependent parts."""
        record = self._schemas.named(PARTS, "AuxiliaryHead")
        arguments = {
            "type": ["null", "object"],
            **refused(f"^(?!{'|'.join(AUXILIARY_PREFIXES)})"),
            "description": "Arguments of the decoder and the head, with decoder_ or head_ in front.",
        }
        properties: dict[str, Schema] = {
            **record.schemas,
            "name": {"type": "string", "pattern": r"^[^.]+$", "description": "The name of its result."},
            DECODER.key: self.names(DECODER, self.decoders),
            AUXILIARY_ARGUMENTS: arguments,
        }
        head = {
            "title": "An auxiliary head",
            "type": "object",
            "properties": properties,
            "required": list(record.required),
            "additionalProperties": False,
            "allOf": [*self.each(self.decoders, DECODER.key, self.auxiliary_decoder)],
        }
        text = "Further branches on the same features, which help to train the model."
        items = self._schemas.refer("auxiliary_head", head)
        return {"type": ["array", "null"], "description": text, "items": items}

    def needs_count(self, group: Group) -> str:
        """Return the name of the required argument for the number of outputs of a group of decoders, or "" for none."""
        arguments, told = self._decoder(group)
        return told if told in arguments.required else ""

    def _decoder(self, group: Group) -> tuple[Arguments, str]:
        """Describe the arguments of decoders, and name that for the number of outputs of those with a head."""
        arguments = self._schemas.of(group.signature, leading=1, synonyms=group.synonyms)
        told = count_parameter(arguments.schemas, is_open=not arguments.is_closed)
        return arguments, told if self._is_whole(group.components[0]) else ""

    def necks(self) -> Schema:
        """Make the schema of a list of necks."""
        groups = self._schemas.groups(NECKS.registry)
        choices = [*self.each(groups, "name", self._neck)]
        names = names_of_groups(self._schemas.definitions, groups, "The name of a neck", "neck")
        neck = {
            "title": "A neck",
            "type": "object",
            "properties": {"name": names},
            "required": ["name"],
            "allOf": choices,
        }
        text = "The necks, the first next to the backbone: the name of each and its arguments."
        return {"type": ["null", "array"], "items": self._schemas.refer("neck", neck), "description": text}

    def _neck(self, group: Group) -> Schema:
        arguments = self._schemas.of(group.signature, leading=1).with_more({"name": True})
        alike, differing = self._schemas.by_name(group, "name", arguments.schemas)
        return all_of(replace(arguments, schemas=alike).in_dictionary(), differing)

    def adapters(self) -> Schema:
        """Make the schema of the adapters on a backbone: a dictionary."""
        found = self._schemas.named(PARTS, "adapters", leading=1).in_dictionary()
        text = "Adapters on the backbone: the method of the library peft, and its arguments."
        return self._schemas.refer("adapters", {"type": ["null", "object"], "allOf": [found], "description": text})

    def each(self, groups: list[Group], key: str, write: Callable[[Group], Schema]) -> Iterator[Schema]:
        """Apply a schema to the names of each group."""
        for group in groups:
            yield when(self._schemas.chosen(key, group.names), write(group))


def _without_time(prefix: str) -> dict[str, object]:
    """Refuse the arguments of the wrapper for time series if there is no such wrapper."""
    use = prefix + USE_TEMPORAL
    wrapped = {"properties": {use: {"const": True}}, "required": [use]}
    return when(wrapped, True, refused(f"^{prefix}{TEMPORAL}"))


def _whole_network(dictionary: str) -> dict[str, object]:
    """Match if a backbone is to be a whole network; its arguments may be in a dictionary."""
    (pyramid,) = TIMM.supplied

    def off(name: str) -> dict[str, object]:
        return {"properties": {name: {"const": False}}, "required": [name]}

    prefixed = off(BACKBONE.prefix + pyramid)
    inside = {"properties": {dictionary: {"type": "object", **off(pyramid)}}, "required": [dictionary]}
    return {"anyOf": [prefixed, inside]} if dictionary else prefixed
