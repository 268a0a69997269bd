"""Padding and cropping, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.components.models.framing import PADDING_MODES, find_patch_size, three_axes
from terraregistry.components.models.images import centre_crop, pad_to_patches

NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "constant": "constant"}
quick = settings(deadline=None, max_examples=80)
sides = st.integers(1, 20)
patches = st.integers(1, 9)


@quick
@given(sides, sides, patches, patches, st.sampled_from(PADDING_MODES))
def test_images_are_padded_as_numpy_does(height, width, rows, columns, mode) -> None:
    images = torch.randn(2, 3, height, width)
    padded = pad_to_patches(images, (1, rows, columns), mode)
    up = -height % (2 * rows)
    across = -width % (2 * columns)
    edges = [(0, 0), (0, 0), (up // 2, up - up // 2), (across // 2, across - across // 2)]
    np.testing.assert_array_equal(padded.numpy(), np.pad(images.numpy(), edges, mode=NUMPY_MODES[mode]))


@quick
@given(st.integers(1, 6), sides, st.integers(1, 4), patches, st.sampled_from(PADDING_MODES))
def test_time_is_padded_at_its_end(steps, side, step, patch, mode) -> None:
    images = torch.randn(1, 2, steps, side, 2 * patch)
    padded = pad_to_patches(images, (step, patch, patch), mode)
    up = -side % (2 * patch)
    edges = [(0, 0), (0, 0), (0, -steps % step), (up // 2, up - up // 2), (0, 0)]
    np.testing.assert_array_equal(padded.numpy(), np.pad(images.numpy(), edges, mode=NUMPY_MODES[mode]))


@quick
@given(sides, sides, patches, st.sampled_from(PADDING_MODES))
def test_cropping_undoes_padding(height, width, patch, mode) -> None:
    images = torch.randn(1, 2, height, width)
    assert torch.equal(centre_crop(pad_to_patches(images, (1, patch, patch), mode), (height, width)), images)


@quick
@given(sides, sides, sides, sides)
def test_cropping_never_enlarges(height, width, rows, columns) -> None:
    cropped = centre_crop(torch.zeros(1, height, width), (rows, columns))
    assert cropped.shape == (1, min(height, rows), min(width, columns))


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_what_fits_is_handed_on(mode) -> None:
    images = torch.zeros(1, 1, 16, 32)
    assert pad_to_patches(images, (4, 8, 8), mode) is images


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_gradients_go_back_through_the_padding(mode) -> None:
    images = torch.randn(1, 1, 3, 3, requires_grad=True)
    pad_to_patches(images, (1, 4, 4), mode).sum().backward()
    assert images.grad is not None
    assert images.grad.sum() == (9 if mode == "constant" else 64)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(16, (1, 16, 16)), ([8, 16], (1, 8, 16)), ((2, 8, 16), (2, 8, 16)), ((16,), (1, 16, 16))],
)
def test_a_patch_size_has_three_axes(size, expected) -> None:
    assert three_axes(size) == expected


@pytest.mark.parametrize("size", [0, (0, 8), (), (1, 2, 3, 4)])
def test_a_patch_size_that_is_none_is_refused(size) -> None:
    with pytest.raises(ValueError, match="patch_size") as caught:
        three_axes(size)
    assert str(caught.value) == (
        f"patch_size is {size!r}; expected a number, (height, width) or (time, height, width), each at least 1"
    )


def holding(value: object) -> nn.Module:
    inner = nn.Identity()
    inner.patch_size = value
    return inner


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], None),
        ([holding(4)], (1, 4, 4)),
        ([holding("a word"), holding((8, 16)), holding(4)], (1, 8, 16)),
        ([holding(None), holding(torch.ones(2)), holding([2, 8, 8])], (2, 8, 8)),
        ([holding(0), holding((1, 2, 3, 4)), holding((1.5, 2))], None),
    ],
)
def test_the_first_patch_size_in_a_backbone_counts(parts, expected) -> None:
    assert find_patch_size(nn.Sequential(nn.Conv2d(1, 1, 1), *parts)) == expected
