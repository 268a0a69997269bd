"""A neck making one vector of each feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from torch import nn

from terraregistry.components.necks.neck_checks import one_of
from terraregistry.components.refusals import channels_at, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AggregateTokens"]

_POOLINGS: Final = ("mean", "max", "min", "cls")
_TOKENS, _MAP, _MAP_OVER_TIME = 3, 4, 5


class AggregateTokens(nn.Module):
    """A pooling of the tokens or positions of features: one vector for each.

    The mended faults of TerraTorch's neck: `indices=0` picks feature 0 (there the last), `process_channel_list` has one
    entry for each output (there one for each input), an unknown pooling is refused at construction (there in `forward`,
    and a number breaks off), and `drop_cls` leaves maps, without a class token, unchanged.

    Args:
        channel_list: The channels of each feature: the width of its tokens. A backbone over several time steps listing
            T * C for tokens of C channels, such as Prithvi, needs `ReshapeTokensToImage` first.
        pooling: `"mean"`, `"max"` or `"min"` over all tokens, or the class token, `"CLS"`; in any case of letters.
        indices: The features to pool, one or several; negative counts from the last.
        index: The feature to pool if `indices` is None.
        drop_cls: Leave the first token out.
        temporal_inputs: The features have an axis of time after the batch, and keep it: `(B, T, ...)`.

    Raises:
        InvalidArgumentsError: An index is out of range or missing, there is no such pooling, or the class token is both
            pooled and left out.

    Shape:
        Tokens `(B, N, C)` or a map `(B, C, H, W)` to `(B, C)`; a map over time `(B, C, T, H, W)` to `(B, T, C)`. With
        `temporal_inputs`, `(B, T, ...)` to `(B, T, C)`.

    Examples:
        >>> import torch
        >>> neck = AggregateTokens([192, 192], pooling="CLS", indices=[0, 1])
        >>> [feature.shape for feature in neck([torch.zeros(2, 197, 192)] * 2)]
        [torch.Size([2, 192]), torch.Size([2, 192])]
    """

    def __init__(
        self,
        channel_list: list[int],
        pooling: str = "mean",
        indices: int | list[int] | None = None,
        index: int | None = -1,
        drop_cls: bool = False,
        temporal_inputs: bool = False,
    ) -> None:
        super().__init__()
        self.channel_list: list[int] = list(channel_list)
        self.pooling: str = str(pooling).lower()
        one_of(self, "pooling", self.pooling, _POOLINGS)
        if drop_cls and self.pooling == "cls":
            raise refusal(self, "drop_cls", "expected False with pooling='CLS', which is the token that it leaves out")
        self.drop_cls = drop_cls
        self.temporal_inputs = temporal_inputs
        self._chosen_by = "index" if indices is None else "indices"
        self.indices: list[int] = self._chosen(index if indices is None else indices)
        self.process_channel_list(self.channel_list)

    def _chosen(self, given: int | list[int] | None) -> list[int]:
        if given is None or given == []:
            raise refusal(self, self._chosen_by, f"expected at least one feature to pool, got {given}")
        return [given] if isinstance(given, int) else list(given)

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Pick the entries of the pooled features.

        Args:
            channel_list: One entry a feature.

        Returns:
            One entry for each vector: its width.

        Raises:
            InvalidArgumentsError: An index is out of range.
        """
        return [
            channels_at(self, channel_list, index, self._chosen_by, given_as="channel_list") for index in self.indices
        ]

    def forward(
        self,
        features: list[Tensor],
        image_size: tuple[int, int] | None = None,  # noqa: ARG002 - every neck of this library takes it
    ) -> list[Tensor]:
        """Pool features.

        Args:
            features: One tensor a feature.
            image_size: Not needed here.

        Returns:
            One tensor for each pooled feature, `(B, C)` or, over time, `(B, T, C)`.

        Raises:
            ValueError: A feature has other axes than those under Shape, or is a map and has no class token.
        """
        pool = self._over_time if self.temporal_inputs else self._pooled
        return [pool(features[index]) for index in self.indices]

    def _over_time(self, feature: Tensor) -> Tensor:
        if feature.dim() <= _TOKENS:
            shape = tuple(feature.shape)
            raise ValueError(f"temporal_inputs expects tokens (B, T, N, C) or maps over time, got the shape {shape}")
        pooled = self._pooled(feature.flatten(0, 1))
        return pooled.reshape(*feature.shape[:2], *pooled.shape[1:])

    def _pooled(self, feature: Tensor) -> Tensor:
        tokens = self._tokens(feature)
        if self.pooling == "cls":
            return tokens[:, 0]
        if self.pooling == "mean":
            return tokens.mean(dim=1)
        return (tokens.max(dim=1) if self.pooling == "max" else tokens.min(dim=1)).values

    def _tokens(self, feature: Tensor) -> Tensor:
        if feature.dim() == _TOKENS:
            return feature[:, 1:] if self.drop_cls else feature
        if feature.dim() not in (_MAP, _MAP_OVER_TIME):
            raise ValueError(f"expected tokens (B, N, C) or a map, got the shape {tuple(feature.shape)}")
        if self.pooling == "cls":
            raise ValueError(
                f"expected tokens (B, N, C): a map has no class token, got the shape {tuple(feature.shape)}"
            )
        if feature.dim() == _MAP:
            return feature.flatten(2).transpose(1, 2)
        return feature.flatten(3).permute(0, 3, 2, 1)
