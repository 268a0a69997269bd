"""timm's networks as backbones."""

from __future__ import annotations

import copy
import itertools
import math
import operator
from typing import TYPE_CHECKING, Any, Self, SupportsIndex, TypeVar

import torch
from torch import Tensor, nn

from terraregistry.protocols import FeatureSpec, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TimmBackbone", "in_timms_order"]

T = TypeVar("T")


class TimmBackbone(nn.Module):
    """A network of timm as a `Backbone`: a list of features, with their layout.

    The network's own modules, parameters and buffers are this module's, under the same names: a state dict of either fits the
    other. With `features_only=True`, the default of `build`, the features are timm's feature pyramid. With `features_only=False`
    the one feature is the result of the network's `forward_features` (one of each branch, for a network of several), and the
    classifier is kept unused. Tokens with their channels first, as in EfficientViM, are transposed.

    Source: timm (pytorch-image-models), `timm.create_model`.

    Args:
        network: The network from `timm.create_model`.
        input_size: The channels, height and width of the network's intended images, `(C, H, W)`.
        order: The position of each feature in the list of the network; None for the network's own list.
    """

    in_channels: int
    """The number of channels of an image."""
    input_size: tuple[int, int, int]
    """Channels, height and width of an image for the network; many networks take other heights and widths as well."""

    _order: Sequence[int] | None = None

    def __init__(
        self, network: nn.Module, input_size: tuple[int, int, int], order: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self._order = order
        # Shared, not copied: what is moved, replaced or loaded in one of the two is so in the other.
        self._modules = network._modules
        self._parameters = network._parameters
        self._buffers = network._buffers
        self._non_persistent_buffers_set = network._non_persistent_buffers_set
        self.__dict__["timm_model"] = network
        self.input_size = input_size
        self.in_channels = input_size[0]
        self._pyramid = _pyramid(network)
        self._specs: list[FeatureSpec] | None = None
        self._tokens_last = False

    timm_model: nn.Module
    """The network as timm made it."""

    @property
    def out_channels(self) -> list[int]:
        """The number of channels of each feature: shallow to deep, or in the order of `out_indices`."""
        return [spec.channels for spec in self.feature_specs]

    @property
    def feature_specs(self) -> Sequence[FeatureSpec]:
        """Channels, stride (in input pixels) and layout of each feature: shallow to deep, or in the order of `out_indices`."""
        if self._pyramid is not None:
            return self._ordered(self._pyramid)
        if self._specs is None:
            self._specs, self._tokens_last = _last_features(self.timm_model, self.input_size)
        return list(self._specs)

    def forward(self, x: Tensor, /) -> list[Tensor]:
        """Compute the features.

        Args:
            x: Images, `(B, C, H, W)`.

        Returns:
            One tensor a feature, in the layout of `feature_specs`: `(B, C_i, H_i, W_i)`, `(B, H_i, W_i, C_i)`, or
            `(B, N, C)` for tokens.
        """
        if self._pyramid is None:
            # timm's networks are modules whose further methods no type stub declares.
            forward_features: Any = getattr(self.timm_model, "forward_features")  # noqa: B009 - a tensor or module to the type checkers
            whole = _as_list(forward_features(x))
            if self._specs is None:
                len(self.feature_specs)  # finds out where the channels are
            return [feature.transpose(1, 2) for feature in whole] if self._tokens_last else whole
        features: list[Tensor] | dict[str, Tensor] = self.timm_model(x)
        return self._ordered(list(features.values()) if isinstance(features, dict) else features)

    def _ordered(self, features: list[T]) -> list[T]:
        return list(features) if self._order is None else [features[position] for position in self._order]

    def train(self, mode: bool = True) -> Self:
        """Set training mode, for the network itself as well."""
        super().train(mode)
        self.timm_model.training = mode
        return self


def in_timms_order(indices: int | Sequence[int], count: Callable[[], int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Write indices of features as timm serves them: each once, counted from the shallowest, in ascending order.

    Args:
        indices: The indices, or the number of the last features.
        count: Counts the features of the network; called if an index is counted from the deepest.

    Returns:
        The indices for timm, and the position among them of each index given.

    >>> in_timms_order([3, -4, 3], lambda: 5)
    ((1, 3), (1, 0, 1))
    """
    given = range(-operator.index(indices), 0) if isinstance(indices, SupportsIndex) else indices
    asked = [operator.index(each) for each in given]
    if any(each < 0 for each in asked):
        features = count()
        asked = [each + features if each < 0 else each for each in asked]
    distinct = tuple(sorted(set(asked)))
    return distinct, tuple(map(distinct.index, asked))


def _pyramid(network: nn.Module) -> list[FeatureSpec] | None:
    """Read timm's description of a feature pyramid; None for another network."""
    # A list of dictionaries on a plain network, an object on a pyramid.
    info: Any = getattr(network, "feature_info", None)
    if not hasattr(info, "channels"):
        return None
    layout = Layout.NHWC if str(getattr(network, "output_fmt", "NCHW")).endswith("NHWC") else Layout.NCHW
    pairs = zip(info.channels(), info.reduction(), strict=True)
    return [FeatureSpec(int(channels), int(stride), layout) for channels, stride in pairs]


def _as_list(found: Tensor | list[Tensor] | tuple[Tensor, ...]) -> list[Tensor]:
    return [found] if isinstance(found, Tensor) else list(found)


def _last_features(network: nn.Module, input_size: tuple[int, int, int]) -> tuple[list[FeatureSpec], bool]:
    """Find the layout of the last features by a forward pass without data; True for tokens with channels first."""
    tensors = itertools.chain(network.parameters(), network.buffers())
    copied: dict[int, Any] = {id(each): _without_data(each) for each in tensors}  # in the eyes of deepcopy
    shadow: Any = copy.deepcopy(network, copied).to("meta").eval()
    with torch.no_grad():
        features = _as_list(shadow.forward_features(torch.empty(1, *input_size, device="meta")))
    tokens_last = _have_tokens_last(features, int(shadow.num_features))
    if tokens_last:
        features = [feature.transpose(1, 2) for feature in features]
    alone = len(features) == 1
    return [_last_feature(shadow, feature, input_size, alone=alone) for feature in features], tokens_last


def _have_tokens_last(features: list[Tensor], num_features: int) -> bool:
    """Return True for features `(B, C, N)`: `num_features` counts the channels of all together, or of the last."""
    if any(feature.dim() != 3 for feature in features):
        return False
    last, second = ([feature.shape[axis] for feature in features] for axis in (2, 1))
    return num_features not in (sum(last), last[-1]) and num_features in (sum(second), second[-1])


def _without_data(tensor: Tensor) -> Tensor:
    empty = torch.empty_like(tensor, device="meta")
    return nn.Parameter(empty, requires_grad=False) if isinstance(tensor, nn.Parameter) else empty


def _last_feature(network: Any, feature: Tensor, input_size: tuple[int, int, int], *, alone: bool) -> FeatureSpec:
    channels = int(network.num_features) if alone else feature.shape[-1]  # of a network of timm, as above
    if feature.dim() == 4:
        layout = Layout.NCHW if feature.shape[1] == channels else Layout.NHWC
        height = feature.shape[2] if layout is Layout.NCHW else feature.shape[1]
        return FeatureSpec(channels, round(input_size[1] / height), layout)
    return FeatureSpec(channels, _token_stride(network, feature.shape[1], input_size), Layout.TOKENS)


def _token_stride(network: Any, tokens: int, input_size: tuple[int, int, int]) -> int:  # a network of timm, as above
    info: list[dict[str, Any]] = getattr(network, "feature_info", None) or []
    if info:
        return int(info[-1]["reduction"])
    return round(math.sqrt(input_size[1] * input_size[2] / max(1, tokens)))
