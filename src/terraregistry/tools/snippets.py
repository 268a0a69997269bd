"""Snippets to copy: the shortest Python and the shortest config to build a component."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from terraregistry.terratorch_names import TERRATORCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.index import Component, Index

__all__ = ["Snippets", "python_snippet", "snippets_of", "yaml_snippet"]

Value: TypeAlias = str | int | float | bool | tuple[int, ...] | tuple[str, ...]
"""The value of an argument in a snippet."""
Arguments: TypeAlias = "Mapping[str, Value]"
"""Arguments by their names."""

_PLACEHOLDER: Final = "..."
"""Placeholder for the value of an argument known only to the reader."""
_WIDTH: Final = 72
_CLASSES: Final[Arguments] = {"num_classes": 4}
_BANDS: Final[Arguments] = {"bands": ("RED", "GREEN", "BLUE")}


@dataclass(frozen=True)
class Snippets:
    """Runnable Python, and a config in YAML of a model with the component; None for a kind without names in configs."""

    python: str
    config: str | None


@dataclass(frozen=True)
class _Recipe:
    """The surroundings of a component, in a model that can be built and run.

    Attributes:
        arguments: Arguments of the component.
        task: The task of the model.
        backbone: The backbone in front of it.
        indices: The features of that backbone.
        decoder: The decoder behind it, for a neck or a backbone.
        outputs: The factory's arguments for the outputs.
    """

    arguments: Arguments = field(default_factory=dict[str, Value])
    task: str = "segmentation"
    backbone: str = "timm_resnet18"
    indices: tuple[int, ...] = (1, 2, 3, 4)
    decoder: str = "FCNDecoder"
    outputs: Arguments = field(default_factory=lambda: _CLASSES)


_TOKENS: Final = _Recipe(backbone="timm_vit_tiny_patch16_224", indices=(2, 5, 8, 11))
_SATMAE: Final[Arguments] = {
    "out_channels": 256,
    "num_heads": 8,
    "mlp_ratio": 4.0,
    "patch_size": 16,
    "num_patches": 196,
    "depth": 4,
    "in_chans": 3,
}
_DECODERS: Final[Mapping[str, _Recipe]] = {
    "ASPPRegressionHead": _Recipe(task="regression", outputs={}),
    "DeepLabV3Plus": _Recipe(indices=(2, 3, 4)),  # its last feature is 4 times as coarse as its first
    "LinearDecoder": _Recipe({"num_classes": 4, "upsampling_size": 32}),
    "MLPDecoder": _TOKENS,
    "PAN": _Recipe(indices=(1, 2, 3)),  # its last feature has 8x8 pixels at least
    "SatMAEHead": replace(_TOKENS, arguments=_SATMAE, indices=(11,)),
    "UNetDecoder": _Recipe({"channels": (256, 128, 64, 32)}),
}
_NECKS: Final[Mapping[str, _Recipe]] = {
    "AggregateTokens": replace(_TOKENS, task="classification", decoder="IdentityDecoder"),
    "FeaturePyramidNetworkNeck": _Recipe({"output_ordered_dict": False}),
    "PermuteDims": replace(_TOKENS, arguments={"new_order": (0, 1, 3, 2)}),
    "SelectIndices": replace(_TOKENS, arguments={"indices": (1, 3)}),
}
_BACKBONE_RECIPES: Final[Mapping[str, _Recipe]] = {
    "IdentityBackbone": _Recipe({"out_channels": (3,)}, decoder="IdentityDecoder"),
    "UNet": _Recipe(decoder="IdentityDecoder"),  # its last feature has the resolution of the images
}
_DECODED: Final[Arguments] = {"decoder": "FCNDecoder", **_CLASSES}
_RGB: Final[Arguments] = {"in_channels": 3, **_CLASSES, "pretrained": False}
_FACTORIES: Final[Mapping[str, Arguments]] = {
    "EncoderDecoderFactory": {"task": "segmentation", "backbone": "timm_resnet18", **_DECODED},
    "FullModelFactory": {"model": "terratorch_prithvi_eo_tiny_mae", **_BANDS},
    "GenericUnetModelFactory": {
        "task": "segmentation",
        "backbone": "UNet",
        "backbone_in_channels": 3,
        "decoder": "ASPPSegmentationHead",
        **_CLASSES,
    },
    "ObjectDetectionModelFactory": {
        "task": "object_detection",
        "backbone": "timm_resnet18",
        "framework": "faster-rcnn",
        "backbone_out_indices": (4,),
        **_CLASSES,
    },
    "PrithviModelFactory": {
        "task": "segmentation",
        "backbone": "prithvi_eo_tiny",
        "decoder": "FCNDecoder",
        **_BANDS,
        **_CLASSES,
        "pretrained": False,
    },
    "SMPModelFactory": {"task": "segmentation", "backbone": "resnet18", "model": "Unet", **_RGB},
    "TimmModelFactory": {"task": "classification", "backbone": "resnet18", **_RGB},
}
"""Arguments of the library's own factories."""


