"""The factory of configs with a U-Net."""

from __future__ import annotations

import pytest
import torch

from terraregistry import MODEL_FACTORY_REGISTRY
from terraregistry.errors import InvalidArgumentsError, UnusedArgumentWarning
from terraregistry.protocols import ModelFactory

FACTORY = MODEL_FACTORY_REGISTRY.build("GenericUnetModelFactory")
SEGMENTATION = {
    "backbone": "UNet",
    "backbone_base_channels": 4,
    "decoder": "ASPPSegmentationHead",
    "decoder_dilations": [1, 6],
    "decoder_channels": 8,
    "decoder_in_channels": 4,
    "decoder_num_classes": 2,
    "in_channels": 6,
    "bands": ["BLUE", "GREEN", "RED", "NIR_NARROW", "SWIR_1", "SWIR_2"],
    "num_classes": 2,
}
REGRESSION = {
    "task": "regression",
    "backbone": "UNet",
    "backbone_in_channels": 6,
    "backbone_out_channels": 4,
    "decoder": "ASPPRegressionHead",
    "decoder_channels": 8,
}
IMAGES = torch.randn(2, 6, 64, 32)


def problems(**arguments) -> dict[str, str]:
    with pytest.raises(InvalidArgumentsError) as caught:
        FACTORY.validate_model(**{name: each for name, each in arguments.items() if each is not ...})
    return {problem.path: problem.message for problem in caught.value.problems}


def test_segmentation_has_a_score_for_each_class() -> None:
    assert isinstance(FACTORY, ModelFactory)
    FACTORY.validate_model(**SEGMENTATION)
    model = FACTORY.build_model(**SEGMENTATION)
    assert model(IMAGES).output.shape == (2, 2, 64, 32)
    keys = model.state_dict().keys()
    assert {
        "unet_model.encoder.0.0.convs.0.conv.weight",
        "decoder.image_pool.1.conv.weight",
        "decoder.conv_seg.bias",
    } <= keys
    assert {key.partition(".")[0] for key in keys} == {"unet_model", "decoder"}
    model.freeze_encoder()
    assert {name.partition(".")[0] for name, each in model.named_parameters() if each.requires_grad} == {"decoder"}
    model.freeze_decoder()
    assert not any(each.requires_grad for each in model.parameters())


def test_regression_has_a_relu_on_request() -> None:
    for relu, least in ((False, -9), (True, 0)):
        FACTORY.validate_model(**REGRESSION, regression_relu=relu)
        model = FACTORY.build_model(**REGRESSION, regression_relu=relu).eval()
        torch.nn.init.constant_(model.decoder.conv_reg.bias, -9)
        torch.nn.init.zeros_(model.decoder.conv_reg.weight)
        output = model(IMAGES).output
        assert (output.shape, output.min()) == ((2, 1, 64, 32), least)


MISTAKES = {
    "counts": (
        {**SEGMENTATION, "num_classes": 3},
        {"decoder_num_classes": "num_classes says this already; give one of them"},
    ),
    "no head": (
        {
            **SEGMENTATION,
            "decoder": "FCNDecoder",
            "decoder_dilations": ...,
            "decoder_in_channels": ...,
            "decoder_num_classes": ...,
        },
        {"decoder": "it includes no head, and this factory adds none; EncoderDecoderFactory does"},
    ),
    "unread": (
        {**SEGMENTATION, "head_dropout": 0.5, "channels": 2, "decoder_kwargs": {}},
        {
            "decoder_kwargs": "unknown argument",
            "head_dropout": "nothing reads this: the decoder includes its head",
            "channels": "unknown argument",
        },
    ),
    "no decoder": ({**SEGMENTATION, "decoder": ...}, {"decoder": "missing; expected str | Module"}),
    "channels": ({**REGRESSION, "in_channels": 5}, {"in_channels": "expected 6, as backbone_in_channels says, got 5"}),
    "task": (
        {**REGRESSION, "task": "classification"},
        {"task": "GenericUnetModelFactory builds models for segmentation, regression, not 'classification'"},
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_each_mistake_has_its_message(case) -> None:
    arguments, messages = MISTAKES[case]
    assert problems(**arguments) == messages


def test_terratorchs_own_configs_run_without_what_nothing_reads() -> None:
    unread = {"channels": 2, "head_dropout": 0.57, "head_final_act": "torch.nn.ReLU", "head_learned_upscale_layers": 2}
    with pytest.warns(UnusedArgumentWarning):
        model = FACTORY.build_model(**SEGMENTATION, **unread, unused="warn")
    assert model(IMAGES).output.shape == (2, 2, 64, 32)


def test_bands_are_checked_and_retired_spellings_explained() -> None:
    found = problems(**{**SEGMENTATION, "bands": [*["RED"] * 5, "NARROW_NIR"], "in_channels": ..., "in_chans": 6})
    assert found == {
        "bands[5]": "there is no HLS band 'NARROW_NIR'; did you mean 'NIR_NARROW'?",
        "in_chans": "unknown argument (it is written 'in_channels')",
    }
    FACTORY.check_arguments(**{**SEGMENTATION, "bands": [*["RED"] * 5, "DEM"]})
