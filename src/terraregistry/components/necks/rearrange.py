"""Necks on the list of features and their axes: selecting, adding, permuting."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from terraregistry.components.refusals import channels_at, expect_maps, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AddBottleneckLayer", "PermuteDims", "SelectIndices"]


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
        """Pick the entries of the features picked by `forward`, one for each of `indices`.

        Raises:
            InvalidArgumentsError: An index is out of range.
        """
        return [
            channels_at(self, channel_list, index, ("indices", at), given_as="channel_list")
            for at, index in enumerate(self.indices)
        ]

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:  # noqa: ARG002 - as every neck
        """Pick features, tensors of any shape, unchanged; `image_size` is not needed."""
        return [features[index] for index in self.indices]


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
        """Return a list with the same entries: the channels go to another axis, their number stays."""
        return list(channel_list)

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:  # noqa: ARG002 - as every neck
        """Reorder the axes of features, with contiguous results; `image_size` is not needed.

        Raises:
            ValueError: A feature has another number of axes than `new_order`.
        """
        return [self._permuted(feature, at) for at, feature in enumerate(features)]

    def _permuted(self, feature: Tensor, at: int) -> Tensor:
        if feature.dim() != len(self.new_order):
            expected = f"new_order={self.new_order} expects {len(self.new_order)} axes"
            raise ValueError(f"{expected}, feature {at} has the shape {tuple(feature.shape)}")
        return feature.permute(self.new_order).contiguous()


class AddBottleneckLayer(nn.Module):
    """An additional feature: the last one, brought to half its channels by a 1x1 convolution.

    It has TerraTorch's parameters and state_dict keys (`bottleneck.weight`, ...); unlike TerraTorch's neck, it does not
    change the list of features given.

    Args:
        channel_list: The channels of each feature; at least 2 in the last.

    Raises:
        InvalidArgumentsError: `channel_list` is empty, or its last entry is below 2.

    Shape:
        Maps `(B, C_i, H_i, W_i)` to the same and one more, `(B, C // 2, H, W)`, with C, H and W those of the last.

    Examples:
        >>> AddBottleneckLayer([64, 128]).process_channel_list([64, 128])
        [64, 128, 64]
    """

    def __init__(self, channel_list: list[int]) -> None:
        super().__init__()
        last = channels_at(self, channel_list, -1, "channel_list", given_as="channel_list")
        if last < 2:
            raise refusal(self, "channel_list", f"expected at least 2 channels in the last feature, got {last}")
        self.channel_list: list[int] = list(channel_list)
        self._channels: tuple[int, ...] = tuple(channel_list)  # TerraTorch sets channel_list to those of the output
        self.bottleneck: nn.Conv2d = nn.Conv2d(last, last // 2, kernel_size=1)

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return a new list, with the channels of the new feature at its end."""
        return [*channel_list, channel_list[-1] // 2]

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:  # noqa: ARG002 - as every neck
        """Return a new list of the maps, `(B, C_i, H_i, W_i)`, and one made of the last; `image_size` is not needed.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self._channels)
        return [*features, self.bottleneck(features[-1])]
