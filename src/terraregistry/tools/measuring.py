"""Measuring of models without weights and data: parameters, multiply-adds, activations, memory."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of a public signature
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

from terraregistry.components.costs import Cost
from terraregistry.errors import RegistryError
from terraregistry.protocols import Decoder, ModelFactory, Neck
from terraregistry.registry import ComponentSpec
from terraregistry.wording import add_note

if TYPE_CHECKING:
    from torch import nn

    from terraregistry.components.counting import Meter

__all__ = ["Cost", "measure", "train_without_data"]


# A config holds values of any type, and a spec is of any kind.
def measure(
    model: nn.Module | ComponentSpec[Any] | Mapping[str, Any] | str | PathLike[str],
    *,
    image_size: int | tuple[int, int] | None = None,
    in_channels: int | None = None,
    num_frames: int | None = None,
    batch_size: int = 1,
) -> Cost:
    """Measure a model on torch's meta device: without its weights, its data, and the memory for them.

    The model is run once in training mode, on two images or more, and once in evaluation mode.

    Args:
        model: A module; the spec of a backbone or a whole model, as made by `validate`; or a config, as for `from_config`.
        image_size: Height and width of the images in pixels, or one number for both; by default the backbone's own, or 224.
        in_channels: The channels of the images; by default the backbone's own, or 3.
        num_frames: The frames of each image; by default the backbone's own.
        batch_size: The number of images.

    Returns:
        The cost of the model and of each of its parts for the batch.

    Raises:
        ConfigError: The config cannot be read or is wrong.
        RegistryError: The model takes no images, or its cost depends on their contents.
        ValueError: A size or a number is less than 1.

    Examples:
        >>> from terraregistry import BACKBONE_REGISTRY
        >>> cost = measure(BACKBONE_REGISTRY.validate("resnet18"), image_size=224)
        >>> cost.batch, cost.parameters, cost.macs
        ((1, 3, 224, 224), 11176512, 1813561344)
    """
    import torch

    from terraregistry.components.counting import Meter
    from terraregistry.components.factories.batches import batch_shape, make_inputs
    from terraregistry.components.factories.shadows import without_data

    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    given = {
        "image_size": min(size or (1,)),
        "in_channels": in_channels,
        "num_frames": num_frames,
        "batch_size": batch_size,
    }
    for name, number in given.items():
        if number is not None and number < 1:
            raise ValueError(f"{name}: expected at least 1, got {number}")
    with torch.random.fork_rng(devices=[]):  # pyright: ignore[reportUnknownMemberType]  # torch leaves its arguments untyped
        shadow, arguments = _without_data(model)
        shape = batch_shape(arguments, shadow, batch_size, size, in_channels, num_frames)
        images = make_inputs(shape, shadow, lambda each: torch.empty(each, device="meta"))
        meter = Meter(shadow, images)
        train_without_data(shadow, meter, shape)
        try:
            with without_data():
                meter.infer(lambda: shadow(images))
        except Exception as error:
            add_note(error, f"while measuring the model on images of shape {shape}")
            add_note(error, "image_size, in_channels and num_frames give them another shape")
            raise
    cost = meter.cost()
    if cost is None:
        raise RegistryError("the cost of this model depends on the contents of the images: a part runs once a region")
    return cost


def train_without_data(model: nn.Module, meter: Meter, shape: tuple[int, ...]) -> None:
    """Run a model without data in training mode, on two images or more, and leave it in evaluation mode."""
    import torch

    from terraregistry.components.factories.batches import make_inputs
    from terraregistry.components.factories.shadows import without_data

    images = make_inputs((max(2, shape[0]), *shape[1:]), model, lambda each: torch.empty(each, device="meta"))
    with without_data():
        model.train()
        meter.train(lambda: model(images), images)
        model.eval()


# As above; the arguments are those about images.
def _without_data(model: object) -> tuple[nn.Module, dict[str, object]]:
    """Make a model on the meta device; return it with the arguments of its factory."""
    import torch

    from terraregistry.components.factories.planned_parts import WEIGHTS, ModulePart
    from terraregistry.components.factories.shadows import make_shadow, shadow_part

    if isinstance(model, torch.nn.Module):
        return shadow_part(ModulePart((), model)), {}
    if not isinstance(model, ComponentSpec):
        return _of_config(cast("Mapping[str, Any] | str | PathLike[str]", model))
    spec = cast("ComponentSpec[object]", model)
    if spec.registry.kind.type in (Decoder, Neck, ModelFactory):
        raise RegistryError(f"{spec.spelling!r} takes no images: measure a model with it, described by a config")
    arguments = {name: value for name, value in spec.kwargs.items() if name not in WEIGHTS}
    if WEIGHTS[0] in spec.registry.signature(spec.spelling).parameters:
        arguments[WEIGHTS[0]] = False

    def make() -> nn.Module:
        made = spec.registry.build(spec.spelling, *spec.args, **arguments)
        if isinstance(made, torch.nn.Module):
            return made
        raise RegistryError(f"{spec.spelling!r} makes a {type(made).__qualname__}, not a torch.nn.Module")

    return make_shadow(make).to("meta"), arguments


def _of_config(config: Mapping[str, Any] | str | PathLike[str]) -> tuple[nn.Module, dict[str, object]]:  # as above
    import torch

    from terraregistry.tools.config import find_request, read_config
    from terraregistry.tools.configured import document_of
    from terraregistry.tools.trial import build_requested, make_factory
    from terraregistry.tools.weights import without_weights

    document = read_config(config) if isinstance(config, (str, PathLike)) else document_of(config)
    request = find_request(document)
    factory = make_factory(request, fit=False)
    with torch.device("meta"):
        model, arguments = build_requested(without_weights(request, factory), factory)
    return cast("nn.Module", model).to("meta"), arguments
