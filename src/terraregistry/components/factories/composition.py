"""A model that is planned and checked, ready to be built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from terraregistry.components.factories.problems import noting
from terraregistry.components.models.embedding_output import EmbeddingOutputModel
from terraregistry.components.models.pixel_wise import PixelWiseModel
from terraregistry.components.models.scalar_output import ScalarOutputModel
from terraregistry.protocols import DescribesFeatures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import nn

    from terraregistry.components.factories.branches import Branch
    from terraregistry.components.factories.parts import Part
    from terraregistry.components.factories.tasks import Task
    from terraregistry.protocols import Backbone, Neck

__all__ = ["Composition", "strides_after"]


@dataclass(frozen=True)
class Composition:
    """The parts of a model, each checked and none made.

    Attributes:
        task: What the model is for.
        backbone: The backbone.
        necks: The necks, the first next to the backbone.
        branch: The decoder and head; None for a model that gives features.
        aux_branches: Further branches, by name.
        framing: How images are padded: arguments that all models take.
        results: What is done with results at each pixel: arguments of `PixelWiseModel`.
    """

    task: Task
    backbone: Part
    necks: Sequence[Part]
    branch: Branch | None
    aux_branches: Mapping[str, Branch] = field(default_factory=dict[str, "Branch"])
    framing: Mapping[str, Any] = field(default_factory=dict[str, Any])  # arguments of several types
    results: Mapping[str, Any] = field(default_factory=dict[str, Any])  # arguments of several types

    def build(self) -> nn.Module:
        """Make the parts and put them together."""
        backbone = self.backbone.build()
        channels = list(cast("Backbone", backbone).out_channels)
        necks: list[nn.Module] = []
        for part in self.necks:
            neck = part.build(list(channels))
            with noting(f"while asking {part.where} what it makes of the channels {channels}"):
                channels = cast("Neck", neck).process_channel_list(list(channels))
            necks.append(neck)
        if self.branch is None:
            return EmbeddingOutputModel(backbone, necks=necks, **self.framing)
        strides = strides_after(backbone, necks)
        decoder, head = self.branch.build(channels, strides)
        aux = {name: branch.build(channels, strides) for name, branch in self.aux_branches.items()}
        if self.task.pixel_wise:
            return PixelWiseModel(backbone, decoder, head, necks=necks, aux_heads=aux, **self.framing, **self.results)
        return ScalarOutputModel(backbone, decoder, head, necks=necks, aux_heads=aux, **self.framing)


def strides_after(backbone: nn.Module, necks: Iterable[nn.Module]) -> list[int] | None:
    """Follow the strides of a backbone's features through necks.

    A neck whose `keeps_strides` is true only rearranges features: its `process_channel_list` rearranges strides as it
    does channels.

    Args:
        backbone: The backbone.
        necks: The necks, the first next to the backbone.

    Returns:
        The stride of each feature, or None where the backbone or a neck leaves it open.
    """
    if not isinstance(backbone, DescribesFeatures):
        return None
    strides = [spec.stride for spec in backbone.feature_specs]
    for neck in necks:
        if getattr(neck, "keeps_strides", False) is not True:
            return None
        strides = cast("Neck", neck).process_channel_list(strides)
    return strides
