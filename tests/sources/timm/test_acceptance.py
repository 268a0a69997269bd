"""Whether timm accepts an argument is predicted from the signature, and timm agrees."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import timm
import torch

from terraregistry import TIMM_BACKBONE_REGISTRY
from terraregistry.errors import InvalidArgumentsError, ProblemKind
from terraregistry.registry.signatures import OPAQUE

SAMPLE = [
    "test_resnet",
    "test_vit",
    "test_byobnet",
    "test_maxvit",
    "test_nfnet",
    "test_efficientnet",
    "mobilenetv3_small_050",
    "regnetx_002",
    "convnext_atto",
    "levit_128s",
    "hrnet_w18_small",
    "poolformer_s12",
]
PROBES: list[tuple[str, Any]] = [
    ("in_chans", 4),
    ("num_classes", 5),
    ("drop_rate", 0.1),
    ("drop_path_rate", 0.1),
    ("img_size", 64),
    ("global_pool", "avg"),
    ("output_stride", 32),
    ("norm_layer", torch.nn.BatchNorm2d),
    ("act_layer", torch.nn.ReLU),
    ("class_token", True),
    ("width", 8),
    ("channels", (8, 8, 8, 8)),
    ("pretrained_strict", True),
    ("cache_dir", None),
    ("scriptable", False),
    ("kwargs", {}),
    ("args", ()),
    ("self", None),
    ("model_name", "resnet18"),
    ("num_class", 5),
    ("drop_pth_rate", 0.1),
    ("feature_only", True),
    ("in_channels", 3),
    ("bogus_kwarg_xyz", 1),
]
_ABOUT_NAMES = ("unexpected keyword argument", "multiple values for", "got an unexpected")


def _timm_takes(name: str, kwargs: dict[str, Any]) -> bool | None:
    """Find out whether timm takes the arguments; None where it refuses the value, not the name."""
    try:
        with warnings.catch_warnings(), torch.device("meta"):
            warnings.simplefilter("ignore")
            timm.create_model(name, **kwargs)
    except TypeError as error:
        return False if any(each in str(error) for each in _ABOUT_NAMES) else None
    except (AssertionError, AttributeError, RuntimeError, ValueError, KeyError, IndexError):
        return None
    return True


def _predicted(name: str, kwargs: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether the arguments are accepted, and whether they are refused for want of an effect or by type."""
    try:
        TIMM_BACKBONE_REGISTRY.validate(name, **kwargs)
    except InvalidArgumentsError as error:
        return False, all(each.kind is not ProblemKind.UNKNOWN for each in error.problems)
    return True, False


def _disagreements(name: str, probes: list[tuple[str, Any]], *, features_only: bool) -> list[str]:
    found: list[str] = []
    parameters = TIMM_BACKBONE_REGISTRY.signature(name).parameters.values()
    is_open = any(each.kind is each.VAR_KEYWORD for each in parameters)
    for argument, value in probes:
        if argument in ("self", "model_name"):  # a clash with create_model's own names is an error in timm as well
            accepted, _ = _predicted(name, {argument: value}) if argument == "self" else (False, False)
            if accepted and not is_open:
                found.append(f"{name}: {argument} is accepted")
            continue
        kwargs = {argument: value, "features_only": features_only}
        accepted, ineffective = _predicted(name, kwargs)
        if value is None:
            continue
        takes = _timm_takes(name, kwargs)
        if accepted and takes is False and not is_open:
            found.append(f"{name}: {argument} is accepted, timm refuses it")
        if not accepted and takes and not ineffective:
            found.append(f"{name}: {argument} is refused, timm takes it")
    return found


@pytest.mark.parametrize("name", SAMPLE)
def test_timm_agrees(name: str) -> None:
    assert _disagreements(name, PROBES, features_only=True) == []


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "mobilenetv3_small_050", "test_efficientnet"])
def test_timm_agrees_about_whole_networks(name: str) -> None:
    assert _disagreements(name, PROBES, features_only=False) == []


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_byobnet"])
def test_timm_takes_every_parameter_of_the_signature(name: str) -> None:
    refused = []
    for parameter in TIMM_BACKBONE_REGISTRY.signature(name).parameters.values():
        if parameter.default in (OPAQUE, None) or parameter.name in ("pruned", "features_only"):
            continue
        if _timm_takes(name, {"features_only": True, parameter.name: parameter.default}) is False:
            refused.append(parameter.name)
    assert refused == [], "\n".join(refused)


@pytest.mark.slow
@pytest.mark.parametrize("features_only", [True, False])
def test_timm_agrees_for_every_class(representatives: list[str], features_only: bool) -> None:
    assert len(representatives) > 95
    # Those that architectures differ in most: all the probes over all the representatives take a quarter of an hour.
    chosen = {"num_classes", "drop_rate", "img_size", "norm_layer", "global_pool"}
    probes = [probe for probe in PROBES if probe[0] in chosen]
    found = [each for name in representatives for each in _disagreements(name, probes, features_only=features_only)]
    assert found == []


@pytest.mark.slow
def test_timm_takes_every_parameter_of_every_class(representatives: list[str]) -> None:
    refused: list[str] = []
    for name in representatives:
        parameters = TIMM_BACKBONE_REGISTRY.signature(name).parameters.values()
        given = {
            each.name: each.default
            for each in parameters
            if each.kind is not each.VAR_KEYWORD and each.default is not OPAQUE and each.name != "pruned"
        }
        if _timm_takes(name, given) is False:
            refused += [f"{name}: {each}" for each in given if _timm_takes(name, {each: given[each]}) is False]
    assert refused == [], "\n".join(refused)
