"""Whole configs to start from, which an editor offers in an empty file, in both layouts."""

from __future__ import annotations

import textwrap
from typing import Final, NamedTuple

from terraregistry.tools.config.layouts import TASKS

__all__ = ["snippets"]


class _Start(NamedTuple):
    """A config to start from: the class of its task in training configs, and arguments with places to fill in."""

    label: str
    description: str
    task_class: str
    arguments: str


_STARTS: Final = (
    _Start(
        "CNN + FCN",
        "Segmentation: a convolutional backbone of timm, and a fully convolutional decoder.",
        "SemanticSegmentationTask",
        """\
backbone: ${1:timm_resnet50}
backbone_pretrained: true
backbone_in_chans: ${2:3}
decoder: FCNDecoder
decoder_channels: 256
head_dropout: 0.1
num_classes: ${3:2}
""",
    ),
    _Start(
        "ViT + UperNet",
        "Segmentation: four blocks of a vision transformer of timm, a learned pyramid, and UperNet.",
        "SemanticSegmentationTask",
        """\
backbone: ${1:timm_vit_base_patch16_224}
backbone_pretrained: true
backbone_in_chans: ${2:3}
backbone_out_indices: [2, 5, 8, 11]
necks:
  - name: LearnedInterpolateToPyramidal
decoder: UperNetDecoder
decoder_channels: 256
num_classes: ${3:2}
""",
    ),
    _Start(
        "Prithvi, multi-temporal",
        "Segmentation of time series: a Prithvi for three dates of six bands, and a U-Net on a learned pyramid.",
        "SemanticSegmentationTask",
        """\
backbone: ${1:prithvi_eo_v2_300}
backbone_pretrained: true
backbone_num_frames: 3
backbone_bands: [BLUE, GREEN, RED, NIR_NARROW, SWIR_1, SWIR_2]
necks:
  - name: SelectIndices
    indices: [5, 11, 17, 23]
  - name: ReshapeTokensToImage
    effective_time_dim: 3
  - name: LearnedInterpolateToPyramidal
decoder: UNetDecoder
decoder_channels: [512, 256, 128, 64]
num_classes: ${2:2}
""",
    ),
    _Start(
        "Classification",
        "One class for each image: the last feature of a backbone of timm, averaged over the image.",
        "ClassificationTask",
        """\
backbone: ${1:timm_convnext_tiny}
backbone_pretrained: true
backbone_in_chans: ${2:3}
backbone_out_indices: [-1]
decoder: IdentityDecoder
head_dropout: 0.1
num_classes: ${3:10}
""",
    ),
)
_FACTORY: Final = "model_factory: EncoderDecoderFactory\n"


def snippets() -> list[dict[str, str]]:
    """Write the configs for the keyword `defaultSnippets` of the YAML language server: plain ones, then training configs."""
    plain = [(each, each.label, f"{_FACTORY}task: {TASKS[each.task_class]}\n{each.arguments}") for each in _STARTS]
    training = [(each, f"{each.label} (training config)", _training(each)) for each in _STARTS]
    return [
        {"label": label, "description": each.description, "bodyText": text, "sortText": f"!{number}"}
        for number, (each, label, text) in enumerate((*plain, *training))
    ]


def _training(start: _Start) -> str:
    arguments = _FACTORY + "model_args:\n" + textwrap.indent(start.arguments, "  ")
    head = f"model:\n  class_path: terratorch.tasks.{start.task_class}\n  init_args:\n"
    return head + textwrap.indent(arguments, "    ")
