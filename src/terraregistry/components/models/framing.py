"""The padding of images: the patch size and the mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from typing_extensions import TypeIs

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PADDING_MODES", "PaddingMode", "PatchSize", "find_patch_size", "three_axes"]

PaddingMode: TypeAlias = Literal["reflect", "replicate", "circular", "constant"]
"""How an image continues beyond its edges: as `torch.nn.functional.pad` has it."""

PADDING_MODES: Final[tuple[PaddingMode, ...]] = get_args(PaddingMode)

PatchSize: TypeAlias = int | Sequence[int]
"""The size of a patch: one number for height and width, (height, width), or (time, height, width)."""


def three_axes(patch_size: PatchSize) -> tuple[int, int, int]:
    """Write a patch size out.

    Args:
        patch_size: Its short form.

    Returns:
        Time, height and width.

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
    """Find the patch size of a backbone: the `patch_size` of the first of its modules with one.

    Args:
        module: The backbone.

    Returns:
        Time, height and width, or None if no module has a patch size.
    """
    for part in module.modules():
        # Whatever a backbone has under this name: only numbers are read.
        patch_size: Any = getattr(part, "patch_size", None)
        if _is_patch_size(patch_size):
            return three_axes(patch_size)
    return None


def _is_patch_size(value: object) -> TypeIs[PatchSize]:
    sizes: list[object] = [*value] if isinstance(value, (tuple, list)) else [value]
    return 1 <= len(sizes) <= 3 and all(isinstance(size, int) and size > 0 for size in sizes)
