"""The decoder of a U-Net, against smp's with the same weights and against a formula."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation_models_pytorch import Unet
from torch.nn import functional

from terraregistry.components.decoders.unet import UNetDecoder
from terraregistry.errors import InvalidArgumentsError

quick = settings(deadline=None, max_examples=15)


def by_hand(state: dict[str, torch.Tensor], features: list[torch.Tensor]) -> torch.Tensor:
    """The graph of a U-Net decoder, from its state alone, in evaluation."""
    x, shallower = features[-1], features[-2::-1]
    for block in range(len(features)):
        skip = shallower[block] if block < len(shallower) else None
        size = features[0].shape[-2:] if skip is None else skip.shape[-2:]
        x = functional.interpolate(x, size)
        x = x if skip is None else torch.cat([x, skip], 1)
        for unit in (f"decoder.blocks.{block}.conv1", f"decoder.blocks.{block}.conv2"):
            x = functional.conv2d(x, state[f"{unit}.0.weight"], padding=1)
            norm = [state[f"{unit}.1.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
            x = functional.batch_norm(x, *norm).relu()
    return x


@quick
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9)), min_size=1, max_size=5))
def test_it_computes_what_it_says_for_features_of_any_sizes(levels) -> None:
    widths, channels = [level[0] for level in levels], [level[1] for level in levels]
    decoder = UNetDecoder(widths, channels).eval()
    features = [torch.randn(1, width, size, size + 1) for width, _, size in levels]
    torch.testing.assert_close(decoder(features), by_hand(decoder.state_dict(), features), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("attention", [None, "scse"])
def test_it_is_the_decoder_of_smps_unet_with_another_first_feature(attention) -> None:
    channels = [48, 32, 32, 24, 16]
    reference = Unet(
        "resnet18", encoder_weights=None, decoder_channels=channels, decoder_attention_type=attention
    ).eval()
    widths = reference.encoder.out_channels[1:]
    decoder = UNetDecoder(list(widths), channels, attention_type=attention).eval()
    decoder.decoder.load_state_dict(reference.decoder.state_dict())
    features = [torch.randn(1, width, 32 >> at, 48 >> at) for at, width in enumerate(widths)]
    expected = reference.decoder([torch.empty(1, 3, 32, 48), *features])
    torch.testing.assert_close(decoder(features), expected)


def expected_keys(widths: list[int], channels: list[int]) -> dict[str, tuple[int, ...]]:
    keys: dict[str, tuple[int, ...]] = {}
    befores = [skip + before for skip, before in zip([*widths[-2::-1], 0], [widths[-1], *channels], strict=False)]
    for block, (before, after) in enumerate(zip(befores, channels, strict=True)):
        for unit, width in (("conv1", before), ("conv2", after)):
            prefix = f"decoder.blocks.{block}.{unit}"
            keys[f"{prefix}.0.weight"] = (after, width, 3, 3)
            keys |= {f"{prefix}.1.{name}": (after,) for name in ("weight", "bias", "running_mean", "running_var")}
            keys[f"{prefix}.1.num_batches_tracked"] = ()
    return keys


@quick
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=5))
def test_it_has_terratorchs_keys_and_shapes(levels) -> None:
    widths, channels = [level[0] for level in levels], [level[1] for level in levels]
    state = UNetDecoder(widths, channels).state_dict()
    expected = expected_keys(widths, channels)
    assert {key: tuple(value.shape) for key, value in state.items()} == expected
    assert list(state) == list(expected)


def test_attention_has_terratorchs_keys() -> None:
    state = UNetDecoder([16, 17], [16, 18], attention_type="scse").state_dict()
    attention = {key: tuple(value.shape) for key, value in state.items() if "attention" in key}
    assert set(attention) == {
        f"decoder.blocks.{block}.{which}.attention.{part}.{kind}"
        for block in (0, 1)
        for which in ("attention1", "attention2")
        for part in ("cSE.1", "cSE.3", "sSE.0")
        for kind in ("weight", "bias")
    }
    assert attention["decoder.blocks.0.attention1.attention.cSE.1.weight"] == (2, 33, 1, 1)


@pytest.mark.parametrize("norm", [False, "identity", {"type": "identity"}])
def test_without_a_norm_convolutions_have_a_bias(norm) -> None:
    state = UNetDecoder([3, 4], [5, 6], use_batchnorm=norm).state_dict()
    assert set(state) == {
        f"decoder.blocks.{block}.{unit}.0.{kind}"
        for block in (0, 1)
        for unit in ("conv1", "conv2")
        for kind in ("weight", "bias")
    }


@pytest.mark.parametrize("norm", [True, "instancenorm", {"type": "batchnorm", "momentum": 0.3}])
def test_norms_are_smps(norm) -> None:
    decoder = UNetDecoder([3, 4], [5, 6], use_batchnorm=norm)
    assert decoder([torch.randn(2, 3, 6, 8), torch.randn(2, 4, 3, 4)]).shape == (2, 6, 6, 8)
    layer = decoder.decoder.blocks[0].conv1[1]
    assert type(layer).__name__ == ("InstanceNorm2d" if norm == "instancenorm" else "BatchNorm2d")
    assert layer.momentum == (0.3 if isinstance(norm, dict) else 0.1)


def test_weights_begin_as_smps_do() -> None:
    torch.manual_seed(0)
    convolution = UNetDecoder([64], [64]).decoder.blocks[0].conv1[0]
    bound = (6 / (64 * 9)) ** 0.5  # kaiming-uniform by fan-in for a relu
    assert bound * 0.98 < convolution.weight.abs().max() <= bound
    assert UNetDecoder([4], [4], use_batchnorm=False).decoder.blocks[0].conv1[0].bias.abs().max() == 0


def test_a_norm_that_is_given_stays_the_callers() -> None:
    norm = {"type": "batchnorm", "eps": 1e-3}
    UNetDecoder([3], [4], use_batchnorm=norm)
    assert norm == {"type": "batchnorm", "eps": 1e-3}


NORMS = "expected one of 'batchnorm', 'identity', 'inplace', 'instancenorm'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([3, 4], [5]), "channels: expected the same length as embed_dim, 2, got 1"),
        (([3, 4], [5, 0]), "channels[1]: expected at least 1, got 0"),
        (([], []), "embed_dim: expected the channels of at least one feature, got an empty list"),
        (([3], [5], "layernorm"), f"use_batchnorm: {NORMS}, got str 'layernorm'"),
        (([3], [5], {"typ": "batchnorm"}), f"use_batchnorm.type: {NORMS}, got None"),
        (([3], [5], "inplace"), "use_batchnorm: 'inplace' needs the package inplace_abn, which is not installed"),
        (([16], [16], True, "sce"), "attention_type: expected one of 'scse', got str 'sce'; did you mean 'scse'?"),
        (([16, 16], [16, 8], True, "scse"), "channels[1]: expected at least 16 with attention_type='scse', got 8"),
        (
            ([3, 4], [16, 16], True, "scse"),
            "attention_type: 'scse' needs blocks of at least 16 channels; block 0 is given 7",
        ),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(arguments, message) -> None:
    with pytest.raises(ValueError, match="UNetDecoder") as caught:
        UNetDecoder(*arguments)
    assert isinstance(caught.value, InvalidArgumentsError)
    (problem,) = caught.value.problems
    assert str(problem) == message


@quick
@given(st.lists(st.integers(8, 20), min_size=1, max_size=4), st.data())
def test_attention_is_refused_or_works(widths, data) -> None:
    channels = data.draw(st.lists(st.integers(14, 18), min_size=len(widths), max_size=len(widths)))
    joined = [before + skip for before, skip in zip([widths[-1], *channels], [*widths[-2::-1], 0], strict=False)]
    if min(joined + channels) < 16:
        with pytest.raises(InvalidArgumentsError):
            UNetDecoder(widths, channels, attention_type="scse")
    else:
        features = [torch.randn(1, width, 4, 4) for width in widths]
        assert UNetDecoder(widths, channels, attention_type="scse")(features).shape == (1, channels[-1], 4, 4)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(1, 3, 4, 4)], "UNetDecoder was made for 2 feature(s), got 1"),
        (
            [(1, 3, 4, 4), (1, 5, 2, 2)],
            "UNetDecoder was made for 4 channels in feature 1, which has the shape (1, 5, 2, 2)",
        ),
        (
            [(1, 197, 3), (1, 197, 4)],
            "UNetDecoder expects maps (B, C, H, W), feature 0 has the shape (1, 197, 3); ReshapeTokensToImage makes maps of tokens",
        ),
    ],
)
def test_features_that_do_not_fit_are_refused(shapes, message) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        UNetDecoder([3, 4], [5, 6])([torch.zeros(shape) for shape in shapes])
