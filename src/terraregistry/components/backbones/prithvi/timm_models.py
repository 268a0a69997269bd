"""Prithvi in timm's own registry of models.

The source of timm adds the names (`sources/timm/loaded_timm.py`). The entry points are as timm's own: they take the
arguments passed on by `timm.create_model` (`features_only`, `pretrained_cfg_overlay`, ...), and weights come through
timm's own loading, without a silent fallback to random ones. The networks themselves are imported when one is built: the
names are added to timm wherever that is loaded. They do not depend on timm's registry, because another
package may take a name there.
"""

from __future__ import annotations

import os  # noqa: TC003 - read at run time
from collections.abc import Callable, Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack, cast

from timm.models import generate_default_cfgs
from timm.models._pretrained import PretrainedCfg  # noqa: TC002 - read at run time
from torch import nn  # noqa: TC002 - read at run time

from terraregistry.components.backbones.prithvi.architectures import ARCHITECTURES, Architecture
from terraregistry.components.backbones.prithvi.bands import GivenBand  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.patches import Coordinate, PatchSize  # noqa: TC001 - read at run time
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timm.models import DefaultCfg

__all__ = ["prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny"]


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
    from terraregistry.components.backbones.prithvi.timm_building import build_with_timm
    from terraregistry.components.backbones.prithvi.timm_vit import PrithviVisionTransformer

    pyramid = {"out_indices": depth, "feature_cls": "getter"}
    return build_with_timm(
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
    from terraregistry.components.backbones.prithvi.timm_building import build_with_timm

    pyramid = {"out_indices": tuple(range(len(depths))), "flatten_sequential": True}
    return build_with_timm(
        PrithviSwin,
        variant,
        pretrained,
        pyramid,
        swin_state,
        pretrained_cfg=_configuration(variant, pretrained_cfg),
        depths=depths,
        **arguments,
    )


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
