"""The decoder of UPerNet."""

from __future__ import annotations

import warnings
from collections.abc import Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, ClassVar, Final

import torch
from torch import nn

from terraregistry.components.decoders.blocks import ConvNormAct, resized
from terraregistry.components.necks.pyramidal import PyramidStages, pyramid_channels
from terraregistry.components.refusals import at_least, channels_at, expect_maps

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["UperNetDecoder"]

_DEPRECATED: Final = "scale_modules is deprecated: put the neck LearnedInterpolateToPyramidal before the decoder"


class UperNetDecoder(PyramidStages):
    """The decoder of UPerNet (Xiao et al., 2018): a pyramid of pooled maps on the last feature, then a feature pyramid.

    It has TerraTorch's parameters and state_dict keys (`psp_modules.{i}.1.conv.weight`, `bottleneck.*`,
    `lateral_convs.*`, `fpn_convs.*`, `fpn_bottleneck.*`); for a bad value, it raises the library's error, a ValueError,
    in place of TerraTorch's bare `Exception` or a torch error. Its batch norms need more than one value for each
    channel to be trained: with a pool scale of 1, more than one image in a batch.

    Args:
        embed_dim: The channels of each feature.
        pool_scales: The sides of the maps pooled from the last feature.
        channels: The channels of every level, and of the result.
        align_corners: Keep the centres of the corner pixels in place when resizing maps.
        scale_modules: Deprecated: make a pyramid of four features of one size first, as the neck
            `LearnedInterpolateToPyramidal` does.

    Attributes:
        embed_dim: The channels of each feature, after `scale_modules`.
        out_channels: The channels of the result: `channels`.

    Raises:
        InvalidArgumentsError: `embed_dim` is empty, `channels` or a pool scale is below 1, or there are not four features for
            `scale_modules`.

    Shape:
        Features `(B, embed_dim[i], H_i, W_i)`, each of any size, to a map `(B, channels, H_0, W_0)`, four times as high and
        wide with `scale_modules`.

    Examples:
        >>> import torch
        >>> decoder = UperNetDecoder([8, 16], channels=4).eval()
        >>> decoder([torch.zeros(1, 8, 10, 8), torch.zeros(1, 16, 5, 4)]).shape
        torch.Size([1, 4, 10, 8])
    """

    includes_head: ClassVar[bool] = False

    def __init__(
        self,
        embed_dim: list[int],
        pool_scales: Sequence[int] = (1, 2, 3, 6),
        channels: int = 256,
        align_corners: bool = True,
        scale_modules: bool = False,
    ) -> None:
        super().__init__()
        last = channels_at(self, embed_dim, -1, "embed_dim")
        self.channels: int = at_least(self, "channels", channels)
        self.out_channels: int = self.channels
        scales = [at_least(self, ("pool_scales", at), scale) for at, scale in enumerate(pool_scales)]
        self.align_corners = align_corners
        self.scale_modules = scale_modules
        self._given_channels = list(embed_dim)
        self.embed_dim: list[int] = list(embed_dim)
        if scale_modules:
            warnings.warn(_DEPRECATED, FutureWarning, stacklevel=2)
            self.make_stages(self.embed_dim, "embed_dim")
            self.embed_dim = pyramid_channels(self.embed_dim)
        self.psp_modules: nn.ModuleList = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(scale), ConvNormAct(last, channels, 1)) for scale in scales
        )
        self.bottleneck: ConvNormAct = ConvNormAct(last + len(scales) * channels, channels, 3, padding=1)
        self.lateral_convs: nn.ModuleList = nn.ModuleList(
            ConvNormAct(width, channels, 1) for width in self.embed_dim[:-1]
        )
        self.fpn_convs: nn.ModuleList = nn.ModuleList(
            ConvNormAct(channels, channels, 3, padding=1) for _ in self.embed_dim[:-1]
        )
        self.fpn_bottleneck: ConvNormAct = ConvNormAct(len(embed_dim) * channels, channels, 3, padding=1)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Fuse maps, `(B, embed_dim[i], H_i, W_i)`, to `(B, channels, H_0, W_0)`.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self._given_channels)
        if self.scale_modules:
            features = self.pyramid(features)
        levels = self._levels(features)
        convolved = [conv(level) for conv, level in zip(self.fpn_convs, levels[:-1], strict=True)]
        together = [self._resized(level, features[0]) for level in (*convolved, levels[-1])]
        fused: Tensor = self.fpn_bottleneck(torch.cat(together, dim=1))
        return fused

    def _levels(self, features: list[Tensor]) -> list[Tensor]:
        """Bring features to one number of channels, and add the deep ones to the shallow ones top down."""
        levels = [self._pooled_pyramid(features[-1])]
        for conv, feature in zip(reversed(self.lateral_convs), reversed(features[:-1]), strict=True):
            levels.append(conv(feature) + self._resized(levels[-1], feature))
        return levels[::-1]

    def _pooled_pyramid(self, feature: Tensor) -> Tensor:
        pooled = [self._resized(pool(feature), feature) for pool in self.psp_modules]
        fused: Tensor = self.bottleneck(torch.cat([feature, *pooled], dim=1))
        return fused

    def _resized(self, x: Tensor, to: Tensor) -> Tensor:
        return resized(x, to.shape[-2:], align_corners=self.align_corners)
