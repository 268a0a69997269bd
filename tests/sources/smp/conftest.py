"""Pyramids that suit each decoder, and the maps that go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor


@pytest.fixture(autouse=True)
def _one_thread_one_seed() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


MakeMaps = Callable[..., list[Tensor]]


@pytest.fixture(scope="session")
def make_maps() -> MakeMaps:
    """Return a function that makes random maps: `make_maps(channels, strides, size=..., batch=..., grad=...)`."""

    def make(
        channels: Sequence[int], strides: Sequence[int], *, size: int = 64, batch: int = 2, grad: bool = False
    ) -> list[Tensor]:
        return [
            torch.randn(batch, c, size // s, size // s, requires_grad=grad)
            for c, s in zip(channels, strides, strict=True)
        ]

    return make


SMALL: dict[str, dict[str, Any]] = {
    "FPN": {"pyramid_channels": 16, "segmentation_channels": 32},
    "PSPNet": {"out_channels": 16},
    "DeepLabV3": {"out_channels": 16},
    "DeepLabV3Plus": {"out_channels": 16},
    "UPerNet": {"decoder_channels": 16},
    "Segformer": {"segmentation_channels": 16},
    "DPT": {"fusion_channels": 16},
}


@pytest.fixture(scope="session")
def small() -> Callable[[str, int], dict[str, Any]]:
    """Return a function that gives arguments for a narrow and so fast decoder: `small(name, number of features)`."""

    def options(name: str, count: int) -> dict[str, Any]:
        extra = {"intermediate_channels": [16] * count} if name == "DPT" else {}
        return SMALL.get(name, {}) | extra

    return options


class Suitable(NamedTuple):
    """A pyramid that suits a decoder, and what must come of it."""

    name: str
    strides: tuple[int, ...]
    used: tuple[int, ...]
    reduction: int
    size: int = 64

    @property
    def channels(self) -> tuple[int, ...]:
        return tuple(16 + 4 * i for i in range(len(self.strides)))


FOUR, FIVE, SIX, FLAT = (4, 8, 16, 32), (2, 4, 8, 16, 32), (1, 2, 4, 8, 16, 32), (16, 16, 16, 16)
SUITABLE = [
    Suitable("Unet", FOUR, (0, 1, 2, 3), 1),
    Suitable("Unet", FIVE, (0, 1, 2, 3, 4), 1),
    Suitable("Unet", SIX, (1, 2, 3, 4, 5), 1),
    Suitable("Unet", FLAT, (0, 1, 2, 3), 1),
    Suitable("Unet", (8, 16, 32), (0, 1, 2), 1),
    Suitable("Unet", (32,), (0,), 1),
    Suitable("UnetPlusPlus", FOUR, (0, 1, 2, 3), 1),
    Suitable("UnetPlusPlus", FIVE, (0, 1, 2, 3, 4), 1),
    Suitable("UnetPlusPlus", SIX, (1, 2, 3, 4, 5), 1),
    Suitable("UnetPlusPlus", (8, 16, 32), (0, 1, 2), 2),
    Suitable("UnetPlusPlus", (32,), (0,), 8),
    Suitable("MAnet", FOUR, (0, 1, 2, 3), 1),
    Suitable("MAnet", FIVE, (0, 1, 2, 3, 4), 1),
    Suitable("MAnet", SIX, (1, 2, 3, 4, 5), 1),
    Suitable("MAnet", (8, 16, 32), (0, 1, 2), 1),
    Suitable("Linknet", FOUR, (0, 1, 2, 3), 1),
    Suitable("Linknet", FIVE, (0, 1, 2, 3, 4), 1),
    Suitable("Linknet", SIX, (1, 2, 3, 4, 5), 1),
    Suitable("Linknet", (8, 16, 32), (0, 1, 2), 1),
    Suitable("FPN", FOUR, (0, 1, 2, 3), 4),
    Suitable("FPN", FIVE, (1, 2, 3, 4), 4),
    Suitable("PSPNet", FOUR, (3,), 32),
    Suitable("PSPNet", FIVE, (4,), 32),
    Suitable("PSPNet", FLAT, (3,), 16),
    Suitable("DeepLabV3", FOUR, (3,), 32),
    Suitable("DeepLabV3", FIVE, (4,), 32),
    Suitable("DeepLabV3", FLAT, (3,), 16),
    Suitable("DeepLabV3Plus", (4, 8, 16, 16), (0, 3), 4),
    Suitable("DeepLabV3Plus", (2, 4, 8, 16, 16), (1, 4), 4),
    Suitable("DeepLabV3Plus", (1, 2, 4, 8, 16, 16), (2, 5), 4),
    Suitable("DeepLabV3Plus", (4, 16), (0, 1), 4),
    Suitable("PAN", FOUR, (0, 1, 2, 3), 4, 256),
    Suitable("PAN", FIVE, (1, 2, 3, 4), 4, 256),
    Suitable("PAN", (8, 16), (0, 1), 8, 128),
    Suitable("PAN", FLAT, (0, 1, 2, 3), 16, 128),
    Suitable("UPerNet", FOUR, (0, 1, 2, 3), 4),
    Suitable("UPerNet", FIVE, (1, 2, 3, 4), 4),
    Suitable("UPerNet", FLAT, (0, 1, 2, 3), 16),
    Suitable("UPerNet", (4, 8, 16, 32, 64), (0, 1, 2, 3, 4), 4),
    Suitable("Segformer", FOUR, (0, 1, 2, 3), 4),
    Suitable("Segformer", FIVE, (0, 1, 2, 3, 4), 4),
    Suitable("Segformer", SIX, (1, 2, 3, 4, 5), 4),
    Suitable("Segformer", FLAT, (0, 1, 2, 3), 4),
    Suitable("DPT", FOUR, (0, 1, 2, 3), 2),
    Suitable("DPT", FIVE, (0, 1, 2, 3, 4), 2),
    Suitable("DPT", FLAT, (0, 1, 2, 3), 2),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `suitable` on every suitable pyramid."""
    if "suitable" in metafunc.fixturenames:
        metafunc.parametrize("suitable", SUITABLE, ids=lambda s: f"{s.name}-{','.join(map(str, s.strides))}")
