"""Pretrained weights: found on the Hugging Face hub, read from a file without running code in it, fitted into a module."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import torch
from huggingface_hub import hf_hub_download  # pyright: ignore[reportUnknownVariableType] - it leaves parts of its type open
from huggingface_hub.errors import EntryNotFoundError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType] - it leaves parts of its type open
from torch import Tensor

from terraregistry.errors import WeightsError, describe_value

if TYPE_CHECKING:
    import os

    from torch import nn

__all__ = [
    "HUB_FAILURES",
    "HubFile",
    "Mismatch",
    "download",
    "find_mismatch",
    "load_exactly",
    "read_weights",
    "unreachable",
    "unwrapped",
    "without_mismatch",
]

HUB_FAILURES: Final = (OSError, EntryNotFoundError)
"""The hub client's errors for a file neither cached nor reachable."""
_DEEPEST: Final = 8
"""The maximum depth of wrappings around a state dict; a mapping in a file may contain itself."""
_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""The beginning of a Git LFS pointer, the placeholder of a large file not yet fetched."""


class HubFile(NamedTuple):
    """One file of a repository on the hub."""

    repository: str
    name: str

    def __str__(self) -> str:
        """Return the file as the hub's users write it: `repository/name`."""
        return f"{self.repository}/{self.name}"


def download(file: HubFile, component: str, remedy: str) -> str:
    """Return the local path of a file of the hub, downloaded unless it is in the cache; the progress bar is the hub's own.

    Args:
        file: The file.
        component: The component to load the weights into, for the error.
        remedy: How to give a file instead, for the error.

    Raises:
        WeightsError: It is neither in the cache nor can it be downloaded.
    """
    try:
        return hf_hub_download(repo_id=file.repository, filename=file.name)
    except HUB_FAILURES as error:
        raise unreachable(component, str(file), error, remedy) from error


def unreachable(component: str, origin: str, error: Exception, remedy: str) -> WeightsError:
    """Make the error of weights that are unavailable from a source."""
    reason = f"they are not in the local cache and cannot be downloaded: {type(error).__name__}: {_first_line(error)}"
    return WeightsError(component, origin, reason, remedy=remedy)


def read_weights(path: str | os.PathLike[str], component: str) -> dict[str, Tensor]:
    """Read the state dict in a file: the tensors by their keys, on the CPU.

    A file ending in `.safetensors` is read as such, any other as written by `torch.save`, with `weights_only=True`: a
    pickle with code to run is refused.

    Args:
        path: The file.
        component: The component to load the weights into, for the error.

    Raises:
        WeightsError: There is no such file, it cannot be read, or it holds no state dict.
    """
    file = Path(path)
    if not file.is_file():
        raise WeightsError(component, str(file), "there is no such file")
    if _is_pointer(file):
        reason = "it is a pointer of Git LFS, which stands for the file until that is fetched"
        raise WeightsError(component, str(file), reason, remedy="fetch the file itself: git lfs pull")
    try:
        content = _read(file)
    except pickle.UnpicklingError as error:
        reason = "it holds more than a state dict, and reading it could run code"
        remedy = "save only the state dict in it, from a file that you trust: torch.load(FILE, weights_only=False)['state_dict']"
        raise WeightsError(component, str(file), reason, remedy=remedy) from error
    except Exception as error:
        reason = f"it cannot be read: {type(error).__name__}: {_first_line(error)}"
        raise WeightsError(component, str(file), reason) from error
    return unwrapped(content, component, str(file))


def unwrapped(content: object, component: str, origin: str) -> dict[str, Tensor]:
    """Unwrap a state dict from the mappings of training scripts (`state_dict`, `model`, `model_state_dict`).

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


def _read(file: Path) -> object:
    if file.suffix == ".safetensors":
        return load_file(file)
    content: object = torch.load(file, map_location="cpu", weights_only=True)
    return content


def _is_pointer(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(_POINTER)) == _POINTER
    except OSError:  # what is wrong shows when it is read
        return False


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "no details")


class Mismatch(NamedTuple):
    """The differences between a state dict and a module.

    Attributes:
        missing: Keys of the module missing in the state dict.
        surplus: Keys of the state dict missing in the module.
        misshapen: Keys of both with tensors of different shapes, each with the two shapes in words; and of tensors not
            dense or without data.
    """

    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    misshapen: Mapping[str, str]

    def __bool__(self) -> bool:
        """Return True if they differ at all."""
        return bool(self.missing or self.surplus or self.misshapen)

    def error(self, component: str, origin: str) -> WeightsError:
        """Make the error listing the differences."""
        shapes = tuple(f"{key}: {words}" for key, words in self.misshapen.items())
        remedy = "say allow_mismatch=True to load what fits; the rest keeps its random initial values"
        keys = {"missing": self.missing, "surplus": self.surplus, "misshapen": shapes}
        return WeightsError(component, origin, "they do not fit", **keys, remedy=remedy)


def find_mismatch(module: nn.Module, state: Mapping[str, Tensor]) -> Mismatch:
    """Compare the state dict of a module with another one; false if there are no differences."""
    own: dict[str, Tensor] = module.state_dict()
    unfit = {key: reason for key, tensor in state.items() if key in own and (reason := _unfit(tensor, own[key]))}
    missing = tuple(key for key in own if key not in state)
    return Mismatch(missing, tuple(key for key in state if key not in own), unfit)


def _unfit(tensor: Tensor, wanted: Tensor) -> str:
    """Describe why a tensor cannot be copied into another one."""
    if tensor.is_meta:
        return "without data in the file"
    if str(tensor.layout) != "torch.strided":
        return f"{tensor.layout} in the file, dense in the module"
    if tensor.shape != wanted.shape:
        return f"{tuple(tensor.shape)} in the file, {tuple(wanted.shape)} in the module"
    return ""


def without_mismatch(
    module: nn.Module, state: Mapping[str, Tensor], component: str, origin: str, *, allow_mismatch: bool
) -> dict[str, Tensor]:
    """Remove the mismatches with a module from a state dict, with a warning.

    Raises:
        WeightsError: There is a mismatch, and it is not allowed.
    """
    mismatch = find_mismatch(module, state)
    if not mismatch:
        return dict(state)
    error = mismatch.error(component, origin)
    if not allow_mismatch:
        raise error
    warnings.warn(f"{error} (allowed)", stacklevel=3)
    left_out = {*mismatch.surplus, *mismatch.misshapen}
    return {key: tensor for key, tensor in state.items() if key not in left_out}


def load_exactly(
    module: nn.Module, state: Mapping[str, Tensor], component: str, origin: str, *, allow_mismatch: bool = False
) -> None:
    """Load a state dict into a module: every tensor of both, or nothing.

    Args:
        module: The module.
        state: The state dict, with the module's keys.
        component: The name of the module, for the error.
        origin: The source of the state dict, for the error.
        allow_mismatch: Load the tensors without a mismatch and warn of the rest.

    Raises:
        WeightsError: There is a mismatch, and it is not allowed.
    """
    fitting = without_mismatch(module, state, component, origin, allow_mismatch=allow_mismatch)
    module.load_state_dict(fitting, strict=False)
