"""Whole models: shapes for any image, documented keys, layouts, freezing, copies."""

from __future__ import annotations

import copy
import pickle

import pytest
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.components.decoders.linear import IdentityDecoder
from terraregistry.components.heads import RegressionHead, ScalarHead, SegmentationHead
from terraregistry.components.models.task_models import (
    EmbeddingOutputModel,
    ModelOutput,
    PixelWiseModel,
    ScalarOutputModel,
)
from terraregistry.components.necks.rearrange import SelectIndices
from terraregistry.components.necks.tokens import ReshapeTokensToImage
from terraregistry.protocols import FeatureSpec, Layout

quick = settings(deadline=None, max_examples=30)


class Pyramid(nn.Module):
    """Features at strides 4 and 8; remembers the sizes of the images that it saw."""

    out_channels = (3, 5)

    def __init__(self, patch_size: int | None = 4) -> None:
        super().__init__()
        self.shallow = nn.Conv2d(2, 3, 4, stride=4)
        self.deep = nn.Conv2d(3, 5, 2, stride=2)
        self.seen: list[tuple[int, ...]] = []
        if patch_size is not None:
            self.shallow.patch_size = patch_size

    def forward(self, x, scale=1.0):
        self.seen.append(tuple(x.shape))
        shallow = self.shallow(x * scale)
        return shallow, self.deep(shallow)


class ChannelsLast(Pyramid):
    """The same, with channels last, which it says."""

    feature_specs = (FeatureSpec(3, 4, Layout.NHWC), FeatureSpec(5, 8, Layout.NHWC))

    def forward(self, x, scale=1.0):
        return [feature.movedim(1, -1) for feature in super().forward(x, scale)]


class Prepared(ChannelsLast):
    """The same, and it knows how to prepare its features itself."""

    def prepare_features_for_image_model(self, features):
        return [2 * feature.movedim(-1, 1) for feature in features]


class Vit(nn.Module):
    """Tokens of patches of 4 pixels, time first, with a class token."""

    out_channels = (6,)

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv3d(2, 3, (1, 4, 4), (1, 4, 4))
        self.patch_size = (1, 4, 4)

    def forward(self, x):
        tokens = self.embed(x).flatten(2).transpose(1, 2)
        return [torch.cat([tokens.new_zeros(len(x), 1, 3), tokens], dim=1)]


def segmenter(encoder: nn.Module | None = None, **kwargs) -> PixelWiseModel:
    return PixelWiseModel(encoder or Pyramid(), FCNDecoder([3, 5], 4, 1), SegmentationHead(4, 3), **kwargs)


@quick
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 2), st.integers(1, 3))
def test_a_pixel_wise_model_gives_each_pixel_its_result(height, width, batch, classes) -> None:
    model = PixelWiseModel(
        Pyramid(),
        FCNDecoder([3, 5], 4, 1),
        SegmentationHead(4, classes),
        aux_heads={"shallow": (IdentityDecoder([3, 5], 0), SegmentationHead(3, classes))},
    )
    result = model(torch.randn(batch, 2, height, width))
    shape = (batch, classes, height, width) if classes > 1 else (batch, height, width)
    assert isinstance(result, ModelOutput)
    assert result.output.shape == shape
    assert {name: tuple(aux.shape) for name, aux in result.auxiliary_heads.items()} == {"shallow": shape}


@quick
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 2))
def test_a_scalar_model_gives_each_image_its_numbers(height, width, batch) -> None:
    model = ScalarOutputModel(
        Pyramid(),
        IdentityDecoder([3, 5]),
        ScalarHead(5, 3),
        aux_heads={"shallow": (IdentityDecoder([3, 5], 0), ScalarHead(3, 3))},
    )
    result = model(torch.randn(batch, 2, height, width))
    assert result.output.shape == (batch, 3)
    assert result.auxiliary_heads["shallow"].shape == (batch, 3)


