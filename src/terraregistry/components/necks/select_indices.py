"""A neck picking features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from terraregistry.components.refusals import channels_at, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SelectIndices"]


class SelectIndices(nn.Module):
    """A choice of features by index, in the order given; repeats are allowed.

    TerraTorch's neck fails on an index out of range when used; this one refuses it at construction.

    Args:
        channel_list: The channels of each feature.
        indices: The features to pick; negative counts from the last.

    Attributes:
        keeps_strides: `process_channel_list` rearranges other properties of features (strides) like their channels.

    Raises:
        InvalidArgumentsError: `indices` is empty, or one of them is out of range.

    Examples:
        >>> SelectIndices([64, 128, 256], [0, -1]).process_channel_list([64, 128, 256])
        [64, 256]
    """

    keeps_strides: ClassVar[bool] = True

    def __init__(self, channel_list: list[int], indices: list[int]) -> None:
        super().__init__()
        if not indices:
            raise refusal(self, "indices", "expected at least one feature to pick, got an empty list")
        self.channel_list: list[int] = list(channel_list)
        self.indices: list[int] = list(indices)
        self.process_channel_list(self.channel_list)

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Pick the entries of the features picked by `forward`.

        Args:
            channel_list: One entry a feature.

        Returns:
            One entry for each of `indices`.

        Raises:
            InvalidArgumentsError: An index is out of range.
        """
        return [
            channels_at(self, channel_list, index, ("indices", at), given_as="channel_list")
            for at, index in enumerate(self.indices)
        ]

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor]:
        """Pick features.

        Args:
            features: One tensor a feature, of any shape.
            image_size: Not needed here.

        Returns:
            One tensor for each of `indices`, unchanged.
        """
        return [features[index] for index in self.indices]
