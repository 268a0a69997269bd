"""Prithvi in timm's own registry of models.

The source of timm adds the names (`sources/timm/loaded_timm.py`). The entry points are as timm's own: they take the
arguments passed on by `timm.create_model` (`features_only`, `pretrained_cfg_overlay`, ...), and weights come through
timm's own loading, without a silent fallback to random ones. The networks themselves are imported when one is built: the
names are added to timm wherever that is loaded. They do not depend on timm's registry, because another
package may take a name there.
"""

from __future__ import annotations

import os  # noqa: TC003 - read at run time
from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - read at run time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack, cast

from timm.models import (
    build_model_with_cfg,  # pyright: ignore[reportUnknownVariableType] - timm leaves parts of its type open
    generate_default_cfgs,
    resolve_pretrained_cfg,
)
from timm.models._pretrained import PretrainedCfg  # noqa: TC002 - read at run time
from torch import nn  # noqa: TC002 - read at run time

from terraregistry.components.backbones.prithvi.architectures import ARCHITECTURES, Architecture
from terraregistry.components.backbones.prithvi.bands import GivenBands, read_model_bands
from terraregistry.components.backbones.prithvi.patches import Coordinate, PatchSize  # noqa: TC001 - read at run time
from terraregistry.components.backbones.weight_files import HUB_FAILURES, unreachable, unwrapped, without_mismatch
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, WeightsError

if TYPE_CHECKING:
    from timm.models import DefaultCfg
    from torch import Tensor

__all__ = ["prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny"]

_REMEDY: Final = "give a file with pretrained_cfg_overlay={'file': ...}, or say pretrained=False for random weights"


class TimmOptions(TypedDict, total=False):
    """The arguments common to both kinds of model: the bands, and those passed on by `timm.create_model`."""

    bands: GivenBands
    """The channels of the images: bands of HLS, their names, numbers, or ranges of numbers. Prithvi's six by default."""
    pretrained_bands: GivenBands
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


def _sizes(architecture: Architecture) -> TimmViTOptions:
    return {
        "patch_size": (1, architecture.patch, architecture.patch),
        "embed_dim": architecture.embed_dim,
        "depth": architecture.depth,
        "num_heads": architecture.num_heads,
    }


# What an entry point's signature shows as its defaults.
_VIT_TINY: Final = _sizes(ARCHITECTURES["prithvi_eo_tiny"])
_VIT_100: Final = _sizes(ARCHITECTURES["prithvi_eo_v1_100"])
_VIT_300: Final = _sizes(ARCHITECTURES["prithvi_eo_v2_300"])
_SWIN_B: Final[TimmSwinOptions] = {"embed_dim": 128, "depths": (2, 2, 18, 2), "num_heads": (4, 8, 16, 32)}
_SWIN_L: Final[TimmSwinOptions] = {"embed_dim": 192, "depths": (2, 2, 18, 2), "num_heads": (6, 12, 24, 48)}


def prithvi_vit_tiny(pretrained: bool = False, **options: Unpack[TimmViTOptions]) -> nn.Module:
    """An untrained model of four blocks, `prithvi_eo_tiny` as timm builds it; no weights are published."""
    return _vit("prithvi_vit_tiny", pretrained, **(_VIT_TINY | options))


def prithvi_vit_100(pretrained: bool = False, **options: Unpack[TimmViTOptions]) -> nn.Module:
    """Prithvi-EO-1.0 with 100 million parameters, `prithvi_eo_v1_100` as timm builds it."""
    return _vit("prithvi_vit_100", pretrained, **(_VIT_100 | options))


def prithvi_vit_300(pretrained: bool = False, **options: Unpack[TimmViTOptions]) -> nn.Module:
    """Prithvi-EO-2.0 with 300 million parameters, `prithvi_eo_v2_300` as timm builds it."""
    return _vit("prithvi_vit_300", pretrained, **(_VIT_300 | options))


def prithvi_swin_B(pretrained: bool = False, **options: Unpack[TimmSwinOptions]) -> nn.Module:  # noqa: N802 - its name
    """Prithvi Swin, base: 87 million parameters; no weights are published."""
    return _swin("prithvi_swin_B", pretrained, **(_SWIN_B | options))


def prithvi_swin_L(pretrained: bool = False, **options: Unpack[TimmSwinOptions]) -> nn.Module:  # noqa: N802 - its name
    """Prithvi Swin, large: 195 million parameters; no weights are published."""
    return _swin("prithvi_swin_L", pretrained, **(_SWIN_L | options))


# The arguments of a model are of several types; the description of its weights is as in `TimmOptions`.
def _vit(variant: str, pretrained: bool, *, depth: int, pretrained_cfg: Any = None, **arguments: Any) -> nn.Module:
    from terraregistry.components.backbones.prithvi.checkpoint import encoder_state
    from terraregistry.components.backbones.prithvi.timm_vit import PrithviVisionTransformer

    pyramid = {"out_indices": depth, "feature_cls": "getter"}
    return _build(
        PrithviVisionTransformer,
        variant,
        pretrained,
        pyramid,
        encoder_state,
        pretrained_cfg=_configuration(variant, pretrained_cfg),
        depth=depth,
        **arguments,
    )


