"""The schema itself: what is in it, and which mistakes it finds where."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import jsonschema
import pytest
import yaml

from terraregistry.tools.schema.config_schemas import ID, schema_text

BACKBONES = "terraregistry.library:BACKBONE_REGISTRY"
CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_resnet18
backbone_drop_rate: 0.1
decoder: FCNDecoder
decoder_channels: 64
num_classes: 4
"""


def places(validator, text):
    """Where the schema finds mistakes: the paths of the innermost errors."""
    found = set()
    for error in validator.iter_errors(yaml.safe_load(dedent(text))):
        found.add(error.json_path)
    return sorted(found)


@pytest.mark.slow
def test_it_is_a_schema_of_draft_2020_12(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


def test_it_says_what_it_is(schema):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == ID
    assert schema["title"]
    assert schema["description"]


@pytest.mark.slow
def test_it_is_the_same_each_time(index, text):
    assert schema_text(index) == text


def test_every_reference_leads_somewhere(schema, text):
    defined = {f"#/$defs/{name}" for name in schema["$defs"]}
    used = set()

    def visit(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                used.add(node["$ref"])
            for each in node.values():
                visit(each)
        elif isinstance(node, list):
            for each in node:
                visit(each)

    visit(schema)
    assert used <= defined
    assert defined - used == set()


def test_it_is_of_a_size_that_editors_read(text):
    assert len(text) < 8_000_000


def names_of(schema, title):
    """The alternatives of the names with some title: the spellings of each component, and its text."""
    [names] = [each for each in schema["$defs"].values() if each.get("title") == title]
    return [each for each in names["anyOf"] if "enum" in each]


def test_every_backbone_is_in_it_with_a_description(index, schema):
    found = names_of(schema, "The name of a backbone")
    assert sorted(name for each in found for name in each["enum"]) == sorted(index.spellings(BACKBONES))
    assert all(each["description"] for each in found)


def test_making_it_loads_neither_torch_nor_the_libraries():
    code = """
        import sys
        from terraregistry.index import load_index
        from terraregistry.tools.schema.config_schemas import schema_text
        schema_text(load_index())
        print([name for name in ("torch", "timm", "segmentation_models_pytorch", "pydantic") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_right_config_is_right(validator):
    assert places(validator, CONFIG) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("timm_resnet18", "timm_resnet19", "$.backbone"),
        ("drop_rate: 0.1", "drop_rate: high", "$.backbone_drop_rate"),
        ("backbone_drop_rate", "backbone_dropp_rate", "$"),
        ("FCNDecoder", "FCMDecoder", "$.decoder"),
        ("segmentation", "segmentaton", "$.task"),
        ("EncoderDecoderFactory", "EncoderDecodeFactory", "$.model_factory"),
        ("num_classes: 4", "num_classes: 0", "$.num_classes"),
        ("num_classes: 4", "num_outputs: 4", "$.num_outputs"),
        ("num_classes: 4\n", "", "$"),
        ("num_classes: 4", "num_classes: 4\nnecks: [{name: SelectIndices}]", "$.necks[0]"),
        ("num_classes: 4", "num_classes: 4\nnecks: [{name: SelectIndices, indices: [a]}]", "$.necks[0].indices[0]"),
        ("num_classes: 4", "num_classes: 4\nnecks: [{name: Select}]", "$.necks[0].name"),
        ("num_classes: 4", "num_classes: 4\nbackbone_kwargs: {drop_rate: 1}", "$.backbone_drop_rate"),
        ("num_classes: 4", "num_classes: 4\nbackbone_num_classes: 3", "$.backbone_num_classes"),
        ("num_classes: 4", "num_classes: 4\nhead_num_classes: 3", "$"),
        ("num_classes: 4", "num_classes: 4\nbackbone_temporal_pooling: max", "$"),
        ("num_classes: 4", "num_classes: 4\npeft_config: {methd: LORA}", "$.peft_config"),
        ("num_classes: 4", "num_classes: 4\nrescale: 1", "$.rescale"),
    ],
)
def test_a_mistake_is_found_where_it_is(validator, old, new, place):
    assert old in CONFIG
    found = places(validator, CONFIG.replace(old, new))
    assert place in found or (place != "$" and found == ["$"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("task: segmentation", "task: Segmentation"),
        ("timm_resnet18", "resnet18.a1_in1k"),
        ("num_classes: 4", "num_classes: 4\nbackbone_use_temporal: true\nbackbone_temporal_pooling: max"),
        ("num_classes: 4", "num_classes: 4\nbackbone_features_only: false\nbackbone_num_classes: 0"),
        ("num_classes: 4", "num_classes: 4\nbackbone_padding: constant"),
        ("num_classes: 4", "head_num_classes: 4"),
        ("decoder: FCNDecoder\ndecoder_channels: 64", "decoder: terratorch_FCNDecoder\ndecoder_kwargs: {channels: 64}"),
    ],
)
def test_other_spellings_are_right(validator, old, new):
    assert old in CONFIG
    assert places(validator, CONFIG.replace(old, new)) == []


def test_the_other_layout_is_known(validator):
    text = """\
        trainer: {max_epochs: 3}
        model:
          class_path: terratorch.tasks.SemanticSegmentationTask
          init_args:
            loss: dice
            model_factory: EncoderDecoderFactory
            model_args: {backbone: timm_resnet18, decoder: FCNDecoder, num_classes: 2}
            aux_heads:
              - {name: aux, decoder: FCNDecoder, decoder_args: {decoder_channels: 8}}
        """
    assert places(validator, text) == []
    wrong = text.replace("decoder_channels", "decoder_channel")
    assert places(validator, wrong) == ["$.model.init_args.aux_heads[0].decoder_args"]
    assert "$.model.init_args.model_args" in places(validator, text.replace("num_classes: 2", "num_clases: 2"))
    assert places(validator, text.replace("SemanticSegmentationTask", "ObjectDetectionTask"))
    assert places(validator, text.replace("SemanticSegmentationTask", "OtherTask"))


def described(validator, config, argument):
    """The descriptions of an argument in all the schemas that apply to a config."""
    found = set()

    def visit(schema):
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            visit(validator.schema["$defs"][schema["$ref"].rpartition("/")[2]])
        if "if" in schema:
            visit(schema.get("then" if validator.evolve(schema=schema["if"]).is_valid(config) else "else"))
        for each in schema.get("allOf", ()):
            visit(each)
        if argument in schema.get("properties", {}):
            each = schema["properties"][argument]
            [each] = each.get("allOf", [each])
            found.add(validator.schema["$defs"][each["$ref"].rpartition("/")[2]]["description"])

    visit({key: value for key, value in validator.schema.items() if key != "$defs"})
    return found


@pytest.mark.parametrize(
    ("name", "argument", "default"),
    [
        ("resnet18", "layers", "(2, 2, 2, 2)"),
        ("timm_resnet50.a1_in1k", "layers", "(3, 4, 6, 3)"),
        ("vit_tiny_patch16_224", "embed_dim", "192"),
        ("vit_base_patch16_224", "embed_dim", "768"),
        ("convnext_tiny", "depths", "(3, 3, 9, 3)"),
        ("terratorch_prithvi_eo_v2_300", "num_frames", "1"),
    ],
)
def test_the_default_in_a_text_is_that_of_the_name(index, validator, name, argument, default):
    """Components with the same arguments share their texts, except for the defaults that differ."""
    own = index.find(BACKBONES, name).component.signature.parameters
    assert default in [each.default for each in own if each.name == argument]
    config = {"model_factory": "EncoderDecoderFactory", "task": "segmentation", "backbone": name}
    config |= {"decoder": "FCNDecoder", "num_classes": 2}
    [text] = described(validator, config, f"backbone_{argument}")
    assert f" Default: {default}. " in text


def test_arguments_are_described(schema):
    described = [each for name, each in schema["$defs"].items() if name.startswith("arg")]
    assert all("Type: " in each["description"] for each in described)
    assert any(each.get("default") == 0.1 for each in described)
    assert any("Stochastic depth" in each["description"] for each in described)
