"""Weights that were named in a config run no code, also where timm reads them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import timm
import torch

from terraregistry import BACKBONE_REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable
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


def _cut(state: dict[str, torch.Tensor], file: Path) -> None:
    torch.save(state, file)
    file.write_bytes(file.read_bytes()[:-100])


def _without_the_first(state: dict[str, torch.Tensor], file: Path) -> None:
    torch.save(dict(list(state.items())[1:]), file)


def _with_one_more(state: dict[str, torch.Tensor], file: Path) -> None:
    torch.save({**state, "more": torch.zeros(1)}, file)


def _of_another_shape(state: dict[str, torch.Tensor], file: Path) -> None:
    torch.save({**state, "fc.bias": torch.zeros(3)}, file)


def _in_itself(state: dict[str, torch.Tensor], file: Path) -> None:
    content: dict[str, Any] = {}
    content["state_dict"] = content
    torch.save(content, file)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_cut, "failed reading zip archive"),
        (_without_the_first, r'Missing key\(s\) in state_dict: "conv1.0.weight"'),
        (_with_one_more, r'Unexpected key\(s\) in state_dict: "more"'),
        (_of_another_shape, "size mismatch for fc.bias"),
        (_in_itself, r"Missing key\(s\) in state_dict"),
    ],
)
def test_a_damaged_file_is_timms_own_error_with_the_component_and_the_file(
    write: Callable[[dict[str, torch.Tensor], Path], None], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "weights.pt"
    write(timm.create_model("test_resnet").state_dict(), file)
    with pytest.raises(RuntimeError, match=words) as caught:
        BACKBONE_REGISTRY.build("test_resnet", checkpoint_path=str(file), features_only=False)
    (note,) = caught.value.__notes__
    assert note.startswith("while building 'timm_test_resnet' with checkpoint_path=str ")
    assert note.endswith("weights.pt', features_only=bool False")
    assert BACKBONE_REGISTRY.build("test_resnet").out_channels
