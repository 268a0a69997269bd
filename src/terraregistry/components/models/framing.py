"""The framing of images and features: patch size and padding mode, and the order of a feature's axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from terraregistry.protocols import Layout

if TYPE_CHECKING:
    from torch import Tensor, nn
    from typing_extensions import TypeIs

    from terraregistry.protocols import FeatureSpec

__all__ = [
    "PADDING_MODES",
    "PaddingMode",
    "PatchSize",
    "channels_first",
    "find_patch_size",
    "layouts_of",
    "specs_of",
    "three_axes",
]

PaddingMode: TypeAlias = Literal["reflect", "replicate", "circular", "constant"]
"""How an image continues beyond its edges: as `torch.nn.functional.pad` has it."""

PADDING_MODES: Final[tuple[PaddingMode, ...]] = get_args(PaddingMode)

PatchSize: TypeAlias = int | Sequence[int]
"""The size of a patch: one number for height and width, (height, width), or (time, height, width)."""


def three_axes(patch_size: PatchSize) -> tuple[int, int, int]:
    """Write a patch size out: time, height and width.

    Raises:
        ValueError: It has more than three numbers or none, or one of them is below 1.

    Examples:
        >>> three_axes(16)
        (1, 16, 16)
    """
    sizes = (patch_size, patch_size) if isinstance(patch_size, int) else tuple(patch_size)
    if not 1 <= len(sizes) <= 3 or min(sizes) < 1:
        raise ValueError(
            f"patch_size is {patch_size!r}; expected a number, (height, width) or (time, height, width), "
            "each at least 1"
        )
    height, width = (sizes[-1], sizes[-1]) if len(sizes) == 1 else sizes[-2:]
    return (sizes[0] if len(sizes) == 3 else 1), height, width


def find_patch_size(module: nn.Module) -> tuple[int, int, int] | None:
    """Find the patch size of a backbone, (time, height, width): that of the first of its modules with one; None without."""
    for part in module.modules():
        # Whatever a backbone has under this name: only numbers are read.
        patch_size: Any = getattr(part, "patch_size", None)
        if _is_patch_size(patch_size):
            return three_axes(patch_size)
    return None


def _is_patch_size(value: object) -> TypeIs[PatchSize]:
    sizes: list[object] = [*value] if isinstance(value, (tuple, list)) else [value]
    return 1 <= len(sizes) <= 3 and all(isinstance(size, int) and size > 0 for size in sizes)


def layouts_of(backbone: nn.Module) -> tuple[Layout, ...] | None:
    """Read the layout of each feature from a backbone's `feature_specs`; None if it has none."""
    specs = specs_of(backbone)
    return None if specs is None else tuple(spec.layout for spec in specs)


def specs_of(backbone: nn.Module) -> tuple[FeatureSpec, ...] | None:
    """Read a backbone's `feature_specs`, also by way of `__getattr__`, as wrappers have them; None if it has none."""
    specs: Sequence[FeatureSpec] | None = getattr(backbone, "feature_specs", None)
    return None if specs is None else tuple(specs)


def channels_first(features: Sequence[Tensor], layouts: Sequence[Layout]) -> list[Tensor]:
    """Move the channels of channels-last maps to the second axis, as decoders expect; tokens stay as they are."""
    if len(features) != len(layouts):
        raise ValueError(f"the backbone gave {len(features)} features, but its feature_specs describe {len(layouts)}")
    return [
        feature.movedim(-1, 1) if layout is Layout.NHWC else feature
        for feature, layout in zip(features, layouts, strict=True)
    ]
