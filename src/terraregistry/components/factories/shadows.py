"""Parts without data, built and run on torch's meta device, then discarded; and the features between them."""

from __future__ import annotations

import copy
import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import torch
from torch.overrides import TorchFunctionMode

from terraregistry.components.factories.planned_parts import ModulePart, WrappedPart, without_pretrained
from terraregistry.errors import InvalidArgumentsError
from terraregistry.quiet import quietly
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from torch import Tensor, nn

    from terraregistry.components.factories.planned_parts import Part

__all__ = [
    "Flow",
    "cannot_follow",
    "in_both_modes",
    "in_words",
    "make_shadow",
    "run_shadow",
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
    """Build a part without data, on the meta device, or on the CPU if it can only be built there."""
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
    """Build a part without weights and data, the counterpart of its `build`; of an existing module, a copy."""
    copied = _copied(part)
    return make_shadow(lambda: without_pretrained(copied).build(*args, **kwargs)).to("meta")


def _copied(part: Part) -> Part:
    """Copy a module, also inside wrappers: adapters change it, and wrappers take it along to the meta device."""
    if isinstance(part, WrappedPart):
        return part._replace(inner=_copied(part.inner))
    if not isinstance(part, ModulePart):
        return part
    try:
        return part._replace(module=copy.deepcopy(part.module).to("meta"))
    except Exception as error:
        name = type(part.module).__qualname__
        raise NotImplementedError(f"a {name} cannot be copied to the meta device") from error


def in_both_modes(module: nn.Module, run: Callable[[], T]) -> T:
    """Call `run` with a module in training mode, then in evaluation mode, without data and gradients."""
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
    """Run a part without data; return None if it raises."""
    try:
        with without_data(), _Strict(), torch.no_grad():
            return run()
    except Exception:  # noqa: BLE001 - a module may raise anything: the caller tries what it works on
        return None


def cannot_follow(error: BaseException | None) -> bool:
    """Return True if an exception on the meta device, or its cause, reports an operation in need of data."""
    while error is not None:
        # torch has no exception of its own for this: its words are "meta tensors", "device meta", "meta device".
        if isinstance(error, NotImplementedError) or "meta" in describe_error(error):
            return True
        error = error.__cause__ or error.__context__
    return False


_SHAPES: Final = {2: "vectors (B, C)", 3: "tokens (B, N, C)", 4: "maps (B, C, H, W)"}


class Flow(NamedTuple):
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
        pairs = zip(self.features, self.channels, strict=False)
        return all(feature.dim() == 4 and feature.shape[1] == channels for feature, channels in pairs)

    def as_maps(self) -> tuple[Tensor, ...]:
        """Make features with the same channels and strides, as maps."""
        sizes = [(8, 12)] * len(self.channels)
        if self.strides is not None:
            sizes = [(self.image_size[0] // stride, self.image_size[1] // stride) for stride in self.strides]
        shapes = [(2, channels, *size) for channels, size in zip(self.channels, sizes, strict=True)]
        return tuple(torch.empty(shape, device="meta") for shape in shapes)

    def __str__(self) -> str:
        """Describe the part and its features: number, layout, channels and strides."""
        count, kinds = len(self.channels), [feature.dim() for feature in self.features]
        layouts = dict.fromkeys(_SHAPES.get(axes, f"{axes} axes") for axes in kinds)
        layout = f", {' and '.join(layouts)}" if layouts else ""
        widths = f" of {in_words(self.channels)} channel{'s' if set(self.channels) != {1} else ''}"
        strides = ""
        if self.strides is not None:
            strides = f" at stride{'s' if len(set(self.strides)) > 1 else ''} {in_words(self.strides)}"
        return f"{self.giver} gives {count} feature{'s' if count != 1 else ''}{layout}{widths}{strides}"


def in_words(numbers: Sequence[int]) -> str:
    """List numbers: `64, 128 and 256`, or one of them if all are equal."""
    words = [str(number) for number in (numbers if len(set(numbers)) > 1 else list(numbers)[:1])]
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])
