"""Parts without data: built and run on torch's meta device, then discarded."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from terraregistry.components.factories.planned_parts import ModulePart
from terraregistry.components.factories.wrapping import WrappedPart, without_pretrained
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
    """Make tensors on the meta device inside, without warnings: the real part emits them when built."""
    with quietly(), torch.device("meta"):
        yield


_TRANSPOSED: Final = (torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d)


class _Strict(TorchFunctionMode):
    """Refuse a wrong number of channels in a transposed convolution; torch refuses it for tensors with data only."""

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
    """Build a part without data, to be discarded.

    Args:
        make: The builder of the part.

    Returns:
        The part, on the meta device; on the CPU if it can only be built there.

    Raises:
        Exception: Any error of the part in a real build.
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
    """Build a part without weights and data, the counterpart of `Part.build`.

    Args:
        part: The part.
        *args: Values before its arguments.
        **kwargs: Additional arguments.

    Returns:
        The part, on the meta device; a copy if the module exists already.

    Raises:
        Exception: Any error of the part in a real build.
    """
    copied = _copied(part)
    if isinstance(copied, ModulePart):
        return copied.module
    return make_shadow(lambda: without_pretrained(copied).build(*args, **kwargs)).to("meta")


def _copied(part: Part) -> Part:
    """Copy the module inside wrappers: adapters change it, and wrappers take it along to the meta device."""
    if isinstance(part, WrappedPart):
        return replace(part, inner=_copied(part.inner))
    return replace(part, module=shadow_of(part.module)) if isinstance(part, ModulePart) else part


def shadow_of(module: nn.Module) -> nn.Module:
    """Copy a module to the meta device.

    Args:
        module: The module; not changed.

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
    """Call `run` with a module in training mode, then in evaluation mode, without data and gradients.

    Args:
        module: The module.
        run: The function running it.

    Returns:
        The result in evaluation mode.

    Raises:
        Exception: Any error of `run` in either mode.
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
        run: The function running it.

    Returns:
        The result; None if the part raises.
    """
    try:
        with without_data(), _Strict(), torch.no_grad():
            return run()
    except Exception:  # noqa: BLE001 - a module may raise anything: the caller tries what it works on
        return None


def cannot_follow(error: BaseException | None) -> bool:
    """Return True if an exception, or its cause, reports an operation in need of data.

    Args:
        error: The exception of a part on the meta device.
    """
    while error is not None:
        # torch has no exception of its own for this: its words are "meta tensors", "device meta", "meta device".
        if isinstance(error, NotImplementedError) or "meta" in describe_error(error):
            return True
        error = error.__cause__ or error.__context__
    return False
