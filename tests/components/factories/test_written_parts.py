"""A part written as a mapping, as other libraries have it: the message has the YAML to write, and that YAML is right."""

from __future__ import annotations

import re

import pytest
import yaml

from terraregistry.errors import InvalidArgumentsError
from terraregistry.library import MODEL_FACTORY_REGISTRY

FACTORY = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
RIGHT = {
    "task": "segmentation",
    "backbone": "timm_test_resnet",
    "decoder": "FCNDecoder",
    "decoder_channels": 8,
    "num_classes": 2,
}


def said(**changes) -> dict[str, str]:
    with pytest.raises(InvalidArgumentsError) as caught:
        FACTORY.check_arguments(**RIGHT | changes)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("changes", "path", "written"),
    [
        (
            {"backbone": {"name": "timm_test_resnet", "in_chans": 6}},
            "backbone",
            "write `backbone: timm_test_resnet` and `backbone_in_chans: 6`",
        ),
        (
            {"backbone": {"timm_test_resnet": {"out_indices": [1, 2]}}},
            "backbone",
            "write `backbone: timm_test_resnet` and `backbone_out_indices: [1, 2]`",
        ),
        (
            {"decoder": {"name": "FCNDecoder", "args": {"num_convs": 2}}},
            "decoder",
            "write `decoder: FCNDecoder` and `decoder_num_convs: 2`",
        ),
        (
            {"necks": {"name": "SelectIndices", "indices": [1]}},
            "necks",
            "write a list: `necks: [{name: SelectIndices, indices: [1]}]`",
        ),
        (
            {"necks": {"SelectIndices": {"indices": [1]}}},
            "necks",
            "write a list: `necks: [{name: SelectIndices, indices: [1]}]`",
        ),
        (
            {"aux_decoders": {"name": "aux", "decoder": "FCNDecoder"}},
            "aux_decoders",
            "write a list: `aux_decoders: [{name: aux, decoder: FCNDecoder}]`",
        ),
        (
            {"necks": ["ReshapeTokensToImage"]},
            "necks[0]",
            "write `{name: ReshapeTokensToImage}`",
        ),
        (
            {"necks": [{"SelectIndices": {"indices": [1]}}]},
            "necks[0].name",
            "write `{name: SelectIndices, indices: [1]}`",
        ),
        (
            {"necks": [{"name": "SelectIndices", "args": {"indices": [1]}}]},
            "necks[0].args",
            "its arguments stand beside `name`: `indices: [1]`",
        ),
    ],
)
def test_a_nested_part_is_told_how_it_is_written(changes, path, written) -> None:
    assert said(**changes)[path].endswith(f" ({written})")


def test_the_rest_of_the_message_is_as_for_any_type() -> None:
    assert said(backbone={"name": "timm_test_resnet"}) == {
        "backbone": "expected str | Module, got dict {'name': 'timm_test_resnet'} (write `backbone: timm_test_resnet`)"
    }
    assert said(necks=["PermuteDims"]) == {
        "necks[0]": "expected Mapping[str, Any] | Module, got str 'PermuteDims' (write `{name: PermuteDims}`)"
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"backbone": {"name": "timm_test_resnet", "out_indices": [1, 2], "act_layer": "off", "in_chans": 6}},
        {"decoder": {"FCNDecoder": {"num_convs": 2}}, "decoder_channels": 4},
        {"necks": {"name": "SelectIndices", "indices": [1]}},
        {"necks": {"ReshapeTokensToImage": None}},
        {"aux_decoders": {"name": "yes", "decoder": "FCNDecoder", "decoder_args": {"head_dropout": 0.5}}},
    ],
)
def test_what_is_to_be_written_is_right(changes) -> None:
    written: dict[str, object] = {}
    for text in re.findall(r"`([^`]+)`", " ".join(said(**changes).values())):
        written |= yaml.safe_load(text)

    assert {*written} >= {*changes} - {"decoder_channels"}
    FACTORY.check_arguments(**RIGHT | changes | written)
