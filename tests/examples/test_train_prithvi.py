"""The training example learns what it says that it learns."""

from __future__ import annotations

import importlib.util
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_prithvi.py"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_prithvi", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_loss_falls_and_a_picture_is_drawn(example: ModuleType, tmp_path: Path) -> None:
    picture = tmp_path / "field.png"
    losses, accuracy = example.main(picture)
    assert statistics.mean(losses[-5:]) < 0.3 * losses[0]
    assert accuracy > 0.95
    with Image.open(picture) as drawn:
        assert drawn.size == (3 * 5 * example.SIZE, 3 * example.SIZE)


def test_the_frames_of_a_field_differ(example: ModuleType) -> None:
    import torch

    images, truth = example.make_images(2, torch.Generator().manual_seed(0))
    assert images.shape == (2, example.BANDS, example.FRAMES, example.SIZE, example.SIZE)
    assert truth.shape == (2, example.SIZE, example.SIZE)
    assert not torch.equal(images[:, :, 0], images[:, :, 1])