def snippets_of(reference: str, name: str, component: Component, *, pretrained: bool = False) -> Snippets:
    """Write the snippets of a component of a registry; a value known only to the reader is `...`."""
    module, _, registry = reference.partition(":")
    home = "terraregistry" if module == "terraregistry.library" else module
    write = _WRITERS.get(reference, _any)
    return write(_Place(home, registry), name, component, {"pretrained": True} if pretrained else {})


def python_snippet(index: Index, reference: str, name: str) -> str:
    """Write the Python to build a component of the registry `reference`, with pretrained weights if there are any."""
    return _found(index, reference, name).python


def yaml_snippet(index: Index, reference: str, name: str) -> str:
    """Write a config of a model with a component, pretrained if possible; only its name for a kind without configs."""
    return _found(index, reference, name).config or f"{name}\n"


def _found(index: Index, reference: str, name: str) -> Snippets:
    """Write the snippets of a component of the index; raise a KeyError if it has none of this name."""
    resolved = index.find(reference, name)
    if resolved is None:
        raise KeyError(name)
    return snippets_of(reference, name, resolved.component, pretrained=bool(resolved.component.weights))


@dataclass(frozen=True)
class _Place:
    module: str
    registry: str

    def python(self, target: str, name: str, arguments: Arguments) -> str:
        """Write the import of the registry, and the call."""
        return f"from {self.module} import {self.registry}\n\n{self.call(target, name, arguments)}\n"

    def after_backbone(self, target: str, name: str, recipe: _Recipe, arguments: Arguments) -> str:
        """Write the imports, the call to build a backbone, and the call with its channels."""
        imports = f"from terraregistry import {', '.join(sorted({_BACKBONES.registry, self.registry}))}\n"
        backbone = _BACKBONES.call("backbone", recipe.backbone, {"out_indices": recipe.indices})
        return f"{imports}\n{backbone}\n{self.call(target, name, arguments, 'backbone.out_channels')}\n"

    def call(self, target: str, name: str, arguments: Arguments, *positional: str) -> str:
        """Write the call to build a component."""
        given = [f'"{name}"', *positional, *(f"{key}={_python(value)}" for key, value in arguments.items())]
        line = f"{target} = {self.registry}.build({', '.join(given)})"
        if len(line) <= _WIDTH:
            return line
        return f"{target} = {self.registry}.build(\n" + "".join(f"    {each},\n" for each in given) + ")"


_BACKBONES: Final = _Place("terraregistry", "BACKBONE_REGISTRY")


def _backbone(place: _Place, name: str, component: Component, more: Arguments) -> Snippets:
    recipe = _BACKBONE_RECIPES.get(component.name, _Recipe())
    arguments = _bands(component) | dict(recipe.arguments) | dict(more)
    config: dict[str, Value] = {"model_factory": "EncoderDecoderFactory", "task": "segmentation", "backbone": name}
    config |= _prefixed("backbone", arguments) | {"decoder": recipe.decoder, **_CLASSES}
    return Snippets(place.python("backbone", name, arguments), _yaml(config))


