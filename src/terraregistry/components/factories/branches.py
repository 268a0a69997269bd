"""A branch of a model: a decoder and the head that comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.factories.composition_errors import invalid_composition
from terraregistry.components.factories.counts import COUNTS
from terraregistry.components.factories.part_planning import plan_part
from terraregistry.components.factories.planned_parts import build_part
from terraregistry.components.factories.task_heads import HEADS
from terraregistry.deferred import DeferredModule, is_stand_in
from terraregistry.errors import ComponentNotFoundError, Problem, ProblemKind
from terraregistry.index.provider import stored_index
from terraregistry.problems import display_path
from terraregistry.protocols import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

    from terraregistry.components.factories.counts import Count
    from terraregistry.components.factories.part_arguments import Arguments
    from terraregistry.components.factories.planned_parts import Maker, Part
    from terraregistry.components.factories.task_heads import Task
    from terraregistry.problems import KeyPath
    from terraregistry.registry import MultiSourceRegistry
else:
    nn = DeferredModule("torch.nn")

__all__ = ["Branch", "BranchPlanner"]


@dataclass(frozen=True)
class Branch:
    """A decoder and its head, ready to be built.

    Attributes:
        decoder: The decoder.
        head: The head; None where the decoder includes it.
        head_arguments: What the caller gave for the head.
        count: The number of outputs, where the decoder is not told.
    """

    decoder: Part
    head: Part | None
    head_arguments: Arguments
    count: Count | None

    def told(self, strides: Sequence[int] | None) -> dict[str, list[int]]:
        """Say what the decoder is told beside the channels: the strides, where they are known and it asks for them."""
        return {"strides": list(strides)} if strides is not None and self.decoder.takes("strides") else {}

    def head_after(self, decoder: nn.Module | None) -> Part | None:
        """Return the head; None where there is none, or the decoder turns out to include it."""
        return None if _says_includes_head(decoder) else self.head

    def misfits(self, decoder: nn.Module) -> list[Problem]:
        """Say what does not fit a decoder that turns out to include its head."""
        if not _says_includes_head(decoder):
            return []
        return [*self.head_arguments.unused(_INCLUDED), *_another_count(decoder, self.count)]

    def build(
        self, channels: Sequence[int], strides: Sequence[int] | None, make: Maker = build_part
    ) -> tuple[nn.Module, nn.Module | None]:
        """Make the decoder and the head.

        Args:
            channels: The channels of each feature.
            strides: The stride of each feature where it is known, for decoders that ask for it.
            make: Makes a part.

        Returns:
            The decoder, and the head, or None where the decoder includes it.

        Raises:
            InvalidArgumentsError: The decoder turns out to include a head, which does not fit what was given for
                another.
        """
        decoder = make(self.decoder, list(channels), **self.told(strides))
        problems = self.misfits(decoder)
        if problems:
            raise invalid_composition(problems)
        head = self.head_after(decoder)
        return decoder, None if head is None else make(head, _outputs(decoder))


@dataclass(frozen=True)
class BranchPlanner:
    """Checks branches.

    Attributes:
        decoders: Where decoders are looked up.
        task: What the branches are for.
        problems: Where problems are added.
    """

    decoders: MultiSourceRegistry[Decoder]
    task: Task
    problems: list[Problem]

    def plan(
        self,
        where: KeyPath,
        given: str | nn.Module | None,
        decoder_arguments: Arguments,
        head_arguments: Arguments,
        count: Count | None,
    ) -> Branch | None:
        """Check a decoder and its head, without constructing anything.

        Args:
            where: The decoder's place: `("decoder",)`, `("aux_decoders", 0, "decoder")`.
            given: The decoder's name, or the decoder itself; None where that is missing, which is known already.
            decoder_arguments: What the caller gave for it.
            head_arguments: What the caller gave for the head.
            count: What the caller gave for the number of outputs.

        Returns:
            The branch; None where a part does not exist.
        """
        included = given is not None and self._includes_head(given)
        told = self._count_parameter(given) if included else ""
        if told:
            decoder_arguments = self._with_count(decoder_arguments, told, count)
        if included and isinstance(given, nn.Module):
            self.problems.extend(_another_count(given, count))
        leading = ([1],)  # the channels are not known yet, and their type is all that is checked
        decoder = (
            None
            if given is None
            else plan_part(where, self.decoders, given, decoder_arguments, leading, self.problems, kind=Decoder)
        )
        head = None if included else self._head(where, head_arguments, count)
        if included:
            self.problems.extend(head_arguments.unused(_INCLUDED))
        return None if decoder is None else Branch(decoder, head, head_arguments, None if told else count)

    def _head(self, where: KeyPath, arguments: Arguments, count: Count | None) -> Part | None:
        if not self.task.head:
            return None
        usual = self.task.counts[0]
        complete = arguments
        if count is not None and count.parameter in self.task.counts:
            complete = self._with_count(arguments, count.parameter, count)
        elif count is not None:
            detail = f"{self.task.name} has no {count.parameter}; write {usual}"
            self.problems.append(Problem(count.parameter, ProblemKind.INVALID, detail=detail))
            complete = arguments.also(usual, 1, usual)
        elif self.task.count_required and not any(name in arguments.values for name in self.task.counts):
            self.problems.append(Problem(usual, ProblemKind.MISSING, expected="int"))
            complete = arguments.also(usual, 1, usual)
        title = f"the head of {display_path(where)}"
        return plan_part(where, HEADS, self.task.head, complete, (1,), self.problems, kind=nn.Module, title=title)

    def _with_count(self, arguments: Arguments, parameter: str, count: Count | None) -> Arguments:
        """Tell a part the number of outputs, which the caller has not written among its own arguments."""
        if count is None:
            return arguments.written_at(parameter, (parameter,))
        given = next((name for name in COUNTS if name in arguments.values), None)
        if given is None:
            return arguments.also(parameter, count.value, count.parameter)
        detail = f"{count.parameter} says this already; give one of them"
        self.problems.append(Problem(arguments.path(given), ProblemKind.DUPLICATE, detail=detail))
        return arguments

    def _includes_head(self, given: str | nn.Module) -> bool:
        if isinstance(given, nn.Module):
            return _says_includes_head(given)
        try:
            product: object = self.decoders.signature(given).return_annotation
            if is_stand_in(product):  # nothing was imported to answer
                return _is_known_to_include_head(cast("type[object]", product))
            constructor = self.decoders.find_class(given)
        except ComponentNotFoundError:
            return False
        return _says_includes_head(constructor) or _says_includes_head(product)

    def _count_parameter(self, given: str | nn.Module | None) -> str:
        """Find out by which parameter a decoder with a head is told its number of outputs; empty where by none."""
        if not isinstance(given, str):
            return ""
        parameters = self.decoders.signature(given).parameters
        if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            return COUNTS[0]
        return next((name for name in COUNTS if name in parameters), "")


_INCLUDED: Final = "the decoder includes its head"


def _is_known_to_include_head(product: type) -> bool:
    """Return what the index knows of a class of decoders that is not imported."""
    index = stored_index()
    return index is not None and f"{product.__module__}:{product.__qualname__}" in index.whole_decoders


def _says_includes_head(decoder: object) -> bool:
    return getattr(decoder, "includes_head", False) is True


def _outputs(decoder: nn.Module) -> int:
    return cast("Decoder", decoder).out_channels


def _another_count(decoder: nn.Module, count: Count | None) -> Iterator[Problem]:
    outputs: Any = getattr(decoder, "out_channels", None)  # whatever a module has under this name
    if count is not None and outputs != count.value:
        detail = f"{_INCLUDED}, which gives {outputs}, not {count.value}"
        yield Problem(count.parameter, ProblemKind.INVALID, detail=detail)
