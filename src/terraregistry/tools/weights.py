"""Trying a config without its weights."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from terraregistry.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.protocols import ModelFactory
    from terraregistry.tools.config import ModelRequest

__all__ = ["concerns_weights", "without_weights"]

_WANTED: Final = "pretrained"
_FILES: Final = ("ckpt_path", "checkpoint_path")
_BACKBONE: Final = "backbone_"


def without_weights(request: ModelRequest, factory: ModelFactory) -> ModelRequest:
    """Drop the weights from a request: `pretrained`, and files of weights.

    Args:
        request: The validated request.
        factory: Its factory.

    Returns:
        The same model with random weights.
    """
    arguments = _random(request.arguments)
    together = arguments.get(f"{_BACKBONE}kwargs")
    if isinstance(together, dict):
        arguments[f"{_BACKBONE}kwargs"] = _random(cast("dict[str, object]", together))
    if _WANTED in inspect.signature(factory.build_model).parameters:
        arguments[_WANTED] = False
    return replace(request, arguments=arguments)


def concerns_weights(error: Exception) -> bool:
    """Return True if an exception is about unavailable weights.

    Args:
        error: The exception raised by the build of a model.

    Returns:
        True if the same model can be built without them.
    """
    return isinstance(error, WeightsError) or type(error).__module__.partition(".")[0] == "huggingface_hub"


def _random(arguments: Mapping[str, object]) -> dict[str, object]:
    """Copy the arguments of a factory or of a backbone without those for weights."""
    kept: dict[str, object] = {}
    for name, value in arguments.items():
        bare = name.removeprefix(_BACKBONE)
        if bare not in _FILES:
            kept[name] = False if bare == _WANTED else value
    return kept
