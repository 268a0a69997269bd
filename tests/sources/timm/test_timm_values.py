"""Values of timm's arguments: the features that are chosen, and the weights that are described in dictionaries."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, NoReturn

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from terraregistry import BACKBONE_REGISTRY, MODEL_FACTORY_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.errors import InvalidArgumentsError, ProblemKind
from terraregistry.problems import Rename
from terraregistry.protocols import Layout
from terraregistry.sources.timm import TimmRegistry, timm_registry

SAMPLE = ["resnet18", "test_vit", "hrnet_w18_small", "pit_ti_224", "test_convnext"]
"""Networks whose features are collected in five ways."""
NEEDS_DATA = "gemma4"
THREE_CHANNELS = "csatv2"
"""Its frequencies are those of colours: with other channels timm warns, and its forward pass fails."""


def problems(name: str, **kwargs: Any) -> dict[str, str]:
    """Return what `validate` and `build` both say."""
    found = []
    for call in (BACKBONE_REGISTRY.validate, BACKBONE_REGISTRY.build):
        with pytest.raises(InvalidArgumentsError) as caught:
            call(name, **kwargs)
        found.append({problem.path: problem.message for problem in caught.value.problems})
    assert found[0] == found[1]
    return found[0]


def run(name: str, kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Return a network and its features of two images of its own size."""
    with torch.device("meta"), torch.no_grad():
        backbone: Any = TIMM_BACKBONE_REGISTRY.build(name, **kwargs)
        return backbone, backbone.eval()(torch.empty(2, *backbone.input_size))


def differing(name: str, indices: list[int] | int, channels: int, size: int) -> list[Any]:
    """Return the features of a network that are not as they are declared."""
    kwargs: dict[str, Any] = {"out_indices": indices, "in_chans": channels}
    if "img_size" in TIMM_BACKBONE_REGISTRY.signature(name).parameters:
        kwargs["img_size"] = size
    TIMM_BACKBONE_REGISTRY.validate(name, **kwargs)
    try:
        backbone, features = run(name, kwargs)
    except (AssertionError, ValueError, RuntimeError):  # of its windows and stages, which do not divide every size
        kwargs.pop("img_size", None)
        backbone, features = run(name, kwargs)
    sides = backbone.input_size[1:]
    assert len(features) == (indices if isinstance(indices, int) else len(indices))
    assert backbone.out_channels == [each.channels for each in backbone.feature_specs]
    assert list(TIMM_BACKBONE_REGISTRY.feature_specs(name, **kwargs) or ()) == list(backbone.feature_specs)
    wrong = []
    for feature, each in zip(features, backbone.feature_specs, strict=True):
        axis, row = (1, 2) if each.layout is Layout.NCHW else (3, 1)
        near = abs(feature.shape[row] - sides[0] / each.stride) <= 4.5  # a stem without padding loses a few pixels
        if feature.shape[axis] != each.channels or not near:
            wrong.append((name, kwargs, tuple(feature.shape), each))
    return wrong


@st.composite
def indices_of(draw: st.DrawFn, count: int) -> list[int] | int:
    some = st.lists(st.integers(-count, count - 1), min_size=1, max_size=4)
    return draw(some | st.integers(1, count))


def count_of(name: str) -> int:
    constructor: Any = TIMM_BACKBONE_REGISTRY[name]
    return int(constructor.count_features({}))


