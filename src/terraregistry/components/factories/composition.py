"""A model planned and checked, ready to be built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from terraregistry.components.factories.composition_errors import noting
from terraregistry.components.factories.planned_parts import build_part
from terraregistry.components.models.framing import specs_of
from terraregistry.problems import display_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from terraregistry.components.factories.branches import Branch
    from terraregistry.components.factories.planned_parts import Maker, Part
    from terraregistry.components.factories.task_heads import Task
    from terraregistry.protocols import Backbone, Neck

__all__ = ["Composition", "strides_through"]


@dataclass(frozen=True)
class Composition:
    """The parts of a model, each checked and none made.

    Attributes:
        task: The task of the model.
        backbone: The backbone.
        necks: The necks, the first next to the backbone.
        branch: The decoder and head; None for a model of features.
        aux_branches: Further branches, by name.
        framing: Image padding: arguments common to all models.
        results: Processing of results at each pixel: arguments of `PixelWiseModel`.
    """

    task: Task
    backbone: Part
    necks: Sequence[Part]
    branch: Branch | None
    aux_branches: Mapping[str, Branch] = field(default_factory=dict[str, "Branch"])
    framing: Mapping[str, Any] = field(default_factory=dict[str, Any])  # arguments of several types
    results: Mapping[str, Any] = field(default_factory=dict[str, Any])  # arguments of several types

    def resulting(self, **results: Any) -> Composition:  # arguments of several types
        """Return the same model with other processing of its results."""
        return replace(self, results={**self.results, **results})

    def build(self, make: Maker = build_part) -> nn.Module:
        """Make the parts and put them together.

        Args:
            make: Makes a part.

        Returns:
            The model.
        """
        from terraregistry.components.models.task_models import EmbeddingOutputModel, PixelWiseModel, ScalarOutputModel

        backbone = make(self.backbone)
        channels = list(cast("Backbone", backbone).out_channels)
        specs = specs_of(backbone)
        strides = None if specs is None else tuple(spec.stride for spec in specs)
        necks: list[nn.Module] = []
        for part in self.necks:
            neck = make(part, list(channels))
            with noting(f"while asking {display_path(part.where)} what it makes of the channels {channels}"):
                channels = cast("Neck", neck).process_channel_list(list(channels))
                strides = strides_through(neck, strides)
            necks.append(neck)
        if self.branch is None:
            return EmbeddingOutputModel(backbone, necks=necks, **self.framing)
        decoder, head = self.branch.build(channels, strides, make)
        aux = {name: branch.build(channels, strides, make) for name, branch in self.aux_branches.items()}
        if self.task.pixel_wise:
            return PixelWiseModel(backbone, decoder, head, necks=necks, aux_heads=aux, **self.framing, **self.results)
        return ScalarOutputModel(backbone, decoder, head, necks=necks, aux_heads=aux, **self.framing)


def strides_through(neck: nn.Module, strides: Sequence[int] | None) -> tuple[int, ...] | None:
    """Follow strides through a neck.

    A neck with true `keeps_strides` only rearranges features: its `process_channel_list` rearranges strides as it does
    channels.

    Args:
        neck: The neck.
        strides: The stride of each feature before it.

    Returns:
        The stride of each feature after it; None if unknown.
    """
    if strides is None or getattr(neck, "keeps_strides", False) is not True:
        return None
    return tuple(cast("Neck", neck).process_channel_list(list(strides)))
