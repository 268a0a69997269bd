"""The schema in the real yaml-language-server: mistakes in their lines, completion of names and arguments."""

from __future__ import annotations

import pytest

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
        item = server.complete(CONFIG.replace("resnet18", name) + "|")["backbone_layers"]
        assert f"Default: {expected}." in item["documentation"], name


def test_what_an_argument_does_is_said(server):
    assert "Dropout probability" in server.hover(CONFIG.replace("backbone_drop_rate", "|backbone_drop_rate"))
