"""The order of a feature's axes, for decoders with channels first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.protocols import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from terraregistry.protocols import FeatureSpec

__all__ = ["channels_first", "layouts_of", "specs_of"]


def layouts_of(backbone: nn.Module) -> tuple[Layout, ...] | None:
    """Read the layout of each feature from a backbone's `feature_specs`.

    Args:
        backbone: The backbone.

    Returns:
        One layout a feature, or None if the backbone does not state it.
    """
    specs = specs_of(backbone)
    return None if specs is None else tuple(spec.layout for spec in specs)


def specs_of(backbone: nn.Module) -> tuple[FeatureSpec, ...] | None:
    """Read a backbone's `feature_specs`.

    Args:
        backbone: The backbone; it may have the attribute by way of `__getattr__`, as wrappers do.

    Returns:
        One entry a feature, or None if the backbone does not state it.
    """
    specs: Sequence[FeatureSpec] | None = getattr(backbone, "feature_specs", None)
    return None if specs is None else tuple(specs)


def channels_first(features: Sequence[Tensor], layouts: Sequence[Layout]) -> list[Tensor]:
    """Move the channels of channels-last maps to the second axis, as decoders expect.

    Args:
        features: One tensor a feature.
        layouts: The layout of each.

    Returns:
        Maps as `(B, C, H, W)`; tokens as they are.

    Raises:
        ValueError: There is another number of features than of layouts.
    """
    if len(features) != len(layouts):
        raise ValueError(f"the backbone gave {len(features)} features, but its feature_specs describe {len(layouts)}")
    return [
        feature.movedim(-1, 1) if layout is Layout.NHWC else feature
        for feature, layout in zip(features, layouts, strict=True)
    ]
