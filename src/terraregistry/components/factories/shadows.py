"""Parts without data: made and run on torch's meta device, and thrown away."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from terraregistry.components.factories.planned_parts import ModulePart
from terraregistry.components.factories.wrapping import without_pretrained
from terraregistry.errors import InvalidArgumentsError
from terraregistry.quiet import quietly
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from terraregistry.components.factories.planned_parts import Part

__all__ = ["cannot_follow", "in_both_modes", "make_shadow", "run_shadow", "shadow_of", "shadow_part", "without_data"]

T = TypeVar("T")


@contextmanager
def without_data() -> Generator[None]:
    """Make tensors on the meta device inside, quietly: what there is to warn of is said when the real part is made."""
    with quietly(), torch.device("meta"):
        yield


_TRANSPOSED: Final = (torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d)


class _Strict(TorchFunctionMode):
    """Refuse what torch refuses of tensors with data only: another number of channels than a transposed convolution has."""

    # As torch has it.
    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in _TRANSPOSED and len(args) > 1:
            given, weight = args[:2]
            channels = given.shape[1 - weight.dim()]
            if channels != weight.shape[0]:
                raise ValueError(f"expected {weight.shape[0]} channels, got {channels}, shape {tuple(given.shape)}")
        return func(*args, **(kwargs or {}))


def make_shadow(make: Callable[[], nn.Module]) -> nn.Module:
    """Make a part that is thrown away.

    Args:
        make: Makes the part.

    Returns:
        The part, on the meta device; on the CPU where it can only be made there.

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
            with quietly(), torch.device("cpu"):
                return make()
        finally:
            torch.set_rng_state(state)


# What a part is made of besides its arguments.
def shadow_part(part: Part, *args: Any, **kwargs: Any) -> nn.Module:
    """Make a part without weights and data, as `Part.build` makes the real one.

    Args:
        part: The part.
        *args: What comes before its arguments.
        **kwargs: What is added to them.

    Returns:
        The part, on the meta device; of a module that is made already, a copy.

    Raises:
        Exception: Whatever the part raises where it is made for real.
    """
    if isinstance(part, ModulePart):
        return shadow_of(part.module)
    made = make_shadow(lambda: without_pretrained(part).build(*args, **kwargs))
    return made.to("meta")


def shadow_of(module: nn.Module) -> nn.Module:
    """Copy a module to the meta device.

    Args:
        module: The module, which is not changed.

    Returns:
        The copy.

    Raises:
        NotImplementedError: It cannot be copied.
    """
    try:
        return copy.deepcopy(module).to("meta")
    except Exception as error:
        raise NotImplementedError(f"a {type(module).__qualname__} cannot be copied to the meta device") from error


def in_both_modes(module: nn.Module, run: Callable[[], T]) -> T:
    """Run something with a module in training mode, and then in evaluation mode, without data and gradients.

    Args:
        module: The module.
        run: Runs it.

    Returns:
        What it gives in evaluation mode.

    Raises:
        Exception: Whatever it raises in either.
    """
    state = torch.get_rng_state()
    try:
        with without_data(), _Strict(), torch.no_grad():
            module.train()
            run()
            module.eval()
            return run()
    finally:
        torch.set_rng_state(state)


def run_shadow(run: Callable[[], Any]) -> Any:  # a module gives anything
    """Run a part without data.

    Args:
        run: Runs it.

    Returns:
        What it gives; None where it raises.
    """
    try:
        with without_data(), _Strict(), torch.no_grad():
            return run()
    except Exception:  # noqa: BLE001 - a module may raise anything: the caller tries what it works on
        return None


def cannot_follow(error: BaseException | None) -> bool:
    """True if an exception says that an operation needs data, which is not there; also as the cause of another one.

    Args:
        error: What a part on the meta device raised.
    """
    while error is not None:
        # torch has no exception of its own for this: its words are "meta tensors", "device meta", "meta device".
        if isinstance(error, NotImplementedError) or "meta" in describe_error(error):
            return True
        error = error.__cause__ or error.__context__
    return False
