"""Necks on the tokens of a vision transformer: laid out as maps, or pooled to one vector."""

from __future__ import annotations

import warnings
from math import isqrt
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from torch import nn

from terraregistry.components.refusals import at_least, channels_at, one_of, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["AggregateTokens", "ReshapeTokensToImage"]

_POOLINGS: Final = ("mean", "max", "min", "cls")
_TOKENS, _MAP, _MAP_OVER_TIME = 3, 4, 5


class _Grid(NamedTuple):
    """The layout of the patches in the tokens of one feature."""

    first: int  # the first token that is a patch: 1 after a class token
    rows: int
    columns: int


class ReshapeTokensToImage(nn.Module):
    """A neck turning the tokens of each feature into a map.

    The tokens are in the order time, row, column, as Prithvi and other ViTs over time give them; time becomes part of
    the channels, time-major. Maps pass through unchanged.

    The grid has `h` rows, or the proportions of `image_size` cut into square patches, or is a square. TerraTorch tries
    the square first, laying a 64-token image of 1:4 out as 8x8 in place of 4x16. If a grid fits only with the first
    token, it is kept with a warning; TerraTorch then switches `remove_cls_token` off for good, this module does not
    change.

    Args:
        channel_list: The channels of each feature, as `forward` gives them.
        remove_cls_token: Drop the first token.
        effective_time_dim: The number of time steps T in the tokens of one feature.
        h: The rows of the grid, for an image of unknown size and not square.
        temporal_inputs: The features have an axis of time: `(B, T, N, C)` to `(B, T, C, H, W)`.

    Attributes:
        keeps_strides: `process_channel_list` rearranges other properties of features (strides) like their channels.

    Raises:
        InvalidArgumentsError: `effective_time_dim` or `h` is below 1.

    Shape:
        Tokens `(B, N, C)` to a map `(B, T * C, H, W)`, with N = T * H * W, and one more for a class token.

    Examples:
        >>> import torch
        >>> neck = ReshapeTokensToImage([192])
        >>> neck([torch.zeros(2, 1 + 14 * 14, 192)])[0].shape
        torch.Size([2, 192, 14, 14])
    """

    keeps_strides: ClassVar[bool] = True

    def __init__(
        self,
        channel_list: list[int],
        remove_cls_token: bool = True,
        effective_time_dim: int = 1,
        h: int | None = None,
        temporal_inputs: bool = False,
    ) -> None:
        super().__init__()
        self.channel_list: list[int] = list(channel_list)
        self.remove_cls_token = remove_cls_token
        self.effective_time_dim: int = at_least(self, "effective_time_dim", effective_time_dim)
        self.h: int | None = None if h is None else at_least(self, "h", h)
        self.temporal_inputs = temporal_inputs

    def process_channel_list(self, channel_list: list[int]) -> list[int]:
        """Return a list with the same entries: it counts the channels of the maps, not of the tokens.

        With `effective_time_dim` T, tokens of C channels make a map of T * C. Backbones that put time into their
        tokens, such as Prithvi, list T * C in their `out_channels` already, so there is nothing to multiply here.
        """
        return list(channel_list)

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:
        """Lay tokens out as maps.

        Args:
            features: One tensor a feature, `(B, N, C)`, or `(B, T, N, C)` with `temporal_inputs`.
            image_size: Height and width of the backbone's input images, in pixels.

        Returns:
            One map a feature, `(B, T * C, H, W)`, or `(B, T, C, H, W)` with `temporal_inputs`.

        Raises:
            ValueError: A feature has too few axes, or its tokens make no grid.
        """
        convert = self._maps_over_time if self.temporal_inputs else self._map
        return [convert(feature, image_size) for feature in features]

    def _maps_over_time(self, tokens: Tensor, image_size: tuple[int, int] | None) -> Tensor:
        if tokens.dim() > 4:
            return tokens
        if tokens.dim() < 4:
            raise ValueError(f"temporal_inputs expects tokens (B, T, N, C), got the shape {tuple(tokens.shape)}")
        maps = self._map(tokens.flatten(0, 1), image_size)
        return maps.reshape(*tokens.shape[:2], *maps.shape[1:])

    def _map(self, tokens: Tensor, image_size: tuple[int, int] | None) -> Tensor:
        if tokens.dim() > 3:
            return tokens
        if tokens.dim() < 3:
            raise ValueError(f"expected tokens (B, N, C) or a map, got the shape {tuple(tokens.shape)}")
        batch, count, channels = tokens.shape
        first, rows, columns = self._grid(count, image_size)
        steps = tokens[:, first:].reshape(batch, self.effective_time_dim, rows, columns, channels)
        return steps.permute(0, 1, 4, 2, 3).flatten(1, 2)

    def _grid(self, count: int, image_size: tuple[int, int] | None) -> _Grid:
        for rows_of in self._ways(image_size):
            for first in (1, 0) if self.remove_cls_token else (0,):
                patches, rest = divmod(count - first, self.effective_time_dim)
                rows = rows_of(patches) if patches > 0 and not rest else 0
                if rows and not patches % rows:
                    if first != self.remove_cls_token:
                        _warn_kept(count)
                    return _Grid(first, rows, patches // rows)
        raise ValueError(self._no_grid(count, image_size))

    def _ways(self, image_size: tuple[int, int] | None) -> list[Callable[[int], int]]:
        """Return functions from a number of patches to rows, 0 if none; the surest first."""
        given = self.h
        if given is not None:
            return [lambda _: given]
        if image_size is None:
            return [_square_rows]
        return [lambda patches: _image_rows(patches, *image_size), _square_rows]

    def _no_grid(self, count: int, image_size: tuple[int, int] | None) -> str:
        steps = f" for each of {self.effective_time_dim} time steps" if self.effective_time_dim > 1 else ""
        less = ", with or without the first," if self.remove_cls_token else ""
        rows = f" of {self.h} rows" if self.h is not None else ""
        image = f" of an image {image_size[0]}x{image_size[1]}" if image_size is not None and self.h is None else ""
        settings = f"remove_cls_token={self.remove_cls_token}, effective_time_dim={self.effective_time_dim}, h={self.h}"
        return f"{count} tokens{less} make no grid{rows}{image}{steps}; expected other values than {settings}"


def _square_rows(patches: int) -> int:
    side = isqrt(patches)
    return side if side * side == patches else 0


def _image_rows(patches: int, height: int, width: int) -> int:
    """Return the rows of an image's grid of square patches, 0 if no patch size gives this number of patches."""
    for patch in range(isqrt(height * width // patches), 0, -1):
        rows, columns = height // patch, width // patch
        if rows * columns >= patches:
            return rows if rows * columns == patches else 0
    return 0


def _warn_kept(count: int) -> None:
    warnings.warn(
        f"{count} tokens make a grid with the first one and none without it, so it is kept; "
        "say remove_cls_token=False where there is no class token",
        stacklevel=2,
    )


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
        """Pick the entries of the pooled features, one for each vector: its width.

        Raises:
            InvalidArgumentsError: An index is out of range.
        """
        return [
            channels_at(self, channel_list, index, self._chosen_by, given_as="channel_list") for index in self.indices
        ]

    def forward(self, features: list[Tensor], image_size: tuple[int, int] | None = None) -> list[Tensor]:  # noqa: ARG002 - as every neck
        """Pool features to `(B, C)` each or, over time, `(B, T, C)`; `image_size` is not needed.

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
