"""Necks making a pyramid: of maps of one size by interpolation, pooling or convolutions, and a feature pyramid network."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from torch import nn
from torch.nn import functional

from terraregistry.components.refusals import at_least, expect_maps, one_of, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "FeaturePyramidNetworkNeck",
    "InterpolateToPyramidal",
    "InterpolationMode",
    "LearnedInterpolateToPyramidal",
    "MaxpoolToPyramidal",
    "PyramidStages",
    "pyramid_channels",
]

InterpolationMode: TypeAlias = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "area"]
"""A mode of `torch.nn.functional.interpolate` for maps."""

_LEAST: Final = (4, 2, 1, 1)
"""The minimum channels of each of four features to leave one after the stages of a learned pyramid."""


class InterpolateToPyramidal(nn.Module):
    """A pyramid by interpolation of maps of one size: the last enlarged by `scale_factor`, each before it once more.

    It takes maps only: TerraTorch's neck, given tokens, stretches their channels.

    Args:
        channel_list: The channels of each feature.
        scale_factor: How much larger each feature is than the next, and the last than it was; with 2 and four features,
            they grow by 16, 8, 4 and 2.
        mode: How values between the old positions are found.

    Raises:
        InvalidArgumentsError: `scale_factor` is below 1, or there is no such mode.

    Shape:
        Map i of n `(B, C_i, H_i, W_i)` to `(B, C_i, H_i * s, W_i * s)` with `s = scale_factor ** (n - i)`.

    Examples:
        >>> import torch
        >>> [feature.shape[-1] for feature in InterpolateToPyramidal([8] * 4)([torch.zeros(1, 8, 3, 3)] * 4)]
        [48, 24, 12, 6]
    """

    def __init__(self, channel_list: list[int], scale_factor: int = 2, mode: InterpolationMode = "nearest") -> None:
        super().__init__()
        one_of(self, "mode", mode, get_args(InterpolationMode))
        self.channel_list: list[int] = list(channel_list)
        self.scale_factor: int = at_least(self, "scale_factor", scale_factor)
        self.mode = mode

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return a list with the same entries: the channels stay as they are."""
        return list(channel_list)

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:  # noqa: ARG002 - as every neck
        """Enlarge maps, `(B, C_i, H_i, W_i)`, to `(B, C_i, H_i * s, W_i * s)`; `image_size` is not needed.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self.channel_list)
        count = len(features)
        return [
            functional.interpolate(feature, scale_factor=float(self.scale_factor ** (count - at)), mode=self.mode)
            for at, feature in enumerate(features)
        ]


class MaxpoolToPyramidal(nn.Module):
    """A pyramid by max pooling of maps of one size: the first stays, each after it is smaller by one more `kernel_size`.

    It takes maps only: TerraTorch's neck, given tokens, pools their channels.

    Args:
        channel_list: The channels of each feature.
        kernel_size: How much smaller each feature is than the one before it.

    Raises:
        InvalidArgumentsError: `kernel_size` is below 1.

    Shape:
        Map i `(B, C_i, H_i, W_i)` to `(B, C_i, H_i // k, W_i // k)` with `k = kernel_size ** i`.

    Examples:
        >>> import torch
        >>> [feature.shape[-1] for feature in MaxpoolToPyramidal([8] * 4)([torch.zeros(1, 8, 16, 16)] * 4)]
        [16, 8, 4, 2]
    """

    def __init__(self, channel_list: list[int], kernel_size: int = 2) -> None:
        super().__init__()
        self.channel_list: list[int] = list(channel_list)
        self.kernel_size: int = at_least(self, "kernel_size", kernel_size)

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return a list with the same entries: the channels stay as they are."""
        return list(channel_list)

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:  # noqa: ARG002 - as every neck
        """Pool maps, `(B, C_i, H_i, W_i)`, to `(B, C_i, H_i // k, W_i // k)`, the first copied; `image_size` is not needed.

        Raises:
            ValueError: The features are not maps, not the ones expected, or too small to be pooled.
        """
        expect_maps(self, features, self.channel_list)
        return [self._pooled(feature, at) if at else feature.clone() for at, feature in enumerate(features)]

    def _pooled(self, feature: Tensor, at: int) -> Tensor:
        kernel = self.kernel_size**at
        if min(feature.shape[-2:]) < kernel:
            where = f"feature {at}, which has the shape {tuple(feature.shape)}"
            raise ValueError(f"kernel_size={self.kernel_size} pools {kernel}x{kernel} positions of {where}")
        return functional.max_pool2d(feature, kernel)


