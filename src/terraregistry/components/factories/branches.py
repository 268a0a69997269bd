"""A branch of a model: a decoder and the head after it."""

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
        return {"strides": list(strides)} if strides is not None and self.decoder.takes("strides") else {}

    def head_after(self, decoder: nn.Module | None) -> Part | None:
        """Return the head; None if there is none, or the built decoder includes it."""
        return None if _says_includes_head(decoder) else self.head

    def misfits(self, decoder: nn.Module) -> list[Problem]:
        """Report head arguments and a count in conflict with a built decoder including its head."""
        if not _says_includes_head(decoder):
            return []
        return [*self.head_arguments.unused(_INCLUDED), *_another_count(decoder, self.count)]

    def build(
        self, channels: Sequence[int], strides: Sequence[int] | None, make: Maker = build_part
    ) -> tuple[nn.Module, nn.Module | None]:
        """Make the decoder and the head.

        Args:
            channels: The channels of each feature.
            strides: The stride of each feature, for decoders with this parameter; None if unknown.
            make: Makes a part.

        Returns:
            The decoder, and the head, or None if the decoder includes it.

        Raises:
            InvalidArgumentsError: The built decoder includes a head, in conflict with the arguments given for another.
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
        decoders: The registry of decoders.
        task: The task of the branches.
        problems: Collects problems.
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
            where: The decoder's path: `("decoder",)`, `("aux_decoders", 0, "decoder")`.
            given: The decoder's name, or the decoder itself; None if missing and already reported.
            decoder_arguments: The arguments given for it.
            head_arguments: The arguments given for the head.
            count: The number of outputs given.

        Returns:
            The branch; None if a part does not exist.
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
        """Add the number of outputs to the arguments of a part; report a part with a count of its own."""
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
        """Find the parameter of a decoder with a head for its number of outputs; empty if it has none."""
        if not isinstance(given, str):
            return ""
        parameters = self.decoders.signature(given).parameters
        if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            return COUNTS[0]
        return next((name for name in COUNTS if name in parameters), "")


_INCLUDED: Final = "the decoder includes its head"


def _is_known_to_include_head(product: type) -> bool:
    """True if the index lists a class of decoders, not imported, as including its head."""
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
