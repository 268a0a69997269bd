"""The models that this library adds to timm, asked for as the first thing in a process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from terraregistry import BACKBONE_REGISTRY
from terraregistry.sources.timm.loaded_timm import ADDITIONS
from terraregistry.sources.timm.timm_constructor import TimmConstructor

from . import first_calls

if TYPE_CHECKING:
    from pathlib import Path

    from terraregistry.index import Index

EXAMPLE = "from terraregistry import BACKBONE_REGISTRY; BACKBONE_REGISTRY.build('prithvi_vit_100', num_frames=1)"
UNPICKLED = """
import pickle, sys
made = pickle.loads(bytes.fromhex(sys.argv[1]))
backbone = getattr(made, "build", made)()
print(type(backbone).__name__, backbone.out_channels)
"""
WITHOUT_INDEX = ["build", "build_swin", "call_constructor", "feature_specs", "names_after_somebody_imported_timm"]
WITH_INDEX = ["validate_and_build", "refuse", "signature_of_constructor", "describe", "encoder_of_smp"]
EITHER = ["signature", "weights", "whole_network"]


def run(*arguments: str, cache: Path | None) -> str:
    """Run Python in a process of its own; without a cache it has the user's, where the index is."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | ({} if cache is None else {"TERRAREGISTRY_SHIPPED_INDEX": "0", "XDG_CACHE_HOME": str(cache)}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


def agrees(function: str, cache: Path | None) -> None:
    """Hold what a first call gives to what it gives in this process, where timm has been used."""
    assert run(first_calls.__file__, function, cache=cache) == f"{getattr(first_calls, function)()!r}\n"


def test_the_names_are_those_that_are_added() -> None:
    assert tuple(ADDITIONS) == first_calls.ADDED


@pytest.mark.slow
def test_the_first_example_as_it_stands(tmp_path: Path) -> None:
    assert run("-c", EXAMPLE, cache=tmp_path) == ""


@pytest.mark.slow
def test_names_where_somebody_has_imported_timm(tmp_path: Path) -> None:
    agrees("list_after_somebody_imported_timm", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("function", WITHOUT_INDEX + EITHER)
def test_a_first_call_without_an_index(function: str, tmp_path: Path) -> None:
    agrees(function, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("function", WITH_INDEX + EITHER)
def test_a_first_call_with_an_index(function: str, index: Index) -> None:
    agrees(function, None)


@pytest.mark.slow
def test_a_pickled_constructor_in_a_process_that_has_used_nothing(tmp_path: Path) -> None:
    pickled = pickle.dumps(TimmConstructor("prithvi_vit_tiny")).hex()
    assert run("-c", UNPICKLED, pickled, cache=tmp_path) == "TimmBackbone [256, 256, 256, 256]\n"


@pytest.mark.slow
def test_a_pickled_spec_in_a_process_that_has_used_nothing(tmp_path: Path) -> None:
    pickled = pickle.dumps(BACKBONE_REGISTRY.validate("prithvi_vit_tiny", num_frames=2, out_indices=[0])).hex()
    assert run("-c", UNPICKLED, pickled, cache=tmp_path) == "TimmBackbone [512]\n"
