"""Backbones for images, applied to time series."""

from __future__ import annotations

import copy
import pickle
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.components.backbones.temporal import TemporalWrapper
from terraregistry.components.necks.tokens import ReshapeTokensToImage
from terraregistry.errors import InvalidArgumentsError
from terraregistry.library import MODEL_FACTORY_REGISTRY, TERRATORCH_BACKBONE_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.protocols import FeatureSpec, Layout

FACTORY = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")


class Linear(nn.Module):
    """A backbone whose features are linear in the image, in any layout."""

    def __init__(self, layout: Layout = Layout.NCHW) -> None:
        super().__init__()
        self.layout = layout
        self.mix = nn.Conv2d(2, 4, 2, 2)
        self.out_channels = [4, 4]
        self.feature_specs = [FeatureSpec(4, 2, layout)] * 2

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        feature = self.mix(x)
        if self.layout is Layout.NHWC:
            feature = feature.movedim(1, -1)
        elif self.layout is Layout.TOKENS:
            feature = feature.flatten(2).transpose(1, 2)
        return [feature, feature + 1]


def by_hand(backbone: nn.Module, x: torch.Tensor, pooling: str, lengths: list[int] | None) -> list[torch.Tensor]:
    """Each step on its own, then pooled."""
    features = zip(*(backbone(x[:, :, step]) for step in range(x.shape[2])), strict=True)
    return [pooled(list(steps), pooling, lengths, 1 if backbone.layout is Layout.NCHW else -1) for steps in features]


def pooled(steps: list[torch.Tensor], pooling: str, lengths: list[int] | None, axis: int) -> torch.Tensor:
    if lengths is not None:
        ends = [sum(lengths[: at + 1]) for at in range(len(lengths))]
        steps = [torch.stack(steps[end - n : end]).mean(0) for end, n in zip(ends, lengths, strict=True)]
    if pooling == "diff":
        return steps[0] - steps[1]
    if pooling == "concat":
        return torch.cat(steps, axis)
    together = torch.stack(steps, 1)
    return {"mean": together.mean(1), "max": together.amax(1), "keep": together}[pooling]


@given(
    pooling=st.sampled_from(["mean", "max", "diff", "concat", "keep"]),
    layout=st.sampled_from(list(Layout)),
    steps=st.integers(1, 4),
    lengths=st.none() | st.lists(st.integers(1, 2), min_size=1, max_size=3),
    batch=st.integers(1, 2),
)
def test_pooling_is_what_it_says(pooling, layout, steps, lengths, batch) -> None:
    steps = steps if lengths is None else sum(lengths)
    left = steps if lengths is None else len(lengths)
    if pooling == "diff" and left != 2:
        steps, lengths, left = 2, None, 2
    backbone = Linear(layout)
    wrapper = TemporalWrapper(backbone, pooling, n_timestamps=steps, subset_lengths=lengths)
    x = torch.randn(batch, 2, steps, 6, 4)
    found = wrapper(x)
    for one, other in zip(found, by_hand(backbone, x, pooling, lengths), strict=True):
        torch.testing.assert_close(one, other)
    assert wrapper.out_channels == [4 * (left if pooling == "concat" else 1)] * 2
    if pooling != "keep":
        axis = 1 if layout is Layout.NCHW else -1
        assert [feature.shape[axis] for feature in found] == wrapper.out_channels
        assert [spec.channels for spec in wrapper.feature_specs] == wrapper.out_channels
    assert list(wrapper.state_dict()) == ["encoder.mix.weight", "encoder.mix.bias"]
    for twin in (copy.deepcopy(wrapper), pickle.loads(pickle.dumps(wrapper))):
        torch.testing.assert_close(twin(x), found)


def test_the_place_of_the_channels_can_be_said() -> None:
    backbone = Linear(Layout.NHWC)
    backbone.feature_specs = [FeatureSpec(4, 2, Layout.NCHW)] * 2  # wrong: what is said to the wrapper counts
    wrapper = TemporalWrapper(backbone, "concat", n_timestamps=3, features_permute_op=(0, 3, 1, 2))
    assert wrapper(torch.randn(1, 2, 3, 6, 4))[0].shape == (1, 3, 2, 12)
    del backbone.feature_specs
    assert TemporalWrapper(backbone, "concat", n_timestamps=3)(torch.randn(1, 2, 3, 6, 4))[0].shape == (1, 9, 2, 4)


