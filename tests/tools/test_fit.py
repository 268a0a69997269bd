"""`validate --fit` runs the model: what is wrong is reported at its line, what is right runs for real."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from tests.sampling import rest_slow
from typer.testing import CliRunner

from terraregistry import MODEL_FACTORY_REGISTRY, TERRATORCH_DECODER_REGISTRY
from terraregistry.components.factories.batches import batch_shape
from terraregistry.problems import ProblemKind
from terraregistry.tools.checking import check_config
from terraregistry.tools.cli import app
from terraregistry.tools.config import find_request, read_config

HEAD = "model_factory: EncoderDecoderFactory\ntask: segmentation\nnum_classes: 2\n"
RESNET = HEAD + "backbone: timm_test_resnet\n"
VIT = HEAD + "backbone: timm_test_vit\n"
SWIN = HEAD + "backbone: swin_tiny_patch4_window7_224\nbackbone_depths: [1, 1, 1, 1]\n"
PRITHVI = HEAD + "backbone: prithvi_eo_tiny\n"
FCN = "decoder: FCNDecoder\ndecoder_channels: 4\n"
UNET = "decoder: UNetDecoder\ndecoder_channels: [32, 16, 8, 4]\n"
PYRAMID = "- name: LearnedInterpolateToPyramidal\n"


def prithvi(*, frames: str = "", steps: str = "", mark: str = "") -> str:
    """The commonest model of people who work with time series."""
    necks = f"necks:\n- name: SelectIndices\n  indices: [0, 1, 2, 3]\n- name: ReshapeTokensToImage{mark}\n{steps}"
    return PRITHVI + frames + necks + PYRAMID + UNET


# Each line with a mark is reported, and no other.
WRONG = {
    "an activation": RESNET + FCN + "backbone_act_layer: geluu # wrong\n",
    "a normalisation": RESNET + FCN + "backbone_norm_layer: batchnorm3 # wrong\n",
    "an output stride": RESNET + FCN + "backbone_output_stride: 7 # wrong\n",
    "too few layers": RESNET + FCN + "backbone_layers: [1] # wrong\n",
    "an empty patch": VIT + FCN + "backbone_patch_size: 0 # wrong\n",
    "a file": RESNET + FCN + "backbone_checkpoint_path: /no/such/file.pt # wrong\n",
    "a dropout": RESNET + FCN + "head_dropout: 2 # wrong\n",
    "frames without steps": prithvi(frames="backbone_num_frames: 3\n", mark=" # wrong"),
    "other steps than frames": prithvi(frames="backbone_num_frames: 3\n", steps="  effective_time_dim: 2 # wrong\n"),
    "frames that look like one": prithvi(frames="backbone_num_frames: 4\n", mark=" # wrong"),
    "steps without frames": prithvi(steps="  effective_time_dim: 2 # wrong\n"),
    "an adapter": PRITHVI + FCN + "backbone_vit_adapter: true # wrong\n",
    "a band": PRITHVI + FCN + "backbone_bands: [RED, GREN] # wrong\n",
    "an index": RESNET + FCN + "backbone_out_indices: [1, 7] # wrong\n",
    "a negative index": RESNET + FCN + "backbone_out_indices: [-1, -6] # wrong\n",
    "an index of a neck": RESNET + FCN + "necks:\n- name: SelectIndices\n  indices: [0, -6] # wrong\n",
    "an index of a decoder": RESNET + FCN + "decoder_in_index: -6 # wrong\n",
    "channels of a decoder": RESNET + UNET.replace("]", "] # wrong"),
    "tokens in a decoder of maps": VIT + "backbone_features_only: false\ndecoder: FCNDecoder # wrong\n",
    "tokens in a neck of maps": VIT
    + FCN
    + "backbone_features_only: false\nnecks:\n- name: MaxpoolToPyramidal # wrong\n",
    "levels in a decoder of one": RESNET + "decoder: MLPDecoder # wrong\n",
    "a depth of smp": RESNET + "decoder: smp_Unet\ndecoder_decoder_channels: [8, 4] # wrong\n",
    "an odd width": RESNET + "decoder: UperNetDecoder\ndecoder_channels: 0 # wrong\n",
    "results larger than the images": SWIN + FCN + "image_size_out: [400, 400] # wrong\n",
    "a size that heads do not divide": VIT + FCN + "backbone_num_heads: 5 # wrong\n",
    "no features": RESNET + FCN + "backbone_out_indices: [] # wrong\n",
    "a file that is not read": RESNET + FCN + "backbone_pretrained_cfg_overlay:\n  file: /no/such # wrong\n",
    "a key for weights": RESNET
    + FCN
    + "backbone_pretrained: true\nbackbone_pretrained_cfg_overlay:\n  fiel: /no/such # wrong\n",
    "an auxiliary decoder": RESNET
    + FCN
    + "aux_decoders:\n- name: aux\n  decoder: FCNDecoder\n  decoder_args:\n    decoder_in_index: 9 # wrong\n",
    "an auxiliary head": RESNET
    + FCN
    + "aux_decoders:\n- name: aux\n  decoder: FCNDecoder\n  decoder_args:\n    head_dropout: 2 # wrong\n",
    "two of one part": RESNET + FCN + "backbone_act_layer: geluu # wrong\nbackbone_norm_layer: batchnorm3 # wrong\n",
    "two of two parts": RESNET + FCN + "backbone_act_layer: geluu # wrong\nhead_dropout: 2 # wrong\n",
    "two that depend on features": RESNET + "backbone_act_layer: geluu # wrong\n" + UNET.replace("]", "] # wrong"),
    "three with a size": RESNET
    + FCN
    + "backbone_layers: [1] # wrong\nhead_dropout: 2 # wrong\ndecoder_num_convs: 0 # wrong\n",
    "smp's own model": "model_factory: SMPModelFactory\ntask: segmentation\nbackbone: resnet18\nmodel: Unet\n"
    "pretrained: false\ndecoder_channels: [8] # wrong\n",
    "a classifier's activation": "model_factory: TimmModelFactory\ntask: classification\nbackbone: test_resnet\n"
    "pretrained: false\nin_channels: 3\nnum_classes: 5\nbackbone_act_layer: geluu # wrong\n",
}
RIGHT = {
    "an activation": RESNET + FCN + "backbone_act_layer: gelu\n",
    "an output stride": RESNET + FCN + "backbone_output_stride: 8\n",
    "layers": RESNET + FCN + "backbone_layers: [1, 2, 1, 1]\n",
    "a patch": VIT + FCN + "backbone_patch_size: 8\n",
    "a dropout": RESNET + FCN + "head_dropout: 0.5\n",
    "frames with steps": prithvi(frames="backbone_num_frames: 3\n", steps="  effective_time_dim: 3\n"),
    "one frame": prithvi(),
    "bands": PRITHVI + FCN + "backbone_bands: [RED, GREEN]\n",
    "negative indices": RESNET + FCN + "necks:\n- name: SelectIndices\n  indices: [0, -5]\n",
    "levels": RESNET + "backbone_out_indices: [1, 2, 3, 4]\n" + UNET,
    "an order of features": RESNET + FCN + "backbone_out_indices: [3, 1]\n",
    "no classes": RESNET + FCN + "backbone_num_classes: 0\n",
    "an auxiliary output of smp": "model_factory: SMPModelFactory\ntask: segmentation\nbackbone: resnet18\nmodel: Unet\n"
    "pretrained: false\naux_classes: 5\n",
    "an encoder of timm": "model_factory: SMPModelFactory\ntask: segmentation\nbackbone: tu-test_resnet\nmodel: Unet\n"
    "pretrained: false\ndrop_path_rate: 0.1\n",
    "tokens made maps": VIT + FCN + "backbone_features_only: false\nnecks:\n- name: ReshapeTokensToImage\n",
    "smp's decoder": RESNET + "decoder: smp_Unet\n",
    "UperNet": RESNET + "decoder: UperNetDecoder\ndecoder_channels: 8\n",
    "images that no patch divides": VIT + FCN + "backbone_img_size: 225\nbackbone_padding: constant\n",
    "an auxiliary decoder": RESNET
    + FCN
    + "aux_decoders:\n- name: aux\n  decoder: FCNDecoder\n  decoder_args: {decoder_in_index: 0, decoder_channels: 4}\n",
    "smp's own model": "model_factory: SMPModelFactory\ntask: segmentation\nbackbone: resnet18\nmodel: Unet\n"
    "pretrained: false\nencoder_depth: 3\ndecoder_channels: [16, 8, 8]\n",
    "time for each image": RESNET + FCN + "backbone_use_temporal: true\n",
}


@pytest.fixture
def checked(tmp_path):
    def check(text: str):
        (tmp_path / "c.yaml").write_text(text)
        return check_config(str(tmp_path / "c.yaml"), fit=True)

    return check


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_reported_at_its_line(checked, name):
    text = WRONG[name]
    found = checked(text)
    marked = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# wrong")]
    assert [each.span.line for each in found] == marked, [each.message for each in found]
    assert not any(each.is_warning or "\n" in each.message or "\\n" in each.message for each in found)


@pytest.mark.parametrize(
    "name",
    rest_slow(
        RIGHT, "a patch", "frames with steps", "levels", "tokens made maps", "smp's own model", "time for each image"
    ),
)
def test_what_is_right_is_valid_and_runs(checked, name, tmp_path):
    assert checked(RIGHT[name]) == []
    request = find_request(read_config(str(tmp_path / "c.yaml")))
    model = MODEL_FACTORY_REGISTRY.build(request.factory).build_model(**request.arguments)
    images = torch.randn(batch_shape(request.arguments, model, 2))
    for mode in (True, False):
        with torch.no_grad():
            assert len(model.train(mode)(images).output) == 2


def test_the_steps_that_are_missing_are_named(checked):
    (found,) = checked(WRONG["frames without steps"])
    assert found.message.startswith(
        "necks[1].effective_time_dim: missing; expected 3 (the tokens hold 3 steps in time, the frames of the backbone; "
    )
    (found,) = checked(WRONG["other steps than frames"])
    assert found.message.startswith("necks[1].effective_time_dim: expected 3, got 2: the tokens hold 3 steps in time")


def test_what_a_constructor_raises_is_worded_with_the_part(checked):
    (found,) = checked(WRONG["an activation"])
    assert found.message == (
        "backbone_act_layer: backbone ('timm_test_resnet') cannot be made with this: KeyError: 'geluu'"
    )


@pytest.mark.skipif(importlib.util.find_spec("peft") is not None, reason="peft is installed")
def test_a_missing_library_is_said_once_at_its_line_beside_other_mistakes(checked):
    peft = VIT + FCN + "peft_config: {method: LORA}\n"
    (alone,) = checked(peft)
    assert (alone.span.line, alone.message.partition(":")[0]) == (7, "peft_config")
    assert "pip install 'terraregistry[peft]'" in alone.message
    assert "--traceback" not in alone.message
    assert [each.span.line for each in checked(peft + "head_dropout: 2\n")] == [7, 8]


def test_results_as_large_as_some_images_are_no_mistake(checked):
    assert checked(RESNET + FCN + "image_size_out: [400, 300]\n") == []


def test_features_of_one_level_in_a_unet_are_worth_a_warning(checked):
    one_level = prithvi().replace(PYRAMID, "")
    (found,) = checked(one_level)
    assert (found.is_warning, found.is_unknown, found.problem.kind) == (True, False, ProblemKind.DOUBTFUL)
    assert one_level.splitlines()[found.span.line - 1] == "decoder: UNetDecoder"
    assert found.message == (
        "decoder: UNetDecoder joins features of several resolutions, and all 4 have one; a neck such as "
        "LearnedInterpolateToPyramidal before it makes a pyramid of them"
    )


# -- what cannot be followed --


class Reading(torch.nn.Module):
    """A decoder that reads data."""

    includes_head = False

    def __init__(self, channel_list: list[int]) -> None:
        super().__init__()
        self.out_channels = channel_list[0]

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        return features[0] * float(features[0].mean())


@pytest.fixture
def reading():
    with TERRATORCH_DECODER_REGISTRY.scope():
        TERRATORCH_DECODER_REGISTRY.register(Reading)
        yield RESNET + "decoder: Reading\n"


@pytest.mark.parametrize("command", [["validate", "--fit"], ["build", "--check"]])
def test_what_cannot_be_followed_is_never_valid(reading, tmp_path, command):
    file = tmp_path / "c.yaml"
    file.write_text(reading)
    result = CliRunner().invoke(app, [*command, str(file)])
    assert result.exit_code == 3
    assert f"{file}:5:1: not checked: decoder: decoder ('Reading') could not be run without data" in result.stderr
    assert "valid" not in result.stdout + result.stderr
    file.write_text(reading + "head_dropout: 2\n")
    assert CliRunner().invoke(app, [*command, str(file)]).exit_code == 2


def test_formats_tell_unknown_from_warning(reading, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(reading)

    def said(form):
        return CliRunner().invoke(app, ["validate", "--fit", "--format", form, str(file)]).stdout

    assert '"severity": "unknown"' in said("json")
    assert said("github").startswith("::warning ")
    assert '"ruleId": "not-checked"' in said("sarif")
