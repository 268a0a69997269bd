"""Configs of which TerraTorch builds another model: a warning says so, and `--like-terratorch` builds that model."""

from __future__ import annotations

import json
import warnings

import pytest
import torch
import yaml

from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, SMP_DECODER_REGISTRY, from_config, to_config
from terraregistry.components.factories.branches import AuxiliaryHead
from terraregistry.errors import ConfigError, FitWarning, ProblemKind
from terraregistry.sources.smp.pyramid import up_to_image, up_to_quarter
from terraregistry.sources.smp.smp_plans import plan_decoder
from terraregistry.tools.as_terratorch import DROPPING, as_terratorch
from terraregistry.tools.checking import check_config

CONFIG = """\
model:
  class_path: terratorch.tasks.SemanticSegmentationTask
  init_args:
    model_factory: EncoderDecoderFactory
    model_args:
      backbone: test_resnet
      decoder: UPerNet
      decoder_decoder_channels: 8
      head_channel_list: [6]
      head_dropout: 0.1
      num_classes: 2
    aux_heads:
      - name: aux
        decoder: FCNDecoder
        decoder_args: {decoder_channels: 4, head_channel_list: [5]}
"""
DECODER = (
    "model.init_args.model_args.decoder: TerraTorch leaves out the first features of UPerNet: "
    "`decoder_drop_first_features: true` does so here, and `false` keeps them, or for one run --like-terratorch"
)
LINE = "decoder_args: {decoder_channels: 4, head_channel_list: [6], head_dropout: 0.1}"
AUXILIARY = (
    "model.init_args.aux_heads[0]: TerraTorch gives an auxiliary head the arguments of the main head, and ignores its own: "
    f"`{LINE}` does so here, or for one run --like-terratorch"
)


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONFIG, encoding="utf-8")
    return "c.yaml"


def arguments_of(text):
    init_args = yaml.safe_load(text)["model"]["init_args"]
    return {**init_args["model_args"], "task": "segmentation", "aux_decoders": init_args["aux_heads"]}


def head(decoder, **decoder_args):
    return {"name": "aux", "decoder": decoder, "decoder_args": decoder_args}


def shapes(model, prefix):
    return [tuple(value.shape) for name, value in model.named_parameters() if name.startswith(prefix)]


def test_each_difference_is_a_warning_at_its_line(run, config):
    result = run("validate", config)
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert lines[0] == f"c.yaml:7:7: warning: {DECODER}"
    assert lines[3] == f"c.yaml:13:9: warning: {AUXILIARY}"
    assert len(lines) == 6
    found = check_config(config)
    assert [each.problem.kind for each in found] == [ProblemKind.DIFFERENT] * 2
    assert all(each.is_warning and each.edit is None for each in found)


@pytest.mark.parametrize("option", ["--like-terratorch", "--no-like-terratorch"])
def test_a_choice_on_the_command_line_settles_it(run, config, option):
    result = run("validate", option, config)
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_lines_of_the_warnings_settle_it_for_good(config, tmp_path, index):
    text = CONFIG.replace("      head_dropout", "      decoder_drop_first_features: true\n      head_dropout")
    text = text.replace("decoder_args: {decoder_channels: 4, head_channel_list: [5]}", LINE)
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    assert check_config(config) == []
    assert as_terratorch(arguments_of(CONFIG))[0] == arguments_of(text)


def test_sarif_has_a_rule_of_its_own(run, config):
    report = json.loads(run("validate", "--format", "sarif", config).stdout)["runs"][0]
    assert [(each["ruleId"], each["level"]) for each in report["results"]] == [
        ("differs-from-terratorch", "warning")
    ] * 2


def test_the_model_is_terratorchs(config):
    with pytest.warns(FitWarning, match="TerraTorch leaves out"):
        ours = from_config(config)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = from_config(config, like_terratorch=True)
        from_config(config, like_terratorch=False)
    # These shapes are those of TerraTorch 1.2.13.
    assert shapes(model, "aux_heads.aux.1.") == [(6, 4, 3, 3), (6,), (2, 6, 1, 1), (2,)]
    assert shapes(ours, "aux_heads.aux.1.") == [(5, 4, 3, 3), (5,), (2, 5, 1, 1), (2,)]
    assert len(shapes(model, "decoder.")) < len(shapes(ours, "decoder."))
    assert to_config(model)["decoder_drop_first_features"] is True
    assert shapes(from_config(to_config(model)), "") == shapes(model, "")


def test_parameters_are_in_the_order_of_terratorch():
    neck = {"name": "LearnedInterpolateToPyramidal"}
    first = {"name": "SelectIndices", "indices": [1, 2, 3, 4]}
    aux = [head("FCNDecoder", decoder_channels=4)]
    parts = {"backbone": "test_resnet", "decoder": "FCNDecoder", "decoder_channels": 4, "necks": [first, neck]}
    for task in ("segmentation", "classification"):
        given = {"model_factory": "EncoderDecoderFactory", "task": task, "num_classes": 2, "aux_decoders": aux, **parts}
        model = from_config(given)
        names = dict.fromkeys(name.partition(".")[0] for name, _ in model.named_parameters())
        assert [*names] == ["encoder", "decoder", "head", "aux_heads", "neck"]


