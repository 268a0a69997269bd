"""The sizes of images and patches, as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PatchSize", "read_image_size", "read_patch_size"]

PatchSize: TypeAlias = int | Sequence[int]
"""The size of a patch: one number for height and width, or (time, height, width)."""


def read_image_size(component: nn.Module, given: int | Sequence[int]) -> tuple[int, int]:
    """Write the size of an image out as height and width.

    Args:
        component: The component, half made, for the error.
        given: One number for both, or the two.

    Returns:
        Height and width in pixels.

    Raises:
        InvalidArgumentsError: It is no size.
    """
    size = (given, given) if isinstance(given, int) else tuple(given)
    if len(size) != 2 or min(size) < 1:
        raise refusal(component, "img_size", f"expected a number of pixels or (height, width), got {given!r}")
    return size[0], size[1]


def read_patch_size(component: nn.Module, given: PatchSize, image: tuple[int, int, int]) -> tuple[int, int, int]:
    """Write the size of a patch out as time, height and width.

    Args:
        component: The component, half made, for the error.
        given: One number for height and width, or the three.
        image: The size of the images along the same axes.

    Returns:
        Frames, and pixels along height and width.

    Raises:
        InvalidArgumentsError: It is no size of a patch, or larger than the images.
    """
    size = (1, given, given) if isinstance(given, int) else tuple(given)
    if len(size) != 3 or min(size) < 1:
        raise refusal(component, "patch_size", f"expected a number of pixels or (time, height, width), got {given!r}")
    if any(patch > length for patch, length in zip(size, image, strict=True)):
        frames, height, width = image
        detail = f"a patch {size} does not fit into {frames} frame(s) of {height}x{width} pixels"
        raise refusal(component, "patch_size", detail)
    return size[0], size[1], size[2]
