"""Building a model through timm: its own machinery, with Prithvi's bands, checkpoints and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from timm.models import (
    build_model_with_cfg,  # pyright: ignore[reportUnknownVariableType] - timm leaves parts of its type open
    resolve_pretrained_cfg,
)

from terraregistry.components.backbones.prithvi.bands import GivenBand, read_model_bands
from terraregistry.components.backbones.prithvi.checkpoint import BandChoice
from terraregistry.components.backbones.prithvi.vit_building import read_pretrained_bands
from terraregistry.components.backbones.weight_files import HUB_FAILURES, unreachable, unwrapped, without_mismatch
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, WeightsError

if TYPE_CHECKING:
    from timm.models._pretrained import PretrainedCfg
    from torch import Tensor, nn

__all__ = ["Convert", "build_with_timm"]

# The module is one of two classes, each with its own function.
Convert = Callable[[Mapping[str, "Tensor"], Any, BandChoice, str], dict[str, "Tensor"]]
"""Takes a model's state dict out of a checkpoint."""

_REMEDY: Final = "give a file with pretrained_cfg_overlay={'file': ...}, or say pretrained=False for random weights"


def build_with_timm(
    model: Callable[..., nn.Module],
    variant: str,
    pretrained: bool,
    feature_cfg: dict[str, Any],  # timm's own description, of entries of several types
    convert: Convert,
    *,
    bands: Sequence[GivenBand] | None = None,
    pretrained_bands: Sequence[GivenBand] | None = None,
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
    """Build a model of timm.

    Args:
        model: The model's class.
        variant: Its registered name.
        pretrained: Load weights.
        feature_cfg: timm's settings for a feature pyramid of the model.
        convert: Takes the model's state dict out of a checkpoint.
        bands: The channels of the images.
        pretrained_bands: The training bands of the weights.
        in_chans: The number of channels; follows from `bands`.
        pretrained_cfg: The tag or the description of the weights.
        pretrained_cfg_overlay: Replacements for parts of `pretrained_cfg`.
        pretrained_strict: Raise an error for mismatched weights.
        pretrained_filter_fn: Takes the state dict out of a checkpoint, in place of `convert`.
        features_only: Make a feature pyramid.
        out_indices: The features of the pyramid, or the number of last ones; all by default.
        feature_cls: The pyramid's class, overriding `feature_cfg`.
        **arguments: Arguments of the model, and further ones of timm's builder.

    Returns:
        The model, or a feature pyramid made of it.

    Raises:
        InvalidArgumentsError: The bands are wrong, or an argument has no effect.
        WeightsError: The weights are unavailable, or do not fit.
    """
    pyramid = {"out_indices": out_indices, "feature_cls": feature_cls}
    given = {name: value for name, value in pyramid.items() if value is not None}
    if not features_only:
        _refuse_without_effect(variant, given)
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


def _refuse_without_effect(variant: str, given: Iterable[str]) -> None:
    detail = "has no effect without features_only=True"
    problems = tuple(Problem(name, ProblemKind.UNUSED, detail=detail) for name in given)
    if problems:
        raise InvalidArgumentsError(variant, "timm", problems)


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
