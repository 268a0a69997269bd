"""Reading a file of weights without running code in it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import torch
from safetensors.torch import (
    load_file,  # pyright: ignore[reportUnknownVariableType] - it leaves parts of its type open
)
from torch import Tensor

from terraregistry.errors import WeightsError, describe_value

if TYPE_CHECKING:
    import os

__all__ = ["read_weights", "unwrapped"]

_DEEPEST: Final = 8
"""The maximum depth of wrappings around a state dict; a mapping in a file may contain itself."""
_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""The beginning of a Git LFS pointer, the placeholder of a large file not yet fetched."""


def read_weights(path: str | os.PathLike[str], component: str) -> dict[str, Tensor]:
    """Read the state dict in a file.

    A file ending in `.safetensors` is read as such, any other as written by `torch.save`, with `weights_only=True`: a
    pickle with code to run is refused.

    Args:
        path: The file.
        component: The component to load the weights into, for the error.

    Returns:
        The tensors by their keys, on the CPU.

    Raises:
        WeightsError: There is no such file, it cannot be read, or it holds no state dict.
    """
    file = Path(path)
    if not file.is_file():
        raise WeightsError(component, str(file), "there is no such file")
    if _begins_with(file, _POINTER):
        reason = "it is a pointer of Git LFS, which stands for the file until that is fetched"
        raise WeightsError(component, str(file), reason, remedy="fetch the file itself: git lfs pull")
    try:
        content = _read(file)
    except pickle.UnpicklingError as error:
        reason = f"it is no plain state dict, and reading it could run code: {_first_line(error)}"
        raise WeightsError(component, str(file), reason, remedy="save only the state dict in it") from error
    except Exception as error:
        reason = f"it cannot be read: {type(error).__name__}: {_first_line(error)}"
        raise WeightsError(component, str(file), reason) from error
    return unwrapped(content, component, str(file))


def unwrapped(content: object, component: str, origin: str) -> dict[str, Tensor]:
    """Unwrap a state dict from the mappings of training scripts (`state_dict`, `model`, `model_state_dict`).

    Args:
        content: The content of a file.
        component: The component to load the weights into, for the error.
        origin: The source of the weights, for the error.

    Returns:
        The tensors by their keys.

    Raises:
        WeightsError: There is no state dict in it.
    """
    tensors = _tensors(content, _DEEPEST)
    if not tensors:
        held = describe_value(content) if not isinstance(content, Mapping) else "a mapping without tensors"
        raise WeightsError(component, origin, f"it holds no state dict, but {held}")
    return tensors


def _tensors(content: object, deepest: int) -> dict[str, Tensor]:
    entries = dict(cast("Mapping[object, object]", content)) if isinstance(content, Mapping) and deepest else {}
    for key, value in entries.items():
        if isinstance(key, str) and (key == "model" or key.endswith("state_dict")):
            inner = _tensors(value, deepest - 1)
            if inner:
                return inner
    return {str(key): value for key, value in entries.items() if isinstance(value, Tensor)}


def _begins_with(file: Path, start: bytes) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(start)) == start
    except OSError:  # what is wrong shows when it is read
        return False


def _read(file: Path) -> object:
    if file.suffix == ".safetensors":
        return load_file(file)
    content: object = torch.load(file, map_location="cpu", weights_only=True)
    return content


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no details"
