"""The decoders and necks of this library in whole models."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from terraregistry.components.decoders.aspp import ASPPHead, ASPPRegressionHead, ASPPSegmentationHead
from terraregistry.components.decoders.linear import IdentityDecoder, LinearDecoder
from terraregistry.components.decoders.satmae import SatMAEHead
from terraregistry.components.decoders.unet import UNetDecoder
from terraregistry.components.decoders.upernet import UperNetDecoder
from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
from terraregistry.components.necks.pyramidal import FeaturePyramidNetworkNeck, LearnedInterpolateToPyramidal
from terraregistry.components.necks.rearrange import AddBottleneckLayer
from terraregistry.components.necks.tokens import AggregateTokens
from terraregistry.errors import InvalidArgumentsError
from terraregistry.library import MODEL_FACTORY_REGISTRY as LIBRARY_FACTORIES
from terraregistry.protocols import Backbone, Decoder, Neck
from terraregistry.registry import MultiSourceRegistry, Registry


class Patches(nn.Module):
    """A backbone with four maps of one size."""

    def __init__(self) -> None:
        super().__init__()
        self.out_channels = [8] * 4
        self.embed = nn.Conv2d(3, 8, 8, stride=8)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [self.embed(x) * scale for scale in range(1, 5)]


def factory() -> EncoderDecoderFactory:
    backbones, decoders, necks = Registry[Backbone](), Registry[Decoder](), Registry[Neck]()
    backbones.register(Patches)
    for decoder in (ASPPHead, ASPPRegressionHead, ASPPSegmentationHead, IdentityDecoder, LinearDecoder, SatMAEHead):
        decoders.register(decoder)
    for decoder in (UNetDecoder, UperNetDecoder):
        decoders.register(decoder)
    for neck in (AggregateTokens, AddBottleneckLayer, FeaturePyramidNetworkNeck, LearnedInterpolateToPyramidal):
        necks.register(neck)
    return EncoderDecoderFactory(
        backbones=MultiSourceRegistry[Backbone](t=backbones),
        decoders=MultiSourceRegistry[Decoder](t=decoders),
        necks=MultiSourceRegistry[Neck](t=necks),
    )


FACTORY = factory()
X = torch.randn(2, 3, 64, 48)


def heads(model: nn.Module) -> bool:
    return bool(list(model.head.parameters()))


@pytest.mark.parametrize(
    ("decoder", "necks", "arguments", "head"),
    [
        ("UperNetDecoder", ["LearnedInterpolateToPyramidal"], {"channels": 8, "pool_scales": [1, 2]}, True),
        ("UNetDecoder", ["LearnedInterpolateToPyramidal"], {"channels": [8, 6, 4, 2]}, True),
        ("UNetDecoder", ["AddBottleneckLayer"], {"channels": [8, 6, 4, 2, 2]}, True),
        ("ASPPHead", [], {"channels": 4, "in_channels": 8, "dilations": [1, 2]}, True),
        ("ASPPSegmentationHead", [], {"channels": 4, "head_dropout_ratio": 0}, False),
        ("LinearDecoder", [], {"upsampling_size": 8}, False),
    ],
)
def test_segmentation_models_have_the_classes_once(decoder, necks, arguments, head) -> None:
    model = FACTORY.build_model(
        "segmentation",
        "Patches",
        decoder,
        num_classes=5,
        necks=[{"name": name} for name in necks],
        **{f"decoder_{name}": value for name, value in arguments.items()},
    )
    output = model(X).output
    assert output.shape == (2, 5, 64, 48)
    assert heads(model) is head
    output.square().sum().backward()
    assert model.encoder.embed.weight.grad is not None


def test_a_feature_pyramid_as_a_list_goes_into_a_decoder() -> None:
    pyramid = {"name": "FeaturePyramidNetworkNeck", "out_channel": 4, "output_ordered_dict": False}
    model = FACTORY.build_model("segmentation", "Patches", "IdentityDecoder", num_classes=5, necks=[pyramid])
    assert model(X).output.shape == (2, 5, 64, 48)


def test_regression_has_one_head() -> None:
    model = FACTORY.build_model("regression", "Patches", "ASPPRegressionHead", decoder_channels=4)
    assert model(X).output.shape == (2, 64, 48)
    assert not heads(model)


def test_classification_reads_pooled_features() -> None:
    neck = {"name": "AggregateTokens", "indices": [0, 2]}
    model = FACTORY.build_model("classification", "Patches", "IdentityDecoder", num_classes=5, necks=[neck])
    assert model(X).output.shape == (2, 5)


SATMAE = {"out_channels": 8, "num_heads": 2, "mlp_ratio": 2.0, "patch_size": 8, "depth": 1, "in_chans": 3}


@pytest.mark.parametrize(
    ("task", "classes", "shape"), [("segmentation", 5, (2, 5, 60, 50)), ("regression", None, (2, 60, 50))]
)
def test_the_pixels_of_patches_are_laid_out_as_a_map(task, classes, shape) -> None:
    model = FACTORY.build_model(task, "Patches", "SatMAEHead", num_classes=classes, decoder_kwargs=SATMAE)
    assert heads(model)
    output = model(torch.randn(2, 3, 60, 50)).output
    assert output.shape == shape
    output.square().sum().backward()
    assert model.encoder.embed.weight.grad.abs().sum() > 0


def test_tokens_for_it_are_refused_before_anything_is_built_with_the_neck_that_mends_it() -> None:
    factory = LIBRARY_FACTORIES.build("EncoderDecoderFactory")
    arguments = {"backbone": "timm_test_vit", "decoder": "SatMAEHead", "num_classes": 5, "decoder_kwargs": SATMAE}
    arguments |= {"task": "segmentation", "backbone_features_only": False}
    with pytest.raises(InvalidArgumentsError) as caught:
        factory.validate_model(**arguments)
    expected = (
        "decoder: expected maps (B, C, H, W), but backbone ('timm_test_vit') gives 1 feature, tokens (B, N, C) of 64 channels "
        "at stride 16; the neck ReshapeTokensToImage before it makes maps of tokens"
    )
    assert [str(problem) for problem in caught.value.problems] == [expected]
    model = factory.build_model(**arguments, necks=[{"name": "ReshapeTokensToImage"}])
    assert model(torch.randn(1, 3, 160, 160)).output.shape == (1, 5, 160, 160)
