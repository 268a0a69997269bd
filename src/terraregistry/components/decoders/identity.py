"""A decoder returning one feature unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from terraregistry.components.refusals import channels_at

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["IdentityDecoder"]


class IdentityDecoder(nn.Module):
    """A decoder returning one feature unchanged, without parameters: for a head on the backbone's own features.

    Args:
        embed_dim: The channels of each feature.
        out_index: The feature returned; negative counts from the last.

    Attributes:
        embed_dim: The channels of each feature.
        dim: The feature returned (`out_index`).

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
        self._out_channels = channels_at(self, embed_dim, out_index, "out_index")
        self.embed_dim: list[int] = list(embed_dim)
        self.dim = out_index

    @property
    def out_channels(self) -> int:
        """The number of channels of the result."""
        return self._out_channels

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return `features[out_index]`, `(B, out_channels, ...)`."""
        return features[self.dim]
