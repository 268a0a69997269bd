"""Loading a state dict into a module: all of it, or an error listing the mismatches."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from terraregistry.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

__all__ = ["Mismatch", "find_mismatch", "load_exactly", "without_mismatch"]


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
        return WeightsError(
            component,
            origin,
            "they do not fit",
            missing=self.missing,
            surplus=self.surplus,
            misshapen=shapes,
            remedy="say allow_mismatch=True to load what fits; the rest keeps its random initial values",
        )


def find_mismatch(module: nn.Module, state: Mapping[str, Tensor]) -> Mismatch:
    """Compare a state dict with a module.

    Args:
        module: The module.
        state: The state dict, with the module's keys.

    Returns:
        The differences; false if there are none.
    """
    own: dict[str, Tensor] = module.state_dict()
    shapes = {
        key: f"{tuple(tensor.shape)} in the file, {tuple(own[key].shape)} in the module"
        for key, tensor in state.items()
        if key in own and tensor.shape != own[key].shape
    }
    shapes |= {key: reason for key, tensor in state.items() if key in own and (reason := _not_plain(tensor))}
    missing = tuple(key for key in own if key not in state)
    return Mismatch(missing, tuple(key for key in state if key not in own), shapes)


def _not_plain(tensor: Tensor) -> str:
    """Describe why a tensor of any shape cannot be copied into a parameter."""
    if tensor.is_meta:
        return "without data in the file"
    return "" if str(tensor.layout) == "torch.strided" else f"{tensor.layout} in the file, dense in the module"


def without_mismatch(
    module: nn.Module, state: Mapping[str, Tensor], component: str, origin: str, *, allow_mismatch: bool
) -> dict[str, Tensor]:
    """Remove the mismatches with a module from a state dict, if allowed.

    Args:
        module: The module.
        state: The state dict, with the module's keys.
        component: The name of the module, for the error.
        origin: The source of the state dict, for the error.
        allow_mismatch: Warn of mismatches in place of raising.

    Returns:
        The tensors without a mismatch.

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
