"""The config schemas of the model factories of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.index import BUILD_MODELS
from terraregistry.tools.schema.composed import ComposedModels
from terraregistry.tools.schema.factory import Factory
from terraregistry.tools.schema.part_schemas import Parts
from terraregistry.tools.schema.task_schemas import TaskRules
from terraregistry.tools.schema.whole_model_schemas import WholeModels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.index import Component, Index
    from terraregistry.tools.schema.argument_schemas import ArgumentSchemas
    from terraregistry.tools.schema.schema_parts import Definitions

__all__ = ["factories_of"]

_FACTORIES: Final = "terraregistry.library:MODEL_FACTORY_REGISTRY"
_HOME: Final = "terraregistry.components.factories"


def factories_of(index: Index, arguments: ArgumentSchemas, definitions: Definitions) -> list[Factory]:
    """Make the schemas of the factories.

    Args:
        index: The index.
        arguments: Makes the schemas of arguments.
        definitions: The definitions to add schemas to.

    Returns:
        The factories. For one from outside this library: the signature of its `build_model`, or any arguments if
        that is unknown.
    """
    makers = _makers(index, arguments, definitions)
    found: list[Factory] = []
    for name, resolved in index.spellings(_FACTORIES).items():
        factory = resolved.component
        method = index.find(BUILD_MODELS, resolved.canonical)
        if method is None:
            found.append(Factory(name, factory.summary, {"type": "object"}, auxiliary=True))
            continue
        make = makers.get(factory.product.text)
        made = _by_signature(method.component, arguments) if make is None else make(method.component)
        found.append(made.called(name, factory.summary))
    return found


def _makers(
    index: Index, arguments: ArgumentSchemas, definitions: Definitions
) -> Mapping[str, Callable[[Component], Factory]]:
    parts = Parts(index, arguments, definitions)
    composed = ComposedModels(arguments, definitions, parts, TaskRules(index, arguments, definitions, parts))
    whole = WholeModels(index, arguments, definitions, parts)
    return {
        f"{_HOME}.encoder_decoder_factory.EncoderDecoderFactory": composed.of_any_parts,
        f"{_HOME}.prithvi.PrithviModelFactory": composed.of_prithvi,
        f"{_HOME}.smp.SMPModelFactory": whole.of_smp,
        f"{_HOME}.timm.TimmModelFactory": whole.of_timm,
        f"{_HOME}.full_model.FullModelFactory": whole.of_full_models,
    }


def _by_signature(method: Component, arguments: ArgumentSchemas) -> Factory:
    own = arguments.of(method.signature)
    takes_task = "task" in own.schemas or not own.is_closed
    schema = own.with_more({"model_factory": True}).optional(["task"]).in_dictionary()
    taken = own.schemas.get("aux_decoders", not own.is_closed)
    auxiliary = taken if isinstance(taken, bool) else {"anyOf": [taken, {"type": "null"}]}
    return Factory(method.name, method.summary, schema, None if not takes_task else {}, auxiliary, any_task=True)
