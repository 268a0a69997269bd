"""Images without data for a backbone, and runs of it, a decoder and a head as in a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import Tensor, nn

from terraregistry.components.factories.batches import batch_shape
from terraregistry.components.factories.planned_parts import NamedPart
from terraregistry.components.factories.shadows import in_both_modes
from terraregistry.components.factories.wrapping import TIME, WrappedPart, unwrapped
from terraregistry.components.models.encoder_decoder import EncoderModel
from terraregistry.components.models.images import image_size_of
from terraregistry.errors import ComponentProtocolError, InvalidArgumentsError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.protocols import Backbone

__all__ = ["Chain", "as_listed", "asked", "encoded", "failure_of", "images_for"]

_BATCH: Final = 2
_ABOUT_IMAGES: Final = ("in_chans", "in_channels", "img_size", "num_frames")
"""The parameters of a backbone with defaults describing its images."""


class Chain(nn.Module):
    """A decoder and its head, as in a model."""

    def __init__(self, decoder: nn.Module, head: nn.Module | None, pixel_wise: bool) -> None:
        super().__init__()
        self.decoder = decoder
        self.head = head
        self.pixel_wise = pixel_wise

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Decode features; a result at each pixel has to be a map `(B, N, H, W)`."""
        result: Tensor = self.decoder(list(features))
        if self.head is not None:
            result = self.head(result)
        if self.pixel_wise and result.dim() != 4:
            raise ValueError(f"a result at each pixel is a map, got the shape {tuple(result.shape)}")
        return result


class _Reader(nn.Module):
    """A stand-in for a neck, with its `reads_layout`."""

    def __init__(self, part: Part | None) -> None:
        super().__init__()
        reads = part is not None and (part.value_of("reads_layout") or part.value_of("new_order"))
        self.reads_layout = bool(reads)


def images_for(part: Part, model: nn.Module, at_least: tuple[int, int] = (1, 1)) -> Tensor:
    """Make images without data for a model.

    Args:
        part: The backbone, as requested.
        model: The model, with the backbone as its `encoder`.
        at_least: Minimal height and width; a multiple of the model's own size is used then.

    Returns:
        `(2, C, H, W)`, or `(2, C, T, H, W)`.
    """
    given: dict[str, object] = {}
    while isinstance(part, WrappedPart):
        if part.wrapper.name == TIME:
            values = part.wrapper.arguments.values.items()
            given |= {"backbone_use_temporal": True} | {f"backbone_temporal_{name}": value for name, value in values}
        part = part.inner
    if isinstance(part, NamedPart):
        defaults = {name: part.parameters[name].default for name in _ABOUT_IMAGES if name in part.parameters}
        given |= {f"backbone_{name}": value for name, value in {**defaults, **part.arguments.values}.items()}
    *others, height, width = batch_shape(given, model, _BATCH)
    factor = max(1, -(-at_least[0] // height), -(-at_least[1] // width))
    return torch.empty((*others, factor * height, factor * width), device="meta")


def encoded(
    encoder: nn.Module, part: Part, necks: Sequence[Part | None], framing: Mapping[str, Any]
) -> tuple[tuple[Tensor, ...], tuple[int, int]]:
    """Run a backbone as a model does; return the features for the next part, and the size of the images."""
    model = EncoderModel(encoder, necks=map(_Reader, necks), **framing)
    images = images_for(part, model)
    padded = model.pad(images)
    features = in_both_modes(model, lambda: model.encode(padded))
    channels = cast("Backbone", encoder).out_channels
    if len(features) == len(channels):
        first = all(not each.reads_layout for each in cast("list[_Reader]", list(model.neck)))
        as_listed(part.label, features, channels if first else ())
    return tuple(features), image_size_of(padded)


def as_listed(label: str, features: Any, channels: Sequence[int]) -> tuple[Tensor, ...]:  # of any module
    """Check the channels of features against those declared by a part; tokens may have those of one step of several."""
    given = tuple(features)
    for at, (feature, width) in enumerate(zip(given, channels, strict=False)):
        if isinstance(feature, Tensor) and feature.dim() == 4 and feature.shape[1] != width:
            says = f"lists {width} channels for feature {at}, and gives the shape {tuple(feature.shape)}"
            raise ValueError(f"{label} {says}")
    return given


def failure_of(run: Callable[[], object]) -> Exception | None:
    """Run a function and return its exception about arguments; None if it succeeds."""
    try:
        run()
    except (ComponentProtocolError, SourceUnavailableError):
        raise
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        return error
    return None


def asked(part: Part) -> InvalidArgumentsError | None:
    """Return the problems found by a backbone's source in its arguments, if the source can report features."""
    named = unwrapped(part)
    source: Any = named.registry if isinstance(named, NamedPart) else None  # a source may have any methods
    if not isinstance(named, NamedPart) or not hasattr(source, "find_registry"):
        return None
    ask = getattr(source.find_registry(named.name), "feature_specs", None)
    try:
        if ask is not None:
            ask(source.resolve(named.name).name, **named.arguments.values)
    except InvalidArgumentsError as error:
        try:
            named.refuse(error)
        except InvalidArgumentsError as refused:
            return refused
    return None
