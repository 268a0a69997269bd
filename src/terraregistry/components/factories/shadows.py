"""Parts without data, built and run on torch's meta device, then discarded; and the features between them."""

from __future__ import annotations

import copy
import importlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
    from collections.abc import Callable, Generator, Sequence

    from torch import Tensor

    from terraregistry.components.factories.planned_parts import Part

__all__ = [
    "Flow",
    "cannot_follow",
    "in_both_modes",
    "in_words",
    "make_shadow",
    "run_shadow",
    "shadow_of",
    "shadow_part",
    "without_data",
]

T = TypeVar("T")


@contextmanager
def without_data() -> Generator[None]:
    """Make tensors on the meta device inside, without warnings: the real part emits them when built."""
    # timm and torchvision import it, which torch 2.6 cannot do while a device is set.
    importlib.import_module("torch._dynamo")
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


_BATCH: Final = 2
_ROWS, _COLUMNS = 8, 12
_SHAPES: Final = {2: "vectors (B, C)", 3: "tokens (B, N, C)", 4: "maps (B, C, H, W)"}


@dataclass(frozen=True)
class Flow:
    """The features of a part.

    Attributes:
        giver: The part, as `backbone ('timm_resnet18')`.
        channels: The channels of each feature, as the part lists them.
        strides: The stride of each, in pixels; None if unknown.
        features: The part's output, without data.
        image_size: Height and width of the images.
    """

    giver: str
    channels: tuple[int, ...]
    strides: tuple[int, ...] | None
    features: tuple[Tensor, ...]
    image_size: tuple[int, int]

    @property
    def are_tokens(self) -> bool:
        """True if all features are tokens."""
        return all(feature.dim() == 3 for feature in self.features)

    @property
    def are_maps(self) -> bool:
        """True if all features are maps of their channels."""
        return all(
            feature.dim() == 4 and feature.shape[1] == channels
            for feature, channels in zip(self.features, self.channels, strict=False)
        )

    def as_maps(self) -> tuple[Tensor, ...]:
        """Make features with the same channels and strides, as maps."""
        sizes = [(_ROWS, _COLUMNS)] * len(self.channels)
        if self.strides is not None:
            sizes = [(self.image_size[0] // stride, self.image_size[1] // stride) for stride in self.strides]
        return tuple(_map(channels, *size) for channels, size in zip(self.channels, sizes, strict=True))

    def __str__(self) -> str:
        """Describe the part and its features: number, layout, channels and strides."""
        count = len(self.channels)
        features = f"{count} feature{'s' if count != 1 else ''}"
        kinds = list(dict.fromkeys(map(_shape_in_words, self.features)))
        layout = f", {' and '.join(kinds)}" if kinds else ""
        strides = f" at stride{_plural(self.strides)} {in_words(self.strides)}" if self.strides is not None else ""
        widths = f" of {in_words(self.channels)} channel{'s' if set(self.channels) != {1} else ''}"
        return f"{self.giver} gives {features}{layout}{widths}{strides}"


def in_words(numbers: Sequence[int]) -> str:
    """List numbers: `64, 128 and 256`, or one of them if all are equal."""
    words = [str(number) for number in (numbers if len(set(numbers)) > 1 else list(numbers)[:1])]
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])


def _map(channels: int, rows: int, columns: int) -> Tensor:
    return torch.empty(_BATCH, channels, rows, columns, device="meta")


def _shape_in_words(feature: Tensor) -> str:
    return _SHAPES.get(feature.dim(), f"{feature.dim()} axes")


def _plural(numbers: Sequence[int]) -> str:
    return "s" if len(set(numbers)) > 1 else ""
