"""The decoder of UPerNet, against a formula and smp's pyramid pooling."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation_models_pytorch.decoders.pspnet.decoder import PSPModule
from torch.nn import functional

from terraregistry.components.decoders.upernet import UperNetDecoder
from terraregistry.components.necks.pyramidal import LearnedInterpolateToPyramidal
from terraregistry.errors import InvalidArgumentsError

quick = settings(deadline=None, max_examples=15)
DEPRECATED = "scale_modules is deprecated: put the neck LearnedInterpolateToPyramidal before the decoder"


def randomized(decoder: UperNetDecoder) -> UperNetDecoder:
    """Give the norms statistics and weights that matter."""
    with torch.no_grad():
        for name, value in [*decoder.named_parameters(), *decoder.named_buffers()]:
            if ".norm." in name and value.dtype.is_floating_point:
                value.uniform_(0.5, 1.5)
    return decoder.eval()


def by_hand(state, features, scales, align_corners) -> torch.Tensor:
    def unit(x, name, padding=0):
        x = functional.conv2d(x, state[f"{name}.conv.weight"], padding=padding)
        norm = [state[f"{name}.norm.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
        return functional.batch_norm(x, *norm).relu()

    def to(x, other):
        return functional.interpolate(x, other.shape[-2:], mode="bilinear", align_corners=align_corners)

    deepest = features[-1]
    pooled = [
        to(unit(functional.adaptive_avg_pool2d(deepest, scale), f"psp_modules.{i}.1"), deepest)
        for i, scale in enumerate(scales)
    ]
    maps = [unit(feature, f"lateral_convs.{i}") for i, feature in enumerate(features[:-1])]
    maps.append(unit(torch.cat([deepest, *pooled], 1), "bottleneck", 1))
    for i in range(len(maps) - 1, 0, -1):
        maps[i - 1] = maps[i - 1] + to(maps[i], maps[i - 1])
    maps[:-1] = [unit(x, f"fpn_convs.{i}", 1) for i, x in enumerate(maps[:-1])]
    return unit(torch.cat([to(x, maps[0]) for x in maps], 1), "fpn_bottleneck", 1)


@quick
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 8), st.integers(1, 8)), min_size=1, max_size=4),
    st.lists(st.integers(1, 7), max_size=3),
    st.integers(1, 4),
    st.booleans(),
)
def test_it_computes_what_it_says_for_features_of_any_sizes(levels, scales, channels, align_corners) -> None:
    decoder = randomized(UperNetDecoder([level[0] for level in levels], scales, channels, align_corners))
    features = [torch.randn(1, *level) for level in levels]
    expected = by_hand(decoder.state_dict(), features, scales, align_corners)
    torch.testing.assert_close(decoder(features), expected, rtol=1e-4, atol=1e-5)


def test_pooling_is_smps_pyramid_pooling_with_the_same_weights() -> None:
    decoder = randomized(UperNetDecoder([8], (1, 2, 3, 6), channels=2))
    reference = PSPModule(8, sizes=(1, 2, 3, 6)).eval()
    # smp has no norm at a scale of 1.
    for ours, theirs in zip(decoder.psp_modules[1:], reference.blocks[1:], strict=True):
        convolution, norm = (each for each in theirs.modules() if each.state_dict() and not list(each.children()))
        convolution.load_state_dict(ours[1].conv.state_dict())
        norm.load_state_dict(ours[1].norm.state_dict())
    x = torch.randn(1, 8, 7, 9)
    expected = reference(x)[:, 2:8]  # without the scale of 1, and before the feature itself
    pooled = [decoder._resized(pool(x), x) for pool in decoder.psp_modules[1:]]
    torch.testing.assert_close(torch.cat(pooled, 1), expected)


def unit(prefix: str, before: int, after: int, kernel: int) -> dict[str, tuple[int, ...]]:
    keys: dict[str, tuple[int, ...]] = {f"{prefix}.conv.weight": (after, before, kernel, kernel)}
    keys |= {f"{prefix}.norm.{name}": (after,) for name in ("weight", "bias", "running_mean", "running_var")}
    return keys | {f"{prefix}.norm.num_batches_tracked": ()}


def expected_keys(widths: list[int], scales: int, channels: int, last: int) -> dict[str, tuple[int, ...]]:
    keys: dict[str, tuple[int, ...]] = {}
    for at in range(scales):
        keys |= unit(f"psp_modules.{at}.1", last, channels, 1)
    keys |= unit("bottleneck", last + scales * channels, channels, 3)
    for at, width in enumerate(widths[:-1]):
        keys |= unit(f"lateral_convs.{at}", width, channels, 1)
    for at in range(len(widths) - 1):
        keys |= unit(f"fpn_convs.{at}", channels, channels, 3)
    return keys | unit("fpn_bottleneck", len(widths) * channels, channels, 3)


@quick
@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(1, 4), st.integers(1, 5))
def test_it_has_terratorchs_keys_shapes_and_order(widths, scales, channels) -> None:
    state = UperNetDecoder(widths, tuple(range(1, scales + 1)), channels).state_dict()
    expected = expected_keys(widths, scales, channels, widths[-1])
    assert {key: tuple(value.shape) for key, value in state.items()} == expected
    assert list(state) == list(expected)


def test_the_defaults_are_terratorchs() -> None:
    decoder = UperNetDecoder([2])
    assert (decoder.channels, decoder.out_channels, decoder.align_corners) == (256, 256, True)
    assert [pool[0].output_size for pool in decoder.psp_modules] == [1, 2, 3, 6]


def test_scale_modules_are_the_neck_in_front() -> None:
    widths = [8, 6, 5, 4]
    with pytest.warns(FutureWarning, match=f"^{re.escape(DEPRECATED)}$"):
        whole = UperNetDecoder(widths, (1, 2), channels=3, scale_modules=True)
    neck = LearnedInterpolateToPyramidal(widths)
    plain = UperNetDecoder(neck.process_channel_list(widths), (1, 2), channels=3)
    state = whole.state_dict()
    assert whole.embed_dim == plain.embed_dim == [2, 3, 5, 4]
    assert list(state) == [*neck.state_dict(), *plain.state_dict()]
    neck.load_state_dict({key: value for key, value in state.items() if re.match(r"fpn\d", key)})
    plain.load_state_dict({key: value for key, value in state.items() if not re.match(r"fpn\d", key)})
    features = [torch.randn(2, width, 6, 4) for width in widths]
    result = whole.eval()(features)
    torch.testing.assert_close(result, plain.eval()(neck.eval()(features)))
    assert result.shape == (2, 3, 24, 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embed_dim": []}, "embed_dim: expected the channels of at least one feature, got an empty list"),
        ({"embed_dim": [3], "channels": 0}, "channels: expected at least 1, got 0"),
        ({"embed_dim": [3], "pool_scales": [1, 0]}, "pool_scales[1]: expected at least 1, got 0"),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(arguments, message) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        UperNetDecoder(**arguments)
    assert [str(problem) for problem in caught.value.problems] == [message]


def test_scale_modules_need_four_features() -> None:
    with pytest.warns(FutureWarning), pytest.raises(InvalidArgumentsError) as caught:
        UperNetDecoder([8, 8, 8], scale_modules=True)
    message = "embed_dim: expected the channels of exactly 4 features, got 3"
    assert [str(problem) for problem in caught.value.problems] == [message]


def test_features_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^UperNetDecoder was made for 2 feature\(s\), got 1$"):
        UperNetDecoder([3, 4], channels=2)([torch.zeros(1, 3, 4, 4)])
