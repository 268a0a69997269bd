"""Atrous spatial pyramid pooling: by itself, with a head for segmentation, with a head for regression."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import torch
from torch import nn

from terraregistry.components.decoders.blocks import ConvNormAct, resized
from terraregistry.components.refusals import at_least, channels_at, expect_maps, one_of, refusal
from terraregistry.errors import ProblemKind

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ASPPHead", "ASPPModule", "ASPPRegressionHead", "ASPPSegmentationHead"]

_UNREAD: Final = 3


class ASPPModule(nn.Module):
    """Convolutions of one map at several dilations, side by side: a dilation of 1 makes a 1x1 convolution, others 3x3.

    Shape:
        `(B, in_channels, H, W)` to a list of `(B, channels, H, W)`.
    """

    def __init__(self, dilations: Sequence[int], in_channels: int, channels: int) -> None:
        super().__init__()
        self.model_sequence: nn.ModuleList = nn.ModuleList(
            ConvNormAct(in_channels, channels, 1)
            if dilation == 1
            else ConvNormAct(in_channels, channels, 3, padding=dilation, dilation=dilation)
            for dilation in dilations
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Convolve `x`, `(B, in_channels, H, W)`, at each dilation."""
        return [convolve(x) for convolve in self.model_sequence]


class ASPPHead(nn.Module):
    """Atrous spatial pyramid pooling (DeepLabV3, Chen et al., 2017) of one feature: a decoder, without a task's head.

    It has TerraTorch's state_dict keys (`image_pool.1.*`, `aspp_modules.model_sequence.{i}.*`, `bottleneck.*`).
    TerraTorch's cannot be used by name: it has no `out_channels`, and its first parameter is `dilations` instead of the
    channels. Here the channels come first and all else keeps its name; `in_channels` is known from them and can be left
    out. Dropout is the last step here, so heads after it need none; a ratio of 0 works. `out_dim`, unused by
    TerraTorch, can be left out or 3; another value is refused, and so is `"multiple_select"`, an error there.

    Args:
        channel_list: The channels of each feature.
        dilations: The dilation of each convolution.
        in_channels: The channels pooled; must agree with `channel_list`, if given.
        channels: The channels of each part, and of the result; 256 by default.
        out_dim: Not read.
        align_corners: Keep the centres of the corner pixels in place when resizing maps.
        head_dropout_ratio: The probability of dropping a channel of the result.
        input_transform: `"resize_concat"` to resize the features `in_index` to the first of them and join their channels.
        in_index: The feature pooled; negative counts from the last. A list with `"resize_concat"`.

    Attributes:
        out_channels: The channels of the result.

    Raises:
        InvalidArgumentsError: `channel_list`, `dilations` or `in_index` is empty or has a number out of range, `in_channels`
            disagrees with `channel_list`, `input_transform` does not fit `in_index`, or `out_dim` is given.

    Shape:
        Features `(B, channel_list[i], H_i, W_i)` to a map `(B, channels, H, W)`, with H and W those of the feature
        `in_index`, or the first of them.

    Examples:
        >>> import torch
        >>> ASPPHead([8, 16], channels=4).eval()([torch.zeros(1, 8, 10, 8), torch.zeros(1, 16, 5, 4)]).shape
        torch.Size([1, 4, 5, 4])
    """

    includes_head: ClassVar[bool] = False
    out_channels: int

    def __init__(
        self,
        channel_list: list[int],
        dilations: Sequence[int] = (1, 6, 12, 18),
        in_channels: int | None = None,
        channels: int | None = None,
        out_dim: int = _UNREAD,
        align_corners: bool = False,
        head_dropout_ratio: float = 0.3,
        input_transform: Literal["resize_concat"] | None = None,
        in_index: int | list[int] = -1,
    ) -> None:
        super().__init__()
        if out_dim != _UNREAD:
            detail = "nothing reads this: the result has as many channels as channels says"
            raise refusal(self, "out_dim", detail, ProblemKind.UNUSED)
        self.channel_list: list[int] = list(channel_list)
        self.in_index: list[int] | int = list(in_index) if isinstance(in_index, list) else in_index
        self.input_transform = input_transform
        self.in_channels: int = self._in_channels(in_channels)
        self.channels: int = at_least(self, "channels", 256 if channels is None else channels)
        self.out_channels = self.channels
        self.dilations: list[int] = self._checked(dilations)
        self.align_corners = align_corners
        self.image_pool: nn.Sequential = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), ConvNormAct(self.in_channels, self.channels, 1)
        )
        self.aspp_modules: ASPPModule = ASPPModule(self.dilations, self.in_channels, self.channels)
        parts = len(self.dilations) + 1
        self.bottleneck: ConvNormAct = ConvNormAct(parts * self.channels, self.channels, 3, padding=1)
        self.dropout: nn.Module = self._dropout(head_dropout_ratio)

    def _in_channels(self, given: int | None) -> int:
        if self.input_transform is not None:
            one_of(self, "input_transform", self.input_transform, ("resize_concat",))
        several = isinstance(self.in_index, list)
        if several is not (self.input_transform is not None) or self.in_index == []:
            detail = "expected a list of features with input_transform='resize_concat', one without"
            raise refusal(self, "in_index", f"{detail}, got {self.in_index} with {self.input_transform!r}")
        widths = [
            channels_at(self, self.channel_list, index, "in_index", given_as="channel_list") for index in self._indices
        ]
        if given not in (None, sum(widths)):
            raise refusal(self, "in_channels", f"expected {sum(widths)}, which channel_list says, got {given}")
        return sum(widths)

    @property
    def _indices(self) -> list[int]:
        return self.in_index if isinstance(self.in_index, list) else [self.in_index]

    def _checked(self, dilations: Sequence[int]) -> list[int]:
        if not dilations:
            raise refusal(self, "dilations", "expected at least one dilation, got none")
        return [at_least(self, ("dilations", at), dilation) for at, dilation in enumerate(dilations)]

    def _dropout(self, ratio: float) -> nn.Module:
        if not 0 <= ratio <= 1:
            raise refusal(self, "head_dropout_ratio", f"expected a probability from 0 to 1, got {ratio}")
        return nn.Dropout2d(ratio) if ratio else nn.Identity()

    def forward(self, features: list[Tensor]) -> Tensor:
        """Pool a feature: maps, `(B, channel_list[i], H_i, W_i)`, to `(B, out_channels, H, W)`.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        return self.pyramid(features)

    def pyramid(self, features: list[Tensor]) -> Tensor:
        """Pool a feature, `(B, channel_list[i], H_i, W_i)` to `(B, channels, H, W)`: all but a task's head."""
        expect_maps(self, features, self.channel_list)
        chosen = [features[index] for index in self._indices]
        size = chosen[0].shape[-2:]
        x = torch.cat([resized(feature, size, align_corners=self.align_corners) for feature in chosen], dim=1)
        whole = resized(self.image_pool(x), size, align_corners=self.align_corners)
        pooled: Tensor = self.dropout(self.bottleneck(torch.cat([whole, *self.aspp_modules(x)], dim=1)))
        return pooled


