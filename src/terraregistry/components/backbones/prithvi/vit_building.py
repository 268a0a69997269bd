"""Building a variant of Prithvi from its default sizes, the options given and its weights; the types of these options."""

from __future__ import annotations

import inspect
import os  # noqa: TC003 - read at run time
from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - read at run time
from typing import Any, TypedDict, TypeVar

from torch import nn

from terraregistry.components.backbones.prithvi.architectures import Architecture  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.bands import (
    PRITHVI_BANDS,
    Band,
    GivenBands,
    read_bands,
    read_model_bands,
    refused_values,
)
from terraregistry.components.backbones.prithvi.checkpoint import (
    BandChoice,
    Convert,
    encoder_state,
    find_weights,
    load_weights,
    mae_state,
)
from terraregistry.components.backbones.prithvi.mae import PrithviMAE
from terraregistry.components.backbones.prithvi.patches import Coordinate, PatchSize  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.vit import PrithviViT
from terraregistry.errors import InvalidArgumentsError

__all__ = [
    "EncoderOptions",
    "LoadingOptions",
    "PrithviMAEOptions",
    "PrithviOptions",
    "PromptOptions",
    "build_mae",
    "build_vit",
    "read_pretrained_bands",
]


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

    pretrained_bands: GivenBands
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


M = TypeVar("M", bound=PrithviViT | PrithviMAE)


def build_vit(
    architecture: Architecture,
    pretrained: bool = False,
    bands: GivenBands = None,
    *,
    pretrained_bands: GivenBands = None,
    ckpt_path: str | os.PathLike[str] | None = None,
    allow_mismatch: bool = False,
    in_chans: int | None = None,
    num_frames: int = 1,
    out_indices: Sequence[int] | None = None,
    img_size: int | Sequence[int] = 224,
    patch_size: PatchSize | None = None,
    embed_dim: int | None = None,
    depth: int | None = None,
    num_heads: int | None = None,
    mlp_ratio: float = 4.0,
    norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
    drop_path: float = 0.0,
    coords_encoding: Sequence[Coordinate] | None = None,
    coords_scale_learn: bool | None = None,
    vpt: bool = False,
    vpt_n_tokens: int | None = None,
    vpt_dropout: float = 0.0,
    vit_adapter: bool = False,
    encoder_only: bool = True,
) -> PrithviViT:
    """Build a variant as a backbone; its arguments are explained in `PrithviOptions`.

    Returns:
        The backbone, with the weights requested, or random ones by default.

    Raises:
        InvalidArgumentsError: A band, a size or an index is wrong.
        WeightsError: The weights are unavailable, or do not fit.
    """
    problems = refused_values(architecture.name, {"vit_adapter": vit_adapter, "encoder_only": encoder_only})
    if problems:
        raise InvalidArgumentsError(architecture.name, "terraregistry", tuple(problems))
    return _build(PrithviViT, encoder_state, locals())


def build_mae(
    architecture: Architecture,
    pretrained: bool = False,
    bands: GivenBands = None,
    *,
    pretrained_bands: GivenBands = None,
    ckpt_path: str | os.PathLike[str] | None = None,
    allow_mismatch: bool = False,
    in_chans: int | None = None,
    num_frames: int = 1,
    img_size: int | Sequence[int] = 224,
    patch_size: PatchSize | None = None,
    embed_dim: int | None = None,
    depth: int | None = None,
    num_heads: int | None = None,
    mlp_ratio: float = 4.0,
    norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
    drop_path: float = 0.0,
    coords_encoding: Sequence[Coordinate] | None = None,
    coords_scale_learn: bool | None = None,
    decoder_embed_dim: int | None = None,
    decoder_depth: int | None = None,
    decoder_num_heads: int | None = None,
    norm_pix_loss: bool = False,
    mask_ratio: float = 0.75,
) -> PrithviMAE:
    """Build a variant as a masked autoencoder; its arguments are explained in `PrithviMAEOptions`.

    Returns:
        The masked autoencoder, with the weights requested, or random ones by default.

    Raises:
        InvalidArgumentsError: A band or a size is wrong.
        WeightsError: The weights are unavailable, or do not fit.
    """
    return _build(PrithviMAE, mae_state, locals())


# The arguments are of several types.
def _build(cls: type[M], convert: Convert[M], given: Mapping[str, Any]) -> M:
    """Make a model of a variant for the arguments of `build_vit` or `build_mae`, and load the weights requested."""
    architecture: Architecture = given["architecture"]
    theirs = read_pretrained_bands(given["pretrained_bands"], architecture.name)
    ours = read_model_bands(given["bands"], given["in_chans"], theirs, architecture.name)
    weights = find_weights(architecture, given["pretrained"], given["ckpt_path"])
    usual = architecture.arguments()
    options: dict[str, Any] = {
        name: usual.get(name) if given[name] is None else given[name] for name in inspect.signature(cls).parameters
    }
    options["in_chans"] = len(ours)
    model = cls(**options)
    encoder = model.encoder if isinstance(model, PrithviMAE) else model
    encoder.model_bands, encoder.pretrained_bands = ours, theirs
    if weights is not None:
        bands = BandChoice(ours, theirs, architecture.name, allow_mismatch=given["allow_mismatch"])
        load_weights(model, weights, bands, convert)
    return model


def read_pretrained_bands(given: GivenBands, component: str) -> tuple[Band, ...]:
    """Read the training bands of weights; Prithvi's six by default."""
    return PRITHVI_BANDS if given is None else read_bands(given, component, "pretrained_bands")
