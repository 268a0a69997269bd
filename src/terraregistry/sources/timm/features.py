"""The features of a network of timm, found without its weights."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast

import torch

from terraregistry.errors import Problem, ProblemKind
from terraregistry.quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.protocols import Backbone, FeatureSpec
    from terraregistry.registry import ComponentSpec
    from terraregistry.sources.timm.backbone import TimmBackbone

__all__ = ["find_features"]


@functools.lru_cache(maxsize=256)
def find_features(
    entrypoint: Callable[..., object], spec: ComponentSpec[Backbone]
) -> tuple[FeatureSpec, ...] | Problem | None:
    """Make a network on the meta device, and read the description of its features.

    Args:
        entrypoint: The entry point in timm: the result holds as long as the name leads there.
        spec: The name and the arguments, without those for loading weights.

    Returns:
        The features; the mistake in `out_indices`; or None if the network cannot be made without data.
    """
    del entrypoint
    found = _made(spec, spec.kwargs)
    return _bad_index(spec) if found is None else found


# The arguments of a network are any objects.
def _made(spec: ComponentSpec[Backbone], kwargs: Mapping[str, Any]) -> tuple[FeatureSpec, ...] | None:
    try:
        with quietly(), torch.device("meta"):  # what there is to warn of is said when the backbone is built
            backbone = cast("TimmBackbone", spec.registry.build(spec.spelling, **kwargs))
            return tuple(backbone.feature_specs)
    except Exception:  # noqa: BLE001 - an architecture may raise anything, and raises it again when it is built
        return None


def _bad_index(spec: ComponentSpec[Backbone]) -> Problem | None:
    """Return the problem if a network cannot be made because of a nonexistent feature."""
    kwargs = spec.kwargs
    given: object = kwargs.pop("out_indices", None)
    every = _made(spec, kwargs) if isinstance(given, (list, tuple)) else None
    if every is None:
        return None
    count = len(every)
    for at, index in enumerate(cast("list[object]", given)):
        if isinstance(index, int) and not -count <= index < count:
            detail = f"expected {-count} to {count - 1} with {count} features, got {index}"
            return Problem(("out_indices", at), ProblemKind.INVALID, detail=detail)
    return None