class ASPPSegmentationHead(ASPPHead):
    """Atrous spatial pyramid pooling of one feature, and a score for each class; it includes its head.

    It has TerraTorch's state_dict keys: those of `ASPPHead`, and `conv_seg.weight` and `conv_seg.bias`. TerraTorch's
    ignores the channels given, has no `out_channels` (so no factory can use it) and fails without dropout; this one
    does not.
    The other arguments are those of `ASPPHead`.

    Args:
        channels: The channels before the head; 256 by default.
        num_classes: The number of classes.
        head_dropout_ratio: The probability of dropping a channel before the head.

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
        """Score each position for each class: features, as of `ASPPHead`, to `(B, num_classes, H, W)`."""
        scores: Tensor = self.conv_seg(self.pyramid(features))
        return scores


class ASPPRegressionHead(ASPPHead):
    """Atrous spatial pyramid pooling of one feature, and a number for each output; it includes its head.

    It has TerraTorch's state_dict keys: those of `ASPPHead`, and `conv_reg.weight` and `conv_reg.bias`. TerraTorch's
    ignores the channels given, fails without dropout, and its factory puts a second head after it; here it is the only
    one.
    The other arguments are those of `ASPPHead`.

    Args:
        channels: The channels before the head; 256 by default.
        out_channels: The number of outputs.
        head_dropout_ratio: The probability of dropping a channel before the head.

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
        """Predict each output at each position: features, as of `ASPPHead`, to `(B, out_channels, H, W)`."""
        outputs: Tensor = self.conv_reg(self.pyramid(features))
        return outputs
