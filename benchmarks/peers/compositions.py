"""A thousand compositions of a backbone, two necks and a decoder, no two the same, as arguments and as configs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BACKBONES", "Part", "as_config", "compositions"]

BACKBONES: Final = (
    "timm_resnet18",
    "timm_resnet34",
    "timm_resnet50",
    "timm_resnet101",
    "timm_resnext50_32x4d",
    "timm_wide_resnet50_2",
    "timm_seresnet50",
    "timm_ecaresnet26t",
    "timm_res2net50_26w_4s",
    "timm_resnest14d",
    "timm_regnetx_002",
    "timm_regnety_002",
    "timm_mobilenetv2_100",
    "timm_mobilenetv3_small_100",
    "timm_efficientnet_b0",
    "timm_efficientnet_b3",
    "timm_tf_efficientnetv2_s",
    "timm_ghostnet_100",
    "timm_densenet121",
    "timm_hrnet_w18_small",
    "timm_dla34",
    "timm_mnasnet_100",
    "timm_hardcorenas_a",
    "timm_rexnet_100",
)
"""Two dozen of timm, of many families; a folder of configs has about so many."""

_CHANNELS: Final = [64, 128, 256, 512]


class Part(NamedTuple):
    """One component of a composition.

    Attributes:
        kind: `backbones`, `necks` or `decoders`.
        name: Its name.
        arguments: Its keyword arguments, but for the channels that come in.
    """

    kind: str
    name: str
    arguments: dict[str, Any]  # of any types

    def call(self) -> tuple[str, list[list[int]], dict[str, Any]]:
        """Return the arguments of `build` or `validate`: the name, what is given by position, and the rest."""
        return self.name, [] if self.kind == "backbones" else [_CHANNELS], self.arguments


def compositions(backbones: Sequence[str], count: int = 1_000) -> list[list[Part]]:
    """Compose parts.

    Args:
        backbones: The names to choose from, in turns.
        count: How many compositions.

    Returns:
        The four parts of each.
    """
    return [_composed(backbones[i % len(backbones)], i) for i in range(count)]


def as_config(composition: Sequence[Part]) -> dict[str, Any]:
    """Write a composition down as a config of a model that segments.

    Args:
        composition: The parts.

    Returns:
        What stands in the file.
    """
    backbone, *necks, decoder = composition
    return {
        "model_factory": "EncoderDecoderFactory",
        "task": "segmentation",
        "backbone": backbone.name,
        **{f"backbone_{name}": value for name, value in backbone.arguments.items()},
        "necks": [{"name": neck.name, **neck.arguments} for neck in necks],
        "decoder": decoder.name,
        **{f"decoder_{name}": value for name, value in decoder.arguments.items()},
        "num_classes": 4,
    }


def _composed(backbone: str, i: int) -> list[Part]:
    second = (
        Part("necks", "FeaturePyramidNetworkNeck", {"out_channel": 32 + i, "output_ordered_dict": False}),
        Part("necks", "InterpolateToPyramidal", {"scale_factor": 2, "mode": "nearest"}),
        Part("necks", "LearnedInterpolateToPyramidal", {}),
        Part("necks", "MaxpoolToPyramidal", {"kernel_size": 2}),
    )
    decoder = (
        Part("decoders", "FCNDecoder", {"channels": 16 + i, "num_convs": 1 + i % 4}),
        Part("decoders", "UperNetDecoder", {"channels": 16 + i, "pool_scales": [1, 2, 3]}),
        Part("decoders", "UNetDecoder", {"channels": [256, 128, 64, 16 + i]}),
        Part("decoders", "smp_FPN", {"pyramid_channels": 32 + i}),
        Part("decoders", "smp_UPerNet", {"decoder_channels": 64 + i}),
    )
    return [
        Part("backbones", backbone, {"pretrained": False, "in_chans": 1 + i % 12, "out_indices": [1, 2, 3, 4]}),
        Part("necks", "SelectIndices", {"indices": [0, 1, 2, 3]}),
        second[i % 4],
        decoder[i // 4 % 5],
    ]
