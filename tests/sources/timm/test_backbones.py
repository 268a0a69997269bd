"""Small networks of timm, really built: what they say of their features is what forward gives."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn

from terraregistry import BACKBONE_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.errors import InvalidArgumentsError
from terraregistry.protocols import Backbone, DescribesFeatures, FeatureSpec, Layout
from terraregistry.sources.timm.backbone import TimmBackbone

SMALL: dict[str, tuple[dict[str, Any], int]] = {
    "resnet18": ({}, 64),
    "convnext_atto": ({}, 64),
    "swin_tiny_patch4_window7_224": ({"img_size": 64, "window_size": 2, "depths": (1, 1, 1, 1)}, 64),
    "vit_tiny_patch16_224": ({"img_size": 64, "depth": 3}, 64),
    "efficientnet_lite0": ({}, 64),
    "regnetx_002": ({}, 64),
    "mobilenetv3_small_050": ({}, 64),
    "hrnet_w18_small": ({}, 64),
    "pit_ti_224": ({}, 224),
}
"""Arguments and the size of an image; `pit_ti_224` has its features collected by hooks."""
FASTEST = ["resnet18", "vit_tiny_patch16_224", "mobilenetv3_small_050", "pit_ti_224"]


def _build(name: str, **more: Any) -> Any:
    kwargs, size = SMALL[name]
    backbone: Any = TIMM_BACKBONE_REGISTRY.build(name, **kwargs, **more)
    return backbone, torch.randn(2, more.get("in_chans", 3), size, size)


def _described(feature: Tensor, spec: FeatureSpec, size: int) -> bool:
    """Tell whether a feature is as it was described."""
    batch, side = feature.shape[0], size // spec.stride
    expected = {
        Layout.NCHW: (batch, spec.channels, side, side),
        Layout.NHWC: (batch, side, side, spec.channels),
    }
    return tuple(feature.shape) == expected[spec.layout]


def _same(left: list[Tensor], right: list[Tensor]) -> bool:
    return len(left) == len(right) and all(map(torch.equal, left, right))


# -- what a backbone says --


@pytest.mark.parametrize("name", SMALL)
def test_features_are_as_they_are_described_and_gradients_flow(name: str) -> None:
    backbone, x = _build(name)
    assert isinstance(backbone, nn.Module)
    assert isinstance(backbone, Backbone)
    assert isinstance(backbone, DescribesFeatures)
    features = backbone(x)
    assert isinstance(features, list)
    assert [spec.channels for spec in backbone.feature_specs] == backbone.out_channels
    assert all(type(each) is int for each in backbone.out_channels)
    assert len(features) == len(backbone.out_channels)
    if name == "pit_ti_224":  # 224 / 8 - 1 = 27, then 14 and 7: a stride is nominal where a stem has no padding
        assert [feature.shape[1] for feature in features] == backbone.out_channels
    else:
        assert all(_described(f, s, x.shape[-1]) for f, s in zip(features, backbone.feature_specs, strict=True))
    sum(feature.float().pow(2).mean() for feature in features).backward()
    gradients = [p.grad for p in backbone.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert any(gradient.abs().sum() > 0 for gradient in gradients)


@pytest.mark.parametrize(
    ("name", "layout", "strides"),
    [
        ("resnet18", Layout.NCHW, [2, 4, 8, 16, 32]),
        ("swin_tiny_patch4_window7_224", Layout.NHWC, [4, 8, 16, 32]),
        ("vit_tiny_patch16_224", Layout.NCHW, [16, 16, 16]),
    ],
)
def test_layouts_and_strides(name: str, layout: Layout, strides: list[int]) -> None:
    backbone, _ = _build(name)
    assert [spec.stride for spec in backbone.feature_specs] == strides
    assert {spec.layout for spec in backbone.feature_specs} == {layout}


@pytest.mark.parametrize("name", FASTEST)
def test_features_are_described_alike_before_building(name: str) -> None:
    backbone, _ = _build(name)
    described = TIMM_BACKBONE_REGISTRY.feature_specs(name, **SMALL[name][0])
    assert described is not None
    assert list(described) == list(backbone.feature_specs)


def test_chosen_features_are_the_only_ones() -> None:
    backbone, x = _build("resnet18", out_indices=(1, -1))
    assert backbone.out_channels == [64, 512]
    assert [spec.stride for spec in backbone.feature_specs] == [4, 32]
    assert [feature.shape[1] for feature in backbone(x)] == [64, 512]


def test_channels_of_the_image_are_said() -> None:
    backbone, x = _build("resnet18", in_chans=6)
    assert backbone.in_channels == 6
    assert backbone.input_size == (6, 224, 224)
    assert len(backbone(x)) == 5
    small, _ = _build("vit_tiny_patch16_224")
    assert small.input_size == (3, 64, 64)


def test_a_dictionary_of_features_is_a_list_here() -> None:
    backbone, x = _build("resnet18", feature_cls="dict")
    features = backbone(x)
    assert isinstance(features, list)
    assert [feature.shape[1] for feature in features] == backbone.out_channels


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "hrnet_w18_small"])
def test_a_feature_that_there_is_not_fails_and_the_name_is_still_there(name: str) -> None:
    with pytest.raises((InvalidArgumentsError, IndexError, AssertionError)) as caught:
        TIMM_BACKBONE_REGISTRY.build(name, out_indices=(99,))
    noted = getattr(caught.value, "__notes__", [])
    assert isinstance(caught.value, InvalidArgumentsError) or any(name in note for note in noted)
    with pytest.raises(InvalidArgumentsError, match=r"out_indices\[0\]"):
        TIMM_BACKBONE_REGISTRY.feature_specs(name, out_indices=(99,))


# -- whole networks --


def test_a_whole_transformer_gives_tokens() -> None:
    backbone, x = _build("vit_tiny_patch16_224", features_only=False, num_classes=7)
    (feature,) = backbone(x)
    (spec,) = backbone.feature_specs
    assert tuple(feature.shape) == (2, 1 + 4 * 4, 192)
    assert spec == FeatureSpec(192, 16, Layout.TOKENS)
    assert backbone.out_channels == [192]
    assert backbone.timm_model.head.out_features == 7
    assert list(
        TIMM_BACKBONE_REGISTRY.feature_specs("vit_tiny_patch16_224", features_only=False, img_size=64) or ()
    ) == [spec]


@pytest.mark.parametrize("name", ["resnet18", "convnext_atto", "swin_tiny_patch4_window7_224", "mobilenetv3_small_050"])
def test_a_whole_network_gives_its_last_feature(name: str) -> None:
    backbone, x = _build(name, features_only=False)
    (feature,) = backbone(x)
    assert backbone.out_channels == [backbone.feature_specs[0].channels]
    assert _described(feature, backbone.feature_specs[0], x.shape[-1])
    assert torch.equal(feature, backbone.timm_model.forward_features(x)) or backbone.training


@pytest.mark.parametrize("name", ["crossvit_tiny_240", "coat_tiny"])
def test_a_whole_network_of_several_branches_gives_each_as_a_feature(name: str) -> None:
    with torch.device("meta"):
        backbone: Any = TIMM_BACKBONE_REGISTRY.build(name, features_only=False)
        features = backbone(torch.empty(2, *backbone.input_size))
    assert all(isinstance(feature, Tensor) for feature in features)
    assert [feature.shape[-1] for feature in features] == backbone.out_channels
    assert [spec.channels for spec in backbone.feature_specs] == backbone.out_channels
    assert {spec.layout for spec in backbone.feature_specs} == {Layout.TOKENS}


@pytest.mark.parametrize("name", ["efficientvim_m1", "efficientvim_m4_dist"])
def test_tokens_with_channels_first_are_transposed(name: str) -> None:
    torch.manual_seed(0)
    backbone: Any = TIMM_BACKBONE_REGISTRY.build(name, features_only=False).eval()  # type: ignore[attr-defined]
    x = torch.randn(2, 3, 128, 192)  # another size than it is made for
    with torch.no_grad():
        features, own = backbone(x), backbone.timm_model.forward_features(x)
        torch.testing.assert_close(features, [feature.mT for feature in own])
    assert [feature.shape[-1] for feature in features] == backbone.out_channels
    assert sum(backbone.out_channels) == backbone.timm_model.num_features  # of all branches together
    assert [spec.channels for spec in backbone.feature_specs] == backbone.out_channels
    assert {spec.layout for spec in backbone.feature_specs} == {Layout.TOKENS}
    twin = pickle.loads(pickle.dumps(backbone))
    torch.testing.assert_close(twin(x), features)


def test_a_backbone_that_nobody_has_asked_transposes_them_too() -> None:
    with torch.device("meta"):
        backbone = TimmBackbone(timm.create_model("efficientvim_m1"), (3, 224, 224))
        assert [feature.shape[-1] for feature in backbone(torch.empty(1, 3, 224, 224))] == [128, 192, 320, 320]


@pytest.mark.slow
def test_a_whole_network_of_every_class_is_as_it_is_described(representatives: list[str]) -> None:
    wrong = []
    for name in representatives:
        with torch.device("meta"), torch.no_grad():
            backbone: Any = TIMM_BACKBONE_REGISTRY.build(name, features_only=False).eval()  # type: ignore[attr-defined]
            features = backbone(torch.empty(2, *backbone.input_size))
        specs = backbone.feature_specs
        axes = [1 if spec.layout is Layout.NCHW else -1 for spec in specs]
        channels = [feature.shape[axis] for feature, axis in zip(features, axes, strict=True)]
        if not channels == backbone.out_channels == [spec.channels for spec in specs]:
            wrong.append((name, channels, specs))
    assert wrong == []


@pytest.mark.slow
def test_a_pyramid_of_every_class_is_as_it_is_described(representatives: list[str]) -> None:
    wrong = []
    for name in representatives:
        if name.startswith("gemma4"):  # needs data
            continue
        with torch.device("meta"), torch.no_grad():
            backbone: Any = TIMM_BACKBONE_REGISTRY.build(name).eval()  # type: ignore[attr-defined]
            features = backbone(torch.empty(2, *backbone.input_size))
        for feature, spec in zip(features, backbone.feature_specs, strict=True):
            axis, row = (1, 2) if spec.layout is Layout.NCHW else (3, 1)
            # A stem without padding loses a few pixels, so that a stride is nominal.
            near = abs(feature.shape[row] - backbone.input_size[1] / spec.stride) <= 4.5
            if feature.dim() != 4 or feature.shape[axis] != spec.channels or not near:
                wrong.append((name, tuple(feature.shape), spec))
    assert wrong == []


# -- the wrapper is the network --


@pytest.mark.parametrize("name", FASTEST)
def test_a_copy_computes_on_its_own_weights(name: str) -> None:
    backbone, x = _build(name)
    backbone.eval()
    twin = copy.deepcopy(backbone)
    before = backbone(x)
    assert _same(twin(x), before)
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in backbone.parameters()}
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert _same(backbone(x), before)
    assert not _same(twin(x), before)
    assert twin.out_channels == backbone.out_channels


@pytest.mark.parametrize("name", FASTEST)
def test_a_pickle_computes_the_same(name: str) -> None:
    backbone, x = _build(name)
    backbone.eval()
    again = pickle.loads(pickle.dumps(backbone))
    assert _same(again(x), backbone(x))
    assert again.feature_specs == backbone.feature_specs
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.zero_()
    assert not _same(again(x), backbone(x))  # its modules are still those that it computes with


@pytest.mark.parametrize("name", FASTEST)
def test_conversions_and_modes_reach_the_network(name: str) -> None:
    backbone, x = _build(name)
    backbone.to(torch.float64)
    assert {each.dtype for each in backbone(x.double())} == {torch.float64}
    assert {p.dtype for p in backbone.timm_model.parameters()} == {torch.float64}
    assert not any(module.training for module in backbone.eval().modules())
    assert not backbone.timm_model.training
    assert not any(module.training for module in backbone.timm_model.modules())
    assert all(module.training for module in backbone.train().timm_model.modules())
    backbone.requires_grad_(False)
    assert not any(p.requires_grad for p in backbone.timm_model.parameters())


def test_a_replaced_module_is_replaced_in_the_network() -> None:
    backbone, _x = _build("resnet18")
    backbone.conv1 = nn.Conv2d(5, 64, 7, 2, 3)
    assert backbone.timm_model.conv1 is backbone.conv1
    assert backbone(torch.randn(2, 5, 64, 64))[0].shape[1] == 64
    assert len(list(backbone.parameters())) == len(list(backbone.timm_model.parameters()))


# -- weights --


@pytest.mark.parametrize("name", SMALL)
def test_state_dicts_are_timms(name: str) -> None:
    kwargs, _ = SMALL[name]
    backbone, x = _build(name)
    network = timm.create_model(name, features_only=True, **kwargs)
    ours, theirs = backbone.state_dict(), network.state_dict()
    assert list(ours) == list(theirs)
    backbone.load_state_dict(theirs)
    backbone.eval()
    network.eval()
    found = network(x)
    assert _same(backbone(x), list(found))
    with torch.no_grad():
        for parameter in backbone.parameters():
            parameter.mul_(0.5)
    network.load_state_dict(backbone.state_dict())
    assert _same(backbone(x), list(network(x)))


def test_the_state_dict_of_a_whole_network_is_timms() -> None:
    backbone, _ = _build("vit_tiny_patch16_224", features_only=False)
    network = timm.create_model("vit_tiny_patch16_224", **SMALL["vit_tiny_patch16_224"][0])
    assert list(backbone.state_dict()) == list(network.state_dict())
    backbone.load_state_dict(network.state_dict())


def _saved() -> dict[str, Tensor]:
    return {
        key: torch.randn_like(value.float()).to(value.dtype)
        for key, value in timm.create_model("test_resnet").state_dict().items()
    }


@pytest.mark.parametrize("kind", ["pt", "pth", "safetensors"])
@pytest.mark.parametrize("way", ["checkpoint_path", "pretrained_cfg_overlay"])
def test_weights_are_loaded_from_a_file(tmp_path: Any, kind: str, way: str) -> None:
    saved = _saved()
    file = tmp_path / f"weights.{kind}"
    if kind == "safetensors":
        from safetensors.torch import save_file

        save_file(saved, file)
    else:
        torch.save(saved, file)
    kwargs: dict[str, Any] = {"checkpoint_path": file, "features_only": False}
    if way == "pretrained_cfg_overlay":
        kwargs = {"pretrained": True, "pretrained_cfg_overlay": {"file": str(file)}}
    loaded = BACKBONE_REGISTRY.build("timm_test_resnet", **kwargs).state_dict()  # type: ignore[attr-defined]
    assert loaded
    assert all(torch.equal(value, saved[key]) for key, value in loaded.items())


class _Payload:
    """What a pickle runs when it is read."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.file, "w")


