"""Necks that work on maps and axes, against torch's and torchvision's functions."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional
from torchvision.ops import FeaturePyramidNetwork

from terraregistry.components.necks.pyramidal import (
    FeaturePyramidNetworkNeck,
    InterpolateToPyramidal,
    InterpolationMode,
    LearnedInterpolateToPyramidal,
    MaxpoolToPyramidal,
)
from terraregistry.components.necks.rearrange import AddBottleneckLayer, PermuteDims
from terraregistry.errors import InvalidArgumentsError

quick = settings(deadline=None, max_examples=25)
widths = st.lists(st.integers(1, 5), min_size=1, max_size=4)
sides = st.integers(1, 4)


def maps(channels: list[int], height: int = 3, width: int = 4) -> list[torch.Tensor]:
    return [torch.randn(2, each, height, width) for each in channels]


@quick
@given(widths, st.integers(1, 3), sides, sides, st.sampled_from(get_args(InterpolationMode)))
def test_interpolation_is_torchs_to_a_size_by_powers_of_the_factor(channels, factor, height, width, mode) -> None:
    features = maps(channels, height, width)
    results = InterpolateToPyramidal(channels, factor, mode)(features)
    for at, (feature, result) in enumerate(zip(features, results, strict=True)):
        scale = factor ** (len(channels) - at)
        expected = functional.interpolate(feature, (height * scale, width * scale), mode=mode)
        torch.testing.assert_close(result, expected)


@quick
@given(widths, st.integers(1, 3), st.integers(0, 3), st.integers(0, 3))
def test_pooling_takes_the_largest_of_each_square(channels, kernel, more_rows, more_columns) -> None:
    most = kernel ** (len(channels) - 1)
    features = maps(channels, most + more_rows, most + more_columns)
    results = MaxpoolToPyramidal(channels, kernel)(features)
    assert results[0] is not features[0]
    for at, (feature, result) in enumerate(zip(features, results, strict=True)):
        side = kernel**at
        expected = feature.unfold(2, side, side).unfold(3, side, side).amax((-1, -2))
        torch.testing.assert_close(result, expected)


@quick
@given(st.lists(st.integers(2, 9), min_size=1, max_size=4))
def test_the_bottleneck_is_a_projection_of_the_last_feature(channels) -> None:
    neck = AddBottleneckLayer(channels)
    features = maps(channels)
    *same, added = neck(features)
    assert all(result is feature for result, feature in zip(same, features, strict=True))
    weight = neck.bottleneck.weight[:, :, 0, 0]
    expected = torch.einsum("bchw,nc->bnhw", features[-1], weight) + neck.bottleneck.bias[:, None, None]
    torch.testing.assert_close(added, expected)
    assert {key: tuple(value.shape) for key, value in neck.state_dict().items()} == {
        "bottleneck.weight": (channels[-1] // 2, channels[-1], 1, 1),
        "bottleneck.bias": (channels[-1] // 2,),
    }


def test_the_learned_pyramid_computes_what_it_says() -> None:
    neck = LearnedInterpolateToPyramidal([9, 5, 3, 2])
    state = neck.state_dict()
    expected_shapes = {
        "fpn1.0.weight": (9, 4, 2, 2),
        "fpn1.0.bias": (4,),
        "fpn1.1.weight": (4,),
        "fpn1.1.bias": (4,),
        "fpn1.1.running_mean": (4,),
        "fpn1.1.running_var": (4,),
        "fpn1.1.num_batches_tracked": (),
        "fpn1.3.weight": (4, 2, 2, 2),
        "fpn1.3.bias": (2,),
        "fpn2.0.weight": (5, 2, 2, 2),
        "fpn2.0.bias": (2,),
    }
    assert {key: tuple(value.shape) for key, value in state.items()} == expected_shapes
    assert list(state) == list(expected_shapes)
    features = maps([9, 5, 3, 2], 4, 6)
    first, second, third, fourth = neck(features)
    x = functional.conv_transpose2d(features[0], state["fpn1.0.weight"], state["fpn1.0.bias"], stride=2)
    x = functional.gelu((x - x.mean((0, 2, 3), keepdim=True)) / (x.var((0, 2, 3), False, keepdim=True) + 1e-5).sqrt())
    x = functional.conv_transpose2d(x, state["fpn1.3.weight"], state["fpn1.3.bias"], stride=2)
    torch.testing.assert_close(first, x, rtol=1e-4, atol=1e-5)
    x = functional.conv_transpose2d(features[1], state["fpn2.0.weight"], state["fpn2.0.bias"], stride=2)
    torch.testing.assert_close(second, x)
    torch.testing.assert_close(third, features[2])
    torch.testing.assert_close(fourth, functional.max_pool2d(features[3], 2))


@quick
@given(widths, st.integers(1, 5), st.lists(sides, min_size=4, max_size=4))
def test_the_feature_pyramid_is_torchvisions(channels, out_channel, sizes) -> None:
    neck = FeaturePyramidNetworkNeck(channels, out_channel)
    reference = FeaturePyramidNetwork(channels, out_channel)
    reference.load_state_dict({key.removeprefix("fpn."): value for key, value in neck.state_dict().items()})
    features = [torch.randn(2, width, size, size + 1) for width, size in zip(channels, sizes, strict=False)]
    named = OrderedDict((f"feat{at}", feature) for at, feature in enumerate(features))
    result = neck(features)
    assert isinstance(result, OrderedDict)
    torch.testing.assert_close(result, reference(named))
    plain = FeaturePyramidNetworkNeck(channels, out_channel, output_ordered_dict=False)
    plain.load_state_dict(neck.state_dict())
    torch.testing.assert_close(plain(features), list(result.values()))
    assert set(neck.state_dict()) == {
        f"fpn.{part}.{at}.0.{kind}"
        for part in ("inner_blocks", "layer_blocks")
        for at in range(len(channels))
        for kind in ("weight", "bias")
    }


def test_the_defaults_are_terratorchs() -> None:
    neck = FeaturePyramidNetworkNeck([2])
    assert (neck.out_channel, neck.output_ordered_dict) == (256, True)
    assert (InterpolateToPyramidal([2]).scale_factor, InterpolateToPyramidal([2]).mode) == (2, "nearest")
    assert MaxpoolToPyramidal([2]).kernel_size == 2


@quick
@given(st.permutations(range(4)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_axes_are_permuted(order, negative) -> None:
    order = [axis - 4 if below else axis for axis, below in zip(order, negative, strict=True)]
    feature = torch.randn(2, 3, 4, 5)
    (result,) = PermuteDims([3], order)([feature])
    assert result.is_contiguous()
    assert torch.equal(result, feature.permute(order))


EMPTY = "expected the channels of at least one feature, got an empty list"
EACH = "new_order: expected each axis once, such as [0, 3, 1, 2], got"
MODES = "mode: expected one of 'nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area', got str 'linear'"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PermuteDims([1], []), f"{EACH} []"),
        (lambda: PermuteDims([1], [0, 1, 1]), f"{EACH} [0, 1, 1]"),
        (lambda: PermuteDims([1], [0, 1, 3]), f"{EACH} [0, 1, 3]"),
        (lambda: PermuteDims([1], [0, 1, -2]), f"{EACH} [0, 1, -2]"),
        (lambda: InterpolateToPyramidal([1], 0), "scale_factor: expected at least 1, got 0"),
        (lambda: InterpolateToPyramidal([1], mode="linear"), MODES),
        (lambda: MaxpoolToPyramidal([1], 0), "kernel_size: expected at least 1, got 0"),
        (lambda: AddBottleneckLayer([]), f"channel_list: {EMPTY}"),
        (lambda: AddBottleneckLayer([4, 1]), "channel_list: expected at least 2 channels in the last feature, got 1"),
        (
            lambda: LearnedInterpolateToPyramidal([8] * 3),
            "channel_list: expected the channels of exactly 4 features, got 3",
        ),
        (lambda: LearnedInterpolateToPyramidal([3, 8, 8, 8]), "channel_list[0]: expected at least 4, got 3"),
        (lambda: LearnedInterpolateToPyramidal([8, 1, 8, 8]), "channel_list[1]: expected at least 2, got 1"),
        (lambda: FeaturePyramidNetworkNeck([]), f"channel_list: {EMPTY}"),
        (lambda: FeaturePyramidNetworkNeck([3, 0]), "channel_list[1]: expected at least 1, got 0"),
        (lambda: FeaturePyramidNetworkNeck([3], 0), "out_channel: expected at least 1, got 0"),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(make, message) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        make()
    (problem,) = caught.value.problems
    assert str(problem).partition("; did you mean")[0] == message


@pytest.mark.parametrize(
    ("neck", "shapes", "message"),
    [
        (
            PermuteDims([1, 1], [0, 2, 1]),
            [(1, 2, 3), (1, 2, 3, 4)],
            "new_order=[0, 2, 1] expects 3 axes, feature 1 has the shape (1, 2, 3, 4)",
        ),
        (
            MaxpoolToPyramidal([1, 1, 1]),
            [(1, 1, 3, 9)] * 3,
            "kernel_size=2 pools 4x4 positions of feature 2, which has the shape (1, 1, 3, 9)",
        ),
    ],
)
def test_features_that_do_not_fit_are_refused(neck, shapes, message) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        neck([torch.zeros(shape) for shape in shapes])
