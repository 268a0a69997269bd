"""A head with scores of classes for each position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from terraregistry.components.heads.head_blocks import dropout_or_identity, stack
from terraregistry.components.refusals import at_least

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SegmentationHead"]


class SegmentationHead(nn.Module):
    """Convolutions to one score a class, at each position of a map. TerraTorch's parameters and state_dict keys.

    Args:
        in_channels: The channels of the map.
        num_classes: The number of classes, at least 1.
        channel_list: The channels after each of the 3x3 convolutions coming first; None or empty for none.
        dropout: The probability of dropping an element before the last convolution.

    Raises:
        InvalidArgumentsError: `num_classes` is below 1.
        ValueError: `dropout` is no probability.

    Shape:
        `(B, in_channels, H, W)` to `(B, num_classes, H, W)`.
    """

    def __init__(
        self, in_channels: int, num_classes: int, channel_list: list[int] | None = None, dropout: float = 0
    ) -> None:
        super().__init__()
        self.num_classes: int = at_least(self, "num_classes", num_classes)
        widths = [in_channels, *(channel_list or [])]
        self.head: nn.Sequential = nn.Sequential(
            stack(widths, _block) if channel_list else nn.Identity(),
            dropout_or_identity(dropout),
            nn.Conv2d(widths[-1], num_classes, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Score each position of `x`, `(B, in_channels, H, W)`, for each class: `(B, num_classes, H, W)`."""
        scores: Tensor = self.head(x)
        return scores


def _block(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, kernel_size=3, padding=1), nn.ReLU())
