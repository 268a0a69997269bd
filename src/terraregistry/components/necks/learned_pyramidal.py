"""A neck making a pyramid by learned convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from torch import nn

from terraregistry.components.necks.neck_checks import expect_maps
from terraregistry.components.refusals import refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LearnedInterpolateToPyramidal", "pyramid_channels", "pyramid_stages"]

_LEAST: Final = (4, 2, 1, 1)
"""The minimum channels of each feature to leave one after the stages."""


def pyramid_stages(component: object, channels: list[int], given_as: str) -> tuple[nn.Sequential, ...]:
    """Make the stages from four maps of one size to a pyramid: enlarge by 4, by 2, not at all, and pool by 2.

    Args:
        component: The component of the stages, half made.
        channels: The channels of the four features.
        given_as: The parameter of the channels.

    Returns:
        Four stages, one a feature.

    Raises:
        InvalidArgumentsError: There are not four features, or one has too few channels to be divided.
    """
    if len(channels) != len(_LEAST):
        raise refusal(component, given_as, f"expected the channels of exactly 4 features, got {len(channels)}")
    for at, (width, least) in enumerate(zip(channels, _LEAST, strict=True)):
        if width < least:
            raise refusal(component, (given_as, at), f"expected at least {least}, got {width}")
    first, second = channels[:2]
    return (
        nn.Sequential(
            nn.ConvTranspose2d(first, first // 2, kernel_size=2, stride=2),
            nn.BatchNorm2d(first // 2),
            nn.GELU(),
            nn.ConvTranspose2d(first // 2, first // 4, kernel_size=2, stride=2),
        ),
        nn.Sequential(nn.ConvTranspose2d(second, second // 2, kernel_size=2, stride=2)),
        nn.Sequential(nn.Identity()),
        nn.Sequential(nn.MaxPool2d(kernel_size=2, stride=2)),
    )


def pyramid_channels(channels: list[int]) -> list[int]:
    """Return the channels of the stages' results for four features of the given channels.

    Examples:
        >>> pyramid_channels([64, 64, 64, 64])
        [16, 32, 64, 64]
    """
    first, second, third, fourth = channels
    return [first // 4, second // 2, third, fourth]


class LearnedInterpolateToPyramidal(nn.Module):
    """A learned pyramid of four maps of one size: strides of 1/4, 1/2, 1 and 2 times the original.

    The first is enlarged by two transposed convolutions with batch norm and GELU between them, the second by one, the
    third stays and the fourth is pooled, as BEiT (Bao et al., 2022) has it for segmentation. It has TerraTorch's
    parameters and state_dict keys (`fpn1.0.weight`, ...); for another number of features, it raises the library's
    error, a ValueError, in place of TerraTorch's bare `Exception`.

    Args:
        channel_list: The channels of the four features.

    Raises:
        InvalidArgumentsError: There are not four features, or the first has fewer than 4 channels, the second fewer
            than 2.

    Shape:
        Maps `(B, C_i, H_i, W_i)` to `(B, C_0 // 4, 4 H_0, 4 W_0)`, `(B, C_1 // 2, 2 H_1, 2 W_1)`, `(B, C_2, H_2, W_2)`
        and `(B, C_3, H_3 // 2, W_3 // 2)`.

    Examples:
        >>> import torch
        >>> [tuple(map.shape[1:]) for map in LearnedInterpolateToPyramidal([8] * 4)([torch.zeros(2, 8, 6, 6)] * 4)]
        [(2, 24, 24), (4, 12, 12), (8, 6, 6), (8, 3, 3)]
    """

    def __init__(self, channel_list: list[int]) -> None:
        super().__init__()
        self.channel_list: list[int] = list(channel_list)
        self._channels: tuple[int, ...] = tuple(channel_list)  # TerraTorch sets channel_list to those of the output
        stages = pyramid_stages(self, self.channel_list, "channel_list")
        self.fpn1: nn.Sequential = stages[0]
        self.fpn2: nn.Sequential = stages[1]
        self.fpn3: nn.Sequential = stages[2]
        self.fpn4: nn.Sequential = stages[3]

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Divide the channels of the first feature by 4, and those of the second by 2.

        Args:
            channel_list: The channels of the four features.

        Returns:
            Those of the pyramid.
        """
        return pyramid_channels(channel_list)

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor]:
        """Make the pyramid.

        Args:
            features: Four maps, `(B, C_i, H_i, W_i)`.
            image_size: Not needed here.

        Returns:
            Four maps, finest first.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self._channels)
        stages = (self.fpn1, self.fpn2, self.fpn3, self.fpn4)
        return [stage(feature) for stage, feature in zip(stages, features, strict=True)]
