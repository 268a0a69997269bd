"""The surroundings of components in snippets: other parts, and values for arguments without a default."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.index import Component

__all__ = ["BACKBONE_RECIPES", "FACTORY_CONFIGS", "PLACEHOLDER", "Recipe", "Value", "decoder_recipe", "neck_recipe"]

Value: TypeAlias = str | int | float | bool | tuple[int, ...] | tuple[str, ...]
"""The value of an argument in a snippet."""

PLACEHOLDER: Final = "..."
"""Placeholder for the value of an argument known only to the reader."""

_NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})
_CLASSES: Final[Mapping[str, Value]] = MappingProxyType({"num_classes": 4})


@dataclass(frozen=True)
class Recipe:
    """The surroundings of a component, in a model that can be built and run.

    Attributes:
        arguments: Arguments of the component.
        task: The task of the model.
        backbone: The backbone in front of it.
        indices: The features of that backbone.
        decoder: The decoder behind it, for a neck or a backbone.
        outputs: The factory's arguments for the outputs.
    """

    arguments: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    task: str = "segmentation"
    backbone: str = "timm_resnet18"
    indices: tuple[int, ...] = (1, 2, 3, 4)
    decoder: str = "FCNDecoder"
    outputs: Mapping[str, Value] = field(default_factory=lambda: _CLASSES)


_SATMAE: Final[Mapping[str, Value]] = {
    "out_channels": 256,
    "num_heads": 8,
    "mlp_ratio": 4.0,
    "patch_size": 16,
    "num_patches": 196,
    "depth": 4,
    "in_chans": 3,
}
_DECODERS: Final[Mapping[str, Recipe]] = {
    "ASPPRegressionHead": Recipe(task="regression", outputs=_NOTHING),
    "DeepLabV3Plus": Recipe(indices=(2, 3, 4)),  # its last feature is 4 times as coarse as its first
    "LinearDecoder": Recipe({"num_classes": 4, "upsampling_size": 32}),
    "MLPDecoder": Recipe(backbone="timm_vit_tiny_patch16_224", indices=(2, 5, 8, 11)),
    "PAN": Recipe(indices=(1, 2, 3)),  # its last feature has 8x8 pixels at least
    "SatMAEHead": Recipe(_SATMAE, backbone="timm_vit_tiny_patch16_224", indices=(11,)),
    "UNetDecoder": Recipe({"channels": (256, 128, 64, 32)}),
}
_TOKENS: Final = Recipe(backbone="timm_vit_tiny_patch16_224", indices=(2, 5, 8, 11))
_NECKS: Final[Mapping[str, Recipe]] = {
    "AggregateTokens": replace(_TOKENS, task="classification", decoder="IdentityDecoder"),
    "FeaturePyramidNetworkNeck": Recipe({"output_ordered_dict": False}),
    "PermuteDims": replace(_TOKENS, arguments={"new_order": (0, 1, 3, 2)}),
    "SelectIndices": replace(_TOKENS, arguments={"indices": (1, 3)}),
}

BACKBONE_RECIPES: Final[Mapping[str, Recipe]] = {
    "IdentityBackbone": Recipe({"out_channels": (3,)}, decoder="IdentityDecoder"),
    "UNet": Recipe(decoder="IdentityDecoder"),  # its last feature has the resolution of the images
}
"""The recipes of the backbones whose snippets need more than a name."""

FACTORY_CONFIGS: Final[Mapping[str, Mapping[str, Value]]] = {
    "EncoderDecoderFactory": {
        "task": "segmentation",
        "backbone": "timm_resnet18",
        "decoder": "FCNDecoder",
        "num_classes": 4,
    },
    "FullModelFactory": {"model": "terratorch_prithvi_eo_tiny_mae", "bands": ("RED", "GREEN", "BLUE")},
    "GenericUnetModelFactory": {
        "task": "segmentation",
        "backbone": "UNet",
        "backbone_in_channels": 3,
        "decoder": "ASPPSegmentationHead",
        "num_classes": 4,
    },
    "ObjectDetectionModelFactory": {
        "task": "object_detection",
        "backbone": "timm_resnet18",
        "framework": "faster-rcnn",
        "backbone_out_indices": (4,),
        "num_classes": 4,
    },
    "PrithviModelFactory": {
        "task": "segmentation",
        "backbone": "prithvi_eo_tiny",
        "decoder": "FCNDecoder",
        "bands": ("RED", "GREEN", "BLUE"),
        "num_classes": 4,
        "pretrained": False,
    },
    "SMPModelFactory": {
        "task": "segmentation",
        "backbone": "resnet18",
        "model": "Unet",
        "in_channels": 3,
        "num_classes": 4,
        "pretrained": False,
    },
    "TimmModelFactory": {
        "task": "classification",
        "backbone": "resnet18",
        "in_channels": 3,
        "num_classes": 4,
        "pretrained": False,
    },
}
"""Arguments of the library's own factories."""


def decoder_recipe(component: Component) -> Recipe:
    """Return the recipe of a decoder.

    Args:
        component: The decoder.

    Returns:
        The recipe.
    """
    return _completed(_DECODERS.get(component.name, Recipe()), component)


def neck_recipe(component: Component) -> Recipe:
    """Return the recipe of a neck.

    Args:
        component: The neck.

    Returns:
        The recipe.
    """
    return _completed(_NECKS.get(component.name, _TOKENS), component)


def _completed(recipe: Recipe, component: Component) -> Recipe:
    """Add placeholders for the required arguments without a value, except the first, the channels of the part before."""
    required = [
        each.name for each in component.signature.parameters if each.default is None and not each.kind.startswith("*")
    ]
    return replace(recipe, arguments=dict.fromkeys(required[1:], PLACEHOLDER) | dict(recipe.arguments))
