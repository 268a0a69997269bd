"""The necks: what they say of the channels is what they give, and tokens land where they belong."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.components.models.encoder_decoder import NeckSequence
from terraregistry.components.necks.rearrange import SelectIndices
from terraregistry.components.necks.tokens import ReshapeTokensToImage
from terraregistry.errors import InvalidArgumentsError
from terraregistry.protocols import Neck

quick = settings(deadline=None, max_examples=60)


@st.composite
def selections(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    channels = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    return channels, draw(st.lists(st.integers(-len(channels), len(channels) - 1), min_size=1, max_size=6))


@quick
@given(selections())
def test_select_gives_the_channels_that_it_says(selection) -> None:
    channels, indices = selection
    features = [torch.zeros(1, width, 2, 2) for width in channels]
    neck = SelectIndices(channels, indices)
    picked = neck(features)
    assert [feature.shape[1] for feature in picked] == neck.process_channel_list(channels)
    assert all(feature is features[index] for feature, index in zip(picked, indices, strict=True))


@quick
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    time=st.integers(1, 3),
    class_token=st.booleans(),
    patch=st.integers(1, 16),
    batch=st.integers(1, 2),
    channels=st.integers(1, 4),
)
def test_tokens_are_laid_out_as_they_were_cut(rows, columns, time, class_token, patch, batch, channels) -> None:
    maps = torch.randn(batch, time, rows, columns, channels)
    tokens = maps.reshape(batch, -1, channels)
    if class_token:
        tokens = torch.cat([torch.full((batch, 1, channels), torch.nan), tokens], dim=1)
    neck = ReshapeTokensToImage([time * channels], remove_cls_token=class_token, effective_time_dim=time)
    (image,) = neck([tokens], image_size=(rows * patch, columns * patch))
    assert [image.shape[1]] == neck.process_channel_list([time * channels])
    torch.testing.assert_close(image, maps.permute(0, 1, 4, 2, 3).reshape(batch, time * channels, rows, columns))


@quick
@given(rows=st.integers(1, 9), columns=st.integers(1, 9), class_token=st.booleans())
def test_given_rows_need_no_image(rows, columns, class_token) -> None:
    tokens = torch.randn(1, rows * columns + class_token, 2)
    (image,) = ReshapeTokensToImage([2], remove_cls_token=class_token, h=rows)([tokens])
    assert image.shape == (1, 2, rows, columns)


@quick
@given(side=st.integers(1, 12), class_token=st.booleans())
def test_squares_need_no_image(side, class_token) -> None:
    tokens = torch.randn(1, side * side + class_token, 2)
    (image,) = ReshapeTokensToImage([2], remove_cls_token=class_token)([tokens])
    assert image.shape == (1, 2, side, side)


@quick
@given(height=st.integers(1, 90), width=st.integers(1, 90), patch=st.integers(1, 20))
def test_the_grid_is_found_where_the_border_of_the_image_was_left_out(height, width, patch) -> None:
    rows, columns = height // patch, width // patch
    if rows and columns:
        neck = ReshapeTokensToImage([1], remove_cls_token=False)
        (image,) = neck([torch.zeros(1, rows * columns, 1)], image_size=(height, width))
        assert image.shape[-2:] == (rows, columns)


def test_time_is_folded_into_the_batch_and_back() -> None:
    maps = torch.randn(2, 3, 4, 5, 6)  # (B, T, H, W, C)
    neck = ReshapeTokensToImage([6], remove_cls_token=False, temporal_inputs=True)
    (video,) = neck([maps.reshape(2, 3, 20, 6)], image_size=(32, 40))
    torch.testing.assert_close(video, maps.permute(0, 1, 4, 2, 3))


@pytest.mark.parametrize(
    ("neck", "shape"),
    [
        (ReshapeTokensToImage([3]), (2, 3, 4, 5)),
        (ReshapeTokensToImage([3]), (2, 3, 2, 4, 5)),
        (ReshapeTokensToImage([3], temporal_inputs=True), (2, 2, 3, 4, 5)),
    ],
)
def test_maps_pass_through(neck, shape) -> None:
    feature = torch.zeros(shape)
    assert neck([feature])[0] is feature


def test_a_token_that_no_grid_spares_is_kept_with_a_warning_and_the_neck_stays_as_it_is() -> None:
    neck = ReshapeTokensToImage([2])
    before = dict(vars(neck))
    with pytest.warns(UserWarning, match="16 tokens make a grid with the first one and none without it, so it is kept"):
        (image,) = neck([torch.randn(1, 16, 2)], image_size=(64, 64))
    assert image.shape == (1, 2, 4, 4)
    assert vars(neck) == before
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert neck([torch.randn(1, 17, 2)], image_size=(64, 64))[0].shape == (1, 2, 4, 4)


def test_the_image_decides_between_a_square_and_the_grid_that_was_cut() -> None:
    tokens = torch.randn(1, 65, 2)
    assert ReshapeTokensToImage([2])([tokens], image_size=(32, 128))[0].shape == (1, 2, 4, 16)
    assert ReshapeTokensToImage([2])([tokens], image_size=(60, 90))[0].shape == (1, 2, 8, 8)


def test_an_image_with_fewer_pixels_than_tokens_says_nothing() -> None:
    neck = ReshapeTokensToImage([1], remove_cls_token=False)
    assert neck([torch.zeros(1, 16, 1)], image_size=(2, 2))[0].shape == (1, 1, 4, 4)


def test_gradients_reach_every_token_but_the_class_token() -> None:
    tokens = torch.randn(2, 10, 3, requires_grad=True)
    ReshapeTokensToImage([3])([tokens])[0].sum().backward()
    assert tokens.grad is not None
    assert torch.equal(tokens.grad, torch.cat([torch.zeros(2, 1, 3), torch.ones(2, 9, 3)], dim=1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SelectIndices([1, 2], []), "indices: expected at least one feature to pick, got an empty list"),
        (lambda: SelectIndices([1, 2], [0, 2]), "indices[1]: expected -2 to 1 with 2 features, got 2"),
        (
            lambda: SelectIndices([], [0]),
            "channel_list: expected the channels of at least one feature, got an empty list",
        ),
        (
            lambda: SelectIndices([1, 2], [1]).process_channel_list([1]),
            "indices[0]: expected -1 to 0 with 1 feature, got 1",
        ),
        (lambda: ReshapeTokensToImage([1], effective_time_dim=0), "effective_time_dim: expected at least 1, got 0"),
        (lambda: ReshapeTokensToImage([1], h=0), "h: expected at least 1, got 0"),
    ],
)
def test_bad_arguments_are_refused_with_what_would_be_right(make, message) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert isinstance(caught.value, InvalidArgumentsError)
    assert [str(problem) for problem in caught.value.problems] == [message]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ReshapeTokensToImage([1])([torch.zeros(2, 3)]),
            "expected tokens (B, N, C) or a map, got the shape (2, 3)",
        ),
        (
            lambda: ReshapeTokensToImage([1], temporal_inputs=True)([torch.zeros(2, 3, 4)]),
            "temporal_inputs expects tokens (B, T, N, C), got the shape (2, 3, 4)",
        ),
        (
            lambda: ReshapeTokensToImage([1])([torch.zeros(1, 8, 1)]),
            (
                "8 tokens, with or without the first, make no grid; "
                "expected other values than remove_cls_token=True, effective_time_dim=1, h=None"
            ),
        ),
        (
            lambda: ReshapeTokensToImage([1], remove_cls_token=False, effective_time_dim=3)(
                [torch.zeros(1, 16, 1)], image_size=(64, 32)
            ),
            (
                "16 tokens make no grid of an image 64x32 for each of 3 time steps; "
                "expected other values than remove_cls_token=False, effective_time_dim=3, h=None"
            ),
        ),
        (
            lambda: ReshapeTokensToImage([1], remove_cls_token=False, h=3)([torch.zeros(1, 16, 1)]),
            (
                "16 tokens make no grid of 3 rows; "
                "expected other values than remove_cls_token=False, effective_time_dim=1, h=3"
            ),
        ),
        (
            lambda: ReshapeTokensToImage([1])([torch.zeros(1, 0, 1)]),
            (
                "0 tokens, with or without the first, make no grid; "
                "expected other values than remove_cls_token=True, effective_time_dim=1, h=None"
            ),
        ),
    ],
)
def test_features_that_do_not_fit_are_refused(make, message) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("neck", [SelectIndices([1, 2], [0]), ReshapeTokensToImage([1, 2])])
def test_necks_satisfy_the_protocol_copy_and_have_no_state(neck) -> None:
    assert isinstance(neck, Neck)
    assert not neck.state_dict()
    features = [torch.randn(1, 1, 2, 2), torch.randn(1, 2, 2, 2)]
    for twin in (copy.deepcopy(neck), pickle.loads(pickle.dumps(neck))):
        assert [feature.shape for feature in twin(features)] == [feature.shape for feature in neck(features)]


def test_the_list_that_was_given_stays_the_callers() -> None:
    channels, indices = [1, 2], [1]
    neck = SelectIndices(channels, indices)
    assert neck.process_channel_list(channels) == [2]
    assert ReshapeTokensToImage(channels).process_channel_list(channels) is not channels
    indices.append(0)
    assert neck([torch.zeros(1), torch.ones(1)]) == [torch.ones(1)]


class Plain(nn.Module):
    def forward(self, features):
        return features[:1]


class Sized(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.sizes: list[tuple[int, int]] = []

    def forward(self, features, *, image_size):
        self.sizes.append(image_size)
        return [feature * self.scale for feature in features]


class Open(nn.Module):
    def forward(self, features, **extra):
        assert set(extra) == {"image_size"}
        return features


class PositionalOnly(nn.Module):
    def forward(self, features, image_size=None, /):
        assert image_size is None
        return features


class Failing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, features, image_size=None):
        self.calls += 1
        raise TypeError("a mistake inside")


def test_a_sequence_tells_the_size_to_those_that_take_it() -> None:
    sized = Sized()
    sequence = NeckSequence([sized, Open(), PositionalOnly(), Plain()])
    assert len(sequence([torch.ones(1), torch.ones(1)], (5, 7))) == 1
    assert sized.sizes == [(5, 7)]
    assert list(sequence.state_dict()) == ["0.scale"]


def test_a_type_error_inside_a_neck_is_no_question_of_its_parameters() -> None:
    failing = Failing()
    with pytest.raises(TypeError, match="a mistake inside"):
        NeckSequence([failing])([torch.ones(1)], (5, 7))
    assert failing.calls == 1


def test_an_empty_sequence_hands_the_features_on() -> None:
    features = [torch.ones(1)]
    assert NeckSequence()(features, (1, 1)) is features
