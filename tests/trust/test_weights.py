"""Weights that were named in a config run no code, also where timm reads them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import torch

from terraregistry import BACKBONE_REGISTRY

if TYPE_CHECKING:
    from pathlib import Path


class Payload:
    """Runs a command where it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder / "owned"),)


@pytest.mark.parametrize("argument", ["pretrained_cfg_overlay", "checkpoint_path"])
def test_timm_runs_nothing_that_is_in_a_file_of_weights(argument: str, tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    torch.save({"x": Payload(tmp_path)}, file)
    given: dict[str, Any] = {argument: str(file)}
    if argument == "pretrained_cfg_overlay":
        given = {"pretrained": True, argument: {"file": str(file)}}
    with pytest.raises(RuntimeError, match="weights_only=True blocked loading this checkpoint"):
        BACKBONE_REGISTRY.build("timm_test_resnet", **given)
    assert not (tmp_path / "owned").exists()


def test_the_payload_would_run(tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    torch.save({"x": Payload(tmp_path)}, file)
    torch.load(file, weights_only=False)
    assert (tmp_path / "owned").exists()
