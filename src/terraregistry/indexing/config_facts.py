"""The content of the index for configs, beside the components: the further parts of models, and facts beyond signatures.

The further parts are the arguments of the factories, of heads and of wrappers, described as registries are. The facts are
docstrings, decoders with heads, and values for classes.
"""

from __future__ import annotations

import ast
import inspect
import typing
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, cast

from terraregistry.errors import SourceUnavailableError
from terraregistry.index import BUILD_MODELS, DETECTORS, HEADS, PARTS, SMP_ENCODERS, SMP_MODELS, TIMM_NETWORKS
from terraregistry.index.descriptions import OPAQUE_DEFAULT, ConfigFacts
from terraregistry.indexing.portable import default_text
from terraregistry.registry import BaseRegistry, Registry
from terraregistry.registry.docstrings import argument_texts, find_loaded
from terraregistry.sources.timm import TimmRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from terraregistry.index.descriptions import IndexedRegistry, Parameter
    from terraregistry.registry import ComponentDescription

__all__ = ["composing_registries", "config_facts"]

_AnyRegistry = Registry[Any]  # of functions and classes, whatever they make


class _TimmNetworks(TimmRegistry):
    """timm's networks as they are with `features_only=False`."""

    def describe(self, name: str) -> ComponentDescription:
        return self.describe_network(name)


def composing_registries() -> dict[str, BaseRegistry[Any]]:  # as above
    """Make registries of the further parts of models in configs, by their references; an empty one if a library is missing."""
    from terraregistry.components.backbones.adapters import adapted
    from terraregistry.components.backbones.temporal import TemporalWrapper
    from terraregistry.components.factories.branches import HEAD_REGISTRY, AuxiliaryHead
    from terraregistry.components.factories.detection import FRAMEWORK_REGISTRY
    from terraregistry.components.factories.part_arguments import Framing
    from terraregistry.components.factories.smp_library import smp_models

    found: dict[str, BaseRegistry[Any]] = {  # as above
        BUILD_MODELS: _build_models(),
        DETECTORS: cast("_AnyRegistry", FRAMEWORK_REGISTRY),
        HEADS: cast("_AnyRegistry", HEAD_REGISTRY),
        PARTS: _AnyRegistry(
            AuxiliaryHead=AuxiliaryHead, Framing=Framing, TemporalWrapper=TemporalWrapper, adapters=adapted
        ),
    }
    libraries: dict[str, Callable[[], BaseRegistry[Any]]] = {
        SMP_MODELS: smp_models,
        SMP_ENCODERS: _smp_encoders,
        TIMM_NETWORKS: _timm_networks,
    }
    for reference, make in libraries.items():
        try:
            found[reference] = make()
        except SourceUnavailableError:
            found[reference] = _AnyRegistry()
    return found


def _timm_networks() -> TimmRegistry:
    from terraregistry.sources.timm.loaded_timm import load_timm

    load_timm()
    return _TimmNetworks()


def _build_models() -> _AnyRegistry:
    from terraregistry.library import MODEL_FACTORY_REGISTRY

    found = _AnyRegistry()
    for name in MODEL_FACTORY_REGISTRY:
        try:
            found.register(MODEL_FACTORY_REGISTRY.build(name).build_model, name=name)
        except Exception:  # noqa: BLE001, S112 - a project's own factory may raise anything; nothing is known of it then
            continue
    return found


def _smp_encoders() -> _AnyRegistry:
    from terraregistry.components.factories.smp_library import smp_encoders

    return _AnyRegistry(**{name: _encoder(weights) for name, weights in smp_encoders().items()})


def _encoder(weights: tuple[str, ...]) -> Callable[..., object]:
    def encoder(pretrained: object = True) -> object:
        """An encoder of segmentation-models-pytorch."""
        return pretrained

    usual = "imagenet" in weights
    members: tuple[object, ...] = (False, "", None, *([True] if usual else []), *weights)
    allowed: Any = cast("Any", Literal)[members]  # a type that is made at run time
    default = True if usual else inspect.Parameter.empty
    parameter = inspect.Parameter("pretrained", inspect.Parameter.KEYWORD_ONLY, annotation=allowed, default=default)
    encoder.__annotations__["pretrained"] = allowed
    encoder.__dict__["__signature__"] = inspect.Signature([parameter])
    return encoder


def config_facts(registries: Iterable[IndexedRegistry]) -> ConfigFacts:
    """Collect the facts about the components of registries; describing these has imported their modules."""
    components = [component for registry in registries for component in registry.components]
    parameters = dict.fromkeys(each for component in components for each in component.signature.parameters)
    constructors = dict.fromkeys(each.constructor for each in components if each.constructor is not None)
    whole = [
        each for each in constructors if getattr(find_loaded(each.replace(":", ".")), "includes_head", False) is True
    ]
    return ConfigFacts(tuple(_documentation(parameters)), tuple(whole), tuple(_plain_values(parameters)))


def _documentation(parameters: Iterable[Parameter]) -> Iterator[tuple[str, str, str]]:
    wanted: dict[str, dict[str, None]] = {}
    for each in parameters:
        wanted.setdefault(each.origin, {})[each.name] = None
    for origin, names in wanted.items():
        texts = argument_texts(dict.fromkeys(names, find_loaded(origin)))
        yield from ((origin, name, text) for name, text in texts.items())


def _plain_values(parameters: Iterable[Parameter]) -> Iterator[tuple[str, str]]:
    types = dict.fromkeys(parameter.accepts for parameter in parameters)
    nodes = (node for each in types for node in ast.walk(ast.parse(each.text, mode="eval")))
    for name in dict.fromkeys(ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)):
        found = find_loaded(name)
        if isinstance(found, type) and found.__module__ not in ("typing", "collections.abc"):
            yield name, _values_for(cast("type[object]", found))


def _values_for(cls: type[object]) -> str:
    if issubclass(cls, Enum):
        values = tuple(member.value for member in cls)
        return default_text(values) or OPAQUE_DEFAULT
    asked_otherwise = hasattr(cls, "__get_pydantic_core_schema__") or typing.is_typeddict(cls)
    protocol = getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False)
    return OPAQUE_DEFAULT if asked_otherwise or protocol else "()"
