"""Spellings of older configs and other libraries: each factory answers with its own, and takes that."""

from __future__ import annotations

import pytest

from terraregistry import MODEL_FACTORY_REGISTRY
from terraregistry.errors import InvalidArgumentsError, ProblemKind
from terraregistry.problems import Rename

SEGMENTATION = {"task": "segmentation", "num_classes": 2}
RESNET = {"backbone": "timm_resnet18"}
MODELS = {
    "EncoderDecoderFactory": {**SEGMENTATION, "backbone": "prithvi_eo_v2_300", "decoder": "FCNDecoder"},
    "PrithviModelFactory": {**SEGMENTATION, "backbone": "prithvi_eo_v2_300", "decoder": "FCNDecoder"},
    "SMPModelFactory": {**SEGMENTATION, "backbone": "resnet18", "model": "Unet"},
    "TimmModelFactory": {"task": "classification", "backbone": "resnet18", "num_classes": 2},
    "FullModelFactory": {"model": "prithvi_eo_v2_300_mae"},
    "ObjectDetectionModelFactory": {"task": "object_detection", "framework": "fcos", "num_classes": 2, **RESNET},
    "GenericUnetModelFactory": {**SEGMENTATION, **RESNET, "decoder": "LinearDecoder", "decoder_upsampling_size": 2},
}
CHANNELS = ["in_chans", "in_channels", "backbone_in_chans", "backbone_in_channels"]
SIZES = ["img_size", "pretrain_img_size", "backbone_pretrain_img_size"]
SIZED = ["EncoderDecoderFactory", "PrithviModelFactory", "FullModelFactory"]
"""Those with a model of a fixed size above."""
FILES = {
    "EncoderDecoderFactory": "backbone_ckpt_path",
    "PrithviModelFactory": "backbone_ckpt_path",
    "FullModelFactory": "ckpt_path",
}


def problems(factory, **arguments):
    try:
        MODEL_FACTORY_REGISTRY.build(factory).check_arguments(**MODELS[factory], **arguments)
    except InvalidArgumentsError as error:
        return {problem.path: problem for problem in error.problems}
    return {}


@pytest.mark.parametrize(
    ("factory", "name"),
    [*[(each, name) for each in MODELS for name in CHANNELS], *[(each, name) for each in SIZED for name in SIZES]],
)
def test_the_spelling_that_is_offered_is_taken(factory, name):
    problem = problems(factory, **{name: 6}).get(name)
    if problem is None:  # today's own
        return
    assert isinstance(problem.fix, Rename)
    assert problem.fix.to != name
    assert problem.fix.to in problem.message
    assert problem.fix.to not in problems(factory, **{problem.fix.to: 6})


@pytest.mark.parametrize("factory", FILES)
@pytest.mark.parametrize("prefix", ["", "backbone_"])
def test_a_file_in_an_overlay_is_told_its_argument(factory, prefix):
    name = f"{prefix}pretrained_cfg_overlay"
    problem = problems(factory, **{name: {"file": "a.pt"}})[name]
    assert problem.message == f"unknown argument (a file of weights is written '{FILES[factory]}: FILE')"
    assert problem.fix is None


@pytest.mark.parametrize(
    "factory", ["EncoderDecoderFactory", "PrithviModelFactory", "SMPModelFactory", "FullModelFactory"]
)
@pytest.mark.parametrize("name", ["features_only", "backbone_features_only"])
def test_whether_there_are_features_is_settled(factory, name):
    problem = problems(factory, **{name: True})[name]
    assert problem.message == "unknown argument (whether there are features is settled: leave it out)"
    assert (problem.kind, problem.fix) == (ProblemKind.UNKNOWN, None)
