"""Whatever the pyramid: a decoder is refused with a reason, or it is built and runs."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from terraregistry.errors import InvalidArgumentsError
from terraregistry.sources.smp.block_plans import default_block_channels
from terraregistry.sources.smp.decoders import SMP_DECODERS
from terraregistry.sources.smp.pyramid import assumed_strides, up_to_image, up_to_quarter

if TYPE_CHECKING:
    from terraregistry.sources.smp.smp_decoder import SmpDecoder

SMP_BLOCK_CHANNELS = (256, 128, 64, 32, 16)
WIDTHS = st.integers(1, 40)
STRIDES = st.one_of(
    st.builds(lambda first, n: tuple(2 ** (first + i) for i in range(n)), st.integers(0, 4), st.integers(1, 6)),
    st.builds(lambda stride, n: (stride,) * n, st.sampled_from([1, 4, 7, 8, 14, 16]), st.integers(1, 5)),
    st.lists(st.sampled_from([1, 2, 3, 4, 8, 16, 32]), min_size=1, max_size=6).map(lambda s: tuple(sorted(s))),
)


@st.composite
def pyramids(draw: st.DrawFn) -> tuple[list[int], tuple[int, ...]]:
    strides = draw(STRIDES)
    return draw(st.lists(WIDTHS, min_size=len(strides), max_size=len(strides))), strides


def options_for(name: str, draw: st.DrawFn) -> dict[str, Any]:
    options = {
        "Unet": {"attention_type": st.sampled_from([None, "scse"]), "add_center_block": st.booleans()},
        "UnetPlusPlus": {"attention_type": st.sampled_from([None, "scse"]), "center": st.booleans()},
        "FPN": {"pyramid_channels": WIDTHS, "segmentation_channels": st.sampled_from([32, 64])},
        "PSPNet": {"out_channels": WIDTHS},
        "DeepLabV3": {"out_channels": WIDTHS, "aspp_separable": st.booleans()},
        "DeepLabV3Plus": {"out_channels": WIDTHS, "output_stride": st.sampled_from([8, 16])},
        "PAN": {"decoder_channels": WIDTHS},
        "UPerNet": {"decoder_channels": WIDTHS},
        "Segformer": {"segmentation_channels": WIDTHS},
        "DPT": {"fusion_channels": WIDTHS, "readout": st.sampled_from(["cat", "add", "ignore"])},
    }.get(name, {})
    return {key: draw(strategy) for key, strategy in options.items()}


def build_or_refusal(cls: type[SmpDecoder], *args: object, **kwargs: object) -> SmpDecoder | InvalidArgumentsError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return cls(*args, **kwargs)
    except InvalidArgumentsError as error:
        return error


def result_or_complaint(decoder: SmpDecoder, maps: list[Tensor]) -> Tensor | str:
    try:
        return decoder(maps)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("name", SMP_DECODERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(pyramid=pyramids(), drop=st.booleans(), given_strides=st.booleans(), data=st.data())
def test_refused_or_runs(name, pyramid, drop, given_strides, data) -> None:
    channels, strides = pyramid
    options = options_for(name, data.draw)
    if name == "DPT":
        options["intermediate_channels"] = [data.draw(WIDTHS) for _ in channels]
    decoder = build_or_refusal(
        SMP_DECODERS[name], channels, strides=strides if given_strides else None, drop_first_features=drop, **options
    )
    if isinstance(decoder, InvalidArgumentsError):
        assert decoder.problems
        return
    assert all(parameter.numel() for parameter in decoder.parameters())
    # An image that every stride divides, that DPT's strides divide, and whose last feature is large enough for PAN.
    smallest = math.lcm(*strides, 2 ** (len(strides) + 1) if name == "DPT" else 1)
    needed = 8 * strides[-1] if name == "PAN" else 4 * strides[0] if name == "Segformer" else 1
    size = smallest * math.ceil(needed / smallest)
    assume(size <= 512)
    decoder.eval()
    maps = [torch.randn(2, c, size // s, size // s, requires_grad=True) for c, s in zip(channels, strides, strict=True)]
    result = result_or_complaint(decoder, maps)
    if isinstance(result, str):
        # Strides that were given are a promise; without them the maps may still turn out not to fit.
        assert not given_strides, result
        assert result.startswith(name)
        return
    assert result.shape[:2] == (2, decoder.out_channels)
    if given_strides and not any(size % (s * decoder.reduction) for s in strides):
        assert result.shape[2:] == (size // decoder.reduction, size // decoder.reduction)
    gradients = torch.autograd.grad(result.sum(), maps, allow_unused=True)
    reached = {i for i, gradient in enumerate(gradients) if gradient is not None}
    assert reached == set(decoder.used_features)


@given(st.integers(1, 12))
def test_assumed_strides_end_at_32_and_halve(count) -> None:
    strides = assumed_strides(count)
    assert len(strides) == count
    assert all(b == 2 * a for a, b in pairwise(strides))
    assert (strides[-1] == 32) == (count <= 6)
    assert strides[0] == 1 or count < 6


@given(st.integers(1, 64), st.integers(1, 6))
def test_placeholders_fill_what_is_missing(first, count) -> None:
    strides = tuple(first * 2**i for i in range(count))
    above = up_to_image(strides)
    assert above == tuple(2**i for i in range(len(above)))
    assert all(stride < first for stride in above)
    assert 2 * (*above, 1)[-1 if not above else len(above) - 1] > first / 2
    levels = (*up_to_quarter(strides), *strides)
    assert all(stride >= 4 for stride in levels[2:])
    assert {stride for stride in strides if stride >= 4} <= set(levels[2:])


@given(st.integers(1, 12))
def test_default_widths_keep_smps_ends(count) -> None:
    widths = default_block_channels(count)
    assert len(widths) == count
    assert widths[0] == 256
    if count >= 5:
        assert widths[-5:] == SMP_BLOCK_CHANNELS
    else:
        assert widths == SMP_BLOCK_CHANNELS[:count]
