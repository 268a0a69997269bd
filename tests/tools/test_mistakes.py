"""Every mistake of a config is reported where it was made, and each change that is offered mends something."""

from __future__ import annotations

import copy
import json

import pytest
import yaml
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from terraregistry.errors import ProblemKind
from terraregistry.tools.checking import check_config
from terraregistry.tools.config import parse_config

PLAIN = {
    "model_factory": "EncoderDecoderFactory",
    "task": "segmentation",
    "backbone": "timm_test_resnet",
    "backbone_kwargs": {"in_chans": 6, "out_indices": [0, 1, 2]},
    "necks": [{"name": "SelectIndices", "indices": [0, 2]}, {"name": "ReshapeTokensToImage"}],
    "decoder": "FCNDecoder",
    "decoder_channels": 8,
    "num_classes": 3,
    "aux_decoders": [{"name": "aux", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": 8}}],
}
MODEL_ARGS = ("model", "init_args", "model_args")


def training(config):
    arguments = {key: value for key, value in config.items() if key not in ("model_factory", "task", "aux_decoders")}
    init_args = {"model_factory": config["model_factory"], "model_args": arguments, "aux_heads": config["aux_decoders"]}
    return {"seed": 0, "model": {"class_path": "terratorch.tasks.SemanticSegmentationTask", "init_args": init_args}}


KEYS = [
    ("backbone_kwargs", "in_chans"),
    ("backbone_kwargs", "out_indices"),
    ("necks", 0, "indices"),
    ("decoder_channels",),
    ("aux_decoders", 0, "decoder_args", "decoder_channels"),
]
NAMES = [
    ("backbone",),
    ("decoder",),
    ("necks", 0, "name"),
    ("necks", 1, "name"),
    ("aux_decoders", 0, "decoder"),
]
NUMBERS = [("num_classes",), ("decoder_channels",), ("backbone_kwargs", "in_chans"), ("necks", 0, "indices", 1)]
PARTS = [(), ("backbone_kwargs",), ("necks", 0), ("necks", 1), ("aux_decoders", 0, "decoder_args")]
ODD = ["decoder.channels", "model.chans", "a key", "freeze_backbone", "in_chanz", "è", "zz", "true", "3"]


def inside(config, path):
    for step in path:
        config = config[step]
    return config


def misspelt(word, data):
    at = data.draw(st.integers(1, len(word) - 1))
    return word[:at] + data.draw(st.sampled_from("qxz")) + word[at:]


def renamed(mapping, key, other):
    entries = [(other if each == key else each, value) for each, value in mapping.items()]
    mapping.clear()
    mapping.update(entries)


PART_OF = {
    "backbone_kwargs": ("backbone",),
    "decoder_channels": ("decoder",),
    "necks": ("necks", 0, "name"),
    "aux_decoders": ("aux_decoders", 0, "decoder"),
}
"""The name that has to be right for an argument to be looked at."""


def make_mistakes(config, data):
    """Make some mistakes in different places of a config, and list their paths."""

    def draw(paths):
        # The arguments of what there is not are not known.
        known = [each for each in paths if not each or PART_OF.get(each[0]) not in made or each[:2] == ("necks", 1)]
        known = [each for each in known if each[:2] != ("necks", 1) or ("necks", 1, "name") not in made]
        return data.draw(st.lists(st.sampled_from(known), unique=True, max_size=2)) if known else []

    made = []
    for path in draw(NAMES):
        *above, key = path
        inside(config, above)[key] = misspelt(inside(config, path), data)
        made.append(path)
    for path in draw(NUMBERS):
        *above, key = path
        inside(config, above)[key] = data.draw(st.sampled_from(["three", True, 1.5]))
        made.append(path)
    for path in draw([each for each in KEYS if not any(other[: len(each)] == each for other in made)]):
        *above, key = path
        wrong = misspelt(key, data)
        renamed(inside(config, above), key, wrong)
        made.append((*above, wrong))
    for path in draw(PARTS):
        key = data.draw(st.sampled_from(ODD))
        inside(config, path)[key] = data.draw(st.sampled_from([True, "FCNDecoder", 8]))
        made.append((*path, key))
    return made


def in_training(path):
    if path[0] == "aux_decoders":
        return ("model", "init_args", "aux_heads", *path[1:])
    return (*MODEL_ARGS, *path)


def found_in(folder, text):
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    return check_config(str(folder / "c.yaml"))


def edited(text, edit):
    lines = text.split("\n")
    line = lines[edit.span.line - 1]
    lines[edit.span.line - 1] = line[: edit.span.column - 1] + edit.text + line[edit.span.end - 1 :]
    return "\n".join(lines)


WRITERS = {
    "block": lambda config: yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
    "flow": lambda config: yaml.safe_dump(config, sort_keys=False, default_flow_style=True, width=60),
    "json": lambda config: json.dumps(config, indent=1, ensure_ascii=False),
}


@pytest.mark.parametrize("layout", ["plain", "training"])
@pytest.mark.parametrize("form", WRITERS)
@settings(
    max_examples=settings.default.max_examples // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_each_mistake_is_found_where_it_was_made_and_each_fix_mends(tmp_path, index, layout, form, data):
    config = copy.deepcopy(PLAIN)
    made = make_mistakes(config, data)
    text = WRITERS[form](training(config) if layout == "training" else config)
    note(text)
    places = [in_training(path) if layout == "training" else path for path in made]

    found = found_in(tmp_path, text)
    note("\n".join(each.message for each in found))
    document = parse_config(text)
    # What was meant by a misspelt key is missing.
    assert {each.problem.steps for each in found if each.problem.kind is not ProblemKind.MISSING} == set(places)
    for finding in found:
        if finding.problem.kind is ProblemKind.MISSING:
            continue
        path = finding.problem.steps
        assert finding.problem.span == document.keys[path]
        if finding.edit is None:
            continue
        assert finding.edit.span in (document.keys[path], document.values[path])
        left = found_in(tmp_path, edited(text, finding.edit))
        assert len(left) < len(found)
        assert {each.problem.steps for each in left} < {each.problem.steps for each in found}


@pytest.mark.parametrize("layout", ["plain", "training"])
def test_the_config_without_mistakes_is_valid(tmp_path, index, layout):
    assert found_in(tmp_path, yaml.safe_dump(training(PLAIN) if layout == "training" else PLAIN)) == []


HEAD = "model_factory: EncoderDecoderFactory\ntask: segmentation\nbackbone: timm_test_resnet\nnum_classes: 2\n"


@pytest.mark.parametrize(
    ("text", "line", "mended"),
    [
        ("decoder: FCNDecoder\ndecoder.channels: 8\n", 6, "decoder_channels: 8"),
        ('decoder: FCNDecoder\n"decoder_chanels": 8\n', 6, '"decoder_channels": 8'),
        ("decoder: 'FCNDecodr'  # mine\n", 5, "decoder: 'terratorch_FCNDecoder'  # mine"),
        ("decoder: FCNDecoder\nfreeze_backbone: true\n", 6, ""),
        ("decoder: FCNDecoder\nbackbone_kwargs: {model.chans: 6}\n", 6, ""),
        ("decoder: FCNDecoder\ndecoder_chanels: 8\ndecoder_channels: 8\n", 6, ""),
        ("decoder: &name FCNDecodr\n", 5, ""),
        (
            "decoder: smp_Unet\ndecoder_channels: [64, 32, 16, 8, 4]\n",
            6,
            "decoder_decoder_channels: [64, 32, 16, 8, 4]",
        ),
        ("decoder: FCNDecoder\ndecoder_num: 3\n", 6, ""),
        ("decoder: FCNDecoder\nbackbone_in_chan: 3\n", 6, "backbone_in_chans: 3"),
        ("decoder: terratorch_FCN\n", 5, ""),
        ("decoder: FCN\n", 5, ""),
        ("decoder: smp_Unett\n", 5, "decoder: smp_Unet"),
        ("decoder: terratorch_FCNDecode\n", 5, "decoder: terratorch_FCNDecoder"),
    ],
)
def test_a_fix_is_of_the_line_that_is_wrong_or_not_offered(tmp_path, index, text, line, mended):
    (found,) = found_in(tmp_path, HEAD + text)
    assert (found.span.line, found.mended) == (line, mended)


def test_a_decoder_of_smps_factory_is_told_to_be_the_model(tmp_path, index):
    text = "model_factory: SMPModelFactory\ntask: segmentation\nbackbone: resnet18\nmodel: Unet\ndecoder: UNetDecoder\n"
    (found,) = found_in(tmp_path, text)
    assert found.message == "decoder: unknown argument (the architecture is the model, written as in `model: Unet`)"
    assert (found.span.line, found.problem.fix, found.edit) == (5, None, None)


@pytest.mark.parametrize(
    ("task", "backbone", "lines"),
    [
        ("segmentaton", "timm_test_resnt", ["task: segmentation", "backbone: timm_test_resnet"]),
        ("segment", "prithvi_eo", ["task: segmentation", ""]),  # which of the Prithvis is not known
    ],
)
def test_a_name_is_changed_where_it_is_misspelt(tmp_path, index, task, backbone, lines):
    text = f"model_factory: EncoderDecoderFactory\ntask: {task}\nbackbone: {backbone}\nnum_classes: 2\ndecoder: FCNDecoder\n"
    assert [each.mended for each in found_in(tmp_path, text)] == lines
