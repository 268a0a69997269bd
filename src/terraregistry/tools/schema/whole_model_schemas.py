"""The factories of whole models: `SMPModelFactory`, `TimmModelFactory` and `FullModelFactory`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.index import SMP_ENCODERS, SMP_MODELS
from terraregistry.tools.schema.component_schemas import groups_of, named, named_as, variants
from terraregistry.tools.schema.factory import Factory, asked_for, object_of
from terraregistry.tools.schema.networks import TIMM, Networks
from terraregistry.tools.schema.schema_parts import all_of, is_one_of, only_these, refused, when
from terraregistry.tools.schema.task_schemas import task_names

if TYPE_CHECKING:
    from terraregistry.index import Component, Index
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas
    from terraregistry.tools.schema.component_schemas import Group
    from terraregistry.tools.schema.part_schemas import Parts
    from terraregistry.tools.schema.schema_parts import Definitions, Schema

__all__ = ["WholeModels"]

_FULL: Final = "terraregistry.library:FULL_MODEL_REGISTRY"
_SMP_OWN: Final = ("encoder_name", "encoder_weights", "in_channels", "classes")
"""Arguments of smp's models given by the factory."""
_TIMM_OWN: Final = ("in_chans", "num_classes", "pretrained", "features_only")
"""Arguments of timm's networks given by the factory."""
_AT_LEAST_ONE: Final = {"minimum": 1}


