"""Parts without data: made on torch's meta device to be asked, and thrown away."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from terraregistry.components.necks.sequence import takes_image_size
from terraregistry.errors import InvalidArgumentsError
from terraregistry.quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

__all__ = ["apply_neck", "make_shadow", "run_shadow", "shadow_of", "without_data"]


@contextmanager
def without_data() -> Generator[None]:
    """Make tensors on the meta device inside, quietly: what there is to warn of is said when the real part is made."""
    with quietly(), torch.device("meta"):
        yield


def make_shadow(make: Callable[[], nn.Module]) -> nn.Module:
    """Make a part that is thrown away.

    Args:
        make: Makes the part.

    Returns:
        The part, on the meta device; on the usual one where it can only be made there.

    Raises:
        Exception: Whatever the part raises where it is made for real.
    """
    try:
        with without_data():
            return make()
    except InvalidArgumentsError:
        raise
    except Exception:  # noqa: BLE001 - a constructor may raise anything, also what only tensors without data cause
        state = torch.get_rng_state()
        try:
            with quietly():
                return make()
        finally:
            torch.set_rng_state(state)


def shadow_of(module: nn.Module) -> nn.Module | None:
    """Copy a module to the meta device; None where it cannot be copied."""
    try:
        return copy.deepcopy(module).to("meta").eval()
    except Exception:  # noqa: BLE001 - a module's own copying may raise anything
        return None


def run_shadow(run: Callable[[], Any]) -> Any:  # a module gives anything
    """Run a part without data.

    Args:
        run: Runs it.

    Returns:
        What it gives; None where it raises.
    """
    try:
        with quietly(), torch.no_grad():
            return run()
    except Exception:  # noqa: BLE001 - a module may raise anything, also what only tensors without data cause
        return None


def apply_neck(neck: nn.Module, features: Sequence[Tensor], image_size: tuple[int, int]) -> Any:  # of any module
    """Run a neck, as `NeckSequence` does.

    Args:
        neck: The neck.
        features: One tensor a feature.
        image_size: Height and width of the images.

    Returns:
        What it gives.
    """
    return neck(list(features), image_size=image_size) if takes_image_size(neck) else neck(list(features))
