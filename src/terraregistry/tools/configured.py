"""Models from configs, and the config of a model: a record of a run, from which to build the model again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from terraregistry.errors import RegistryError
from terraregistry.problems import Span

if TYPE_CHECKING:
    from torch import nn

    from terraregistry.registry import MultiSourceRegistry
    from terraregistry.tools.config import Document

__all__ = ["from_config", "to_config"]

_BUILT_FROM: Final = "_terraregistry_config"
"""The attribute for a model's config: copied and pickled with the model, and absent from its state dict."""


# A config holds values of any type. The mapping comes first: jsonargparse tries the types in their order.
def from_config(
    config: Mapping[str, Any] | str | PathLike[str],
    *,
    unused: Literal["error", "warn"] = "error",
    duplicates: Literal["error", "last"] = "error",
    like_terratorch: bool | None = None,
) -> nn.Module:
    """Build the model described by a config: all of it is validated before anything is constructed.

    Only registered names are built: a config cannot make anything be imported or run.

    Args:
        config: A YAML file, or a mapping such as its contents: `model_factory` and the arguments of its
            `build_model`, or a training config in TerraTorch's layout.
        unused: Policy for unused arguments: `"error"`, or `"warn"` to drop them with a warning.
        duplicates: Policy for a key twice in the model of a file: `"error"`, or `"last"` to take its last value with a warning.
        like_terratorch: Build the model that TerraTorch builds of the config, where that differs: auxiliary heads with the
            arguments of the main head, and smp's decoders without the first features. By default a training config in
            TerraTorch's layout is built as the factories do, with a `FitWarning` of the differences; False warns of none.

    Returns:
        A new model.

    Raises:
        ConfigError: The config cannot be read or is wrong; lists every mistake with its place.

    Examples:
        >>> model = from_config({
        ...     "model_factory": "EncoderDecoderFactory", "task": "segmentation", "num_classes": 2,
        ...     "backbone": "test_resnet", "decoder": "FCNDecoder", "decoder_channels": 8,
        ... })
        >>> to_config(model)["backbone"]
        'timm_test_resnet'
    """
    from terraregistry.tools.config import find_request, read_config
    from terraregistry.tools.trial import Policies, build_requested, make_factory

    last = duplicates == "last"
    document = read_config(config, take_last=last) if isinstance(config, (str, PathLike)) else _document(config)
    request = Policies(unused == "warn", like_terratorch).applied(find_request(document))
    model, arguments = build_requested(request, make_factory(request, fit=False))
    arguments.pop("unused", None)
    arguments = deepcopy(arguments)
    if request.factory == "EncoderDecoderFactory":
        arguments = _qualified_names(arguments)
    built = {"model_factory": request.factory, **arguments}
    setattr(model, _BUILT_FROM, built)
    return cast("nn.Module", model)


def to_config(model: nn.Module) -> dict[str, Any]:  # as above
    """Return the config of a model, to build the same again.

    Names of components have the prefixes of their sources, so sources mounted later do not change their meaning.
    Dropped arguments are left out.

    Args:
        model: A model built by `from_config`, or a copy of one.

    Returns:
        A config for `from_config`, in the plain layout.

    Raises:
        RegistryError: The model was not built by `from_config`.
    """
    built: dict[str, Any] | None = getattr(model, _BUILT_FROM, None)
    if built is None:
        raise RegistryError(
            f"this {type(model).__qualname__} was not built by from_config, so that its config is not known"
        )
    return deepcopy(built)


def _document(config: object) -> Document:
    from terraregistry.tools.config import Document

    return Document("", _plain(config), {}, {(): Span(1, 1)})


def _plain(value: object) -> object:
    """Copy mappings and sequences of any kind, such as OmegaConf's, as dictionaries and lists."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, tuple)):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    return cast("Any", value)  # what is left of the type is of no use


def _qualified_names(arguments: dict[str, object]) -> dict[str, object]:
    """Write the names of the parts with the prefixes of their sources."""
    from terraregistry.library import BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY

    _qualify(arguments, "backbone", BACKBONE_REGISTRY)
    _qualify(arguments, "decoder", DECODER_REGISTRY)
    for neck in cast("list[object]", arguments.get("necks") or []):
        _qualify(neck, "name", NECK_REGISTRY)
    for auxiliary in cast("list[object]", arguments.get("aux_decoders") or []):
        _qualify(auxiliary, "decoder", DECODER_REGISTRY)
    return arguments


def _qualify(part: object, key: str, registry: MultiSourceRegistry[Any]) -> None:  # a registry of any kind
    if not isinstance(part, dict):
        return
    names = cast("dict[str, object]", part)
    name = names.get(key)
    if isinstance(name, str) and name in registry:
        prefix = registry.resolve(name).prefix
        bare = name.removeprefix(f"{prefix}_")
        # What follows the prefix stays as it was written: tags and deprecated names choose weights.
        names[key] = f"{prefix}_{bare if bare in registry[prefix] else name}"
