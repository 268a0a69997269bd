"""The arguments of Prithvi's models in timm, for type checkers and for the registries."""

from __future__ import annotations

import os  # noqa: TC003 - read at run time
from collections.abc import Callable, Sequence  # noqa: TC003 - read at run time
from typing import Any, TypedDict

from timm.models._pretrained import PretrainedCfg  # noqa: TC002 - read at run time
from torch import nn  # noqa: TC002 - read at run time

from terraregistry.components.backbones.prithvi.bands import GivenBand  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.coordinates import Coordinate  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.sizes import PatchSize  # noqa: TC001 - read at run time

__all__ = ["TimmOptions", "TimmSwinOptions", "TimmViTOptions"]


class TimmOptions(TypedDict, total=False):
    """The arguments common to both kinds of model: the bands, and those passed on by `timm.create_model`."""

    bands: Sequence[GivenBand] | None
    """The channels of the images: bands of HLS, their names, numbers, or ranges of numbers. Prithvi's six by default."""
    pretrained_bands: Sequence[GivenBand] | None
    """The training bands of the weights, in order; Prithvi's six by default."""
    in_chans: int | None
    """The number of channels; it follows from `bands`, and must agree."""
    num_frames: int
    """The number of frames the model is built for, 1 by default."""
    num_classes: int
    """The number of classes of the classifier."""
    pretrained_cfg: str | dict[str, Any] | PretrainedCfg | None  # timm's own description, of entries of several types
    """The tag or the description of the weights."""
    pretrained_cfg_overlay: dict[str, Any] | None  # as above
    """Replacements for parts of `pretrained_cfg`, such as `{"file": path}`."""
    pretrained_strict: bool
    """Raise an error for mismatched weights (the default), rather than warn."""
    cache_dir: str | os.PathLike[str] | None
    """The directory of downloads."""
    features_only: bool
    """Make a feature pyramid."""
    out_indices: int | Sequence[int]
    """The features of the pyramid, or the number of last ones."""
    feature_cls: str | Callable[..., nn.Module]
    """The class of the pyramid."""


class TimmViTOptions(TimmOptions, total=False):
    """The arguments of the vision transformers beside `pretrained`; the variant's own by default."""

    img_size: int | Sequence[int]
    """Height and width of the images the model is built for, 224 by default."""
    patch_size: PatchSize
    """One number for height and width, or (time, height, width)."""
    embed_dim: int
    """The width of a token."""
    depth: int
    """The number of blocks."""
    num_heads: int
    """The number of attention heads."""
    mlp_ratio: float
    """The width of each block's hidden layer in widths of a token, 4 by default."""
    norm_layer: Callable[..., nn.Module]
    """Makes a normalisation of a width; `torch.nn.LayerNorm` by default."""
    drop_path: float
    """How likely each block is skipped in training, 0 by default."""
    coords_encoding: Sequence[Coordinate] | None
    """The coordinates encoded beside the images."""
    coords_scale_learn: bool
    """Learn the weight of these codes."""


class TimmSwinOptions(TimmOptions, total=False):
    """The arguments of the Swins beside `pretrained`; the variant's own by default."""

    embed_dim: int
    """The number of channels of the first stage."""
    depths: Sequence[int]
    """The number of blocks of each stage."""
    num_heads: Sequence[int]
    """The number of attention heads of each stage."""
    patch_size: int
    """Height and width of a patch, 4 by default."""
    window_size: int
    """The side of the windows of attention, 7 by default."""
    mlp_ratio: float
    """The width of each block's hidden layer in widths of its input, 4 by default."""
    global_pool: str
    """How the classifier pools."""
    qkv_bias: bool
    """Give queries, keys and values a bias."""
    qk_scale: float | None
    """The factor of the queries; one over the root of a head's width by default."""
    drop_rate: float
    """Dropout on the outputs of the linear layers."""
    attn_drop_rate: float
    """Dropout on the attention."""
    drop_path_rate: float
    """How likely the last block is skipped in training, 0.1 by default."""
    act_layer: Callable[[], nn.Module]
    """Makes the activation."""
    norm_layer: Callable[..., nn.Module]
    """Makes a normalisation of a width."""
    with_cp: bool
    """Recompute activations in the backward pass, to save memory."""
    frozen_stages: int
    """How many stages are never trained; -1, the default, for none."""
