"""The weights of a whole model: files of its state dict, read without running their contents; and a config without any."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final, cast

from terraregistry.errors import RegistryError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from terraregistry.protocols import ModelFactory
    from terraregistry.tools.config import ModelRequest

__all__ = ["check_target", "concerns_weights", "load_state", "save_state", "without_weights"]

_SUFFIXES: Final = (".safetensors", ".pt", ".pth")
_WANTED: Final = "pretrained"
_FILES: Final = ("ckpt_path", "checkpoint_path")
_BACKBONE: Final = "backbone_"
_IN_TASK: Final = "model."
"""The prefix of a model's keys in the state dict of a training task."""


def check_target(file: Path) -> None:
    """Raise a RegistryError for an invalid target file of a state dict, before any work is done for it."""
    if file.suffix not in _SUFFIXES:
        suffixes = ", ".join(_SUFFIXES)
        raise RegistryError(f"the name of a file of weights says the format: end it in {suffixes}")
    if file.exists():
        raise RegistryError("it exists already; delete it, or choose another name")
    if not file.parent.is_dir():
        raise RegistryError(f"its folder does not exist; make {file.parent} first")


def save_state(model: nn.Module, file: Path) -> None:
    """Write the state dict of a model: all of it or nothing."""
    import torch
    from safetensors.torch import save_model

    temporary = file.with_name(f"{file.name}.part")
    try:
        if file.suffix == ".safetensors":
            save_model(model, str(temporary))
        else:
            torch.save(model.state_dict(), temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def load_state(model: nn.Module, file: Path, name: str) -> None:
    """Load the state dict of a model: all of it, or nothing, with an error that lists the mismatches.

    Raises:
        WeightsError: The file cannot be read, or its keys or shapes are not the model's.
    """
    from terraregistry.components.backbones.weight_files import find_mismatch, read_weights

    complete = _with_shared(model, _of_model(model, read_weights(file, name)))
    mismatch = find_mismatch(model, complete)
    if mismatch:
        shapes = tuple(f"{key}: {words}" for key, words in mismatch.misshapen.items())
        raise WeightsError(
            *(name, str(file), "they do not fit", mismatch.missing, mismatch.surplus, shapes),
            remedy="--load takes the weights of the model that the config describes, with all of its keys",
        )
    model.load_state_dict(complete)


def _of_model(model: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the model's part of the state dict of a training task, such as one of TerraTorch's; any other as it is."""
    if not any(key.startswith(_IN_TASK) for key in state) or any(key in state for key in model.state_dict()):
        return state
    return {key.removeprefix(_IN_TASK): tensor for key, tensor in state.items() if key.startswith(_IN_TASK)}


def _with_shared(model: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Add the keys of shared tensors: one key in a safetensors file, several in the model."""
    own: dict[str, Tensor] = model.state_dict()
    there = {_memory(tensor): state[key] for key, tensor in own.items() if key in state}
    shared = {
        key: there[_memory(tensor)] for key, tensor in own.items() if key not in state and _memory(tensor) in there
    }
    return {**state, **shared}


def _memory(tensor: Tensor) -> tuple[object, ...]:
    if not tensor.numel():
        return (id(tensor),)  # nothing is nobody's
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


def without_weights(request: ModelRequest, factory: ModelFactory) -> ModelRequest:
    """Drop the weights from a request: `pretrained`, and files of weights."""
    arguments = _random(request.arguments)
    together = arguments.get(f"{_BACKBONE}kwargs")
    if isinstance(together, dict):
        arguments[f"{_BACKBONE}kwargs"] = _random(cast("dict[str, object]", together))
    if _WANTED in inspect.signature(factory.build_model).parameters:
        arguments[_WANTED] = False
    return request._replace(arguments=arguments)


def concerns_weights(error: Exception) -> bool:
    """Return True if an exception is about unavailable weights."""
    return isinstance(error, WeightsError) or type(error).__module__.partition(".")[0] == "huggingface_hub"


def _random(arguments: Mapping[str, object]) -> dict[str, object]:
    """Copy the arguments of a factory or of a backbone without those for weights."""
    kept: dict[str, object] = {}
    for name, value in arguments.items():
        bare = name.removeprefix(_BACKBONE)
        if bare not in _FILES:
            kept[name] = False if bare == _WANTED else value
    return kept