@settings(max_examples=settings.default.max_examples // 8)
@given(st.data(), st.sampled_from(SAMPLE), st.integers(1, 5), st.sampled_from([64, 96, 160, 224]))
def test_features_come_as_they_are_asked_for(data: st.DataObject, name: str, channels: int, size: int) -> None:
    assert differing(name, data.draw(indices_of(count_of(name))), channels, size) == []


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(st.data(), st.integers(1, 5), st.sampled_from([128, 192, 224, 256]))
def test_features_of_every_class_come_as_they_are_asked_for(
    representatives: list[str], data: st.DataObject, channels: int, size: int
) -> None:
    name = data.draw(st.sampled_from(representatives))
    assume(not name.startswith(NEEDS_DATA))
    channels = 3 if name.startswith(THREE_CHANNELS) else channels
    assert differing(name, data.draw(indices_of(count_of(name))), channels, size) == []


def test_features_have_the_values_of_their_places() -> None:
    every: Any = BACKBONE_REGISTRY.build("timm_resnet18").eval()  # type: ignore[attr-defined]
    some: Any = BACKBONE_REGISTRY.build("timm_resnet18", out_indices=(3, 1, -1, 3)).eval()  # type: ignore[attr-defined]
    some.load_state_dict(every.state_dict())
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert all(map(torch.equal, some(x), [every(x)[index] for index in (3, 1, 4, 3)]))
    assert some.out_channels == [256, 64, 512, 256]
    assert [spec.stride for spec in some.feature_specs] == [16, 4, 32, 16]


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("timm_resnet18", {"out_indices": []}, {"out_indices": "expected at least one index, got none"}),
        (
            "timm_test_vit",
            {"out_indices": 0},
            {"out_indices": "expected at least 1, as the number of last features, got 0"},
        ),
        ("timm_resnet18", {"out_indices": 6}, {"out_indices": "expected at most 5, the number of features, got 6"}),
        (
            "timm_resnet18",
            {"out_indices": (7, -6, 1)},
            {
                "out_indices[0]": "expected -5 to 4 with 5 features, got 7",
                "out_indices[1]": "expected -5 to 4 with 5 features, got -6",
            },
        ),
        (
            "timm_resnet18",
            {"out_indices": [4], "layers": (1, 1)},
            {"out_indices[0]": "expected -3 to 2 with 3 features, got 4"},
        ),
        (
            "vit_tiny_patch16_224",
            {"out_indices": [2, 11], "depth": 4},
            {"out_indices[1]": "expected -4 to 3 with 4 features, got 11"},
        ),
        (
            "timm_resnet18",
            {"pretrained_cfg_overlay": {"file": "/no/such"}},
            {"pretrained_cfg_overlay.file": "has no effect without pretrained=True"},
        ),
        (
            "timm_resnet18",
            {"pretrained": True, "pretrained_cfg_overlay": {"fiel": "/no/such"}, "pretrained_cfg": {"ulr": "x"}},
            {
                "pretrained_cfg.ulr": "unknown key; did you mean 'url'?",
                "pretrained_cfg_overlay.fiel": "unknown key; did you mean 'file'?",
            },
        ),
        ("timm_resnet18", {"pretrained_strict": False}, {"pretrained_strict": "has no effect without pretrained=True"}),
        (
            "timm_resnet18",
            {"pretrained_filter_fn": dict},
            {"pretrained_filter_fn": "has no effect without pretrained=True"},
        ),
        (
            "timm_resnet18",
            {"num_classes": 10},
            {"num_classes": "has no effect on a feature pyramid; it needs features_only=False"},
        ),
    ],
)
def test_values_that_do_not_do_what_they_say_are_refused(name: str, given: Any, expected: Any) -> None:
    assert problems(name, **given) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"num_classes": 0},
        {"num_classes": None},
        {"pretrained_strict": True},
        {"pretrained_cfg_overlay": {"mean": (0.0, 0.0, 0.0)}},
        {"pretrained_cfg_overlay": {"hf_hub_id": None}},
        {"pretrained": False, "pretrained_cfg_overlay": {"file": "/no/such"}},
    ],
)
def test_values_that_say_nothing_new_are_accepted(given: dict[str, Any]) -> None:
    assert BACKBONE_REGISTRY.validate("timm_test_resnet", **given).kwargs == given
    with torch.device("meta"):
        assert BACKBONE_REGISTRY.build("timm_test_resnet", **given).out_channels


def test_an_unknown_key_comes_with_its_correction() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        BACKBONE_REGISTRY.validate("timm_resnet18", pretrained=True, pretrained_cfg_overlay={"fiel": "/no/such"})
    (problem,) = caught.value.problems
    assert (problem.kind, problem.steps) == (ProblemKind.UNKNOWN_KEY, ("pretrained_cfg_overlay", "fiel"))
    assert problem.fix == Rename("file")


def test_values_of_a_backbone_are_refused_in_a_model() -> None:
    factory: Any = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    with pytest.raises(InvalidArgumentsError) as caught:
        factory.check_arguments(
            task="segmentation",
            backbone="timm_resnet18",
            decoder="FCNDecoder",
            num_classes=2,
            backbone_out_indices=[],
            backbone_pretrained_cfg_overlay={"file": "/no/such"},
        )
    assert {problem.steps for problem in caught.value.problems} == {
        ("backbone_pretrained_cfg_overlay", "file"),
        ("backbone_out_indices",),
    }


def test_the_first_check_of_a_process_agrees() -> None:
    code = """
from terraregistry import BACKBONE_REGISTRY as R
from terraregistry.errors import InvalidArgumentsError
import sys
R.validate("timm_resnet18", out_indices=[4, 1, -5], in_chans=6, num_classes=0)
R.validate("timm_vit_tiny_patch16_224", out_indices=[2, 5, 8, 11])
for given in ({"out_indices": []}, {"pretrained": True, "pretrained_cfg_overlay": {"fiel": 1}}):
    try:
        R.validate("timm_resnet18", **given)
    except InvalidArgumentsError as error:
        print(*map(str, error.problems))
print("torch" in sys.modules)
try:
    R.validate("timm_resnet18", out_indices=[5])
except InvalidArgumentsError as error:
    print(*map(str, error.problems))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "out_indices: expected at least one index, got none",
        "pretrained_cfg_overlay.fiel: unknown key; did you mean 'file'?",
        "False",
        "out_indices[0]: expected -5 to 4 with 5 features, got 5",
    ]


def test_a_network_in_the_index_is_built_without_being_inspected(monkeypatch: pytest.MonkeyPatch) -> None:
    def inspect(*_: object, **__: object) -> NoReturn:
        pytest.fail("it is inspected")

    monkeypatch.setattr(timm_registry, "inspect_name", inspect)
    backbone = TimmRegistry().build("test_resnet", in_chans=6, out_indices=(3, 1))
    assert backbone.out_channels == [192, 32]
