"""The further parts of models in configs: the arguments of the factories, of heads and of wrappers.

They are described as registries are, so their signatures are in the index like those of components.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal, cast

from terraregistry.errors import SourceUnavailableError
from terraregistry.index.references import BUILD_MODELS, HEADS, PARTS, SMP_ENCODERS, SMP_MODELS, TIMM_NETWORKS
from terraregistry.registry import BaseRegistry, Registry
from terraregistry.sources.timm import TimmRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraregistry.registry import ComponentDescription

__all__ = ["composing_registries"]

_AnyRegistry = Registry[Any]  # of functions and classes, whatever they make


class _TimmNetworks(TimmRegistry):
    """timm's networks as they are with `features_only=False`."""

    def describe(self, name: str) -> ComponentDescription:
        return self.describe_network(name)


def composing_registries() -> dict[str, BaseRegistry[Any]]:  # as above
    """Make registries of the further parts of models in configs.

    Returns:
        Each by its reference; an empty one if a library is missing.
    """
    from terraregistry.components.backbones.adapters import adapted
    from terraregistry.components.backbones.temporal import TemporalWrapper
    from terraregistry.components.factories.branches import HEAD_REGISTRY, AuxiliaryHead
    from terraregistry.components.factories.part_arguments import Framing
    from terraregistry.components.factories.smp_library import smp_models

    parts = _AnyRegistry(
        AuxiliaryHead=AuxiliaryHead, Framing=Framing, TemporalWrapper=TemporalWrapper, adapters=adapted
    )
    return {
        BUILD_MODELS: _build_models(),
        HEADS: cast("_AnyRegistry", HEAD_REGISTRY),
        PARTS: parts,
        SMP_MODELS: _where_installed(smp_models),
        SMP_ENCODERS: _where_installed(_smp_encoders),
        TIMM_NETWORKS: _where_installed(_timm_networks),
    }


def _where_installed(make: Callable[[], BaseRegistry[Any]]) -> BaseRegistry[Any]:  # as above
    try:
        return make()
    except SourceUnavailableError:
        return _AnyRegistry()


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

    found = _AnyRegistry()
    for name, weights in smp_encoders().items():
        found.register(_encoder(weights), name=name)
    return found


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
