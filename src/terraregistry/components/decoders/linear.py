"""A decoder of one transposed convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from terraregistry.components.refusals import at_least, channels_at

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LinearDecoder"]


class LinearDecoder(nn.Module):
    """One linear map from each position of a feature to the classes of a square of pixels; it includes its head.

    It has TerraTorch's parameters and state_dict keys (`conv.weight`, `conv.bias`). In TerraTorch the model's number of
    classes does not reach it and a second head is put after it; here the factory reads `includes_head` from this class.

    Args:
        embed_dim: The channels of each feature.
        num_classes: The number of classes.
        upsampling_size: The side of the square: how much larger the result is than the feature.
        in_index: The feature decoded; negative counts from the last.

    Raises:
        InvalidArgumentsError: `num_classes` or `upsampling_size` is below 1, `embed_dim` is empty, or `in_index` is out of
            its range.

    Shape:
        Features `(B, embed_dim[i], H_i, W_i)` to a map `(B, num_classes, H * upsampling_size, W * upsampling_size)`, with H
        and W those of the feature `in_index`.

    Examples:
        >>> import torch
        >>> LinearDecoder([32, 64], num_classes=3, upsampling_size=4)([torch.zeros(1, 32, 8, 8), torch.zeros(1, 64, 4, 5)]).shape
        torch.Size([1, 3, 16, 20])
    """

    includes_head: ClassVar[bool] = True

    def __init__(self, embed_dim: list[int], num_classes: int, upsampling_size: int, in_index: int = -1) -> None:
        super().__init__()
        width = channels_at(self, embed_dim, in_index, "in_index")
        self.num_classes: int = at_least(self, "num_classes", num_classes)
        self.upsampling_size: int = at_least(self, "upsampling_size", upsampling_size)
        self.in_index = in_index
        self.embed_dim: list[int] = list(embed_dim)
        self.conv: nn.ConvTranspose2d = nn.ConvTranspose2d(
            width, num_classes, kernel_size=upsampling_size, stride=upsampling_size
        )

    @property
    def out_channels(self) -> int:
        """The number of channels of the result: the classes."""
        return self.num_classes

    def forward(self, features: list[Tensor]) -> Tensor:
        """Score each pixel for each class.

        Args:
            features: One map a feature, `(B, embed_dim[i], H_i, W_i)`.

        Returns:
            A map, `(B, num_classes, H * upsampling_size, W * upsampling_size)`.
        """
        scores: Tensor = self.conv(features[self.in_index])
        return scores
