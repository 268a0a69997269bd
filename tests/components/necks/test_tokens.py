"""Pooling of tokens and maps, against plain loops."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry.components.necks.tokens import AggregateTokens
from terraregistry.errors import InvalidArgumentsError

quick = settings(deadline=None, max_examples=40)
POOL = {
    "mean": lambda tokens: sum(tokens) / len(tokens),
    "max": lambda tokens: torch.stack(tokens).amax(0),
    "min": lambda tokens: torch.stack(tokens).amin(0),
    "cls": lambda tokens: tokens[0],
}
spellings = st.sampled_from(sorted(POOL)).flatmap(lambda name: st.sampled_from([name, name.upper(), name.title()]))


@quick
@given(spellings, st.booleans(), st.integers(1, 3), st.integers(2, 9), st.integers(1, 4))
def test_tokens_are_pooled(pooling, drop_cls, batch, count, width) -> None:
    drop_cls = drop_cls and pooling.lower() != "cls"
    tokens = torch.randn(batch, count, width)
    neck = AggregateTokens([width], pooling, drop_cls=drop_cls)
    expected = POOL[pooling.lower()](list(tokens.unbind(1))[drop_cls:])
    torch.testing.assert_close(neck([tokens]), [expected])


@quick
@given(st.sampled_from(["mean", "max", "min"]), st.booleans(), st.integers(1, 4), st.integers(1, 4))
def test_the_positions_of_maps_are_pooled_and_none_is_dropped(pooling, drop_cls, height, width) -> None:
    neck = AggregateTokens([3], pooling, drop_cls=drop_cls)
    image = torch.randn(2, 3, height, width)
    expected = POOL[pooling]([image[:, :, row, column] for row in range(height) for column in range(width)])
    torch.testing.assert_close(neck([image]), [expected])
    video = torch.randn(2, 3, 4, height, width)
    steps = [neck([video[:, :, step]])[0] for step in range(4)]
    torch.testing.assert_close(neck([video]), [torch.stack(steps, 1)])


@quick
@given(st.sampled_from(["mean", "max", "min"]), st.sampled_from([(5, 3), (3, 2, 4), (3, 2, 2, 3)]))
def test_time_is_folded_into_the_batch_and_back(pooling, shape) -> None:
    series = torch.randn(2, 4, *shape)
    plain, over_time = AggregateTokens([3], pooling), AggregateTokens([3], pooling, temporal_inputs=True)
    expected = torch.stack([plain([series[:, step]])[0] for step in range(4)], 1)
    torch.testing.assert_close(over_time([series]), [expected])


@quick
@given(st.data(), st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_the_features_that_are_asked_for_are_pooled(data, channels) -> None:
    each = st.integers(-len(channels), len(channels) - 1)
    indices = data.draw(st.none() | each | st.lists(each, min_size=1))
    index = data.draw(each)
    chosen = [index] if indices is None else [indices] if isinstance(indices, int) else indices
    neck = AggregateTokens(channels, indices=indices, index=index)
    features = [torch.randn(1, 4, width) for width in channels]
    torch.testing.assert_close(neck(features), [features[at].mean(1) for at in chosen])
    assert neck.process_channel_list(channels) == [channels[at] for at in chosen]


def test_the_last_feature_is_averaged_by_default() -> None:
    features = [torch.randn(1, 4, 2), torch.randn(1, 4, 3)]
    torch.testing.assert_close(AggregateTokens([2, 3])(features), [features[1].mean(1)])


POOLINGS = "pooling: expected one of 'mean', 'max', 'min', 'cls', got str"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pooling": "median"}, f"{POOLINGS} 'median'"),
        ({"pooling": 0}, f"{POOLINGS} '0'"),
        ({"indices": []}, "indices: expected at least one feature to pool, got []"),
        ({"index": None}, "index: expected at least one feature to pool, got None"),
        ({"indices": [0, 2]}, "indices: expected -2 to 1 with 2 features, got 2"),
        ({"index": -3}, "index: expected -2 to 1 with 2 features, got -3"),
        (
            {"pooling": "CLS", "drop_cls": True},
            "drop_cls: expected False with pooling='CLS', which is the token that it leaves out",
        ),
        (
            {"channel_list": []},
            "channel_list: expected the channels of at least one feature, got an empty list",
        ),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(arguments, message) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        AggregateTokens(**({"channel_list": [3, 4]} | arguments))
    (problem,) = caught.value.problems
    assert str(problem).partition("; did you mean")[0] == message


@pytest.mark.parametrize(
    ("arguments", "shape", "message"),
    [
        ({}, (2, 3), "expected tokens (B, N, C) or a map, got the shape (2, 3)"),
        ({}, (1, 3, 1, 1, 1, 1), "expected tokens (B, N, C) or a map, got the shape (1, 3, 1, 1, 1, 1)"),
        (
            {"pooling": "CLS"},
            (1, 3, 2, 2),
            "expected tokens (B, N, C): a map has no class token, got the shape (1, 3, 2, 2)",
        ),
        (
            {"temporal_inputs": True},
            (2, 5, 3),
            "temporal_inputs expects tokens (B, T, N, C) or maps over time, got the shape (2, 5, 3)",
        ),
    ],
)
def test_features_that_do_not_fit_are_refused(arguments, shape, message) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        AggregateTokens([3], **arguments)([torch.zeros(shape)])