def test_images_are_padded_to_an_even_number_of_patches() -> None:
    model = segmenter()
    model(torch.randn(1, 2, 9, 16))
    assert model.encoder.seen == [(1, 2, 16, 16)]
    assert model.patch_size == (1, 4, 4)


def test_a_backbone_without_patches_sees_the_images_as_they_are() -> None:
    model = segmenter(Pyramid(None))
    model(torch.randn(1, 2, 9, 17))
    assert model.encoder.seen == [(1, 2, 9, 17)]
    assert model.patch_size is None


def test_a_patch_size_that_is_given_wins() -> None:
    model = segmenter(Pyramid(None), patch_size=[8, 16], padding="constant")
    model(torch.ones(1, 2, 9, 17))
    assert model.encoder.seen == [(1, 2, 16, 32)]


def test_the_padding_reaches_the_backbone() -> None:
    x = torch.randn(1, 2, 12, 12)
    reflect, constant = segmenter(), segmenter(padding="constant")
    constant.load_state_dict(reflect.state_dict())
    assert not torch.allclose(reflect(x).output, constant(x).output)


def test_results_are_scaled_to_the_padded_image_and_cut_out_of_its_middle() -> None:
    model = segmenter().eval()
    x = torch.randn(1, 2, 11, 14)
    padded = functional.pad(x, (1, 1, 2, 3), mode="reflect")
    raw = model.head(model.decoder(list(model.encoder(padded))))
    scaled = functional.interpolate(raw, size=(16, 16), mode="bilinear")
    torch.testing.assert_close(model(x).output, scaled[..., 2:13, 1:15])


def test_results_keep_their_resolution_without_rescale() -> None:
    assert segmenter(rescale=False)(torch.randn(1, 2, 32, 32)).output.shape == (1, 3, 8, 8)
    assert segmenter(rescale=False, image_size_out=(6, 4))(torch.randn(1, 2, 32, 32)).output.shape == (1, 3, 6, 4)


def test_the_size_of_results_is_the_models_or_the_calls_or_the_images() -> None:
    x = torch.randn(1, 2, 20, 20)
    assert segmenter()(x).output.shape[-2:] == (20, 20)
    assert segmenter()(x, image_size=(10, 12)).output.shape[-2:] == (10, 12)
    assert segmenter(image_size_out=(8, 6))(x, image_size=(10, 12)).output.shape[-2:] == (8, 6)


def test_results_larger_than_the_images_are_refused() -> None:
    with pytest.raises(ValueError, match="never enlarged") as caught:
        segmenter(image_size_out=(64, 16))(torch.randn(1, 2, 20, 20))
    assert str(caught.value) == (
        "results of 64x16 pixels are asked for, but the images have 24x24; results are cropped, never enlarged"
    )


class Several(Pyramid):
    """A backbone with two images, which it adds, and a number for each image, which it scales by."""

    def forward(self, x):
        assert isinstance(x, dict)
        return super().forward(x["optical"] + x["radar"], x["gain"][:, :, None, None])


@pytest.mark.parametrize("size", [(9, 16), (16, 16)])
def test_several_inputs_by_name_are_padded_alike(size) -> None:
    model = segmenter(Several()).eval()
    optical, radar, gain = torch.randn(2, 2, *size), torch.randn(2, 2, *size), torch.randn(2, 1)
    inputs = {"gain": gain, "optical": optical, "radar": radar}
    found = model(inputs).output
    assert list(inputs) == ["gain", "optical", "radar"]
    assert model.encoder.seen == [(2, 2, 16, 16)]
    assert found.shape == (2, 3, *size)
    single = segmenter(Pyramid()).eval()
    single.load_state_dict(model.state_dict())
    torch.testing.assert_close(found, single((optical + radar), scale=gain[:, :, None, None]).output)


def test_several_inputs_have_numbers_and_embeddings_too() -> None:
    inputs = {"gain": torch.ones(1, 1), "optical": torch.randn(1, 2, 9, 9), "radar": torch.randn(1, 2, 9, 9)}
    model = ScalarOutputModel(Several(), IdentityDecoder([3, 5]), ScalarHead(5, 3))
    assert model(inputs).output.shape == (1, 3)
    assert [each.shape[-2:] for each in EmbeddingOutputModel(Several())(inputs)] == [(4, 4), (2, 2)]


