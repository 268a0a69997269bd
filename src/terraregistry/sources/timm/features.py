"""The features of a network of timm, found without its weights."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, cast

import torch

from terraregistry.quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraregistry.protocols import Backbone, FeatureSpec
    from terraregistry.registry import ComponentSpec
    from terraregistry.sources.timm.backbone import TimmBackbone
    from terraregistry.sources.timm.timm_constructor import TimmConstructor
    from terraregistry.sources.timm.timm_registry import TimmRegistry

__all__ = ["count_features", "find_features"]


@functools.lru_cache(maxsize=256)
def find_features(entrypoint: Callable[..., object], spec: ComponentSpec[Backbone]) -> tuple[FeatureSpec, ...] | None:
    """Make a network on the meta device, and read the description of its features.

    Args:
        entrypoint: The entry point in timm: the result holds as long as the name leads there.
        spec: The name and the arguments, without those for loading weights.

    Returns:
        The features; None if the network cannot be made without data.
    """
    del entrypoint
    try:
        with quietly(), torch.device("meta"):  # what there is to warn of is said when the backbone is built
            backbone = cast("TimmBackbone", spec.registry.build(spec.spelling, **spec.kwargs))
            return tuple(backbone.feature_specs)
    except Exception:  # noqa: BLE001 - an architecture may raise anything, and raises it again when it is built
        return None


@functools.lru_cache(maxsize=256)
def count_features(entrypoint: Callable[..., object], spec: ComponentSpec[Backbone]) -> int | None:
    """Make a network on the meta device, and count the features `out_indices` can choose.

    Args:
        entrypoint: As for `find_features`.
        spec: As for `find_features`.

    Returns:
        Their number; None if the network cannot be made without data.
    """
    del entrypoint
    constructor = cast("TimmConstructor", cast("TimmRegistry", spec.registry)[spec.spelling])
    try:
        return constructor.count_features(spec.kwargs) or None
    except Exception:  # noqa: BLE001 - as above
        return None
