"""The blocks that decoders share, against torch's functions."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from terraregistry.components.decoders.blocks import ConvNormAct, resized

quick = settings(deadline=None, max_examples=25)


@quick
@given(st.integers(1, 4), st.integers(1, 4), st.sampled_from([1, 3]), st.integers(0, 3), st.integers(1, 2))
def test_conv_norm_act_is_a_convolution_a_norm_and_a_relu(before, after, kernel, padding, dilation) -> None:
    block = ConvNormAct(before, after, kernel, padding=padding, dilation=dilation)
    x = torch.randn(2, before, 7, 9)
    convolved = functional.conv2d(x, block.conv.weight, padding=padding, dilation=dilation)
    mean, variance = convolved.mean((0, 2, 3), keepdim=True), convolved.var((0, 2, 3), keepdim=True, unbiased=False)
    expected = ((convolved - mean) / torch.sqrt(variance + 1e-5)).clamp(min=0)
    torch.testing.assert_close(block(x), expected, rtol=1e-4, atol=1e-4)


def test_conv_norm_act_has_terratorchs_keys() -> None:
    assert {key: tuple(value.shape) for key, value in ConvNormAct(2, 5).state_dict().items()} == {
        "conv.weight": (5, 2, 3, 3),
        "norm.weight": (5,),
        "norm.bias": (5,),
        "norm.running_mean": (5,),
        "norm.running_var": (5,),
        "norm.num_batches_tracked": (),
    }


@quick
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_resized_is_torchs_bilinear_interpolation(height, width, rows, columns, align_corners) -> None:
    x = torch.randn(1, 2, height, width)
    expected = functional.interpolate(x, (rows, columns), mode="bilinear", align_corners=align_corners)
    torch.testing.assert_close(resized(x, (rows, columns), align_corners=align_corners), expected)


def test_a_map_that_has_the_size_is_handed_on() -> None:
    x = torch.randn(1, 2, 3, 4)
    assert resized(x, x.shape[-2:], align_corners=False) is x
