"""Features that suit each head, and the arguments that it needs, kept small."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch
from torch import Tensor

from terraregistry import MMSEG_DECODER_REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CLASSES = 5
FOUR = (8, 16, 24, 32)
LEVEL = (16, 16, 16)


class Case(NamedTuple):
    """A head with features that suit it.

    Attributes:
        name: The name of the head.
        options: What it is built with beside the number of classes.
        channels: The channels of each feature.
        sizes: The height of each feature; the width is larger by one where `square` is false.
        used: The features that have an effect.
        result: The height of the result.
        square: Whether the head needs features that are as wide as high.
        extra: What mmsegmentation's own class is given to select the same features.
    """

    name: str
    options: dict[str, Any]
    channels: tuple[int, ...] = FOUR
    sizes: tuple[int, ...] = (16, 8, 4, 2)
    used: tuple[int, ...] = (3,)
    result: int = 2
    square: bool = True
    extra: dict[str, Any] | None = None


NARROW = {"channels": 12}
UPDATE = {
    "type": "KernelUpdateHead",
    "num_heads": 2,
    "num_mask_fcs": 1,
    "feedforward_channels": 8,
    "in_channels": 12,
    "out_channels": 12,
    "feat_transform_cfg": {"conv_cfg": {"type": "Conv2d"}, "act_cfg": None},
    "kernel_updator_cfg": {"type": "KernelUpdator", "in_channels": 12, "feat_channels": 12, "out_channels": 12},
}
ALL = {"in_channels": list(FOUR), "in_index": [0, 1, 2, 3]}


def one(name: str, **options: Any) -> Case:
    return Case(name, NARROW | options, extra={"in_channels": 32, "in_index": 3})


def several(name: str, **options: Any) -> Case:
    return Case(name, NARROW | options, used=(0, 1, 2, 3), result=16, extra=ALL)


CASES = [
    *map(one, ("APCHead", "ASPPHead", "CCHead", "DMHead", "DNLHead", "DepthwiseSeparableFCNHead", "FCNHead")),
    *map(one, ("GCHead", "NLHead", "PSPHead", "STDCHead", "DDRHead", "PIDHead")),
    one("DAHead", pam_channels=4),
    one("EMAHead", ema_channels=8, num_bases=3, num_stages=2),
    one("ISAHead", isa_channels=4, down_factor=(2, 2)),
    one("SETRUPHead", num_convs=1, up_scale=2)._replace(result=4),
    one("SegmenterMaskTransformerHead", num_layers=2, num_heads=2, embed_dims=8),
    one("DepthwiseSeparableASPPHead", c1_in_channels=8, c1_channels=4)._replace(used=(0, 3), result=16),
    one("PSAHead", mask_size=(1, 2), compact=True, shrink_factor=1)._replace(
        sizes=(16, 8, 4, 1), result=1, square=False
    ),
    several("FPNHead", feature_strides=[4, 8, 16, 32]),
    several("LightHamHead", ham_channels=8, ham_kwargs={"MD_R": 4}),
    several("SegformerHead"),
    several("UPerHead"),
    several("EncHead", num_codes=4)._replace(used=(3,), result=2),
    several("EncHead", num_codes=4, add_lateral=True, use_se_loss=False)._replace(result=2),
    Case("ANNHead", NARROW | {"project_channels": 4}, used=(2, 3), extra={"in_channels": [24, 32], "in_index": [2, 3]}),
    Case(
        "SETRMLAHead",
        {"channels": 12, "mla_channels": 4},
        LEVEL,
        (4, 4, 4),
        (0, 1, 2),
        16,
        extra={"in_channels": list(LEVEL), "in_index": [0, 1, 2]},
    ),
    Case(
        "LRASPPHead",
        NARROW | {"branch_channels": [4, 6]},
        sizes=(60, 56, 52, 49),
        used=(1, 2, 3),
        result=56,
        extra={"in_channels": [16, 24, 32], "in_index": [1, 2, 3], "input_transform": "multiple_select"},
    ),
    Case(
        "DPTHead",
        NARROW | {"embed_dims": 16, "post_process_channels": [8, 8, 8, 8]},
        (16, 16, 16, 16),
        (4, 4, 4, 4),
        (0, 1, 2, 3),
        32,
        extra=ALL | {"in_channels": [16, 16, 16, 16], "input_transform": "multiple_select"},
    ),
    Case(
        "IterativeDecodeHead",
        {
            "num_stages": 1,
            "kernel_generate_head": {"type": "FCNHead", "channels": 12},
            "kernel_update_head": [UPDATE],
        },
    ),
    Case(
        "IterativeDecodeHead",
        {
            "num_stages": 2,
            "kernel_generate_head": {"type": "mmseg.UPerHead", "channels": 12, "in_index": [1, 2, 3]},
            "kernel_update_head": [UPDATE, UPDATE | {"type": "mmseg.KernelUpdateHead"}],
        },
        used=(1, 2, 3),
        result=8,
    ),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `case` on every head that can be built."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(autouse=True)
def _one_thread_one_seed() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    """Return every case."""
    return CASES


@pytest.fixture(scope="session")
def build_case() -> Callable[[Case], Any]:
    """Return a function that builds the head of a case."""
    return lambda case: MMSEG_DECODER_REGISTRY.build(case.name, case.channels, num_classes=CLASSES, **case.options)


@pytest.fixture(scope="session")
def features_of() -> Callable[..., list[Tensor]]:
    """Return a function that makes the features of a case: `features_of(case, grad=...)`."""

    def make(case: Case, *, grad: bool = False) -> list[Tensor]:
        return [
            torch.randn(2, channels, size, size + (0 if case.square else 1), requires_grad=grad)
            for channels, size in zip(case.channels, case.sizes, strict=True)
        ]

    return make


@pytest.fixture
def in_a_process(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that runs code in a new process, where modules in `tmp_path` come first, and gives what it prints."""

    def run(code: str) -> str:
        paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert not done.stderr, done.stderr[-3000:]
        return done.stdout

    return run
