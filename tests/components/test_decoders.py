"""The decoders, against the shapes, keys and values that they promise."""

from __future__ import annotations

import copy
import pickle
import re
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from terraregistry.components.decoders.blocks import ChannelLayerNorm
from terraregistry.components.decoders.fcn import FCNDecoder
from terraregistry.components.decoders.linear import IdentityDecoder
from terraregistry.errors import InvalidArgumentsError
from terraregistry.library import MMSEG_DECODER_REGISTRY, SMP_DECODER_REGISTRY, TERRATORCH_DECODER_REGISTRY
from terraregistry.protocols import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable

quick = settings(deadline=None, max_examples=25)


def features_for(channels: list[int], batch: int = 2, side: int = 4) -> list[torch.Tensor]:
    return [torch.randn(batch, width, side + at, side + 2 * at) for at, width in enumerate(channels)]


channel_lists = st.lists(st.integers(1, 12), min_size=1, max_size=4)


@st.composite
def channels_and_index(draw: st.DrawFn) -> tuple[list[int], int]:
    channels = draw(channel_lists)
    return channels, draw(st.integers(-len(channels), len(channels) - 1))


@quick
@given(channels_and_index(), st.integers(1, 9), st.integers(1, 3), st.integers(1, 2))
def test_fcn_doubles_the_resolution_of_the_chosen_feature_with_every_stage(chosen, width, stages, batch) -> None:
    channels, index = chosen
    features = features_for(channels, batch, side=1)
    decoder = FCNDecoder(channels, channels=width, num_convs=stages, in_index=index)
    rows, columns = features[index].shape[-2:]
    assert decoder(features).shape == (batch, width, rows * 2**stages, columns * 2**stages)
    assert decoder.out_channels == width
    assert decoder.embed_dim == channels[index]


@quick
@given(channels_and_index())
def test_identity_hands_on_the_chosen_feature_itself(chosen) -> None:
    channels, index = chosen
    features = features_for(channels)
    decoder = IdentityDecoder(channels, index)
    assert decoder(features) is features[index]
    assert decoder.out_channels == channels[index]
    assert decoder.dim == index


def test_fcn_has_terratorchs_keys_and_shapes() -> None:
    expected = {}
    for stage, width in enumerate([5, 7, 7]):
        expected |= {
            f"convs.{stage}.0.weight": (width, 7, 2, 2),
            f"convs.{stage}.0.bias": (7,),
            f"convs.{stage}.1.weight": (7, 7, 3, 3),
            f"convs.{stage}.1.bias": (7,),
            f"convs.{stage}.2.ln.weight": (7,),
            f"convs.{stage}.2.ln.bias": (7,),
        }
    state = FCNDecoder([3, 5], channels=7, num_convs=3).state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == expected


def test_identity_has_no_parameters() -> None:
    assert not IdentityDecoder([3]).state_dict()


def test_the_defaults_are_terratorchs() -> None:
    decoder = FCNDecoder([2, 3])
    assert (decoder.channels, decoder.num_convs, decoder.in_index, decoder.embed_dim) == (256, 4, -1, 3)
    assert IdentityDecoder([2, 3]).dim == -1


def test_a_stage_computes_what_it_says() -> None:
    decoder = FCNDecoder([3], channels=5, num_convs=1)
    weights = decoder.state_dict()
    x = torch.randn(2, 3, 4, 6)
    y = functional.conv_transpose2d(x, weights["convs.0.0.weight"], weights["convs.0.0.bias"], stride=2)
    y = functional.conv2d(y, weights["convs.0.1.weight"], weights["convs.0.1.bias"], padding=1)
    mean, variance = y.mean(1, keepdim=True), y.var(1, keepdim=True, unbiased=False)
    expected = functional.gelu((y - mean) / torch.sqrt(variance + 1e-6))
    torch.testing.assert_close(decoder([x]), expected)


def test_the_norm_gives_contiguous_maps() -> None:
    assert ChannelLayerNorm(4)(torch.randn(2, 4, 3, 5)).is_contiguous()


def test_every_parameter_of_fcn_gets_a_gradient() -> None:
    decoder = FCNDecoder([3, 4], channels=6, num_convs=2)
    decoder(features_for([3, 4])).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in decoder.parameters())


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
@pytest.mark.parametrize("make", [lambda: FCNDecoder([3, 4], 6, 2), lambda: IdentityDecoder([3, 4])])
def test_copies_compute_the_same_with_parameters_of_their_own(
    make: Callable[[], nn.Module], duplicate: Callable[[nn.Module], nn.Module]
) -> None:
    original = make()
    features = features_for([3, 4])
    before = original(features)
    twin = duplicate(original)
    torch.testing.assert_close(twin(features), before)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    torch.testing.assert_close(original(features), before)


def test_the_list_that_was_given_stays_the_callers() -> None:
    channels = [3, 4]
    decoder = IdentityDecoder(channels)
    channels.append(5)
    assert decoder.embed_dim == [3, 4]


@pytest.mark.parametrize("make", [FCNDecoder, IdentityDecoder])
def test_decoders_satisfy_the_protocol_and_need_a_head(make) -> None:
    assert isinstance(make([3]), Decoder)
    assert make.includes_head is False


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FCNDecoder([3], num_convs=0), "num_convs: expected at least 1, got 0"),
        (lambda: FCNDecoder([3], channels=0), "channels: expected at least 1, got 0"),
        (lambda: FCNDecoder([]), "embed_dim: expected the channels of at least one feature, got an empty list"),
        (
            lambda: FCNDecoder([3, 4], in_index=2),
            "in_index: expected -2 to 1 with 2 features, got 2",
        ),
        (lambda: FCNDecoder([3], in_index=-2), "in_index: expected -1 to 0 with 1 feature, got -2"),
        (lambda: IdentityDecoder([]), "embed_dim: expected the channels of at least one feature, got an empty list"),
        (
            lambda: IdentityDecoder([3, 4, 5], out_index=-4),
            "out_index: expected -3 to 2 with 3 features, got -4",
        ),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(make, message) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert isinstance(caught.value, InvalidArgumentsError)
    assert [str(problem) for problem in caught.value.problems] == [message]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("source", "includes_head"),
    [(TERRATORCH_DECODER_REGISTRY, False), (SMP_DECODER_REGISTRY, False), (MMSEG_DECODER_REGISTRY, True)],
)
def test_sources_say_what_terratorchs_factory_reads(source: Any, includes_head: bool) -> None:
    assert source.includes_head is includes_head
