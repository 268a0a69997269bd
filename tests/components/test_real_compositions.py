"""The factory with the registries of the library: networks of timm, decoders of this library and of smp."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest
import torch
from torch import nn

from terraregistry.components.models.task_models import PixelWiseModel
from terraregistry.errors import InvalidArgumentsError
from terraregistry.library import MODEL_FACTORY_REGISTRY
from terraregistry.protocols import ModelFactory

FACTORY = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
X = torch.randn(1, 3, 64, 64)


def build(*args, **kwargs) -> nn.Module:
    kwargs.setdefault("backbone_pretrained", False)
    return FACTORY.build_model(*args, **kwargs)


def problems(*args, **kwargs) -> dict[str, str]:
    with pytest.raises(InvalidArgumentsError) as caught:
        build(*args, **kwargs)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_the_factory_is_in_its_registry() -> None:
    assert isinstance(FACTORY, ModelFactory)
    assert list(inspect.signature(FACTORY.build_model).parameters) == [
        "task",
        "backbone",
        "decoder",
        "backbone_kwargs",
        "decoder_kwargs",
        "head_kwargs",
        "num_classes",
        "num_outputs",
        "necks",
        "aux_decoders",
        "rescale",
        "image_size_out",
        "peft_config",
        "unused",
        "kwargs",
    ]


def test_resnet_and_fcn_make_a_segmentation_model() -> None:
    model = build(
        "segmentation",
        "timm_resnet18",
        "FCNDecoder",
        num_classes=4,
        backbone_out_indices=[1, 2, 3],
        necks=[{"name": "SelectIndices", "indices": [0, -1]}],
        decoder_channels=8,
        decoder_num_convs=1,
        head_dropout=0.1,
        aux_decoders=[
            {"name": "aux", "decoder": "terratorch_IdentityDecoder", "decoder_args": {"decoder_out_index": 0}}
        ],
    )
    assert isinstance(model, PixelWiseModel)
    result = model(torch.randn(2, 3, 70, 65))
    assert result.output.shape == result.auxiliary_heads["aux"].shape == (2, 4, 70, 65)
    result.output.sum().backward()
    assert model.encoder.conv1.weight.grad is not None
    keys = set(model.state_dict())
    assert {
        "encoder.conv1.weight",
        "decoder.convs.0.0.weight",
        "head.head.2.bias",
        "aux_heads.aux.1.head.2.bias",
    } <= keys


@pytest.mark.parametrize("name", ["swin_tiny_patch4_window7_224", "vit_tiny_patch16_224"])
def test_layouts_and_patches_of_timm_compose(name) -> None:
    model = build(
        "segmentation",
        name,
        "FCNDecoder",
        num_classes=2,
        backbone_img_size=64,
        decoder_channels=4,
        decoder_num_convs=1,
    ).eval()
    assert model.patch_size is not None
    assert model(torch.randn(1, 3, 60, 64)).output.shape == (1, 2, 60, 64)


@pytest.mark.parametrize("decoder", ["smp_Unet", "smp_FPN", "UPerNet"])
def test_smps_decoders_get_the_strides(decoder) -> None:
    model = build("segmentation", "resnet18", decoder, num_classes=2, backbone_out_indices=[1, 2, 3, 4]).eval()
    assert model(X).output.shape == (1, 2, 64, 64)
    assert model.decoder._pyramid.strides == (4, 8, 16, 32)
    assert model.decoder._pyramid.assumed is False


def test_tokens_of_timm_need_a_neck() -> None:
    model = build(
        "classification",
        "vit_tiny_patch16_224",
        "IdentityDecoder",
        num_classes=3,
        backbone_features_only=False,
        backbone_img_size=64,
        necks=[{"name": "ReshapeTokensToImage"}],
    ).eval()
    assert model(X).output.shape == (1, 3)


def test_mistakes_in_real_parts_are_reported_together() -> None:
    assert problems(
        "segmentation",
        "resnet18",
        "smp_Unet",
        num_classes=2,
        backbone_out_indces=[1, 2],
        necks=[{"name": "SelectIndices", "indices": 0}],
        decoder_decoder_chanels=[16, 8],
        head_dropout="0.1",
    ) == {
        "backbone_out_indces": "unknown argument; did you mean 'backbone_out_indices'?",
        "necks[0].indices": "expected list[int], got int 0",
        "decoder_decoder_chanels": "unknown argument; did you mean 'decoder_decoder_channels'?",
        "head_dropout": "expected float, got str '0.1'; did you mean 0.1?",
    }
    assert problems("segmentation", "resnt18", "smp_Unt", num_classes=2).keys() == {"backbone", "decoder"}


def test_what_smp_refuses_is_named_where_it_was_written() -> None:
    found = problems(
        "segmentation",
        "resnet18",
        "smp_Unet",
        num_classes=2,
        decoder_attention_type="scse",
        decoder_kwargs=None,
        decoder_decoder_channels=[8],
    )
    assert set(found) == {"decoder_attention_type", "decoder_decoder_channels"}
    assert "(64, 64, 128, 256, 512) at strides (2, 4, 8, 16, 32)" in found["decoder_decoder_channels"]


def test_models_copy_and_pickle() -> None:
    model = build("segmentation", "resnet18", "smp_FPN", num_classes=2, backbone_out_indices=[1, 2, 3, 4]).eval()
    before = model(X).output
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        torch.testing.assert_close(twin(X).output, before)
        with torch.no_grad():
            for parameter in twin.parameters():
                parameter.zero_()
        torch.testing.assert_close(model(X).output, before)


@pytest.mark.parametrize(
    "necks",
    [
        [],
        [{"name": "PermuteDims", "new_order": [0, 3, 1, 2]}],
        [{"name": "SelectIndices", "indices": [1, 2, 3]}, {"name": "PermuteDims", "new_order": [0, 3, 1, 2]}],
        [{"name": "FeaturePyramidNetworkNeck", "output_ordered_dict": False}],
    ],
)
def test_maps_with_channels_last_reach_the_decoder_with_channels_first(necks: list[dict[str, object]]) -> None:
    """A config that permutes the axes itself, as TerraTorch's had to, and one that does not, both work."""
    factory = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    model = factory.build_model(
        task="segmentation",
        backbone="timm_swin_tiny_patch4_window7_224",
        necks=necks,
        decoder="UperNetDecoder",
        decoder_channels=16,
        num_classes=3,
    ).eval()
    with torch.inference_mode():
        assert model(torch.zeros(1, 3, 224, 224)).output.shape == (1, 3, 224, 224)
