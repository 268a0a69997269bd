"""What is validated before a head of the real mmsegmentation is made."""

from __future__ import annotations

import copy
import inspect
import sys

import pytest
import torch

from terraregistry import DECODER_REGISTRY, MMSEG_DECODER_REGISTRY
from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError, ReadOnlyRegistryError
from terraregistry.sources.mmseg import is_installed
from terraregistry.sources.mmseg.mmseg_heads import load_module
from terraregistry.testing import check_registry, check_source

pytestmark = pytest.mark.skipif(not is_installed(), reason="mmsegmentation is not installed")

FOUR = [8, 16, 24, 32]


def problems(name: str, *args, method: str = "build", **kwargs) -> list[str]:
    with pytest.raises(InvalidArgumentsError) as caught:
        getattr(DECODER_REGISTRY, method)(f"mmseg_{name}", *args, **kwargs)
    return [str(problem) for problem in caught.value.problems]


def test_it_is_mounted_last_and_keeps_the_laws() -> None:
    assert list(DECODER_REGISTRY.keys()) == ["terratorch", "smp", "mmseg"]
    assert DECODER_REGISTRY["mmseg"] is MMSEG_DECODER_REGISTRY
    check_source(MMSEG_DECODER_REGISTRY)
    check_registry(DECODER_REGISTRY)


def test_a_bare_name_is_the_librarys_own_before_mmsegmentations() -> None:
    assert str(DECODER_REGISTRY.resolve("ASPPHead")) == "terratorch_ASPPHead"
    assert str(DECODER_REGISTRY.resolve("UPerHead")) == "mmseg_UPerHead"
    with pytest.raises(ComponentNotFoundError) as caught:
        DECODER_REGISTRY.build("mmseg_UperHead", FOUR)
    assert str(caught.value) == (
        "DECODER_REGISTRY has no component 'mmseg_UperHead'; did you mean 'mmseg_UPerHead'? "
        "(sources searched: terratorch, smp, mmseg)"
    )


def test_it_is_read_only() -> None:
    with pytest.raises(ReadOnlyRegistryError) as caught:
        MMSEG_DECODER_REGISTRY.register(object)
    assert str(caught.value) == (
        "MMSEG_DECODER_REGISTRY is read-only: register a decoder of your own in TERRATORCH_DECODER_REGISTRY, "
        "or in a Registry that you mount"
    )


def test_a_description_is_of_mmsegmentations_class() -> None:
    described = DECODER_REGISTRY.describe("mmseg_UPerHead")
    assert described.file is not None
    assert described.file.endswith("uper_head.py")
    assert (described.library, described.version) == ("mmsegmentation", load_module("mmseg").__version__)
    assert described.summary == "Unified Perceptual Parsing for Scene Understanding."


# -- names and types --


@pytest.mark.parametrize("method", ["build", "validate"])
def test_what_is_missing_unknown_or_of_another_type_is_said_at_once(method: str) -> None:
    found = problems("UPerHead", FOUR, method=method, chanels=8, pool_scale=(1,), dropout_ratio="0.1", norm_cfg="BN")
    assert found == [
        "channels: missing; expected int",
        "num_classes: missing; expected int",
        "dropout_ratio: expected float, got str '0.1'; did you mean 0.1?",
        "norm_cfg: expected Mapping[str, Any] | None, got str 'BN'",
        "chanels: unknown argument; did you mean 'channels'?",
        "pool_scale: unknown argument; did you mean 'pool_scales'?",
    ]


@pytest.mark.parametrize(
    ("name", "fixed"), [("NLHead", {"num_convs": 2}), ("UPerHead", {"input_transform": "multiple_select"})]
)
def test_what_a_head_fixes_for_its_base_is_no_argument(name: str, fixed) -> None:
    assert [found.partition(":")[0] for found in problems(name, FOUR, channels=8, num_classes=2, **fixed)] == [*fixed]
    assert not set(fixed) & set(MMSEG_DECODER_REGISTRY.signature(name).parameters)


def test_arguments_of_the_base_are_reached_through_every_class_between(case) -> None:
    if case.name == "IterativeDecodeHead":
        pytest.skip("it has none: the head that it holds has them")
    parameters = MMSEG_DECODER_REGISTRY.signature(case.name).parameters
    assert set(parameters) >= {"channel_list", "channels", "num_classes", "in_channels", "in_index", "align_corners"}
    assert not [each for each in parameters.values() if each.kind is each.VAR_KEYWORD]
    assert parameters["num_classes"].default is inspect.Parameter.empty