def test_an_old_spelling_and_a_single_tensor() -> None:
    class Single(Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x)[0]

    wrapper = TemporalWrapper(Single(), concat=True, n_timestamps=2)
    assert [feature.shape for feature in wrapper(torch.randn(1, 2, 2, 4, 4))] == [(1, 8, 2, 2)]


def test_features_with_an_axis_of_time_have_no_layout() -> None:
    wrapper = TemporalWrapper(Linear(), "keep")
    assert not hasattr(wrapper, "feature_specs")
    assert not hasattr(wrapper, "prepare_features_for_image_model")


def test_freezing_is_the_backbones() -> None:
    class Own(Linear):
        def freeze(self) -> None:
            self.mix.bias.requires_grad_(False)

    for backbone, expected in ((Own(), [True, False]), (Linear(), [False, False])):
        TemporalWrapper(backbone).freeze()
        assert [parameter.requires_grad for parameter in backbone.parameters()] == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pooling": "man"}, "pooling: expected one of 'mean', 'max', 'diff', 'concat', 'keep', got str 'man'"),
        ({"pooling": "concat"}, r"n_timestamps: missing \(pooling='concat' multiplies the channels by it\)"),
        ({"n_timestamps": 0}, "n_timestamps: expected at least 1, got 0"),
        ({"pooling": "diff", "n_timestamps": 3}, "n_timestamps: pooling='diff' takes two steps, got 3"),
        ({"pooling": "diff", "subset_lengths": [1]}, "subset_lengths: pooling='diff' takes two steps, got 1"),
        ({"subset_lengths": [1, 0]}, r"subset_lengths\[1\]: expected at least 1, got 0"),
        ({"subset_lengths": [1, 1], "n_timestamps": 3}, "subset_lengths: expected a sum of n_timestamps, 3, got 2"),
        ({"features_permute_op": [0, 2]}, r"expected an order of axes such as \(0, 3, 1, 2\), got \(0, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(given, message) -> None:
    with pytest.raises(InvalidArgumentsError, match=message):
        TemporalWrapper(Linear(), **given)


@pytest.mark.parametrize(
    ("given", "shape", "message"),
    [
        ({}, (1, 2, 4, 4), r"expected images over time, \(B, C, T, H, W\), got the shape \(1, 2, 4, 4\)"),
        ({"subset_lengths": [1, 2]}, (1, 2, 4, 4, 4), r"subset_lengths \(1, 2\) are of 3 steps, got 4"),
        ({"pooling": "concat", "n_timestamps": 2}, (1, 2, 3, 4, 4), "pooling='concat' was made for 2 steps, got 3"),
        ({"pooling": "diff"}, (1, 2, 3, 4, 4), "pooling='diff' takes two steps, got 3"),
    ],
)
def test_other_images_are_refused(given, shape, message) -> None:
    with pytest.raises(ValueError, match=message):
        TemporalWrapper(Linear(), **given)(torch.randn(shape))


# -- several inputs, times and places --


class Both(Linear):
    """A backbone with two inputs, of which it mixes the sum."""

    def forward(self, x: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        return super().forward(x["optical"] + x["radar"])


@pytest.mark.parametrize("pooling", ["mean", "max", "concat", "keep"])
def test_several_inputs_are_those_of_each_step(pooling) -> None:
    backbone = Both()
    inputs = {name: torch.randn(2, 2, 3, 6, 4) for name in ("optical", "radar")}
    found = TemporalWrapper(backbone, pooling, n_timestamps=3)(inputs)
    steps = zip(
        *(backbone({name: each[:, :, step] for name, each in inputs.items()}) for step in range(3)), strict=True
    )
    for one, other in zip(found, steps, strict=True):
        torch.testing.assert_close(one, pooled(list(other), pooling, None, 1))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"a": (1, 2, 4, 4)}, "a: expected images over time, (B, C, T, H, W), got the shape (1, 2, 4, 4)"),
        (
            {"a": (1, 2, 3, 4, 4), "b": (1, 2, 2, 4, 4)},
            "expected inputs of one number of images and one of steps, got a: 1 and 3, b: 1 and 2",
        ),
        (
            {"a": (2, 2, 3, 4, 4), "b": (1, 2, 3, 4, 4)},
            "expected inputs of one number of images and one of steps, got a: 2 and 3, b: 1 and 3",
        ),
        ({}, "expected inputs of one number of images and one of steps, got no inputs"),
    ],
)
def test_inputs_that_do_not_go_together_are_refused(shapes, message) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        TemporalWrapper(Both())({name: torch.zeros(shape) for name, shape in shapes.items()})


