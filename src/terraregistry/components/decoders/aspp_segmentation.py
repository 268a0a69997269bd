"""Atrous spatial pyramid pooling with a head for segmentation."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from terraregistry.components.decoders.aspp import ASPPHead
from terraregistry.components.refusals import at_least

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ASPPSegmentationHead"]


class ASPPSegmentationHead(ASPPHead):
    """Atrous spatial pyramid pooling of one feature, and a score for each class; it includes its head.

    It has TerraTorch's state_dict keys: those of `ASPPHead`, and `conv_seg.weight` and `conv_seg.bias`. TerraTorch's
    ignores the channels given, has no `out_channels` (so no factory can use it) and fails without dropout; this one
    does not.

    Args:
        channel_list: As of `ASPPHead`.
        dilations: As of `ASPPHead`.
        in_channels: As of `ASPPHead`.
        channels: As of `ASPPHead`: the channels before the head.
        num_classes: The number of classes.
        align_corners: As of `ASPPHead`.
        head_dropout_ratio: The probability of dropping a channel before the head.
        input_transform: As of `ASPPHead`.
        in_index: As of `ASPPHead`.

    Attributes:
        out_channels: The channels of the result: the classes.

    Raises:
        InvalidArgumentsError: As of `ASPPHead`, or `num_classes` is below 1.

    Shape:
        Features `(B, channel_list[i], H_i, W_i)` to a map `(B, num_classes, H, W)`.

    Examples:
        >>> ASPPSegmentationHead([8, 16], channels=4, num_classes=3).out_channels
        3
    """

    includes_head: ClassVar[bool] = True

    def __init__(
        self,
        channel_list: list[int],
        dilations: Sequence[int] = (1, 6, 12, 18),
        in_channels: int | None = None,
        channels: int | None = None,
        num_classes: int = 2,
        align_corners: bool = False,
        head_dropout_ratio: float = 0.3,
        input_transform: Literal["resize_concat"] | None = None,
        in_index: int | list[int] = -1,
    ) -> None:
        super().__init__(
            channel_list,
            dilations,
            in_channels,
            channels,
            align_corners=align_corners,
            head_dropout_ratio=head_dropout_ratio,
            input_transform=input_transform,
            in_index=in_index,
        )
        self.num_classes: int = at_least(self, "num_classes", num_classes)
        self.out_channels: int = self.num_classes
        self.conv_seg: nn.Conv2d = nn.Conv2d(self.channels, num_classes, kernel_size=1)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Score each position for each class.

        Args:
            features: One map a feature, `(B, channel_list[i], H_i, W_i)`.

        Returns:
            A map, `(B, num_classes, H, W)`.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        scores: Tensor = self.conv_seg(self.pyramid(features))
        return scores