@pytest.mark.parametrize("way", ["checkpoint_path", "pretrained_cfg_overlay"])
def test_a_file_that_runs_something_is_refused(tmp_path: Any, way: str) -> None:
    file, mark = tmp_path / "weights.pt", tmp_path / "it ran"
    torch.save({"conv1.weight": _Payload(str(mark))}, file)
    kwargs: dict[str, Any] = {"checkpoint_path": str(file), "features_only": False}
    if way == "pretrained_cfg_overlay":
        kwargs = {"pretrained": True, "pretrained_cfg_overlay": {"file": str(file)}}
    with pytest.raises(Exception, match=r"(?i)weights.only|unpickl|unsupported") as caught:
        BACKBONE_REGISTRY.build("timm_test_resnet", **kwargs)
    assert not mark.exists()
    assert any("timm_test_resnet" in note for note in caught.value.__notes__)


def test_pretrained_weights_that_cannot_be_had_are_an_error(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Exception, match=r"(?i)offline|cannot find|locate|connection|cache") as caught:
        TIMM_BACKBONE_REGISTRY.build("resnet18.a1_in1k", pretrained=True, cache_dir=tmp_path)
    assert any("resnet18.a1_in1k" in note and "pretrained=bool True" in note for note in caught.value.__notes__)


def test_pretrained_weights_that_nobody_published_are_an_error() -> None:
    published = {each.partition(".")[0] for each in timm.list_pretrained()}
    name = next(each for each in TIMM_BACKBONE_REGISTRY if each.startswith("resnet") and each not in published)
    with pytest.raises(Exception, match=r"(?i)pretrained|weights|invalid") as caught:
        TIMM_BACKBONE_REGISTRY.build(name, pretrained=True)
    assert any(name in note for note in caught.value.__notes__)


def test_a_whole_backbone_goes_through_torch_save() -> None:
    backbone, x = _build("resnet18")
    file = io.BytesIO()
    torch.save(backbone.eval(), file)
    file.seek(0)
    assert _same(torch.load(file, weights_only=False)(x), backbone(x))