def prithvi_of_times_and_places() -> nn.Module:
    torch.manual_seed(0)
    return TERRATORCH_BACKBONE_REGISTRY.build("prithvi_eo_v2_tiny_tl", img_size=32, depth=2, embed_dim=48).eval()


TIMES = torch.tensor(
    [[[2020.0, 12.0], [2021.0, 200.0], [2021.0, 201.0]], [[2016.0, 1.0], [2017.0, 2.0], [2018.0, 3.0]]]
)
PLACES = torch.tensor([[47.0, 8.0], [-33.0, 151.0]])


def test_each_step_has_its_own_time_and_its_images_place() -> None:
    backbone = prithvi_of_times_and_places()
    x = torch.randn(2, 6, 3, 32, 32)
    found = TemporalWrapper(backbone, "keep")(x, temporal_coords=TIMES, location_coords=PLACES)
    for step in range(3):
        expected = backbone(x[:, :, step], TIMES[:, step : step + 1], PLACES)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one[:, step], other, rtol=1e-4, atol=1e-5)
    without = TemporalWrapper(backbone, "keep")(x)
    only_places = TemporalWrapper(backbone, "keep")(x, location_coords=PLACES)
    assert not torch.allclose(without[-1], found[-1])
    assert not torch.allclose(only_places[-1], found[-1])
    assert not torch.allclose(only_places[-1], without[-1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temporal_coords": TIMES[:, :2]}, "temporal_coords: expected the shape (2, 3, 2), got (2, 2, 2)"),
        ({"location_coords": PLACES[:1]}, "location_coords: expected the shape (2, 2), got (1, 2)"),
    ],
)
def test_times_and_places_of_other_images_are_refused(given, message) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        TemporalWrapper(prithvi_of_times_and_places())(torch.zeros(2, 6, 3, 32, 32), **given)


def test_models_pass_times_and_places_on() -> None:
    given = {"backbone": "prithvi_eo_v2_tiny_tl", "backbone_img_size": 32, "backbone_use_temporal": True}
    model = FACTORY.build_model(**arguments(**given)).eval()
    x = torch.randn(2, 6, 3, 32, 32)
    found = model(x, temporal_coords=TIMES, location_coords=PLACES).output
    assert found.shape == (2, 2, 32, 32)
    assert not torch.allclose(found, model(x).output)


# -- by the factory --


def arguments(**given) -> dict:
    usual = {"task": "segmentation", "backbone": "timm_test_resnet", "decoder": "FCNDecoder", "num_classes": 2}
    return usual | {"decoder_channels": 4, "decoder_num_convs": 1} | given


@settings(max_examples=15)
@given(
    pooling=st.sampled_from(["mean", "max", "concat", "diff"]),
    backbone=st.sampled_from(["timm_test_resnet", "test_vit"]),
)
def test_models_take_time_series(pooling, backbone) -> None:
    given = {"backbone_temporal_pooling": pooling, "backbone_temporal_n_timestamps": 2, "backbone": backbone}
    model = FACTORY.build_model(**arguments(backbone_use_temporal=True, **given)).eval()
    size = 64 if backbone == "timm_test_resnet" else 160
    assert model(torch.randn(1, 3, 2, size, size)).output.shape == (1, 2, size, size)
    assert all(key.startswith(("encoder.encoder.", "decoder.", "head.")) for key in model.state_dict())


def test_images_over_time_are_padded_and_channels_moved() -> None:
    given = {"backbone": "swin_tiny_patch4_window7_224", "backbone_depths": [1, 1, 1, 1], "backbone_img_size": 64}
    given |= {"backbone_use_temporal": True, "backbone_temporal_pooling": "concat", "backbone_temporal_n_timestamps": 3}
    model = FACTORY.build_model(**arguments(**given)).eval()
    assert model(torch.randn(1, 3, 3, 60, 64)).output.shape == (1, 2, 60, 64)
    assert model.decoder.embed_dim == 3 * 768


