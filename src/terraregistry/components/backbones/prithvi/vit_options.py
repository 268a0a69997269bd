"""The arguments of every variant of Prithvi, for type checkers and for the registries."""

from __future__ import annotations

import os  # noqa: TC003 - read at run time
from collections.abc import Callable, Sequence  # noqa: TC003 - read at run time
from typing import TypedDict

from torch import nn  # noqa: TC002 - read at run time

from terraregistry.components.backbones.prithvi.bands import GivenBand  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.coordinates import Coordinate  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.sizes import PatchSize  # noqa: TC001 - read at run time

__all__ = ["EncoderOptions", "LoadingOptions", "PrithviMAEOptions", "PrithviOptions", "PromptOptions"]


class EncoderOptions(TypedDict, total=False):
    """The sizes and options of the encoder; None and missing ones default to the variant's own."""

    in_chans: int | None
    """The number of channels; it follows from `bands`, and must agree."""
    num_frames: int
    """The number of frames the model is built for, 1 by default."""
    img_size: int | Sequence[int]
    """Height and width of the images it is built for, 224 by default."""
    patch_size: PatchSize | None
    """One number for height and width, or (time, height, width)."""
    embed_dim: int | None
    """The width of a token."""
    depth: int | None
    """The number of blocks."""
    num_heads: int | None
    """The number of attention heads."""
    mlp_ratio: float
    """The width of each block's hidden layer in widths of a token, 4 by default."""
    norm_layer: Callable[..., nn.Module]
    """Makes a normalisation of a width; `torch.nn.LayerNorm` by default."""
    drop_path: float
    """How likely each block is skipped in training, 0 by default."""
    coords_encoding: Sequence[Coordinate] | None
    """The coordinates encoded beside the images."""
    coords_scale_learn: bool | None
    """Learn the weight of these codes."""


class LoadingOptions(TypedDict, total=False):
    """The weights to load, and how."""

    pretrained_bands: Sequence[GivenBand] | None
    """The training bands of the weights, in order; Prithvi's six by default."""
    ckpt_path: str | os.PathLike[str] | None
    """A file of weights, loaded in place of the published ones, with or without `pretrained`."""
    allow_mismatch: bool
    """Warn of mismatched weights instead of raising an error."""


class PromptOptions(TypedDict, total=False):
    """Prompt tuning."""

    vpt: bool
    """Add prompts to tune."""
    vpt_n_tokens: int | None
    """How many for each block."""
    vpt_dropout: float
    """Dropout on the prompts, 0 by default."""


class PrithviOptions(EncoderOptions, LoadingOptions, PromptOptions, total=False):
    """The arguments of every backbone beside `pretrained` and `bands`."""

    out_indices: Sequence[int] | None
    """The blocks giving a feature, in order; negative counts from the last, all by default."""
    vit_adapter: bool
    """Refused if true: the adapter needs deformable attention compiled for CUDA."""
    encoder_only: bool
    """Refused if false: the masked autoencoders have their own names, ending in `_mae`."""


class PrithviMAEOptions(EncoderOptions, LoadingOptions, total=False):
    """The arguments of every masked autoencoder beside `pretrained` and `bands`."""

    decoder_embed_dim: int | None
    """The width of the decoder's tokens."""
    decoder_depth: int | None
    """The number of the decoder's blocks."""
    decoder_num_heads: int | None
    """The number of the decoder's attention heads."""
    norm_pix_loss: bool
    """Compute the loss on patches normalised one by one."""
    mask_ratio: float
    """The share of the patches masked, 0.75 by default."""
