"""Building a model through timm: its own machinery, with Prithvi's bands, checkpoints and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from timm.models import (
    build_model_with_cfg,  # pyright: ignore[reportUnknownVariableType] - timm leaves parts of its type open
    resolve_pretrained_cfg,
)

from terraregistry.components.backbones.prithvi.bands import read_model_bands
from terraregistry.components.backbones.prithvi.building import read_pretrained_bands
from terraregistry.components.backbones.prithvi.patch_weights import BandChoice
from terraregistry.components.backbones.weights.files import unwrapped
from terraregistry.components.backbones.weights.fitting import without_mismatch
from terraregistry.components.backbones.weights.hub import HUB_FAILURES, unreachable
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
    arguments: Mapping[str, Any],  # those of the model and of timm's builder
    feature_cfg: dict[str, Any],  # as timm has it
    convert: Convert,
) -> nn.Module:
    """Build a model of timm.

    Args:
        model: The model's class.
        variant: The name that it is registered under.
        pretrained: Whether to load weights.
        arguments: Those of the model and of timm's builder; bands are read here.
        feature_cfg: How timm makes a feature pyramid of the model.
        convert: Takes the model's state dict out of a checkpoint.

    Returns:
        The model, or a feature pyramid made of it.

    Raises:
        InvalidArgumentsError: The bands are wrong, or an argument has no effect.
        WeightsError: The weights cannot be had, or do not fit.
    """
    rest: dict[str, Any] = dict(arguments)
    theirs = read_pretrained_bands(rest.pop("pretrained_bands", None), variant)
    ours = read_model_bands(rest.pop("bands", None), rest.pop("in_chans", None), theirs, variant)
    _refuse_without_effect(variant, rest)
    origin = _origin(variant, pretrained, rest)
    choice = BandChoice(ours, theirs, variant, allow_mismatch=not rest.get("pretrained_strict", True))

    def fit(state: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
        converted = convert(unwrapped(state, variant, origin), network, choice, origin)
        return without_mismatch(network, converted, variant, origin, allow_mismatch=choice.allow_mismatch)

    rest.setdefault("pretrained_filter_fn", fit)
    try:
        built: Any = build_model_with_cfg(
            model, variant, pretrained, feature_cfg=feature_cfg, in_chans=len(ours), **rest
        )
    except HUB_FAILURES as error:
        if not pretrained:
            raise
        raise unreachable(variant, origin, error, _REMEDY) from error
    built.model_bands, built.pretrained_bands = ours, theirs
    network: nn.Module = built
    return network


def _refuse_without_effect(variant: str, arguments: Mapping[str, Any]) -> None:  # as above
    names = () if arguments.get("features_only") else ("out_indices", "feature_cls")
    detail = "has no effect without features_only=True"
    problems = tuple(Problem(name, ProblemKind.UNUSED, detail=detail) for name in names if name in arguments)
    if problems:
        raise InvalidArgumentsError(variant, "timm", problems)


def _origin(variant: str, pretrained: bool, arguments: Mapping[str, Any]) -> str:  # as above
    """Say where the weights come from, once it is known that there are any."""
    given: Sequence[Any] = [arguments.get(name) for name in ("pretrained_cfg", "pretrained_cfg_overlay")]
    weights: PretrainedCfg = resolve_pretrained_cfg(variant, *given)
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
