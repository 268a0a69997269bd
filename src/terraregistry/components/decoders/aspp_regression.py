"""Atrous spatial pyramid pooling with a head for regression."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn

from terraregistry.components.decoders.aspp import ASPPHead
from terraregistry.components.refusals import at_least

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ASPPRegressionHead"]


class ASPPRegressionHead(ASPPHead):
    """Atrous spatial pyramid pooling of one feature, and a number for each output; it includes its head.

    It has TerraTorch's state_dict keys: those of `ASPPHead`, and `conv_reg.weight` and `conv_reg.bias`. TerraTorch's
    ignores the channels given, fails without dropout, and its factory puts a second head after it; here it is the only
    one.

    Args:
        channel_list: As of `ASPPHead`.
        dilations: As of `ASPPHead`.
        in_channels: As of `ASPPHead`.
        channels: As of `ASPPHead`: the channels before the head.
        out_channels: The number of outputs.
        align_corners: As of `ASPPHead`.
        head_dropout_ratio: The probability of dropping a channel before the head.
        input_transform: As of `ASPPHead`.
        in_index: As of `ASPPHead`.

    Attributes:
        out_channels: The channels of the result: the outputs.

    Raises:
        InvalidArgumentsError: As of `ASPPHead`, or `out_channels` is below 1.

    Shape:
        Features `(B, channel_list[i], H_i, W_i)` to a map `(B, out_channels, H, W)`.

    Examples:
        >>> ASPPRegressionHead([8, 16], channels=4).out_channels
        1
    """

    includes_head: ClassVar[bool] = True

    def __init__(
        self,
        channel_list: list[int],
        dilations: Sequence[int] = (1, 6, 12, 18),
        in_channels: int | None = None,
        channels: int | None = None,
        out_channels: int = 1,
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
        self.out_channels: int = at_least(self, "out_channels", out_channels)
        self.conv_reg: nn.Conv2d = nn.Conv2d(self.channels, out_channels, kernel_size=1)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Predict each output at each position.

        Args:
            features: One map a feature, `(B, channel_list[i], H_i, W_i)`.

        Returns:
            A map, `(B, out_channels, H, W)`.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        outputs: Tensor = self.conv_reg(self.pyramid(features))
        return outputs