class PyramidStages(nn.Module):
    """A module with the stages from four maps of one size to a pyramid: enlarge by 4, by 2, not at all, and pool by 2."""

    fpn1: nn.Sequential
    fpn2: nn.Sequential
    fpn3: nn.Sequential
    fpn4: nn.Sequential

    def make_stages(self, channels: list[int], given_as: str) -> None:
        """Make the stages.

        Raises:
            InvalidArgumentsError: There are not four features, or one has too few channels to be divided.
        """
        if len(channels) != len(_LEAST):
            raise refusal(self, given_as, f"expected the channels of exactly 4 features, got {len(channels)}")
        for at, (width, least) in enumerate(zip(channels, _LEAST, strict=True)):
            if width < least:
                raise refusal(self, (given_as, at), f"expected at least {least}, got {width}")
        first, second = channels[:2]
        self.fpn1 = nn.Sequential(
            nn.ConvTranspose2d(first, first // 2, kernel_size=2, stride=2),
            nn.BatchNorm2d(first // 2),
            nn.GELU(),
            nn.ConvTranspose2d(first // 2, first // 4, kernel_size=2, stride=2),
        )
        self.fpn2 = nn.Sequential(nn.ConvTranspose2d(second, second // 2, kernel_size=2, stride=2))
        self.fpn3 = nn.Sequential(nn.Identity())
        self.fpn4 = nn.Sequential(nn.MaxPool2d(kernel_size=2, stride=2))

    def pyramid(self, features: list[Tensor]) -> list[Tensor]:
        """Apply a stage to each of four maps, `(B, C_i, H_i, W_i)`."""
        stages = (self.fpn1, self.fpn2, self.fpn3, self.fpn4)
        return [stage(feature) for stage, feature in zip(stages, features, strict=True)]


def pyramid_channels(channels: list[int]) -> list[int]:
    """Return the channels of the stages' results for four features of the given channels.

    Examples:
        >>> pyramid_channels([64, 64, 64, 64])
        [16, 32, 64, 64]
    """
    first, second, third, fourth = channels
    return [first // 4, second // 2, third, fourth]


class LearnedInterpolateToPyramidal(PyramidStages):
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
        self.make_stages(self.channel_list, "channel_list")

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return the channels of the pyramid: those of the first feature by 4, those of the second by 2."""
        return pyramid_channels(channel_list)

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:  # noqa: ARG002 - as every neck
        """Make the pyramid, finest first, of four maps, `(B, C_i, H_i, W_i)`; `image_size` is not needed.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self._channels)
        return self.pyramid(features)


class FeaturePyramidNetworkNeck(nn.Module):
    """A feature pyramid network (Lin et al., 2017): torchvision's, with TerraTorch's state_dict keys (`fpn.*`).

    As in TerraTorch, the features are named for torchvision's detectors unless `output_ordered_dict` is false; decoders
    take a list. An invalid number of channels is refused at construction.

    Args:
        channel_list: The channels of each feature.
        out_channel: The channels of every feature of the result.
        output_ordered_dict: Give the features in a dictionary, under `feat0`, `feat1`, ..., in place of a list.

    Raises:
        InvalidArgumentsError: `channel_list` is empty, or it or `out_channel` has a number below 1.

    Shape:
        Maps `(B, C_i, H_i, W_i)` to `(B, out_channel, H_i, W_i)`.

    Examples:
        >>> import torch
        >>> maps = [torch.zeros(1, 8, 6, 6), torch.zeros(1, 16, 3, 3)]
        >>> list(FeaturePyramidNetworkNeck([8, 16], out_channel=4)(maps))
        ['feat0', 'feat1']
    """

    def __init__(self, channel_list: list[int], out_channel: int = 256, output_ordered_dict: bool = True) -> None:
        from torchvision.ops import FeaturePyramidNetwork  # type: ignore[import-untyped]  # torchvision has no types

        super().__init__()
        if not channel_list:
            raise refusal(self, "channel_list", "expected the channels of at least one feature, got an empty list")
        self.channel_list: list[int] = [
            at_least(self, ("channel_list", at), width) for at, width in enumerate(channel_list)
        ]
        self._channels: tuple[int, ...] = tuple(channel_list)  # TerraTorch sets channel_list to those of the output
        self.out_channel: int = at_least(self, "out_channel", out_channel)
        self.output_ordered_dict = output_ordered_dict
        self.fpn: nn.Module = FeaturePyramidNetwork(self.channel_list, self.out_channel)

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return `out_channel` for every feature."""
        return [self.out_channel] * len(channel_list)

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor] | OrderedDict[str, Tensor]:
        """Add the deep features to the shallow ones, top down, in a dictionary or a list; `image_size` is not needed.

        Maps, `(B, C_i, H_i, W_i)`, become maps, `(B, out_channel, H_i, W_i)`.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self._channels)
        named = OrderedDict((f"feat{at}", feature) for at, feature in enumerate(features))
        fused: OrderedDict[str, Tensor] = self.fpn(named)
        return fused if self.output_ordered_dict else list(fused.values())