@pytest.mark.parametrize(
    ("inputs", "found"), [({"gain": torch.ones(1, 1)}, r"gain \(1, 1\)"), ({}, "nothing")], ids=["numbers", "nothing"]
)
def test_inputs_without_an_image_are_refused(inputs, found) -> None:
    message = rf"^expected an image, \(B, C, H, W\) or \(B, C, T, H, W\), among the inputs, got {found}$"
    with pytest.raises(ValueError, match=message):
        segmenter(Several())(inputs)


def test_what_else_a_backbone_takes_reaches_it() -> None:
    model = segmenter().eval()
    x = torch.randn(1, 2, 16, 16)
    torch.testing.assert_close(model(x, scale=2.0).output, model(2 * x).output)


@pytest.mark.parametrize("make", [segmenter, EmbeddingOutputModel])
def test_channels_last_are_brought_first_for_necks_and_decoders(make) -> None:
    first, last = make(Pyramid()), make(ChannelsLast())
    last.load_state_dict(first.state_dict())
    x = torch.randn(1, 2, 16, 16)
    results = [model(x) for model in (first, last)]
    expected, given_last = [result if isinstance(result, list) else [result.output] for result in results]
    for left, right in zip(expected, given_last, strict=True):
        torch.testing.assert_close(left, right)


def test_a_backbone_prepares_its_features_itself_where_there_are_no_necks() -> None:
    plain, prepared = EmbeddingOutputModel(Pyramid()), EmbeddingOutputModel(Prepared())
    with_neck = EmbeddingOutputModel(Prepared(), necks=[SelectIndices([3, 5], [0, 1])])
    x = torch.randn(1, 2, 16, 16)
    for model, factor in ((prepared, 2), (with_neck, 1)):
        model.encoder.load_state_dict(plain.encoder.state_dict())
        for feature, expected in zip(model(x), plain(x), strict=True):
            torch.testing.assert_close(feature, factor * expected)


def test_another_number_of_features_than_described_is_an_error() -> None:
    encoder = ChannelsLast()
    encoder.feature_specs = encoder.feature_specs[:1]
    with pytest.raises(ValueError, match="the backbone gave 2 features, but its feature_specs describe 1"):
        segmenter(encoder)(torch.randn(1, 2, 16, 16))


def test_necks_know_the_size_of_the_padded_images() -> None:
    neck = ReshapeTokensToImage([6], effective_time_dim=2)
    model = PixelWiseModel(Vit(), FCNDecoder([6], 4, 2), RegressionHead(4), necks=[neck])
    assert model(torch.randn(2, 2, 2, 14, 60)).output.shape == (2, 14, 60)


def test_the_state_has_terratorchs_keys() -> None:
    model = segmenter(
        necks=[nn.Identity(), nn.BatchNorm2d(3)],
        aux_heads={"deep": (FCNDecoder([3, 5], 4, 1), SegmentationHead(4, 3)), "raw": (IdentityDecoder([3, 5]), None)},
    )
    decoder = [f"0.{at}.{name}" for at in ("0", "1", "2.ln") for name in ("weight", "bias")]
    head = ["head.2.weight", "head.2.bias"]
    expected = [f"encoder.{part}.{name}" for part in ("shallow", "deep") for name in ("weight", "bias")]
    expected += [f"decoder.convs.{key}" for key in decoder]
    expected += [f"head.{key}" for key in head]
    expected += [f"aux_heads.deep.0.convs.{key}" for key in decoder]
    expected += [f"aux_heads.deep.1.{key}" for key in head]
    expected += [f"neck.1.{key}" for key in nn.BatchNorm2d(3).state_dict()]
    assert sorted(model.state_dict()) == sorted(expected)


