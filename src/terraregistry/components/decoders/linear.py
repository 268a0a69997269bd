"""Decoders of at most one linear layer, on one feature or on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias, get_args

import torch
from torch import nn

from terraregistry.components.refusals import at_least, channels_at, expect_features, one_of, refusal
from terraregistry.errors import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["ActivationName", "IdentityDecoder", "LinearDecoder", "MLPDecoder"]

ActivationName: TypeAlias = Literal[
    "CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU",
    "LogSigmoid", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink",
    "Softsign", "Tanh", "Tanhshrink",
]  # fmt: skip
"""An element-wise activation of `torch.nn`, constructed without arguments."""

_UNREAD: Final = 100
_MAP, _VECTOR = 4, 2


class LinearDecoder(nn.Module):
    """One linear map from each position of a feature to the classes of a square of pixels; it includes its head.

    It has TerraTorch's parameters and state_dict keys (`conv.weight`, `conv.bias`). In TerraTorch the model's number of
    classes does not reach it and a second head is put after it; here the factory reads `includes_head` from this class.

    Args:
        embed_dim: The channels of each feature.
        num_classes: The number of classes.
        upsampling_size: The side of the square: how much larger the result is than the feature.
        in_index: The feature decoded; negative counts from the last.

    Attributes:
        out_channels: The channels of the result: the classes.

    Raises:
        InvalidArgumentsError: `num_classes` or `upsampling_size` is below 1, `embed_dim` is empty, or `in_index` is out of
            its range.

    Shape:
        Features `(B, embed_dim[i], H_i, W_i)` to a map `(B, num_classes, H * upsampling_size, W * upsampling_size)`, with H
        and W those of the feature `in_index`.

    Examples:
        >>> import torch
        >>> LinearDecoder([32, 64], num_classes=3, upsampling_size=4)([torch.zeros(1, 32, 8, 8), torch.zeros(1, 64, 4, 5)]).shape
        torch.Size([1, 3, 16, 20])
    """

    includes_head: ClassVar[bool] = True

    def __init__(self, embed_dim: list[int], num_classes: int, upsampling_size: int, in_index: int = -1) -> None:
        super().__init__()
        width = channels_at(self, embed_dim, in_index, "in_index")
        self.num_classes: int = at_least(self, "num_classes", num_classes)
        self.out_channels: int = num_classes
        self.upsampling_size: int = at_least(self, "upsampling_size", upsampling_size)
        self.in_index = in_index
        self.embed_dim: list[int] = list(embed_dim)
        self.conv: nn.ConvTranspose2d = nn.ConvTranspose2d(
            width, num_classes, kernel_size=upsampling_size, stride=upsampling_size
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        """Score each pixel of the map `in_index`, `(B, C, H, W)`, for each class, at `upsampling_size` times its size."""
        scores: Tensor = self.conv(features[self.in_index])
        return scores


class MLPDecoder(nn.Module):
    """A linear layer and an activation on all features concatenated, giving the channels of one of them.

    It has TerraTorch's parameters and state_dict keys (`hidden_layer.weight`, `hidden_layer.bias`). TerraTorch's sizes
    the layer for features of equal channels and fails on others; this one counts the actual channels. `channels` and
    `out_dim`, unused by TerraTorch, can be left out or 100; another value is refused.

    Args:
        embed_dim: The channels of each feature.
        channels: Not read.
        out_dim: Not read.
        activation: The activation, a class of `torch.nn`.
        out_index: The feature setting the channels of the result; negative counts from the last.

    Attributes:
        out_channels: The channels of the result.

    Raises:
        InvalidArgumentsError: `embed_dim` is empty, `out_index` is out of its range, there is no such activation, or
            `channels` or `out_dim` is given.

    Shape:
        Maps `(B, embed_dim[i], H, W)` to `(B, embed_dim[out_index], H, W)`, or vectors `(B, embed_dim[i])` to
        `(B, embed_dim[out_index])`.

    Examples:
        >>> import torch
        >>> MLPDecoder([32, 64], activation="GELU")([torch.zeros(1, 32, 4, 5), torch.zeros(1, 64, 4, 5)]).shape
        torch.Size([1, 64, 4, 5])
    """

    includes_head: ClassVar[bool] = False

    def __init__(
        self,
        embed_dim: list[int],
        channels: int = _UNREAD,
        out_dim: int = _UNREAD,
        activation: ActivationName = "ReLU",
        out_index: int = -1,
    ) -> None:
        super().__init__()
        self.out_channels: int = channels_at(self, embed_dim, out_index, "out_index")
        for name, value in (("channels", channels), ("out_dim", out_dim)):
            if value != _UNREAD:
                detail = f"nothing reads this: the result has the {self.out_channels} channels of the feature out_index"
                raise refusal(self, name, detail, ProblemKind.UNUSED)
        one_of(self, "activation", activation, get_args(ActivationName))
        self.embed_dim: list[int] = list(embed_dim)
        self.hidden_layer: nn.Linear = nn.Linear(sum(embed_dim), self.out_channels)
        make: Callable[[], nn.Module] = getattr(nn, activation)
        self.activation: nn.Module = make()

    def forward(self, features: list[Tensor]) -> Tensor:
        """Fuse maps `(B, embed_dim[i], H, W)` of one size, or vectors `(B, embed_dim[i])`, to one with `out_channels`.

        Raises:
            ValueError: There is another number of features, they differ in size, or are neither maps nor vectors.
        """
        expect_features(self, features, len(self.embed_dim))
        sizes = {(feature.dim(), *feature.shape[2:]) for feature in features}
        if len(sizes) > 1 or features[0].dim() not in (_MAP, _VECTOR):
            shapes = ", ".join(str(tuple(feature.shape)) for feature in features)
            raise ValueError(
                f"MLPDecoder expects maps (B, C, H, W) of one size or vectors (B, C), got the shapes {shapes}"
            )
        fused: Tensor = self.activation(self.hidden_layer(torch.cat(features, dim=1).movedim(1, -1)))
        return fused.movedim(-1, 1)


class IdentityDecoder(nn.Module):
    """A decoder returning one feature unchanged, without parameters: for a head on the backbone's own features.

    Args:
        embed_dim: The channels of each feature.
        out_index: The feature returned; negative counts from the last.

    Attributes:
        embed_dim: The channels of each feature.
        dim: The feature returned (`out_index`).
        out_channels: The channels of the result.

    Raises:
        InvalidArgumentsError: `embed_dim` is empty, or `out_index` is out of its range.

    Shape:
        Features `(B, embed_dim[i], ...)` to the feature `out_index`, unchanged.

    Examples:
        >>> IdentityDecoder([64, 128]).out_channels
        128
    """

    includes_head: ClassVar[bool] = False

    def __init__(self, embed_dim: list[int], out_index: int = -1) -> None:
        super().__init__()
        self.out_channels: int = channels_at(self, embed_dim, out_index, "out_index")
        self.embed_dim: list[int] = list(embed_dim)
        self.dim = out_index

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return `features[out_index]`, `(B, out_channels, ...)`."""
        return features[self.dim]
