"""The linear decoders, against formulas."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.components.decoders.linear import ActivationName, LinearDecoder, MLPDecoder
from terraregistry.errors import InvalidArgumentsError, ProblemKind

quick = settings(deadline=None, max_examples=25)
channel_lists = st.lists(st.integers(1, 6), min_size=1, max_size=4)


@quick
@given(st.data(), channel_lists, st.integers(1, 4), st.integers(1, 5))
def test_linear_maps_each_position_to_a_square_of_pixels(data, channels, classes, size) -> None:
    index = data.draw(st.integers(-len(channels), len(channels) - 1))
    decoder = LinearDecoder(channels, classes, size, index)
    features = [torch.randn(2, width, 3 + at, 2) for at, width in enumerate(channels)]
    squares = torch.einsum("bchw,cnyx->bnhywx", features[index], decoder.conv.weight)
    expected = squares.flatten(4).flatten(2, 3) + decoder.conv.bias[:, None, None]
    torch.testing.assert_close(decoder(features), expected, rtol=1e-4, atol=1e-5)


def test_linear_has_terratorchs_keys_and_defaults() -> None:
    decoder = LinearDecoder([2, 5], 3, 4)
    assert {key: tuple(value.shape) for key, value in decoder.state_dict().items()} == {
        "conv.weight": (5, 3, 4, 4),
        "conv.bias": (3,),
    }
    assert decoder.in_index == -1


@quick
@given(st.data(), channel_lists, st.sampled_from(get_args(ActivationName)))
def test_mlp_is_a_linear_layer_over_all_channels_of_a_position(data, channels, activation) -> None:
    index = data.draw(st.integers(-len(channels), len(channels) - 1))
    decoder = MLPDecoder(channels, activation=activation, out_index=index).eval()
    features = [torch.randn(2, width, 3, 4) for width in channels]
    weight, bias = decoder.hidden_layer.weight, decoder.hidden_layer.bias
    hidden = torch.einsum("bchw,nc->bnhw", torch.cat(features, 1), weight) + bias[:, None, None]
    result = decoder(features)
    torch.testing.assert_close(result, getattr(nn, activation)().eval()(hidden), rtol=1e-4, atol=1e-5)
    assert decoder.out_channels == result.shape[1] == channels[index]
    pixel = [feature[:, :, 1, 2] for feature in features]
    torch.testing.assert_close(decoder(pixel), result[:, :, 1, 2], rtol=1e-4, atol=1e-5)


def test_mlp_has_terratorchs_keys_where_terratorchs_works() -> None:
    assert {key: tuple(value.shape) for key, value in MLPDecoder([5, 5, 5]).state_dict().items()} == {
        "hidden_layer.weight": (5, 15),
        "hidden_layer.bias": (5,),
    }
    assert isinstance(MLPDecoder([5]).activation, nn.ReLU)


NO_INDEX = "expected -1 to 0 with 1 feature, got 1"
EMPTY = "expected the channels of at least one feature, got an empty list"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearDecoder([3], 0, 2), "num_classes: expected at least 1, got 0"),
        (lambda: LinearDecoder([3], 2, 0), "upsampling_size: expected at least 1, got 0"),
        (lambda: LinearDecoder([3], 2, 2, 1), f"in_index: {NO_INDEX}"),
        (lambda: LinearDecoder([], 2, 2), f"embed_dim: {EMPTY}"),
        (lambda: MLPDecoder([3], out_index=1), f"out_index: {NO_INDEX}"),
        (lambda: MLPDecoder([]), f"embed_dim: {EMPTY}"),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(make, message) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert isinstance(caught.value, InvalidArgumentsError)
    assert [str(problem) for problem in caught.value.problems] == [message]


@pytest.mark.parametrize("name", ["channels", "out_dim"])
def test_mlp_refuses_what_nothing_reads(name) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        MLPDecoder([3, 4], **{name: 64})
    (problem,) = caught.value.problems
    assert problem.kind is ProblemKind.UNUSED
    assert str(problem) == f"{name}: nothing reads this: the result has the 4 channels of the feature out_index"
    MLPDecoder([3, 4], **{name: 100})


@pytest.mark.parametrize(("name", "hint"), [("Relu", "did you mean 'ReLU'"), ("GLU", "'GELU'"), ("Linear", "")])
def test_mlp_refuses_what_is_no_activation(name, hint) -> None:
    with pytest.raises(InvalidArgumentsError, match=f"activation: expected one of 'CELU', .* got str '{name}'.*{hint}"):
        MLPDecoder([3], activation=name)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(1, 3, 4, 4)], "MLPDecoder was made for 2 feature(s), got 1"),
        (
            [(1, 3, 4, 4), (1, 3, 2, 4)],
            "MLPDecoder expects maps (B, C, H, W) of one size or vectors (B, C), got the shapes (1, 3, 4, 4), (1, 3, 2, 4)",
        ),
        (
            [(1, 5, 3), (1, 5, 3)],
            "MLPDecoder expects maps (B, C, H, W) of one size or vectors (B, C), got the shapes (1, 5, 3), (1, 5, 3)",
        ),
    ],
)
def test_features_that_do_not_fit_an_mlp_are_refused(shapes, message) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MLPDecoder([3, 3])([torch.zeros(shape) for shape in shapes])