def test_every_default_can_be_given_as_well(case, build_case) -> None:
    defaults = {
        name: each.default
        for name, each in MMSEG_DECODER_REGISTRY.signature(case.name).parameters.items()
        if each.default is not each.empty and name not in ("in_channels", "in_index", "input_transform")
    }
    written = build_case(case._replace(options=defaults | case.options))
    assert {key: value.shape for key, value in written.state_dict().items()} == {
        key: value.shape for key, value in build_case(case).state_dict().items()
    }


def test_what_is_given_is_left_as_it_is(case, build_case) -> None:
    before = copy.deepcopy(case.options)
    build_case(case)
    assert case.options == before


def test_two_classes_can_share_one_channel() -> None:
    decoder = MMSEG_DECODER_REGISTRY.build("FCNHead", FOUR, channels=8, num_classes=2, out_channels=1)
    assert decoder.out_channels == 1
    assert decoder([torch.zeros(1, width, 4, 4) for width in FOUR]).shape == (1, 1, 4, 4)


# -- which features --


@pytest.mark.parametrize(
    ("name", "given", "used", "in_channels"),
    [
        ("FCNHead", {}, (3,), 32),
        ("FCNHead", {"in_index": 1}, (1,), 16),
        ("FCNHead", {"in_index": -4, "in_channels": 8}, (0,), 8),
        ("FCNHead", {"in_index": [0, 2]}, (0, 2), 32),
        (
            "FCNHead",
            {"in_channels": FOUR, "in_index": [0, 1, 2, 3], "input_transform": "resize_concat"},
            (0, 1, 2, 3),
            80,
        ),
        ("FCNHead", {"input_transform": "resize_concat"}, (0, 1, 2, 3), 80),
        ("FCNHead", {"in_index": None, "in_channels": None, "input_transform": None}, (3,), 32),
        ("UPerHead", {}, (0, 1, 2, 3), FOUR),
        ("UPerHead", {"in_index": [1, 2, 3]}, (1, 2, 3), FOUR[1:]),
        ("UPerHead", {"in_index": (0, -1), "in_channels": [8, 32]}, (0, 3), [8, 32]),
        ("LRASPPHead", {"input_transform": "multiple_select"}, (1, 2, 3), FOUR[1:]),
        ("PIDHead", {"in_index": 2}, (2,), 24),
    ],
)
def test_features_follow_from_the_channels_unless_they_are_given(name: str, given, used, in_channels) -> None:
    decoder = MMSEG_DECODER_REGISTRY.build(name, FOUR, channels=8, num_classes=3, **given)
    assert decoder.used_features == used
    assert decoder.decoder.in_channels == in_channels
    size = 50 if name == "LRASPPHead" else 8
    features = [torch.randn(2, width, size, size, requires_grad=True) for width in FOUR]
    (decoder(features) * torch.randn(2, 3, size, size)).sum().backward()
    assert tuple(at for at, feature in enumerate(features) if feature.grad is not None) == used


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("FCNHead", {"in_index": 4}, "in_index: 4 is out of range: there are 4 features"),
        ("FCNHead", {"in_index": []}, "in_index: names no feature"),
        ("UPerHead", {"in_index": [0, 7, -5]}, "in_index: 7, -5 is out of range: there are 4 features"),
        ("UPerHead", {"in_index": 3}, "in_index: UPerHead takes a list of indices here"),
        ("PIDHead", {"in_index": [3]}, "in_index: PIDHead takes one index here"),
        ("FCNHead", {"in_channels": 16}, "in_channels: the features [-1] have [32] channels, not [16]"),
        (
            "UPerHead",
            {"in_channels": [8]},
            "in_channels: the features [0, 1, 2, 3] have [8, 16, 24, 32] channels, not [8]",
        ),
        ("FCNHead", {"input_transform": "multiple_select"}, "input_transform: FCNHead needs 'resize_concat'"),
        ("LRASPPHead", {"input_transform": "resize_concat"}, "input_transform: LRASPPHead needs 'multiple_select'"),
        (
            "LRASPPHead",
            {"branch_channels": [4, 4, 4], "in_index": [0, 1]},
            "in_index: LRASPPHead takes 4 features with these arguments, got 2",
        ),
        (
            "ANNHead",
            {"project_channels": 4, "in_index": [0, 1, 2]},
            "in_index: ANNHead takes 2 features with these arguments, got 3",
        ),
        ("FPNHead", {"feature_strides": [4, 8]}, "feature_strides: needs one for each of 4 features"),
        ("SETRMLAHead", {"mla_channels": 4}, "channels: must be mla_channels times the number of features, 16"),
        (
            "DepthwiseSeparableASPPHead",
            {"c1_in_channels": 16, "c1_channels": 4},
            "c1_in_channels: must be those of the first feature, 8, or 0",
        ),
        ("DPTHead", {}, "embed_dims: must be the channels of each feature, [8, 16, 24, 32], got int 768"),
        ("FCNHead", {"num_classes": 0}, "num_classes: must be at least 1, got 0"),
    ],
)
def test_features_that_do_not_go_together_are_refused_in_words(name: str, given, expected: str) -> None:
    assert problems(name, FOUR, **({"channels": 8, "num_classes": 3} | given)) == [expected]


