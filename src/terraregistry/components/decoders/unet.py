"""The decoder of a U-Net."""

from __future__ import annotations

from importlib.util import find_spec
from typing import (
    TYPE_CHECKING,
    Any,  # the further arguments of a norm are of any type
    ClassVar,
    Final,
    Literal,
    TypeAlias,
)

from segmentation_models_pytorch.base.initialization import initialize_decoder
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from torch import nn

from terraregistry.components.refusals import at_least, expect_maps, one_of, refusal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["UNetDecoder", "UNetNorm"]

# What a mapping holds beside "type" are arguments of the norm, of any type.
UNetNorm: TypeAlias = bool | Literal["batchnorm", "identity", "inplace", "instancenorm"] | dict[str, Any]
"""A normalisation of smp: by name, True for `"batchnorm"`, False for none, or a dictionary with the name under `"type"`
and arguments of the layer."""

_NORMS: Final = ("batchnorm", "identity", "inplace", "instancenorm")
_SQUEEZE: Final = 16
"""The divisor of channels in scse."""


class UNetDecoder(nn.Module):
    """The decoder of a U-Net (Ronneberger et al., 2015) that uses every feature: that of segmentation-models-pytorch.

    Each block enlarges its input to the size of the next shallower feature (nearest neighbour), appends the feature, and
    applies two 3x3 convolutions; the last block has no feature to append and keeps the size of feature 0. smp leaves out
    the first of its features, so feature 0 is passed twice.

    It has TerraTorch's parameters and state_dict keys (`decoder.blocks.{i}.conv1.0.weight`, ...). Arguments causing an
    error in TerraTorch's `forward` are refused: attention over fewer than 16 channels, and a layer norm (smp applies it to
    the width of a map).

    Args:
        embed_dim: The channels of each feature.
        channels: The channels of each block, deepest first; as many as there are features.
        use_batchnorm: The normalisation after each convolution.
        attention_type: `"scse"` for concurrent spatial and channel attention (Roy et al., 2018) in each block.

    Attributes:
        out_channels: The channels of the result: the last of `channels`.
        wants_levels: True: features of one resolution only cause a warning.

    Raises:
        InvalidArgumentsError: `embed_dim` is empty, `channels` has another length or an entry below 1, there is no such
            normalisation or attention, or too few channels for the attention.

    Shape:
        Features `(B, embed_dim[i], H_i, W_i)`, each of any size, to a map `(B, channels[-1], H_0, W_0)`.

    Examples:
        >>> import torch
        >>> UNetDecoder([8, 16], channels=[12, 6])([torch.zeros(1, 8, 10, 8), torch.zeros(1, 16, 5, 4)]).shape
        torch.Size([1, 6, 10, 8])
    """

    includes_head: ClassVar[bool] = False
    wants_levels: ClassVar[bool] = True

    def __init__(
        self,
        embed_dim: list[int],
        channels: list[int],
        use_batchnorm: UNetNorm = "batchnorm",
        attention_type: Literal["scse"] | None = None,
    ) -> None:
        super().__init__()
        if not embed_dim:
            raise refusal(self, "embed_dim", "expected the channels of at least one feature, got an empty list")
        if len(channels) != len(embed_dim):
            detail = f"expected the same length as embed_dim, {len(embed_dim)}, got {len(channels)}"
            raise refusal(self, "channels", detail)
        for at, width in enumerate(channels):
            at_least(self, ("channels", at), width)
        self._check_norm(use_batchnorm)
        if attention_type is not None:
            one_of(self, "attention_type", attention_type, ("scse",))
            self._check_attention(embed_dim, channels)
        self.embed_dim: list[int] = list(embed_dim)
        self.out_channels: int = channels[-1]
        self.decoder: nn.Module = UnetDecoder(
            encoder_channels=[embed_dim[0], *embed_dim],
            decoder_channels=list(channels),
            n_blocks=len(channels),
            use_norm=use_batchnorm,
            attention_type=attention_type,
            add_center_block=False,
        )
        _initialize(self.decoder)

    def _check_norm(self, given: UNetNorm) -> None:
        if isinstance(given, bool):
            return
        path, name = (
            (("use_batchnorm", "type"), given.get("type")) if isinstance(given, dict) else ("use_batchnorm", given)
        )
        one_of(self, path, name, _NORMS)
        if name == "inplace" and find_spec("inplace_abn") is None:
            raise refusal(self, path, "'inplace' needs the package inplace_abn, which is not installed")

    def _check_attention(self, embed_dim: list[int], channels: list[int]) -> None:
        deepest_first = embed_dim[::-1]
        before = [deepest_first[0], *channels]
        skips = [*deepest_first[1:], 0]
        for at, width in enumerate(channels):
            joined = before[at] + skips[at]
            if joined < _SQUEEZE:
                detail = f"'scse' needs blocks of at least {_SQUEEZE} channels; block {at} is given {joined}"
                raise refusal(self, "attention_type", detail)
            if width < _SQUEEZE:
                detail = f"expected at least {_SQUEEZE} with attention_type='scse', got {width}"
                raise refusal(self, ("channels", at), detail)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Fuse maps, `(B, embed_dim[i], H_i, W_i)`, deepest first, to `(B, out_channels, H_0, W_0)`.

        Raises:
            ValueError: The features are not maps, or differ from the decoder's `embed_dim`.
        """
        expect_maps(self, features, self.embed_dim)
        fused: Tensor = self.decoder([features[0], *features])
        return fused


def _initialize(decoder: nn.Module) -> None:
    """Initialise as smp's models do; smp's own function fails on a norm without weights, such as an instance norm."""
    for module in decoder.modules():
        if not len(list(module.children())) and getattr(module, "weight", None) is not None:
            initialize_decoder(module)
