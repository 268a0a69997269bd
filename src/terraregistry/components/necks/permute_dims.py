"""A neck reordering the axes of features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PermuteDims"]


class PermuteDims(nn.Module):
    """A permutation of the axes of every feature, as by `torch.permute`, with contiguous results.

    TerraTorch's neck fails on an invalid order when used; this one refuses it at construction.

    Args:
        channel_list: The channels of each feature.
        new_order: For each axis of the result, its axis in the feature; negative counts from the last.

    Attributes:
        keeps_strides: `process_channel_list` rearranges other properties of features (strides) like their channels.
        reads_layout: A model with this neck passes on the backbone's maps as they are, channels last or not.

    Raises:
        InvalidArgumentsError: `new_order` does not have each axis once.

    Examples:
        >>> import torch
        >>> PermuteDims([96], [0, 3, 1, 2])([torch.zeros(1, 14, 15, 96)])[0].shape
        torch.Size([1, 96, 14, 15])
    """

    keeps_strides: ClassVar[bool] = True
    reads_layout: ClassVar[bool] = True

    def __init__(self, channel_list: list[int], new_order: list[int]) -> None:
        super().__init__()
        self.channel_list: list[int] = list(channel_list)
        self.new_order: list[int] = list(new_order)
        count = len(self.new_order)
        places = {axis + count if axis < 0 else axis for axis in self.new_order}
        if not count or places != set(range(count)):
            raise refusal(self, "new_order", f"expected each axis once, such as [0, 3, 1, 2], got {self.new_order}")

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return the list as it is: the channels go to another axis, their number stays.

        Args:
            channel_list: One entry a feature.

        Returns:
            A list with the same entries.
        """
        return list(channel_list)

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor]:
        """Reorder the axes of features.

        Args:
            features: One tensor a feature, with as many axes as `new_order` has.
            image_size: Not needed here.

        Returns:
            One contiguous tensor a feature.

        Raises:
            ValueError: A feature has another number of axes.
        """
        return [self._permuted(feature, at) for at, feature in enumerate(features)]

    def _permuted(self, feature: Tensor, at: int) -> Tensor:
        if feature.dim() != len(self.new_order):
            expected = f"new_order={self.new_order} expects {len(self.new_order)} axes"
            raise ValueError(f"{expected}, feature {at} has the shape {tuple(feature.shape)}")
        return feature.permute(self.new_order).contiguous()
