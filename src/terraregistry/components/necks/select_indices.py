"""A neck that picks features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from terraregistry.components.refusals import channels_at, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SelectIndices"]


class SelectIndices(nn.Module):
    """Picks features by index, in the order given; one may be picked more than once.

    TerraTorch's neck notices an index that is out of range when it is used; this one refuses it at construction.

    Args:
        channel_list: The channels of each feature.
        indices: Which features to pick; negative counts from the last.

    Attributes:
        keeps_strides: What is true of each feature beside its channels (its stride) is rearranged by
            `process_channel_list` alike.

    Raises:
        InvalidArgumentsError: `indices` is empty, or one of them is out of range.

    Example:
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
        """Pick the entries of the features that `forward` picks.

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
