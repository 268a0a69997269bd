"""The schema in the real yaml-language-server: mistakes in their lines, completion of names and arguments."""

from __future__ import annotations

import pytest

from terraregistry.tools.schema.whole_configs import snippets

from ...npm import NODE, install
from .language_server import LanguageServer, find_server

pytestmark = pytest.mark.slow

CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_resnet18
backbone_drop_rate: 0.1
decoder: FCNDecoder
decoder_channels: 64
num_classes: 4
"""
TRAINING = """\
trainer:
  max_epochs: 1
model:
  class_path: terratorch.tasks.SemanticSegmentationTask
  init_args:
    model_factory: EncoderDecoderFactory
    model_args:
      backbone: timm_resnet18
      decoder: FCNDecoder
      num_classes: 2
"""


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    found = find_server()
    if found is not None:
        return found
    folder = install("yaml-language-server@1.25.0", tmp_path_factory.mktemp("server"))
    return [str(NODE), str(folder / "bin" / "yaml-language-server")]


@pytest.fixture(scope="module")
def server(command, text, tmp_path_factory):
    file = tmp_path_factory.mktemp("schema") / "terraregistry.schema.json"
    file.write_text(text, encoding="utf-8")
    running = LanguageServer(command, file)
    yield running
    running.close()


@pytest.mark.parametrize("config", [CONFIG, TRAINING])
def test_a_right_config_has_no_mistakes(server, config):
    assert server.open(config) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("timm_resnet18", "timm_resnet19", [(3, "there is no backbone of this name")]),
        ("drop_rate", "dropp_rate", [(4, "Property backbone_dropp_rate is not allowed.")]),
        ("0.1", "high", [(4, "Incorrect type. Expected one of null, number.")]),
        ("FCN", "FCM", [(5, "there is no decoder of this name")]),
        ("decoder_channels: 64", "decoder_channels: wide", [(6, 'Incorrect type. Expected "integer".')]),
        ("num_classes: 4\n", "", [(1, 'Missing property "num_classes".')]),
        ("EncoderD", "EncodeD", [(1, "there is no model factory of this name")]),
        ("num_classes: 4", "num_classes: 4\nnecks:\n  - name: Selekt", [(9, "there is no neck of this name")]),
        (
            "num_classes: 4",
            "num_classes: 4\nnecks:\n  - name: SelectIndices\n    index: [1]",
            [(9, 'Missing property "indices".'), (10, "Property index is not allowed.")],
        ),
        (
            "backbone_drop_rate: 0.1",
            "backbone_kwargs:\n  drop_rat: 0.1",
            [(5, "Property drop_rat is not allowed.")],
        ),
    ],
)
def test_a_mistake_is_underlined_in_its_line(server, old, new, expected):
    assert old in CONFIG
    assert sorted(set(server.open(CONFIG.replace(old, new)))) == expected


def test_a_mistake_in_a_training_config_is_underlined_in_its_line(server):
    assert server.open(TRAINING.replace("FCND", "FCMD")) == [(9, "there is no decoder of this name")]
    wrong = TRAINING.replace("num_classes: 2", "num_classes: 2\n      backbone_drop: 1")
    assert server.open(wrong) == [(11, "Property backbone_drop is not allowed.")]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("|", {"model_factory", "model"}),
        ("model_factory: |", {"EncoderDecoderFactory", "SMPModelFactory"}),
        ("model_factory: EncoderDecoderFactory\ntask: |", {"segmentation", "classification"}),
        (
            "model_factory: EncoderDecoderFactory\nbackbone: |",
            {"timm_resnet18", "resnet18.a1_in1k", "terratorch_prithvi_eo_v2_300"},
        ),
        ("model_factory: EncoderDecoderFactory\ndecoder: |", {"FCNDecoder", "smp_Unet"}),
        (CONFIG + "|", {"backbone_out_indices", "decoder_num_convs", "head_dropout", "necks", "peft_config"}),
        (CONFIG + "backbone_kwargs:\n  |", {"drop_path_rate", "out_indices"}),
        (CONFIG + "necks:\n  - name: |", {"SelectIndices", "terratorch_PermuteDims"}),
        (CONFIG + "necks:\n  - name: SelectIndices\n    |", {"indices"}),
        (TRAINING + "      |", {"backbone_drop_path_rate", "decoder_channels", "necks"}),
    ],
)
def test_names_and_arguments_are_completed(server, config, expected):
    assert expected <= server.complete(config).keys()


def test_arguments_of_other_components_are_not_offered(server):
    found = server.complete(CONFIG + "|").keys()
    assert "backbone_window_size" not in found
    assert "decoder_pool_scales" not in found


def test_what_is_completed_has_its_default_and_description(server):
    item = server.complete(CONFIG + "|")["backbone_drop_path_rate"]
    assert "Default: 0.0." in item["documentation"]
    assert "Stochastic depth" in item["documentation"]


def test_the_default_is_that_of_the_name(server):
    for name, expected in (("resnet18", "(2, 2, 2, 2)"), ("resnet50", "(3, 4, 6, 3)")):
        config = CONFIG.replace("resnet18", name)
        assert f"Default: {expected}." in server.complete(config + "|")["backbone_layers"]["documentation"], name
        for written in ("|backbone_layers: [1]", "backbone_kwargs:\n  |layers: [1]"):
            assert f"Default: {expected}." in server.hover(config.replace("backbone_drop_rate: 0.1", written)), name


def test_whole_configs_come_first_in_a_file_without_a_model(server):
    for text in ("|", "trainer:\n  max_epochs: 1\n|"):
        assert server.labels(text)[:8] == [each["label"] for each in snippets()]
    for text in ("model_factory: EncoderDecoderFactory\n|", "model:\n  |"):
        assert "CNN + FCN" not in server.labels(text)


HEAD = "model_factory: EncoderDecoderFactory\ntask: segmentation\n"
PRITHVI = HEAD + "backbone: prithvi_eo_v2_300\ndecoder: UNetDecoder\n"


@pytest.mark.parametrize(
    ("config", "first"),
    [
        (HEAD + "|", ["necks", "decoder", "num_classes", "num_outputs"]),
        (CONFIG + "|", ["backbone_pretrained", "backbone_in_chans", "backbone_out_indices", "necks", "num_outputs"]),
        (PRITHVI + "|", ["backbone_pretrained", "backbone_in_chans", "backbone_bands", "backbone_out_indices"]),
        (TRAINING + "      |", ["task", "backbone_pretrained", "backbone_in_chans", "backbone_out_indices", "necks"]),
    ],
)
def test_the_most_used_arguments_come_first(server, config, first):
    labels = server.labels(config)
    assert labels[: len(first)] == first
    assert server.complete(config)[first[0]]["documentation"]
    arguments = [each for each in labels if " " not in each]  # the others are what is required, all at once
    assert len({*arguments}) == len(arguments)


def test_the_values_of_the_most_used_arguments_are_completed(server):
    assert {"true", "false"} <= server.complete(CONFIG + "backbone_pretrained: |").keys()
    assert "SelectIndices" in server.complete(CONFIG + server.complete(CONFIG + "|")["necks"]["insertText"] + "|")


def test_each_name_is_offered_with_its_summary(server):
    found = server.complete("model_factory: EncoderDecoderFactory\nbackbone: |")
    assert found["timm_resnet18"]["documentation"] == "Constructs a ResNet-18 model."
    assert all(each["documentation"] for each in found.values())


@pytest.mark.parametrize("config", [CONFIG, TRAINING])
def test_hover_on_a_name_shows_its_component_and_no_other(server, config):
    found = server.hover(config.replace("timm_resnet18", "|timm_resnet18"))
    assert found.startswith(
        "#### The name of a backbone\n\nConstructs a ResNet-18 model.\n\nArguments: pretrained, block,"
    )
    assert "Pretrained weights: apache-2.0, bsd-3-clause, cc-by-nc-4.0." in found
    assert "Defined in timm/models/resnet.py:" in found
    assert "`resnet18.a1_in1k`" in found
    assert "resnet34" not in found
    assert found.count("\n") < 40


def test_hover_on_a_wrong_name_lists_no_others(server):
    found = server.hover(CONFIG.replace("timm_resnet18", "|timm_resnet19"))
    assert found.startswith("#### there is no backbone of this name\n\nSource:")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("EncoderDecoderFactory", "Compose a backbone, necks"), ("FCNDecoder", "A fully convolutional decoder")],
)
def test_hover_on_other_names_shows_their_summaries(server, name, expected):
    assert expected in server.hover(CONFIG.replace(name, f"|{name}"))


def test_what_an_argument_does_is_said(server):
    assert "Dropout probability" in server.hover(CONFIG.replace("backbone_drop_rate", "|backbone_drop_rate"))