def _decoder(place: _Place, name: str, component: Component, more: Arguments) -> Snippets:
    recipe = _DECODERS.get(component.name, _Recipe())
    arguments = _completed(recipe, component) | dict(more)
    own = {key: value for key, value in arguments.items() if key not in recipe.outputs}  # those the factory passes on
    config = {**_head(recipe), "decoder": name, **_prefixed("decoder", own), **recipe.outputs}
    return Snippets(place.after_backbone("decoder", name, recipe, arguments), _yaml(config))


def _neck(place: _Place, name: str, component: Component, more: Arguments) -> Snippets:
    recipe = _NECKS.get(component.name, _TOKENS)
    arguments = _completed(recipe, component) | dict(more)
    lines = [f"necks:\n  - name: {name}\n", *(f"    {key}: {_plain(value)}\n" for key, value in arguments.items())]
    config = _yaml(_head(recipe)) + "".join(lines) + _yaml({"decoder": recipe.decoder, **recipe.outputs})
    return Snippets(place.after_backbone("neck", name, recipe, arguments), config)


def _full_model(place: _Place, name: str, component: Component, more: Arguments) -> Snippets:
    arguments = _bands(component) | dict(more)
    config = _yaml({"model_factory": "FullModelFactory", "model": name, **arguments})
    return Snippets(place.python("model", name, arguments), config)


def _factory(place: _Place, name: str, component: Component, more: Arguments) -> Snippets:
    arguments = _FACTORIES.get(component.name, {"task": _PLACEHOLDER})
    given = "".join(f"    {key}={_python(value)},\n" for key, value in arguments.items())
    python = place.python("factory", name, more) + f"model = factory.build_model(\n{given})\n"
    return Snippets(python, _yaml({"model_factory": name, **arguments}))


def _any(place: _Place, name: str, component: Component, more: Arguments) -> Snippets:
    """Write only the call, for a registry outside the library."""
    return Snippets(
        place.python("component", name, dict.fromkeys(_required(component), _PLACEHOLDER) | dict(more)), None
    )


_WRITERS: Final[Mapping[str, Callable[[_Place, str, Component, Arguments], Snippets]]] = {
    "terraregistry.library:BACKBONE_REGISTRY": _backbone,
    "terraregistry.library:DECODER_REGISTRY": _decoder,
    "terraregistry.library:FULL_MODEL_REGISTRY": _full_model,
    "terraregistry.library:MODEL_FACTORY_REGISTRY": _factory,
    "terraregistry.library:NECK_REGISTRY": _neck,
}


def _bands(component: Component) -> dict[str, Value]:
    """Write the bands of a component of this library; the bands of TerraTorch's have names and forms of their own."""
    has_bands = any(each.name == "bands" for each in component.signature.parameters)
    return dict(_BANDS) if has_bands and component.library != TERRATORCH else {}


def _required(component: Component) -> list[str]:
    parameters = component.signature.parameters
    return [each.name for each in parameters if each.default is None and not each.kind.startswith("*")]


def _completed(recipe: _Recipe, component: Component) -> dict[str, Value]:
    """Add placeholders for the required arguments without a value, except the first, the channels of the part before."""
    return dict.fromkeys(_required(component)[1:], _PLACEHOLDER) | dict(recipe.arguments)


def _head(recipe: _Recipe) -> dict[str, Value]:
    """Write the beginning of a config, up to the backbone."""
    head: dict[str, Value] = {"model_factory": "EncoderDecoderFactory", "task": recipe.task}
    return head | {"backbone": recipe.backbone, "backbone_out_indices": recipe.indices}


def _prefixed(prefix: str, arguments: Arguments) -> dict[str, Value]:
    return {f"{prefix}_{key}": value for key, value in arguments.items()}


def _yaml(fields: Arguments) -> str:
    return "".join(f"{key}: {_plain(value)}\n" for key, value in fields.items())


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _python(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_python, value))}]"
    return f'"{value}"' if isinstance(value, str) and value != _PLACEHOLDER else str(value)
