"""A model planned and checked, ready to be built: its parts, and its branches of a decoder and a head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from terraregistry.components.factories.planned_parts import NamedPart, build_part, invalid_composition, noting
from terraregistry.components.models.framing import specs_of
from terraregistry.errors import Problem, ProblemKind
from terraregistry.problems import display_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import nn

    from terraregistry.components.factories.own_arguments import Count
    from terraregistry.components.factories.part_arguments import Arguments
    from terraregistry.components.factories.planned_parts import Maker, Part
    from terraregistry.components.factories.rules import Task
    from terraregistry.protocols import Backbone, Decoder, Neck

__all__ = ["INCLUDED", "Branch", "Composition", "another_count", "process", "says_includes_head", "strides_of"]

INCLUDED: Final = "the decoder includes its head"


@dataclass(frozen=True)
class Branch:
    """A decoder and its head, ready to be built.

    Attributes:
        decoder: The decoder.
        head: The head; None if the decoder includes it.
        head_arguments: The arguments given for the head.
        count: The number of outputs; None if not given, or already among the arguments of the decoder.
    """

    decoder: Part
    head: Part | None
    head_arguments: Arguments
    count: Count | None

    def told(self, strides: Sequence[int] | None) -> dict[str, list[int]]:
        """Return the decoder's arguments beside the channels: the strides, if known and the decoder has the parameter."""
        takes = isinstance(self.decoder, NamedPart) and self.decoder.takes("strides")
        return {"strides": list(strides)} if takes and strides is not None else {}

    def head_after(self, decoder: nn.Module | None) -> Part | None:
        """Return the head; None if there is none, or the built decoder includes it."""
        return None if says_includes_head(decoder) else self.head

    def misfits(self, decoder: nn.Module) -> list[Problem]:
        """Report head arguments and a count in conflict with a built decoder including its head."""
        if not says_includes_head(decoder):
            return []
        return [*self.head_arguments.unused(INCLUDED), *another_count(decoder, self.count)]

    def build(
        self, channels: Sequence[int], strides: Sequence[int] | None, make: Maker
    ) -> tuple[nn.Module, nn.Module | None]:
        """Make the decoder and the head for features; raise if the built decoder includes a head that was given arguments."""
        decoder = make(self.decoder, list(channels), **self.told(strides))
        problems = self.misfits(decoder)
        if problems:
            raise invalid_composition(problems)
        head = self.head_after(decoder)
        return decoder, None if head is None else make(head, cast("Decoder", decoder).out_channels)


class Composition(NamedTuple):
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
    aux_branches: Mapping[str, Branch]
    framing: Mapping[str, Any]  # arguments of several types
    results: Mapping[str, Any]  # arguments of several types

    def build(self, make: Maker = build_part) -> nn.Module:
        """Make the parts, by `make`, and put them together."""
        from terraregistry.components.models.task_models import EmbeddingOutputModel, PixelWiseModel, ScalarOutputModel

        backbone, necks, channels, strides = self.build_encoder(make)
        if self.branch is None:
            return EmbeddingOutputModel(backbone, necks=necks, **self.framing)
        decoder, head = self.branch.build(channels, strides, make)
        aux = {name: branch.build(channels, strides, make) for name, branch in self.aux_branches.items()}
        if self.task.pixel_wise:
            return PixelWiseModel(backbone, decoder, head, necks=necks, aux_heads=aux, **self.framing, **self.results)
        return ScalarOutputModel(backbone, decoder, head, necks=necks, aux_heads=aux, **self.framing)

    def build_encoder(
        self, make: Maker = build_part
    ) -> tuple[nn.Module, list[nn.Module], list[int], Sequence[int] | None]:
        """Make the backbone and the necks; return also the channels and strides of the features after them."""
        backbone = make(self.backbone)
        channels = list(cast("Backbone", backbone).out_channels)
        strides = strides_of(backbone)
        necks: list[nn.Module] = []
        for part in self.necks:
            neck = make(part, list(channels))
            channels, strides = process(part, neck, channels, strides)
            necks.append(neck)
        return backbone, necks, channels, strides


def strides_of(backbone: nn.Module) -> tuple[int, ...] | None:
    """Return the stride of each feature of a backbone; None if unknown."""
    specs = specs_of(backbone)
    return None if specs is None else tuple(spec.stride for spec in specs)


def process(
    part: Part, neck: nn.Module, channels: Sequence[int], strides: Sequence[int] | None
) -> tuple[list[int], tuple[int, ...] | None]:
    """Follow channels and strides through a neck.

    A neck with true `keeps_strides` only rearranges features: its `process_channel_list` rearranges strides as it does
    channels. After another one, they are unknown.
    """
    with noting(f"while asking {display_path(part.where)} what it makes of the channels {list(channels)}"):
        follow = cast("Neck", neck).process_channel_list
        kept = strides is not None and getattr(neck, "keeps_strides", False) is True
        return follow(list(channels)), tuple(follow(list(strides))) if strides is not None and kept else None


def says_includes_head(decoder: object) -> bool:
    """Return True if a decoder, or its class, declares to include its head."""
    return getattr(decoder, "includes_head", False) is True


def another_count(decoder: nn.Module, count: Count | None) -> Iterator[Problem]:
    """Report a number of outputs other than that of a decoder including its head."""
    outputs: Any = getattr(decoder, "out_channels", None)  # whatever a module has under this name
    if count is not None and outputs != count.value:
        detail = f"{INCLUDED}, which gives {outputs}, not {count.value}"
        yield Problem(count.parameter, ProblemKind.INVALID, detail=detail)