# As above.
def _swin(
    variant: str,
    pretrained: bool,
    *,
    depths: Sequence[int],
    num_frames: int = 1,
    pretrained_cfg: Any = None,
    **arguments: Any,
) -> nn.Module:
    if num_frames != 1:
        detail = f"the Swin takes images of one frame: expected 1, got {num_frames}"
        raise InvalidArgumentsError(variant, "timm", (Problem("num_frames", ProblemKind.INVALID, detail=detail),))
    from terraregistry.components.backbones.prithvi.swin import PrithviSwin, swin_state

    pyramid = {"out_indices": tuple(range(len(depths))), "flatten_sequential": True}
    return _build(
        PrithviSwin,
        variant,
        pretrained,
        pyramid,
        swin_state,
        pretrained_cfg=_configuration(variant, pretrained_cfg),
        depths=depths,
        **arguments,
    )


def _build(
    model: Callable[..., nn.Module],
    variant: str,
    pretrained: bool,
    feature_cfg: dict[str, Any],  # timm's own description, of entries of several types
    convert: Callable[..., dict[str, Any]],  # to tensors
    *,
    bands: GivenBands = None,
    pretrained_bands: GivenBands = None,
    in_chans: int | None = None,
    pretrained_cfg: Any = None,  # a tag or a description; timm's types of it differ from place to place
    pretrained_cfg_overlay: dict[str, Any] | None = None,  # as above
    pretrained_strict: bool = True,
    pretrained_filter_fn: Callable[..., Any] | None = None,  # as timm has it
    features_only: bool = False,
    out_indices: int | Sequence[int] | None = None,
    feature_cls: str | Callable[..., nn.Module] | None = None,
    **arguments: Any,  # those of the model and of timm's builder are of several types
) -> nn.Module:
    """Build a model of timm: its own machinery, with Prithvi's bands, checkpoints and errors."""
    pyramid = {"out_indices": out_indices, "feature_cls": feature_cls}
    given = {name: value for name, value in pyramid.items() if value is not None}
    if given and not features_only:
        detail = "has no effect without features_only=True"
        problems = tuple(Problem(name, ProblemKind.UNUSED, detail=detail) for name in given)
        raise InvalidArgumentsError(variant, "timm", problems)
    from terraregistry.components.backbones.prithvi.checkpoint import BandChoice
    from terraregistry.components.backbones.prithvi.vit_building import read_pretrained_bands

    theirs = read_pretrained_bands(pretrained_bands, variant)
    ours = read_model_bands(bands, in_chans, theirs, variant)
    origin = _origin(variant, pretrained, pretrained_cfg, pretrained_cfg_overlay)
    choice = BandChoice(ours, theirs, variant, allow_mismatch=not pretrained_strict)

    def fit(state: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
        converted = convert(unwrapped(state, variant, origin), network, choice, origin)
        return without_mismatch(network, converted, variant, origin, allow_mismatch=choice.allow_mismatch)

    try:
        built: Any = build_model_with_cfg(
            model,
            variant,
            pretrained,
            pretrained_cfg=pretrained_cfg,
            pretrained_cfg_overlay=pretrained_cfg_overlay,
            feature_cfg={**feature_cfg, **given},
            pretrained_strict=pretrained_strict,
            pretrained_filter_fn=pretrained_filter_fn or fit,
            features_only=features_only,
            in_chans=len(ours),
            **arguments,
        )
    except HUB_FAILURES as error:
        if not pretrained:
            raise
        raise unreachable(variant, origin, error, _REMEDY) from error
    built.model_bands, built.pretrained_bands = ours, theirs
    network: nn.Module = built
    return network


def _origin(
    variant: str,
    pretrained: bool,
    given: Any,  # a tag or a description, as above
    overlay: dict[str, Any] | None,  # as above
) -> str:
    """Return the source of the weights; raise a WeightsError if there are none."""
    weights: PretrainedCfg = resolve_pretrained_cfg(variant, given, overlay)
    if not pretrained or weights.state_dict:
        return "the state dict that was given"
    if weights.file is not None:
        if not Path(weights.file).exists():
            raise WeightsError(variant, weights.file, "there is no such file")
        return weights.file
    if not weights.has_weights:
        raise WeightsError(variant, "", "none are published", remedy=_REMEDY)
    place = f"{weights.hf_hub_id}/{weights.hf_hub_filename or 'its default file'}" if weights.hf_hub_id else weights.url
    return str(place)


def _configuration(variant: str, given: Any) -> Any:  # a tag, or timm's description of weights
    """Find the description of a model's weights without timm's registry, because its entry may be another package's."""
    if given and not isinstance(given, str):
        return given
    configurations = default_cfgs[variant].cfgs
    if (given or "") not in configurations:
        raise RuntimeError(f"Invalid pretrained tag ({given}) for {variant}.")  # as timm does
    return configurations[given or ""]


# timm's own descriptions, of entries of several types.
def _description(variant: str, architecture: Architecture | None) -> dict[str, Any]:
    described: dict[str, Any] = {"input_size": (6, 224, 224), "architecture": variant}
    if architecture is not None:
        described |= {"mean": architecture.mean, "std": architecture.std, "num_classes": 0}
        if architecture.weights is not None:
            described |= {"hf_hub_id": architecture.weights.repository, "hf_hub_filename": architecture.weights.name}
    return described


# timm reads this name.
default_cfgs: Mapping[str, DefaultCfg] = cast(
    "Mapping[str, DefaultCfg]",
    generate_default_cfgs(
        {
            variant: _description(variant, ARCHITECTURES[name] if name else None)
            for variant, name in {
                "prithvi_vit_tiny": "prithvi_eo_tiny",
                "prithvi_vit_100": "prithvi_eo_v1_100",
                "prithvi_vit_300": "prithvi_eo_v2_300",
                "prithvi_swin_B": "",
                "prithvi_swin_L": "",
            }.items()
        }
    ),
)
