"""The kinds of component, as protocols: the common interface of every source's products.

The protocols are structural: a component never imports this module in order to satisfy one of them. Importing the module does
not load torch.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from torch import Tensor, nn

    MYPY: Literal[False]  # mypy takes a name like this for true: library_types.pyi hides from it what its plugin knows

__all__ = [
    "Backbone",
    "BackboneModule",
    "Decoder",
    "DecoderModule",
    "DescribesFeatures",
    "FeatureSpec",
    "Layout",
    "ModelFactory",
    "Neck",
    "NeckModule",
]


class Layout(StrEnum):
    """The order of the axes of a feature."""

    NCHW = "NCHW"
    """A map, channels first: `(B, C, H, W)`."""
    NHWC = "NHWC"
    """A map, channels last: `(B, H, W, C)`."""
    TOKENS = "tokens"
    """A sequence of tokens: `(B, N, C)`."""


class FeatureSpec(NamedTuple):
    """The properties of one feature of a backbone, known before computing it.

    Attributes:
        channels: The number of channels, C.
        stride: Input pixels for each step along H and W.
        layout: The order of the axes.
    """

    channels: int
    stride: int
    layout: Layout


@runtime_checkable
class Backbone(Protocol):
    """A module from a batch of images to a list of features, shallow to deep."""

    @property
    def out_channels(self) -> list[int]:
        """The number of channels of each feature."""
        ...

    def forward(self, x: Tensor, /) -> list[Tensor]:
        """Compute the features of a batch of images.

        Args:
            x: The images, `(B, C, H, W)`.

        Returns:
            One tensor a feature, `(B, out_channels[i], H_i, W_i)` unless the backbone says otherwise in `feature_specs`.
        """
        ...

    def __call__(self, x: Tensor, /) -> list[Tensor]:
        """Compute the features, through the hooks of the module."""
        ...


@runtime_checkable
class DescribesFeatures(Protocol):
    """A backbone with the stride and layout of each of its features."""

    @property
    def feature_specs(self) -> Sequence[FeatureSpec]:
        """One entry a feature, in the order of `out_channels`."""
        ...


@runtime_checkable
class Decoder(Protocol):
    """A module from a list of features to one feature map.

    A decoder whose class attribute `includes_head` is true gives the task's output itself: its `out_channels` are the classes.
    """

    @property
    def out_channels(self) -> int:
        """The number of channels of the result."""
        ...

    def forward(self, features: list[Tensor], /) -> Tensor:
        """Fuse the features.

        Args:
            features: One tensor a feature, `(B, C_i, H_i, W_i)`, shallow to deep.

        Returns:
            One map, `(B, out_channels, H, W)`.
        """
        ...

    def __call__(self, features: list[Tensor], /) -> Tensor:
        """Fuse the features, through the hooks of the module."""
        ...


@runtime_checkable
class Neck(Protocol):
    """A rearrangement of the features on their way from the backbone to the decoder."""

    def process_channel_list(self, channel_list: list[int], /) -> list[int]:
        """Return the channels of `forward`'s result for features of the given channels."""
        ...

    def forward(self, features: list[Tensor], /) -> list[Tensor]:
        """Rearrange the features; may also take `image_size: tuple[int, int]` by keyword."""
        ...

    # nn.Module's own __call__ takes anything; a neck may declare more than the features (image_size).
    def __call__(self, features: list[Tensor], /, *args: Any, **kwargs: Any) -> list[Tensor]:
        """Rearrange the features, through the hooks of the module."""
        ...


@runtime_checkable
class ModelFactory(Protocol):
    """A factory of whole models from parts named in its arguments."""

    # Each factory has arguments of its own.
    def build_model(self, *args: Any, **kwargs: Any) -> nn.Module:
        """Build the model.

        Returns:
            A module for batches of images.
        """
        ...


if TYPE_CHECKING:

    class BackboneModule(Backbone, nn.Module):
        """A `Backbone` that is an `nn.Module`: what the library's registries build for a name of type `str`.

        It is for annotations and `isinstance`. A backbone of your own derives from `nn.Module`.
        """

    class DecoderModule(Decoder, nn.Module):
        """A `Decoder` that is an `nn.Module`; see `BackboneModule`."""

    class NeckModule(Neck, nn.Module):
        """A `Neck` that is an `nn.Module`; see `BackboneModule`."""

else:  # no torch is loaded for them

    class _Modules(type(Protocol)):
        """Classes with the modules that satisfy their base as instances."""

        def __instancecheck__(cls, instance: object) -> bool:
            nn = sys.modules.get("torch.nn")
            return nn is not None and isinstance(instance, nn.Module) and isinstance(instance, cls.__base__)

    class BackboneModule(Backbone, metaclass=_Modules):
        """A `Backbone` that is an `nn.Module`: what the library's registries build for a name of type `str`."""

    class DecoderModule(Decoder, metaclass=_Modules):
        """A `Decoder` that is an `nn.Module`."""

    class NeckModule(Neck, metaclass=_Modules):
        """A `Neck` that is an `nn.Module`."""
