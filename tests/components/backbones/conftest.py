"""Checkpoints as they are published, and a hub that is out of reach."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
import torch
from huggingface_hub import constants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def randomised(module: torch.nn.Module) -> torch.nn.Module:
    """Give every parameter values that no initialisation gives."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    return module


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Path], None]:
    """A hub that is out of reach, with a cache of its own; what is returned puts a file of a repository into it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    def put(repository: str, file: Path) -> None:
        put_into_cache(tmp_path / "hub", repository, file)

    return put


def put_into_cache(cache: Path, repository: str, file: Path) -> None:
    """Lay a file out as the hub's client does: a blob, a snapshot that links to it, and a reference to the snapshot."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    digest, commit = hashlib.sha256(file.read_bytes()).hexdigest(), "0" * 40
    for name in ("blobs", "refs", f"snapshots/{commit}"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "blobs" / digest).write_bytes(file.read_bytes())
    (folder / "refs" / "main").write_text(commit)
    (folder / "snapshots" / commit / file.name).symlink_to(f"../../blobs/{digest}")


@pytest.fixture
def cache_layout() -> Callable[[Path, str, Path], None]:
    """What lays a file out in a folder as the hub's client does."""
    return put_into_cache


@pytest.fixture
def randomise() -> Callable[[torch.nn.Module], torch.nn.Module]:
    """What gives every parameter of a module values that no initialisation gives."""
    return randomised
