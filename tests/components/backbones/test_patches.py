"""The position embedding, against its formula written in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from terraregistry.components.backbones.prithvi.patches import CoordinateCode, Grid, position_embedding, positions_for

quick = settings(deadline=None, max_examples=25)
grids = st.builds(Grid, st.integers(1, 4), st.integers(1, 6), st.integers(1, 6))


def code(position: float, width: int) -> np.ndarray:
    half = width // 2
    frequencies = [1 / 10_000 ** (k / half) for k in range(half)]
    return np.array([np.sin(position * f) for f in frequencies] + [np.cos(position * f) for f in frequencies])


def formula(width: int, grid: Grid) -> np.ndarray:
    part = width // 16
    rows = [np.zeros(width)]
    for t in range(grid.time):
        for y in range(grid.rows):
            rows += [
                np.concatenate([code(x, 6 * part), code(y, 6 * part), code(t, 4 * part)]) for x in range(grid.columns)
            ]
    return np.stack(rows)


@quick
@given(st.sampled_from([16, 48, 192]), grids)
def test_it_is_the_formula(width, grid) -> None:
    embedding = position_embedding(width, grid)
    assert embedding.shape == (1, 1 + grid.patches, width)
    assert embedding.dtype == torch.float32
    np.testing.assert_allclose(embedding[0].numpy(), formula(width, grid), atol=1e-6)


@quick
@given(grids, grids)
def test_another_grid_is_interpolated_in_space_and_computed_in_time(built, wanted) -> None:
    width = 32
    embedding = position_embedding(width, built)
    fitted = positions_for(embedding, built, wanted)
    in_time = torch.from_numpy(formula(width, built._replace(time=wanted.time))).float()
    for t in range(wanted.time):
        first, step = 1 + t * built.rows * built.columns, built.rows * built.columns
        maps = in_time[first : first + step].T.reshape(1, width, built.rows, built.columns)
        resized = functional.interpolate(maps, wanted[1:], mode="bicubic", align_corners=True)
        expected = maps if wanted[1:] == built[1:] else resized
        start = 1 + t * wanted.rows * wanted.columns
        found = fitted[0, start : start + wanted.rows * wanted.columns]
        torch.testing.assert_close(found, expected[0].flatten(1).T, atol=1e-5, rtol=1e-5)
    assert not fitted[0, 0].any()


def test_the_same_grid_gives_the_embedding_itself() -> None:
    grid = Grid(2, 3, 4)
    embedding = torch.randn(1, 25, 16)
    assert positions_for(embedding, grid, grid) is embedding


@pytest.mark.parametrize("width", [16, 48])
def test_coordinates_are_encoded_each_in_its_half(width) -> None:
    pairs = torch.tensor([[[2018.0, 201.0], [2020.0, 1.0]]])
    for found, (left, right) in zip(CoordinateCode(width)(pairs)[0], pairs[0].tolist(), strict=True):
        expected = np.concatenate([code(left, width // 2), code(right, width // 2)])
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-3)


def test_half_precision_tells_one_year_from_the_next() -> None:
    coder = CoordinateCode(32, scale_learn=True).bfloat16()
    codes = coder(torch.tensor([[[2023.0, 5.0], [2024.0, 5.0]]]))
    assert codes.dtype == torch.bfloat16
    assert (codes[0, 0] - codes[0, 1]).abs().max() > 0.01


def test_the_factor_is_learned_or_fixed() -> None:
    learned, fixed = CoordinateCode(8, scale_learn=True), CoordinateCode(8)
    assert dict(learned.named_parameters())["scale"].item() == pytest.approx(0.1)
    assert dict(fixed.named_buffers())["scale"].item() == 1
    assert list(learned.state_dict()) == list(fixed.state_dict()) == ["scale"]
    pairs = torch.rand(2, 3, 2)
    torch.testing.assert_close(learned(pairs), 0.1 * fixed(pairs))
