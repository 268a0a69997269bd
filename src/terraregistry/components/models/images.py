"""The inputs of models: images, or several inputs by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from torch import Tensor

__all__ = ["Images", "image_size_of", "is_image"]

Images: TypeAlias = Tensor | Mapping[str, Tensor]
"""Images, `(B, C, H, W)` or `(B, C, T, H, W)`, or a mapping of inputs by name, the images among them of these shapes."""


def is_image(tensor: Tensor) -> bool:
    """Return True if an input has the axes of images, with or without an axis of time."""
    return tensor.dim() in (4, 5)


def image_size_of(images: Images) -> tuple[int, int]:
    """Read the size of images; for a mapping, of its first image.

    Args:
        images: The input of a model.

    Returns:
        Height and width.

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
