"""Blocks shared by heads."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["dropout_or_identity", "stack"]


def stack(widths: Sequence[int], block: Callable[[int, int], nn.Module]) -> nn.Sequential:
    """Chain one block for each pair of adjacent widths.

    Args:
        widths: The width before the first block, then the one after each block.
        block: Makes a block from the widths before and after it.

    Returns:
        The blocks, one fewer than widths.
    """
    return nn.Sequential(*(block(before, after) for before, after in pairwise(widths)))


def dropout_or_identity(probability: float) -> nn.Module:
    """Make the element-wise dropout of a head, or an identity if the probability is 0."""
    return nn.Dropout(probability) if probability else nn.Identity()
