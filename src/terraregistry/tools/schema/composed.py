"""The factories of composed models: `EncoderDecoderFactory` and `PrithviModelFactory`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.task_table import TASKS
from terraregistry.tools.schema.argument_schemas import full
from terraregistry.tools.schema.component_schemas import named
from terraregistry.tools.schema.factory import Factory, asked_for, object_of
from terraregistry.tools.schema.schema_parts import all_of, refused, when
from terraregistry.tools.schema.task_schemas import task_names, unfit_counts

if TYPE_CHECKING:
    from terraregistry.index import Component
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas
    from terraregistry.tools.schema.component_schemas import Group
    from terraregistry.tools.schema.part_schemas import Parts
    from terraregistry.tools.schema.schema_parts import Definitions, Schema
    from terraregistry.tools.schema.task_schemas import TaskRules

__all__ = ["ComposedModels"]

_PARTS: Final = ("backbone", "decoder", "head")
_RENAMED: Final = {"bands": "bands", "in_channels": "in_chans", "num_frames": "num_frames", "pretrained": "pretrained"}
"""The backbone's names of `PrithviModelFactory`'s arguments about it."""
_UNSAID: Final = {
    "bands": {"type": "null"},
    "in_channels": {"type": "null"},
    "num_frames": {"const": 1},
    "pretrained": False,
}
"""The value accepted for each if the backbone has no such argument."""


class ComposedModels:
    """The schemas of these factories.

    Args:
        arguments: Makes the schemas of arguments.
        definitions: The definitions to add schemas to.
        parts: Makes the schemas of the parts.
        rules: Makes the schemas of the tasks.
    """

    def __init__(self, arguments: ArgumentSchemas, definitions: Definitions, parts: Parts, rules: TaskRules) -> None:
        self._arguments: Final = arguments
        self._definitions: Final = definitions
        self._parts: Final = parts
        self._rules: Final = rules

    def of_any_parts(self, component: Component) -> Factory:
        """Make the schema of `EncoderDecoderFactory`."""
        own = self._arguments.of(component.signature)
        properties = self._own(own, self._parts.backbone_names())
        properties["necks"] = self._parts.necks()
        properties["peft_config"] = self._parts.adapters()
        backbones = self._parts.each(self._parts.backbones, "backbone", self._parts.backbone)
        decoders = self._parts.each(self._parts.decoders, "decoder", self._parts.decoder)
        twice = [when(full(f"{part}_kwargs"), refused(f"^{part}_(?!kwargs$)")) for part in _PARTS]
        found = object_of(properties, [f"{part}_" for part in _PARTS])
        arguments = {
            "title": f"What {component.name} needs",
            **found,
            "required": asked_for(own),
            "allOf": [*backbones, *decoders, *twice],
        }
        return self._factory(component, arguments)

    def of_prithvi(self, component: Component) -> Factory:
        """Make the schema of `PrithviModelFactory`."""
        own = self._arguments.of(component.signature)
        groups = self._parts.prithvi_backbones
        names = named(groups, "The name of a Prithvi backbone", "Prithvi backbone")
        properties = self._own(own, self._definitions.refer("prithvi_names", names))
        backbones = self._parts.each(groups, "backbone", self._prithvi)
        decoders = self._parts.each(self._parts.decoders, "decoder", self._parts.decoder)
        elsewhere = [f"backbone_{inner}" for inner in _RENAMED.values()]
        kwargs = [f"{part}_kwargs" for part in _PARTS]
        never = refused(f"^(?:{'|'.join([*elsewhere, *kwargs])})$")
        found = object_of(properties, [f"{part}_" for part in _PARTS])
        arguments = {
            "title": f"What {component.name} needs",
            **found,
            "required": asked_for(own),
            "allOf": [*backbones, *decoders, never],
        }
        return self._factory(component, arguments)

    def _own(self, own: Arguments, backbones: Schema) -> dict[str, Schema]:
        properties = dict(own.schemas)
        properties["task"] = task_names(TASKS)
        properties["backbone"] = backbones
        decoder = self._parts.decoder_names()
        if "decoder" not in own.required:
            decoder = {"anyOf": [decoder, {"type": "null"}]}
        properties["decoder"] = decoder
        properties["aux_decoders"] = self.auxiliary_heads()
        return properties

    def _prithvi(self, group: Group) -> Schema:
        own = self._arguments.of(group.signature)
        lacking = {
            name: _UNSAID[name] for name, inner in _RENAMED.items() if own.is_closed and inner not in own.schemas
        }
        backbone = self._parts.backbone(group, dictionary=False)
        return all_of(backbone, {"properties": lacking}) if lacking else backbone

    def auxiliary_heads(self) -> Schema:
        """Make the schema of a list of auxiliary heads, except for its task-dependent parts."""
        record = self._parts.part("AuxiliaryHead")
        decoders = self._parts.each(self._parts.decoders, "decoder", self._parts.auxiliary_decoder)
        begin = {"type": ["null", "object"], **refused("^(?!decoder_|head_)")}
        properties: dict[str, Schema] = {
            **record.schemas,
            "name": {"type": "string", "pattern": r"^[^.]+$", "description": "The name of its result."},
            "decoder": self._parts.decoder_names(),
            "decoder_args": {
                **begin,
                "description": "Arguments of the decoder and the head, with decoder_ or head_ in front.",
            },
        }
        head = {
            "title": "An auxiliary head",
            "type": "object",
            "properties": properties,
            "required": list(record.required),
            "additionalProperties": False,
            "allOf": [*decoders],
        }
        text = "Further branches on the same features, which help to train the model."
        return {
            "type": ["array", "null"],
            "description": text,
            "items": self._definitions.refer("auxiliary_head", head),
        }

    def _factory(self, component: Component, arguments: Schema) -> Factory:
        return Factory(
            component.name,
            component.summary,
            self._definitions.refer("factory", arguments),
            tasks={name: self._rules.rule(task) for name, task in TASKS.items()},
            auxiliary=self.auxiliary_heads(),
            auxiliary_tasks={name: self._rules.auxiliary(task) for name, task in TASKS.items() if task.decodes},
            uncounted={name: self._rules.uncounted(task) for name, task in TASKS.items() if task.decodes},
            borrowing={
                name: (self._rules.borrowing(task), unfit_counts(task)) for name, task in TASKS.items() if task.decodes
            },
        )