def test_a_decoder_that_includes_its_head_has_no_second() -> None:
    model = PixelWiseModel(Pyramid(), IdentityDecoder([3, 5]), rescale=False)
    assert not [key for key in model.state_dict() if key.startswith("head")]
    assert model(torch.randn(1, 2, 16, 16)).output.shape == (1, 5, 2, 2)


class InPlace(IdentityDecoder):
    def forward(self, features):
        return features.pop(self.dim).zero_()


def test_a_decoder_that_works_in_place_does_not_reach_the_others() -> None:
    heads = {name: (InPlace([3, 5]), None) for name in ("one", "two")}
    model = PixelWiseModel(Pyramid(), IdentityDecoder([3, 5]), aux_heads=heads, rescale=False).eval()
    x = torch.randn(1, 2, 16, 16)
    result = model(x)
    torch.testing.assert_close(result.output, model.encoder(x)[1])
    assert all(not aux.any() for aux in result.auxiliary_heads.values())
    assert len(result.auxiliary_heads) == 2


def trained(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


@pytest.mark.parametrize(
    "make", [segmenter, lambda: ScalarOutputModel(Pyramid(), FCNDecoder([3, 5], 4, 1), ScalarHead(4, 3))]
)
@pytest.mark.parametrize("part", ["encoder", "decoder", "head"])
def test_freezing_one_part_leaves_the_others(make, part) -> None:
    model = make()
    getattr(model, f"freeze_{part}")()
    assert [name for name in ("encoder", "decoder", "head") if not trained(getattr(model, name))] == [part]
    result = model(torch.randn(2, 2, 16, 16))
    result.output.sum().backward()
    frozen = getattr(model, part)
    assert all((parameter.grad is None) == (parameter in set(frozen.parameters())) for parameter in model.parameters())


class Freezable(Pyramid):
    def freeze(self) -> None:
        self.shallow.requires_grad_(False)


@pytest.mark.parametrize(
    "make", [segmenter, lambda encoder: ScalarOutputModel(encoder, IdentityDecoder([3, 5]), ScalarHead(5, 3))]
)
def test_a_backbone_freezes_itself_where_it_can(make) -> None:
    model = make(Freezable())
    model.freeze_encoder()
    assert not trained(model.encoder.shallow)
    assert trained(model.encoder.deep)


def test_embeddings_come_from_a_frozen_backbone() -> None:
    model = EmbeddingOutputModel(Pyramid(), necks=[SelectIndices([3, 5], [1])])
    assert not trained(model)
    (feature,) = model(torch.randn(1, 2, 15, 15))
    assert feature.shape == (1, 5, 2, 2)


@pytest.mark.parametrize("encoder", [Pyramid(), ChannelsLast(), Prepared()])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_copies_compute_the_same_with_parameters_of_their_own(encoder, duplicate) -> None:
    model = segmenter(encoder, necks=[SelectIndices([3, 5], [0, 1])]).eval()
    x = torch.randn(1, 2, 16, 16)
    before = model(x).output
    twin = duplicate(model)
    torch.testing.assert_close(twin(x).output, before)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert not twin(x).output.any()
    torch.testing.assert_close(model(x).output, before)


@pytest.mark.parametrize("name", ["test_vit.r160_in1k", "swin_tiny_patch4_window7_224"])
def test_timms_backbones_compose(name) -> None:
    class FromTimm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = timm.create_model(name, pretrained=False, features_only=True, img_size=64)
            info = self.net.feature_info
            self.out_channels = info.channels()
            layout = Layout.NHWC if "swin" in name else Layout.NCHW
            self.feature_specs = [
                FeatureSpec(channels, stride, layout)
                for channels, stride in zip(info.channels(), info.reduction(), strict=True)
            ]

        def forward(self, x):
            return self.net(x)

    encoder = FromTimm()
    model = PixelWiseModel(encoder, FCNDecoder(encoder.out_channels, 4, 2), SegmentationHead(4, 3)).eval()
    assert model.patch_size is not None
    assert model(torch.randn(1, 3, 60, 64)).output.shape == (1, 3, 60, 64)