def test_backbones_that_are_modules_are_wrapped_too() -> None:
    backbone = TIMM_BACKBONE_REGISTRY.build("test_resnet")
    model = FACTORY.build_model(**arguments(backbone=backbone, backbone_use_temporal=True))
    assert model.encoder.encoder is backbone


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"backbone_temporal_pooling": "mean"},
            {"backbone_temporal_pooling": "nothing reads this: it needs backbone_use_temporal=True"},
        ),
        (
            {"backbone_use_temporal": True, "backbone_temporal_pooling": "concat"},
            {"backbone_temporal_n_timestamps": "missing (pooling='concat' multiplies the channels by it)"},
        ),
        (
            {"backbone_use_temporal": "yes", "backbone_temporal_poling": "max", "backbone_widht": 3},
            {
                "backbone_use_temporal": "expected bool, got str 'yes'",
                "backbone_temporal_poling": "unknown argument; did you mean 'backbone_temporal_pooling'?",
                "backbone_widht": "unknown argument",
            },
        ),
        (
            {"backbone_kwargs": {"use_temporal": True, "temporal_pooling": "man"}},
            {
                "backbone_kwargs.temporal_pooling": "expected Literal['mean', 'max', 'diff', 'concat', 'keep'], "
                "got str 'man'"
            },
        ),
        (
            {"backbone_use_temporal": True, "backbone_temporal_pooling": "concat", "backbone_temporal_n_timestamps": 3}
            | {"decoder_in_index": 5},
            {
                "decoder_in_index": "expected -5 to 4 with 5 features, got 5; backbone ('timm_test_resnet') in "
                "TemporalWrapper gives 5 features, maps (B, C, H, W) of 96, 96, 144, 576 and 288 channels at strides 2, "
                "4, 8, 16 and 32"
            },
        ),
    ],
)
def test_mistakes_are_named_where_they_were_written(given, expected) -> None:
    for call in (FACTORY.validate_model, FACTORY.build_model):
        with pytest.raises(InvalidArgumentsError) as caught:
            call(**arguments(**given))
        assert {problem.path: problem.message for problem in caught.value.problems} == expected


def test_a_backbone_with_parameters_of_these_names_has_them() -> None:
    from terraregistry.library import TERRATORCH_BACKBONE_REGISTRY

    seen = []

    def moving(temporal_pooling: str = "none"):
        seen.append(temporal_pooling)
        return TIMM_BACKBONE_REGISTRY.build("test_resnet")

    with TERRATORCH_BACKBONE_REGISTRY.scope():
        TERRATORCH_BACKBONE_REGISTRY.register(moving)
        FACTORY.build_model(**arguments(backbone="moving", backbone_temporal_pooling="own"))
    assert seen[-1] == "own"


def test_tokens_are_prepared_by_the_backbone() -> None:
    class Prepared(Linear):
        def __init__(self) -> None:
            super().__init__(Layout.TOKENS)

        def prepare_features_for_image_model(self, features, image_size):
            return ReshapeTokensToImage([4], remove_cls_token=False)(features, image_size)

    model = FACTORY.build_model(**arguments(backbone=Prepared(), backbone_use_temporal=True))
    assert model(torch.randn(1, 2, 3, 8, 12)).output.shape == (1, 2, 8, 12)


@pytest.mark.filterwarnings("ignore::terraregistry.errors.FitWarning")  # how many channels it takes, it does not say
@pytest.mark.parametrize("call", ["validate_model", "build_model"])
def test_a_module_that_is_given_keeps_its_weights(call: str) -> None:
    """The run without data is of a copy, also inside of a wrapper."""
    backbone = Linear()
    before = copy.deepcopy(backbone.state_dict())
    getattr(FACTORY, call)(
        task="segmentation", backbone=backbone, backbone_use_temporal=True, decoder="FCNDecoder", num_classes=2
    )
    assert {each.device.type for each in backbone.parameters()} == {"cpu"}
    assert backbone.training
    for name, value in backbone.state_dict().items():
        assert torch.equal(value, before[name])
