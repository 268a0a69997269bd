"""Models from configs, and back."""

from __future__ import annotations

import copy
import pickle
import re
import warnings
from collections import UserDict, UserList

import pytest
import torch
import yaml

from terraregistry import from_config, to_config
from terraregistry.errors import ConfigError, RegistryError

CONFIG = {
    "model_factory": "EncoderDecoderFactory",
    "task": "segmentation",
    "num_classes": 2,
    "backbone": "test_resnet",
    "backbone_kwargs": {"in_chans": 4},
    "necks": [{"name": "SelectIndices", "indices": [1, 2]}],
    "decoder": "FCNDecoder",
    "decoder_channels": 8,
    "decoder_num_convs": 1,
    "aux_decoders": [{"name": "one", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": 4}}],
}
QUALIFIED = {
    **CONFIG,
    "backbone": "timm_test_resnet",
    "decoder": "terratorch_FCNDecoder",
    "necks": [{"name": "terratorch_SelectIndices", "indices": [1, 2]}],
    "aux_decoders": [{"name": "one", "decoder": "terratorch_FCNDecoder", "decoder_args": {"decoder_channels": 4}}],
}
TRAINING = {
    "trainer": {"max_epochs": 1},
    "model": {
        "class_path": "SemanticSegmentationTask",
        "init_args": {
            "model_factory": "EncoderDecoderFactory",
            "model_args": {"backbone": "test_resnet", "decoder": "FCNDecoder", "num_classes": 2},
        },
    },
}


class Settings(UserDict[str, object]):
    """A mapping that is no dictionary, as OmegaConf's are."""


def nested(value):
    if isinstance(value, dict):
        return Settings({key: nested(item) for key, item in value.items()})
    return UserList(map(nested, value)) if isinstance(value, list) else value


def test_a_config_gives_a_model_and_the_model_its_config():
    given = copy.deepcopy(CONFIG)
    model = from_config(given)
    assert model(torch.zeros(1, 4, 64, 64)).output.shape == (1, 2, 64, 64)
    assert given == CONFIG
    assert to_config(model) == QUALIFIED


@pytest.mark.parametrize("read", [lambda text: text, yaml.safe_load], ids=["file", "mapping"])
def test_what_is_written_down_builds_the_same(read, tmp_path):
    file = tmp_path / "model.yaml"
    first = from_config(CONFIG)
    file.write_text(yaml.safe_dump(to_config(first)), encoding="utf-8")
    again = from_config(file if read("") == "" else read(file.read_text(encoding="utf-8")))
    assert to_config(again) == to_config(first)
    assert again.state_dict().keys() == first.state_dict().keys()
    again.load_state_dict(first.state_dict())
    images = torch.ones(1, 4, 64, 64)
    assert torch.equal(again.eval()(images).output, first.eval()(images).output)


def test_mappings_and_sequences_of_any_kind_are_read():
    assert to_config(from_config(nested(CONFIG))) == QUALIFIED


def test_a_training_config_is_written_in_the_plain_layout():
    assert to_config(from_config(TRAINING)) == {
        "model_factory": "EncoderDecoderFactory",
        "task": "segmentation",
        "backbone": "timm_test_resnet",
        "decoder": "terratorch_FCNDecoder",
        "num_classes": 2,
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("test_resnet.r160_in1k", "timm_test_resnet.r160_in1k"),
        ("timm_test_resnet.r160_in1k", "timm_test_resnet.r160_in1k"),
        ("mixnet_s", "timm_mixnet_s"),
    ],
)
def test_a_name_keeps_the_tag_that_chooses_its_weights(written, kept):
    config = {**CONFIG, "backbone": written}
    config.pop("aux_decoders")
    assert to_config(from_config(config))["backbone"] == kept


def test_another_factorys_names_are_its_own():
    config = {"model_factory": "SMPModelFactory", "task": "segmentation", "model": "Unet", "backbone": "resnet18"}
    config |= {"bands": ["RED", "GREEN", "BLUE"], "num_classes": 2, "pretrained": False}
    assert to_config(from_config(config)) == config


def test_a_copy_and_a_pickle_keep_the_config_and_no_state_dict_has_it():
    model = from_config(CONFIG)
    assert to_config(copy.deepcopy(model)) == to_config(pickle.loads(pickle.dumps(model))) == QUALIFIED
    assert not any("config" in key for key in model.state_dict())
    to_config(model)["necks"].clear()
    assert to_config(model) == QUALIFIED


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    wrong = {**CONFIG, "backbone": "test_resnte", "decoder_chanels": 8}
    with pytest.raises(ConfigError) as caught:
        from_config(wrong)
    said = str(caught.value)
    assert [line.partition(": ")[0] for line in said.splitlines()] == [
        "backbone",
        "decoder_chanels",
    ]  # no lines to name
    assert said.startswith("backbone: BACKBONE_REGISTRY has no component 'test_resnte'")
    file = tmp_path / "model.yaml"
    file.write_text(yaml.safe_dump(wrong, sort_keys=False), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(f"{file}:4:1: backbone: ")):
        from_config(file)


def test_what_nothing_reads_is_dropped_with_a_warning_and_not_written_down():
    with pytest.warns(UserWarning, match="that nothing reads, dropped; .*\n  backbone_widht: "):
        model = from_config({**CONFIG, "backbone_widht": 3}, unused="warn")
    assert to_config(model) == QUALIFIED
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from_config(to_config(model))


def test_what_was_not_built_from_a_config_has_none():
    with pytest.raises(
        RegistryError, match="this Linear was not built by from_config, so that its config is not known"
    ):
        to_config(torch.nn.Linear(1, 1))
    with pytest.raises(ConfigError, match="expected a mapping, got int 5"):
        from_config(5)