def test_an_error_that_the_switch_would_spare_comes_with_the_warning(config, tmp_path, index):
    text = CONFIG.replace("UPerNet", "Unet").replace("channels: 8\n", "channels: [16, 8, 8, 4]\n")
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    kinds = [each.problem.kind for each in check_config(config, fit=True)]
    assert kinds == [ProblemKind.DIFFERENT, ProblemKind.INVALID, ProblemKind.DIFFERENT]
    assert check_config(config, fit=True, like_terratorch=True) == []
    with pytest.warns(FitWarning), pytest.raises(ConfigError):
        from_config(config)


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        ({"decoder": "smp_Unet"}, {"decoder": "smp_Unet", "decoder_drop_first_features": True}),
        (
            {"decoder": "Unet", "decoder_kwargs": {"use_norm": False}},
            {"decoder": "Unet", "decoder_kwargs": {"use_norm": False, "drop_first_features": True}},
        ),
        (
            {"head_kwargs": {"dropout": 0.1}, "aux_decoders": [head("FCNDecoder")]},
            {"head_kwargs": {"dropout": 0.1}, "aux_decoders": [head("FCNDecoder", head_dropout=0.1)]},
        ),
        (
            {"aux_decoders": [head("PAN", head_dropout=0.1)]},
            {"aux_decoders": [head("PAN", decoder_drop_first_features=True)]},
        ),
        (
            {"head_dropout": 0.1, "aux_decoders": [AuxiliaryHead("aux", "FCNDecoder")]},
            {"head_dropout": 0.1, "aux_decoders": [head("FCNDecoder", head_dropout=0.1)]},
        ),
    ],
)
def test_arguments_become_terratorchs(given, settled):
    changed, remarks = as_terratorch(given)
    assert (changed, len(remarks)) == (settled, 1)
    assert as_terratorch(changed) == (changed, [])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"decoder": 3, "aux_decoders": 3},
        {"decoder": "no such decoder", "decoder_kwargs": 3, "head_kwargs": 3},
        {"decoder": "FPN", "decoder_kwargs": {1: 2}},
        {"decoder": "Unet", "decoder_drop_first_features": False},
        {"decoder": "Unet", "decoder_kwargs": {"drop_first_features": False}},
        {"head_dropout": 0.1, "aux_decoders": [3, None, {}, {"decoder": 3}]},
        {"head_dropout": 0.1, "aux_decoders": [head("LinearDecoder", decoder_upsampling_size=2)]},
        {"head_dropout": 0.1, "aux_decoders": [head("FCNDecoder", head_dropout=0.1)]},
    ],
)
def test_other_arguments_stay_as_they_are(given):
    assert as_terratorch(given) == (given, [])


def test_the_decoders_named_are_those_that_leave_features_out():
    def plan(name, *, drop):
        given = SMP_DECODER_REGISTRY.signature(name).bind([64, 64, 64, 64], drop_first_features=drop)
        given.apply_defaults()
        return plan_decoder(name, given.arguments).pyramid.placeholders

    assert tuple(name for name in SMP_DECODER_REGISTRY if plan(name, drop=True) != plan(name, drop=False)) == DROPPING
    assert all(f"smp_{name}" in DECODER_REGISTRY for name in DROPPING)


@pytest.mark.parametrize(
    ("backbone", "indices", "begins"),
    [
        ("vgg11", None, True),
        ("timm_vgg11", [0, 1, 2, 3, 4, 5], True),
        ("vgg11", [1, 2, 3, 4, 5], False),
        ("dla34", [0, 1, 2, 3, 4, 5], True),
        ("dla34", None, False),
        ("test_resnet", [0, 1, 2, 3], False),
    ],
)
def test_nothing_differs_if_the_first_feature_has_the_size_of_images(backbone, indices, begins):
    chosen = {} if indices is None else {"out_indices": indices}
    features = BACKBONE_REGISTRY.find_registry(backbone).feature_specs(backbone.removeprefix("timm_"), **chosen)
    strides = [each.stride for each in features]
    assert (up_to_image(strides) == up_to_quarter(strides) == ()) == begins
    aux = [head("Unet")]
    for given in (
        {"backbone": backbone, "backbone_kwargs": chosen, "decoder": "Unet", "aux_decoders": aux},
        {"backbone": backbone, "decoder": "PAN", "aux_decoders": aux}
        | {f"backbone_{name}": value for name, value in chosen.items()},
    ):
        changed, remarks = as_terratorch(given)
        assert ((changed, remarks) == (given, [])) == begins == (len(remarks) != 2)
        assert len(as_terratorch({**given, "necks": [{"name": "SelectIndices", "indices": [1, 2]}]})[1]) == 2


@pytest.mark.parametrize("layout", ["plain", "full"])
def test_the_plain_layout_and_other_factories_are_not_compared(tmp_path, index, layout):
    text = {
        "plain": yaml.safe_dump({"model_factory": "EncoderDecoderFactory", **arguments_of(CONFIG)}),
        "full": CONFIG.split("aux_heads")[0].replace("EncoderDecoder", "GenericUnetModel"),
    }[layout]
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    assert ProblemKind.DIFFERENT not in {each.problem.kind for each in check_config(str(tmp_path / "c.yaml"))}


def test_weights_of_a_training_task_are_loaded(run, config, tmp_path):
    model = from_config(config, like_terratorch=True)
    state = {f"model.{name}": value for name, value in model.state_dict().items()}
    torch.save({"epoch": 1, "state_dict": {**state, "criterion.weight": torch.ones(2)}}, tmp_path / "last.ckpt")
    options = ("--load", "last.ckpt", "--image-size", "64")

    assert run("build", config, "--like-terratorch", *options).exit_code == 0
    refused = run("build", config, "--no-like-terratorch", *options)
    assert refused.exit_code == 2
    assert "they do not fit" in refused.stderr