def test_tokens_and_no_features_are_refused_in_words() -> None:
    given = {"channels": 8, "num_classes": 3, "embed_dims": 16, "readout_type": "project"}
    assert problems("DPTHead", [16] * 4, **given) == ["readout_type: the features have no class tokens; write 'ignore'"]
    assert problems("FCNHead", [], channels=8, num_classes=3) == [
        "channel_list: must be positive numbers, at least one, got []"
    ]


def test_the_parts_of_an_iterative_head_have_to_agree() -> None:
    update = {"type": "KernelUpdateHead", "num_classes": 4}
    given = {"num_stages": 2, "kernel_update_head": [update], "num_classes": 3}
    inner = {"type": "FCNHead", "channels": 12, "in_index": 9}
    assert problems("IterativeDecodeHead", FOUR, kernel_generate_head=inner, **given) == [
        "num_classes: is 3 here and 4 in KernelUpdateHead",
        "kernel_generate_head.in_index: 9 is out of range: there are 4 features",
        "num_stages: there are 1 entries in kernel_update_head",
    ]
    assert problems("IterativeDecodeHead", FOUR, kernel_generate_head=inner | {"type": "FPNHead"}, **given) == [
        "kernel_generate_head.type: must be one of ASPPHead, FCNHead, PSPHead, UPerHead; did you mean 'FCNHead'?"
    ]


# -- dictionaries --


@pytest.mark.parametrize("method", ["build", "validate"])
def test_a_layer_that_is_not_registered_is_neither_imported_nor_called(tmp_path, monkeypatch, method: str) -> None:
    (tmp_path / "an_unregistered_module.py").write_text("def run(*a, **k): ...\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    named = ["an_unregistered_module.run", "an_unregistered_module", "BN2", "mmseg.an_unregistered_module"]
    layers = [{"type": name} for name in named]
    found = problems(
        "FCNHead", FOUR, method=method, channels=8, num_classes=2, norm_cfg=layers[0], act_cfg=layers[1],
        conv_cfg={"type": "Conv2d", "inner": [layers[2], (layers[3],)]}, sampler={"_scope_": "os", "type": "OHEMPixelSampler"},
    )  # fmt: skip
    where = ["norm_cfg.type", "act_cfg.type", "conv_cfg.inner[0].type", "conv_cfg.inner[1][0].type"]
    for name, path in zip(named, where, strict=True):
        [said] = [each for each in found if each.startswith(f"{path}: ")]
        assert said.startswith(f"{path}: {name!r} is not registered in mmseg or mmengine")
    unregistered = "conv_cfg.inner[0].type: 'BN2' is not registered in mmseg or mmengine"
    assert f"{unregistered}; did you mean 'BN' or 'BN2d'?" in found
    assert found[-1] == "sampler._scope_: write the scope before the name: 'mmseg.FCNHead'"
    assert len(found) == 5
    assert "an_unregistered_module" not in sys.modules


@pytest.mark.parametrize("kind", ["Pretrained", "mmengine.PretrainedInit"])
def test_weights_are_not_read_from_files_that_a_config_names(kind: str) -> None:
    init = {"type": kind, "checkpoint": "weights.pth"}
    refused = ": reads weights from a file; load them into the model with load_state_dict"
    assert problems("FCNHead", FOUR, channels=8, num_classes=2, init_cfg=init) == [f"init_cfg.type{refused}"]
    assert problems("FCNHead", FOUR, channels=8, num_classes=2, init_cfg=[init]) == [f"init_cfg[0].type{refused}"]


def test_names_with_a_scope_and_classes_are_layers() -> None:
    given = {"norm_cfg": {"type": torch.nn.BatchNorm2d}, "act_cfg": {"type": "mmengine.LeakyReLU"}}
    decoder = MMSEG_DECODER_REGISTRY.build("FCNHead", FOUR, channels=8, num_classes=2, **given)
    kinds = {type(module).__name__ for module in decoder.modules()}
    assert {"BatchNorm2d", "LeakyReLU"} <= kinds