class WholeModels:
    """The schemas of these factories.

    Args:
        index: The index.
        arguments: Makes the schemas of arguments.
        definitions: The definitions to add schemas to.
        parts: Makes the schemas of adapters.
    """

    def __init__(self, index: Index, arguments: ArgumentSchemas, definitions: Definitions, parts: Parts) -> None:
        self._index: Final = index
        self._arguments: Final = arguments
        self._definitions: Final = definitions
        self._parts: Final = parts

    def of_smp(self, component: Component) -> Factory:
        """Make the schema of `SMPModelFactory`."""
        own = self._arguments.of(component.signature)
        models, encoders = groups_of(self._index, SMP_MODELS), groups_of(self._index, SMP_ENCODERS)
        timm = sorted(f"tu-{name}" for name in self._index.spellings(TIMM))
        names = named(encoders, "The name of an encoder", "encoder")
        properties: dict[str, Schema] = {
            **own.schemas,
            "task": task_names(["segmentation"]),
            "backbone": {**names, "enum": [*(name for group in encoders for name in group.names), *timm]},
            "model": named(models, "The name of a model of segmentation-models-pytorch", "model"),
        }
        rules = [
            *self._parts.each(encoders, "backbone", self._encoder),
            *self._parts.each(models, "model", lambda group: self._smp_model(group, list(properties))),
            {"properties": {"num_classes": _AT_LEAST_ONE, "in_channels": _AT_LEAST_ONE}},
        ]
        arguments = {
            "title": f"What {component.name} needs",
            "type": "object",
            "properties": properties,
            "required": asked_for(own),
            "allOf": rules,
        }
        return self._factory(component, arguments, "segmentation")

    def _encoder(self, group: Group) -> Schema:
        weights = self._arguments.of(group.signature)
        return (
            {"properties": dict(weights.schemas), "required": list(weights.required)}
            if weights.required
            else {"properties": dict(weights.schemas)}
        )

    def _smp_model(self, group: Group, own: list[str]) -> Schema:
        arguments = self._arguments.of(group.signature).without(_SMP_OWN)
        both = dict(arguments.schemas)
        properties = {**both, **{f"smp_{name}": schema for name, schema in both.items()}}
        twice = {f"smp_{name}": {"properties": {name: False}} for name in both}
        found: dict[str, object] = {"properties": properties, "dependentSchemas": twice}
        short = [f"aux_{name}" for name in ("classes", "pooling", "dropout", "activation")]
        known = [*own, "model_factory", *properties, *short, *(f"smp_{name}" for name in short)]
        # An encoder of timm has arguments of its own.
        on_timm = {"properties": {"backbone": {"pattern": "^(?:tu|timm)-"}}}
        others = when(on_timm, True, refused(only_these(known)))

        def write(schemas: dict[str, Schema]) -> Schema:
            kept = {name: schema for name, schema in schemas.items() if name in both}
            return {"properties": {**kept, **{f"smp_{name}": schema for name, schema in kept.items()}}}

        return self._definitions.refer(
            "smp_model", all_of(found, others, *variants(group, "model", self._arguments, write))
        )

    def of_timm(self, component: Component) -> Factory:
        """Make the schema of `TimmModelFactory`."""
        own = self._arguments.of(component.signature)
        networks = Networks(self._index, self._arguments)
        groups = groups_of(self._index, TIMM)
        split = [(group, names, arguments) for group in groups for names, arguments in networks.of(group)]
        classifiers = [each for each in split if _is_classifier(each[2])]
        listed = [name for _, names, _ in classifiers for name in names]
        names = named_as(listed, "The name of a network of timm", "network that can be a classifier")
        properties: dict[str, Schema] = {
            **own.schemas,
            "task": task_names(["classification"]),
            "backbone": self._definitions.refer("timm_names", names),
        }
        rules: list[Schema] = [
            when(is_one_of("backbone", each[1]), self._network(each[0], each[2])) for each in classifiers
        ]
        found = object_of(properties, ["backbone_"])
        rules.append({"properties": {"num_classes": _AT_LEAST_ONE, "in_channels": _AT_LEAST_ONE}})
        title = f"What {component.name} needs"
        arguments = {"title": title, **found, "required": asked_for(own), "allOf": rules}
        return self._factory(component, arguments, "classification")

    def _network(self, group: Group, arguments: Arguments) -> Schema:
        left = arguments.without(_TIMM_OWN)

        def write(schemas: dict[str, Schema]) -> Schema:
            return {"properties": {f"backbone_{name}": each for name, each in schemas.items() if name in left.schemas}}

        usually = variants(group, "backbone", self._arguments, write)
        closed = refused(f"^backbone_(?:{'|'.join(_TIMM_OWN)})$")
        return self._definitions.refer("network", all_of(left.prefixed("backbone_"), closed, *usually))

    def of_full_models(self, component: Component) -> Factory:
        """Make the schema of `FullModelFactory`."""
        own = self._arguments.of(component.signature)
        groups = groups_of(self._index, _FULL)
        properties: dict[str, Schema] = {
            **own.schemas,
            "model": named(groups, "The name of a whole model", "whole model"),
            "rescale": {"const": True, "description": "Not read."},
            "padding": {"const": "reflect", "description": "Not read."},
            "peft_config": self._parts.adapters(),
        }
        rules = self._parts.each(groups, "model", lambda group: self._full_model(group, properties))
        arguments = {
            "title": f"What {component.name} needs",
            "type": "object",
            "properties": properties,
            "required": asked_for(own),
            "allOf": [*rules],
        }
        return self._factory(component, arguments, "")

    def _full_model(self, group: Group, own: dict[str, Schema]) -> Schema:
        more = dict.fromkeys([*own, "model_factory"], True)
        arguments = self._arguments.of(group.signature).with_more(more)
        usually = variants(group, "model", self._arguments, lambda schemas: {"properties": schemas})
        return self._definitions.refer("full_model", all_of(arguments.in_dictionary(), *usually))

    def _factory(self, component: Component, arguments: Schema, task: str) -> Factory:
        tasks = {task: True} if task else None
        return Factory(component.name, component.summary, self._definitions.refer("factory", arguments), tasks)


def _is_classifier(arguments: Arguments) -> bool:
    return not arguments.is_closed or all(name in arguments.schemas for name in _TIMM_OWN)
