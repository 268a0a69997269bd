"""The inputs of models, images or several inputs by name: their size, padding to whole patches, cropping back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from terraregistry.components.models.framing import PaddingMode

__all__ = ["Images", "centre_crop", "image_size_of", "is_image", "pad_to_patches"]

Images: TypeAlias = Tensor | Mapping[str, Tensor]
"""Images, `(B, C, H, W)` or `(B, C, T, H, W)`, or a mapping of inputs by name, the images among them of these shapes."""


def is_image(tensor: Tensor) -> bool:
    """Return True if an input has the axes of images, with or without an axis of time."""
    return tensor.dim() in (4, 5)


def image_size_of(images: Images) -> tuple[int, int]:
    """Read the height and width of images; for a mapping, of its first image.

    Raises:
        ValueError: A mapping has no image.

    Examples:
        >>> import torch
        >>> image_size_of({"weather": torch.zeros(1, 7), "optical": torch.zeros(1, 3, 8, 6)})
        (8, 6)
    """
    if isinstance(images, Tensor):
        return images.shape[-2], images.shape[-1]
    for each in filter(is_image, images.values()):
        return each.shape[-2], each.shape[-1]
    shapes = ", ".join(f"{name} {tuple(each.shape)}" for name, each in images.items()) or "nothing"
    raise ValueError(f"expected an image, (B, C, H, W) or (B, C, T, H, W), among the inputs, got {shapes}")


def pad_to_patches(images: Tensor, patch_size: tuple[int, int, int], mode: PaddingMode = "reflect") -> Tensor:
    """Pad images until an even number of patches fits into height and width, and a whole number into time.

    Height and width are padded on both sides (an odd pixel goes to the bottom and the right), time at its end. Images
    of any size can be padded: a reflection longer than the image goes back and forth (torch's own padding refuses it).

    Args:
        images: `(B, C, H, W)` or `(B, C, T, H, W)`; the same tensor is returned if they fit already.
        patch_size: Time, height and width.
        mode: The padding mode beyond the edges of the images.

    Examples:
        >>> pad_to_patches(torch.zeros(1, 3, 30, 33), (1, 8, 8)).shape
        torch.Size([1, 3, 32, 48])
    """
    time, height, width = patch_size
    for axis, step in ((-2, 2 * height), (-1, 2 * width)):
        missing = -images.shape[axis] % step
        images = _pad_axis(images, axis, missing // 2, missing - missing // 2, mode)
    if images.dim() == 5:
        images = _pad_axis(images, -3, 0, -images.shape[-3] % time, mode)
    return images


def centre_crop(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut the middle out of a map `(..., H, W)`, as a view, along each axis larger than the size, (height, width).

    Examples:
        >>> centre_crop(torch.arange(5).expand(1, 5), (1, 2))
        tensor([[1, 2]])
    """
    for axis, length in ((-2, size[0]), (-1, size[1])):
        surplus = x.shape[axis] - length
        if surplus > 0:
            x = x.narrow(axis, surplus // 2, length)
    return x


def _pad_axis(images: Tensor, axis: int, before: int, after: int, mode: PaddingMode) -> Tensor:
    if not before and not after:
        return images
    if mode == "constant":
        return functional.pad(images, [0, 0] * (-1 - axis) + [before, after])
    length = images.shape[axis]
    positions = torch.arange(-before, length + after, device=images.device)
    if mode == "replicate":
        positions = positions.clamp(0, length - 1)
    elif mode == "circular":
        positions = positions.remainder(length)
    else:
        turn = max(1, 2 * (length - 1))
        positions = positions.remainder(turn)
        positions = torch.minimum(positions, turn - positions)
    return images.index_select(axis, positions)
