"""A feature pyramid network as a neck."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import nn
from torchvision.ops import FeaturePyramidNetwork  # type: ignore[import-untyped]  # torchvision has no types

from terraregistry.components.necks.neck_checks import expect_maps
from terraregistry.components.refusals import at_least, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FeaturePyramidNetworkNeck"]


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
        """Return `out_channel` for every feature.

        Args:
            channel_list: The channels of each feature.

        Returns:
            As many entries, each `out_channel`.
        """
        return [self.out_channel] * len(channel_list)

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor] | OrderedDict[str, Tensor]:
        """Add the deep features to the shallow ones, top down.

        Args:
            features: One map a feature, `(B, C_i, H_i, W_i)`.
            image_size: Not needed here.

        Returns:
            One map a feature, `(B, out_channel, H_i, W_i)`, in a dictionary or a list.

        Raises:
            ValueError: The features are not maps, or not the ones expected.
        """
        expect_maps(self, features, self._channels)
        named = OrderedDict((f"feat{at}", feature) for at, feature in enumerate(features))
        fused: OrderedDict[str, Tensor] = self.fpn(named)
        return fused if self.output_ordered_dict else list(fused.values())
