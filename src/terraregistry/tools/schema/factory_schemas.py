"""The config schemas of the model factories of an index, from the rules of composition."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.rules import (
    ADAPTERS_AT,
    AUXILIARY,
    BACKBONE,
    DECODER,
    ENCODER_DECODER,
    FRAMEWORK,
    FRAMING,
    FULL_MODEL,
    NECKS,
    OBJECT_DETECTION,
    SMP,
    SMP_AUXILIARY,
    TASKS,
    TIMM,
    TIMM_ENCODER,
    rule_of,
)
from terraregistry.index import BUILD_MODELS
from terraregistry.tools.schema.argument_schemas import full
from terraregistry.tools.schema.name_schemas import names_of, names_of_groups
from terraregistry.tools.schema.part_schemas import Parts
from terraregistry.tools.schema.schema_parts import all_of, only_these, refused, when
from terraregistry.tools.schema.task_schemas import TaskSchemas, task_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraregistry.components.factories.rules import FactoryRule
    from terraregistry.index import Component
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas, Group
    from terraregistry.tools.schema.schema_parts import Schema

__all__ = ["Factory", "factories_of"]

_FACTORIES: Final = "terraregistry.library:MODEL_FACTORY_REGISTRY"


@dataclass(frozen=True)
class Factory:
    """The schemas of a factory.

    Attributes:
        name: Its name.
        summary: Its summary.
        arguments: The schema of its arguments, except for task-dependent parts.
        tasks: The schema for each known task; None if the factory takes no task.
        auxiliary: The schema of a list of auxiliary heads; False if it takes none.
        heads: For each task: further requirements on a task class's arguments, with the list of auxiliary heads in them.
        any_task: True if nothing is known of its tasks.
    """

    name: str
    summary: str
    arguments: Schema
    tasks: Mapping[str, Schema] | None = None
    auxiliary: Schema = False
    heads: Mapping[str, Schema] = field(default_factory=dict[str, "Schema"])
    any_task: bool = False


def factories_of(arguments: ArgumentSchemas) -> list[Factory]:
    """Make the schemas of the factories: by their rules, or else by the signature of `build_model`, or of anything."""
    schemas = _FactorySchemas(arguments)
    found: list[Factory] = []
    for name, resolved in arguments.index.spellings(_FACTORIES).items():
        factory = resolved.component
        method = arguments.index.find(BUILD_MODELS, resolved.canonical)
        if method is None:
            found.append(Factory(name, factory.summary, {"type": "object"}, auxiliary=True))
            continue
        rule = rule_of(factory.product.text)
        made = _by_signature(method.component, arguments) if rule is None else schemas.of(rule, method.component)
        found.append(replace(made, name=name, summary=factory.summary))
    return found


def _by_signature(method: Component, arguments: ArgumentSchemas) -> Factory:
    own = arguments.of(method.signature)
    takes_task = "task" in own.schemas or not own.is_closed
    schema = own.with_more({"model_factory": True}).optional(["task"]).in_dictionary()
    taken = own.schemas.get(AUXILIARY.key, not own.is_closed)
    auxiliary = taken if isinstance(taken, bool) else {"anyOf": [taken, {"type": "null"}]}
    return Factory(method.name, method.summary, schema, {} if takes_task else None, auxiliary, any_task=True)


class _FactorySchemas:
    """The schemas of the library's own factories."""

    def __init__(self, schemas: ArgumentSchemas) -> None:
        self._schemas: Final = schemas
        self._parts: Final = Parts(schemas)
        self._tasks: Final = TaskSchemas(schemas, self._parts)
        self._whole: Final = {
            SMP.name: self._smp,
            TIMM.name: self._timm,
            FULL_MODEL.name: self._full_model,
            OBJECT_DETECTION.name: self._detection,
        }

    def of(self, rule: FactoryRule, method: Component) -> Factory:
        """Make the schema of a factory."""
        own = self._schemas.of(method.signature)
        properties = dict(own.schemas)
        if rule.tasks:
            properties["task"] = task_names(rule.tasks)
        if ADAPTERS_AT in properties:
            properties[ADAPTERS_AT] = self._parts.adapters()
        properties |= {name: {"const": value, "description": "Not read."} for name, value in rule.ignored.items()}
        rules = [*self._whole.get(rule.name, self._composed)(rule, properties)]
        if DECODER.key in own.schemas and DECODER.key not in own.required:
            properties[DECODER.key] = {"anyOf": [properties[DECODER.key], {"type": "null"}]}
        known = only_these([*properties, "model_factory"], starts=rule.prefixes)
        arguments = {
            "title": method.name,
            "type": "object",
            "properties": properties,
            **({} if any(part.bare for part in rule.parts) else refused(known)),
            "required": [name for name in own.required if name not in ("task", DECODER.key)],
            "allOf": rules,
        }
        schema = self._schemas.refer("factory", self._schemas.used_first(arguments))
        composed = AUXILIARY in rule.parts
        return Factory(
            method.name,
            method.summary,
            schema,
            {name: self._tasks.rule(TASKS[name]) if composed else True for name in rule.tasks} or None,
            self._parts.auxiliary_heads() if composed else False,
            {name: self._tasks.heads(TASKS[name]) for name in rule.tasks} if composed else {},
        )

    def _composed(self, rule: FactoryRule, properties: dict[str, Schema]) -> Iterable[Schema]:
        groups, names = self._parts.backbones, self._parts.names(BACKBONE, self._parts.backbones)
        if rule.starts_with:
            groups = self._schemas.groups(BACKBONE.registry, rule.starts_with)
            kind = f"{rule.starts_with.rstrip('_').capitalize()} backbone"
            names = names_of_groups(self._schemas.definitions, groups, f"The name of a {kind}", kind)
        properties[BACKBONE.key] = names
        properties[DECODER.key] = self._parts.names(DECODER, self._parts.decoders)
        if AUXILIARY in rule.parts:
            properties[AUXILIARY.key] = self._parts.auxiliary_heads()
        if NECKS in rule.parts:
            properties[NECKS.key] = self._parts.necks()
        yield from self._parts.each(groups, BACKBONE.key, lambda group: self._backbone(rule, group))
        yield from self._parts.each(self._parts.decoders, DECODER.key, self._parts.decoder)
        for part in rule.parts:
            if part.dictionary:
                yield when(full(part.dictionary), refused(f"^{part.prefix}(?!kwargs$)"))
        dictionaries = [part.dictionary for part in ENCODER_DECODER.parts if part.dictionary not in rule.dictionaries]
        never = [*(BACKBONE.prefix + name for name in rule.closed), *dictionaries]
        if never:
            yield refused(f"^(?:{'|'.join(never)})$")

    def _backbone(self, rule: FactoryRule, group: Group) -> Schema:
        own = self._schemas.of(group.signature)
        lacking: dict[str, Schema] = {
            name: {"const": rule.neutral[name]} if name in rule.neutral else False
            for name, inner in rule.passed_on.items()
            if own.is_closed and inner not in own.schemas
        }
        backbone = self._parts.backbone(group, dictionary=BACKBONE in rule.parts)
        return all_of(backbone, {"properties": lacking}) if lacking else backbone

    def _detection(self, rule: FactoryRule, properties: dict[str, Schema]) -> Iterable[Schema]:
        frameworks = self._schemas.groups(FRAMEWORK.registry)
        properties[BACKBONE.key] = self._parts.names(BACKBONE, self._parts.backbones)
        properties[NECKS.key] = self._parts.necks()
        properties[FRAMEWORK.key] = names_of_groups(
            self._schemas.definitions, frameworks, "The name of a detector of torchvision", "framework"
        )
        yield from self._parts.each(self._parts.backbones, BACKBONE.key, lambda group: self._detecting(rule, group))
        yield from self._parts.each(frameworks, FRAMEWORK.key, self._framework)
        yield {"properties": dict.fromkeys(rule.positive, _AT_LEAST_ONE)}

    def _detecting(self, rule: FactoryRule, group: Group) -> Schema:
        own = self._schemas.of(group.signature)
        unread = [name for name in FRAMING if own.is_closed and name not in own.schemas]
        backbone = self._backbone(rule, group)
        return all_of(backbone, refused(f"^{BACKBONE.prefix}(?:{'|'.join(unread)})$")) if unread else backbone

    def _framework(self, group: Group) -> Schema:
        def written(schemas: dict[str, Schema]) -> dict[str, Schema]:
            return {FRAMEWORK.prefix + name: schema for name, schema in schemas.items()}

        # The backbone comes first, and the number of classes is an argument of the factory.
        arguments = self._schemas.of(group.signature, 2)
        alike, differing = self._schemas.by_name(group, FRAMEWORK.key, arguments.schemas, written)
        shared = replace(arguments, schemas=alike).prefixed(FRAMEWORK.prefix)
        return self._schemas.refer("framework", all_of(shared, differing))

    def _smp(self, rule: FactoryRule, properties: dict[str, Schema]) -> Iterable[Schema]:
        model, encoder = rule.parts
        models, encoders = self._schemas.groups(model.registry), self._schemas.groups(encoder.registry)
        timm = self._schemas.index.spellings(TIMM.parts[0].registry)
        both = {f"{TIMM_ENCODER}{name}": each.component for name, each in timm.items()}
        for group in encoders:
            both |= dict(zip(group.names, group.components, strict=True))
        definitions, title = self._schemas.definitions, "The name of a model of segmentation-models-pytorch"
        properties[encoder.key] = names_of(definitions, both, "The name of an encoder", "encoder")
        properties[model.key] = names_of_groups(definitions, models, title, "model")
        yield from self._parts.each(encoders, encoder.key, self._encoder)
        yield from self._parts.each(models, model.key, lambda group: self._smp_model(rule, group, properties))
        yield {"properties": dict.fromkeys(rule.positive, _AT_LEAST_ONE)}

    def _encoder(self, group: Group) -> Schema:
        weights = self._schemas.of(group.signature)
        required = {"required": list(weights.required)} if weights.required else {}
        return {"properties": dict(weights.schemas), **required}

    def _smp_model(self, rule: FactoryRule, group: Group, own: Mapping[str, Schema]) -> Schema:
        model = rule.parts[0]
        both = dict(self._schemas.of(group.signature).without(rule.closed).schemas)

        def written(schemas: dict[str, Schema]) -> dict[str, Schema]:
            return {**schemas, **{model.prefix + name: schema for name, schema in schemas.items()}}

        twice = {model.prefix + name: {"properties": {name: False}} for name in both}
        alike, differing = self._schemas.by_name(group, model.key, both, written)
        found: dict[str, object] = {"properties": written(alike), "dependentSchemas": twice}
        short = (*SMP_AUXILIARY, *(model.prefix + name for name in SMP_AUXILIARY))
        known = [*own, "model_factory", *written(both), *short]
        # An encoder of timm has arguments of its own.
        on_timm = {"properties": {"backbone": {"pattern": f"^{TIMM_ENCODER}"}}}
        others = when(on_timm, True, refused(only_these(known)))
        return self._schemas.refer("smp_model", all_of(found, others, differing))

    def _timm(self, rule: FactoryRule, properties: dict[str, Schema]) -> Iterable[Schema]:
        (network,) = rule.parts
        split = [
            (group, *each) for group in self._schemas.groups(network.registry) for each in self._schemas.networks(group)
        ]
        classifiers = [each for each in split if not each[2].is_closed or {*rule.closed} <= each[2].schemas.keys()]
        listed = [name for _, names, _ in classifiers for name in names]
        components = {name: self._schemas.index.spellings(network.registry)[name].component for name in listed}
        properties[network.key] = names_of(
            self._schemas.definitions, components, "The name of a network of timm", "network that can be a classifier"
        )
        for group, each, arguments in classifiers:
            yield when(self._schemas.chosen(network.key, each), self._network(rule, group, arguments))
        yield {"properties": dict.fromkeys(rule.positive, _AT_LEAST_ONE)}

    def _network(self, rule: FactoryRule, group: Group, arguments: Arguments) -> Schema:
        (network,) = rule.parts
        left = arguments.without(rule.closed)

        def write(schemas: dict[str, Schema]) -> dict[str, Schema]:
            return {network.prefix + name: each for name, each in schemas.items()}

        alike, differing = self._schemas.by_name(group, network.key, left.schemas, write)
        closed = refused(f"^{network.prefix}(?:{'|'.join(rule.closed)})$")
        shared = replace(left, schemas=alike).prefixed(network.prefix)
        return self._schemas.refer("network", all_of(shared, closed, differing))

    def _full_model(self, rule: FactoryRule, properties: dict[str, Schema]) -> Iterable[Schema]:
        (model,) = rule.parts
        groups = self._schemas.groups(model.registry)
        properties[model.key] = names_of_groups(
            self._schemas.definitions, groups, "The name of a whole model", "whole model"
        )
        more = dict.fromkeys([*properties, "model_factory"], True)

        def write(group: Group) -> Schema:
            arguments = self._schemas.of(group.signature).with_more(more)
            alike, differing = self._schemas.by_name(group, model.key, arguments.schemas)
            return self._schemas.refer(
                "full_model", all_of(replace(arguments, schemas=alike).in_dictionary(), differing)
            )

        return self._parts.each(groups, model.key, write)


_AT_LEAST_ONE: Final = {"minimum": 1}
