"""Search for the failing parts of a composition: part by part, each on its own input features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.factories.composition import strides_through
from terraregistry.components.factories.misfits import (
    explain_refusal,
    in_values,
    needs_maps,
    needs_other_channels,
    needs_other_steps,
    refused_anyway,
)
from terraregistry.components.factories.planned_parts import ModulePart, is_composition, noting
from terraregistry.components.factories.probing import (
    Chain,
    as_listed,
    asked,
    encoded,
    failure_of,
    find_culprits,
    shapes_features,
)
from terraregistry.components.factories.shadows import Flow, cannot_follow, in_both_modes, shadow_part
from terraregistry.components.models.encoder_decoder import NeckSequence
from terraregistry.components.models.framing import specs_of
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.problems import display_path
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor, nn

    from terraregistry.components.factories.composition import Branch
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.components.factories.probing import Culprit
    from terraregistry.protocols import Backbone, Neck

__all__ = ["Tracer"]

_STAND_INS: Final = tuple([64] * count for count in (1, 2, 3, 4, 5, 6, 12))
"""Channels of stand-ins for unknown features."""


class Tracer:
    """Tracer of a composition: builds and runs its parts in order, without data, and collects the problems of each.

    A mistake of one part hides no other: a part is used without its failing arguments, unless they change its features.
    For a part after unknown features, only errors independent of the features are reported.

    Args:
        framing: How images are padded, as arguments of a model.

    Attributes:
        problems: The problems found.
        raised: The exceptions of constructors, by their problems; None for exceptions of a run.
        unknown: The operations without support on the meta device.
    """

    def __init__(self, framing: Mapping[str, Any]) -> None:
        self.problems: Final[list[Problem]] = []
        self.raised: Final[dict[Problem, Exception | None]] = {}
        self.unknown: Final[list[Problem]] = []
        self._framing: Final = framing

    def features(self, backbone: Part | None, necks: Sequence[Part | None], *, decoded: bool) -> Flow | None:
        """Follow the features from the backbone through the necks.

        Args:
            backbone: The backbone; None if missing.
            necks: The necks, the first next to the backbone; None for a missing one.
            decoded: True if a decoder comes after them.

        Returns:
            The output of the last neck; None if unknown.
        """
        flow = None if backbone is None else self._from_backbone(backbone, necks)
        for at, neck in enumerate(necks):
            if flow is None or neck is None or not neck.valid:
                flow = None
                self._whatever(neck)
            else:
                flow = self._through(neck, flow, last=not decoded and at == len(necks) - 1)
        return flow

    def branch(self, branch: Branch, flow: Flow | None, *, pixel_wise: bool) -> None:
        """Check that a decoder and its head can be built for features, and run on them.

        Args:
            branch: The branch.
            flow: The features; None if unknown.
            pixel_wise: True if the result has to be a map.
        """
        decoder = self._decoder(branch, flow)
        head = branch.head_after(decoder)
        made = None
        if head is not None and head.valid:
            # Nothing that a head refuses depends on its input: where that is not known, any will do.
            channels: Any = getattr(decoder, "out_channels", 1)  # an int, or else the head says what is wrong
            made = self._made(head, channels)
        elif head is not None:
            self.problems.extend(refused_anyway(head, 1))
        if decoder is None or flow is None or (head is not None and made is None):
            return
        before = len(self.problems)
        self.problems.extend(branch.misfits(decoder))
        if len(self.problems) == before:
            self._run_branch(branch, Chain(decoder, made, pixel_wise), flow)

    def _from_backbone(self, part: Part, necks: Sequence[Part | None]) -> Flow | None:
        if not part.valid:
            self._refused(part)
            return None

        def run(module: nn.Module, variant: Part) -> tuple[tuple[Tensor, ...], tuple[int, int]]:
            return encoded(module, variant, necks, self._framing)

        made = self._made(part)
        if made is None:
            return None
        try:
            features, size = run(made, part)
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            kept = self._blame(part, lambda each: failure_of(lambda: run(shadow_part(each), each)), "fails on images")
            if kept is None:
                # Which images and what else a backbone takes is its own.
                self._not_followed(part, error)
                return None
            made = shadow_part(kept)
            features, size = run(made, kept)
        specs = specs_of(made)
        strides = None if specs is None else tuple(spec.stride for spec in specs)
        channels = tuple(cast("Backbone", made).out_channels)
        return Flow(part.label, channels, strides, features, size)

    def _refused(self, part: Part) -> None:
        """Report the values refused by a part built without its invalid arguments."""
        error = failure_of(lambda: shadow_part(part))
        if isinstance(error, InvalidArgumentsError) and is_composition(error):
            self.problems.extend(in_values(error.problems))
        elif error is not None:
            self._blame(part, lambda each: failure_of(lambda: shadow_part(each)), _MADE)

    def _through(self, part: Part, flow: Flow, *, last: bool) -> Flow | None:
        neck = self._made(part, list(flow.channels), flow=flow)
        if neck is None:
            return None
        channels = self._process(part, neck, flow)
        if channels is None:
            return None
        given = self._run_neck(part, neck, flow, channels, last=last)
        if given is None:
            return None
        return Flow(part.label, tuple(channels), strides_through(neck, flow.strides), given, flow.image_size)

    def _process(self, part: Part, neck: nn.Module, flow: Flow) -> list[int] | None:
        try:
            with noting(f"while asking {display_path(part.where)} what it makes of the channels {list(flow.channels)}"):
                return cast("Neck", neck).process_channel_list(list(flow.channels))
        except InvalidArgumentsError as error:
            for problem in error.problems:
                self.problems.append(Problem(part.where, ProblemKind.INVALID, detail=f"{problem}; {flow}"))
        return None

    def _run_neck(
        self, part: Part, neck: nn.Module, flow: Flow, channels: list[int], *, last: bool
    ) -> tuple[Tensor, ...] | None:
        """Return the features of a neck; None if it does not fit, or its features are not a list."""

        def run(module: nn.Module, features: Sequence[Tensor] = flow.features) -> Any:  # a module gives anything
            necks = NeckSequence([module])
            return in_both_modes(necks, lambda: necks(list(features), flow.image_size))

        try:
            result = run(neck)
            if not isinstance(result, Mapping):
                return as_listed(part.label, result, channels)
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            self._misfit(part, error, lambda each: run(neck, each), lambda each: run(each, flow.features), flow)
            return None
        if not last:
            self.problems.append(Problem(part.where, ProblemKind.INVALID, detail=_IN_A_DICTIONARY))
        return None

    def _whatever(self, part: Part | None) -> None:
        """Report the errors of a part independent of its features."""
        if part is not None and not isinstance(part, ModulePart):
            self.problems.extend(refused_anyway(part, *_STAND_INS))

    def _decoder(self, branch: Branch, flow: Flow | None) -> nn.Module | None:
        part = branch.decoder
        if isinstance(part, ModulePart):
            return self._made(part) if part.valid else None
        if flow is None or not part.valid:
            self._whatever(part)
            return None
        return self._made(part, list(flow.channels), flow=flow, **branch.told(flow.strides))

    def _run_branch(self, branch: Branch, chain: Chain, flow: Flow) -> None:
        def run(module: nn.Module, features: Sequence[Tensor] = flow.features) -> object:
            whole = module if isinstance(module, Chain) else Chain(module, chain.head, chain.pixel_wise)
            return in_both_modes(whole, lambda: whole([feature.clone() for feature in features]))

        try:
            run(chain)
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            told = branch.told(flow.strides)
            self._misfit(branch.decoder, error, lambda each: run(chain, each), run, flow, **told)

    # What a part gives is anything.
    def _misfit(
        self,
        part: Part,
        error: Exception,
        on: Callable[[Sequence[Tensor]], Any],
        run: Callable[[nn.Module], Any],
        flow: Flow,
        **told: Any,
    ) -> None:
        """Report a part failing on its input: the input needed instead, or else the failing argument.

        Args:
            part: The part.
            error: Its exception.
            on: Runs it on other features.
            run: Runs another such part.
            flow: The features.
            **told: The keywords of the part besides channels and its arguments.
        """
        if cannot_follow(error):
            self._not_followed(part, error)
            return

        def remade(variant: Part) -> nn.Module:
            return shadow_part(variant, list(flow.channels), **told)

        steps = needs_other_steps(part, lambda each: run(remade(each)), flow)
        if steps is not None:
            self.problems.append(steps)
            return
        misfit = needs_maps(on, flow) or needs_other_channels(part, on, flow)
        if misfit:
            self.problems.append(Problem(part.where, ProblemKind.INVALID, detail=misfit))
            return
        doing = f"fails on its input ({flow})"
        if self._blame(part, lambda each: failure_of(lambda: run(remade(each))), doing) is None:
            self._raised(part, part.where, error, doing)

    # What a part is made of besides its arguments.
    def _made(self, part: Part, *args: Any, flow: Flow | None = None, **told: Any) -> nn.Module | None:
        """Build a part; without the arguments refused by it, unless they change its features."""
        made: list[nn.Module] = []

        def failure(variant: Part) -> Exception | None:
            return failure_of(lambda: made.append(shadow_part(variant, *args, **told)))

        error = failure(part)
        if error is None:
            return made[0]
        kept = self._blame(part, failure, _MADE, flow=flow, **told)
        if kept is not None:
            return shadow_part(kept, *args, **told)
        if isinstance(part, ModulePart):
            self._not_followed(part, error)
        return None

    def _blame(
        self,
        part: Part,
        failure: Callable[[Part], Exception | None],
        doing: str,
        *,
        flow: Flow | None = None,
        **told: Any,
    ) -> Part | None:
        """Report the failing arguments of a part.

        Args:
            part: The part.
            failure: Tries a part.
            doing: The failing step, in words.
            flow: The input features of the part.
            **told: The keywords about them besides the channels.

        Returns:
            The part without them, in working order; None if no argument is to blame, or its features would change.
        """
        found = find_culprits(part, failure)
        if found is None:
            error = failure(part)
            if isinstance(error, InvalidArgumentsError) and is_composition(error):
                self.problems.extend(_explained(part, error, flow, **told))
            elif doing is _MADE and error is not None and not isinstance(part, ModulePart):
                self._raised(part, part.where, error, doing)
            return None
        kept, culprits = found
        for culprit in culprits:
            self._accuse(culprit, doing, flow, **told)
        return None if any(shapes_features(culprit.value) for culprit in culprits) else kept

    def _accuse(self, culprit: Culprit, doing: str, flow: Flow | None, **told: Any) -> None:
        error = culprit.error
        if not isinstance(error, InvalidArgumentsError):
            error = asked(culprit.part) or error
        if isinstance(error, InvalidArgumentsError) and is_composition(error):
            self.problems.extend(_explained(culprit.part, error, flow, **told))
        else:
            self._raised(culprit.part, culprit.path, error, f"{doing} with this")

    def _raised(self, part: Part, path: Any, error: Exception, doing: str) -> None:
        if cannot_follow(error):
            self._not_followed(part, error)
        else:
            detail = f"{part.label} {doing}: {describe_error(error)}"
            problem = Problem(path, ProblemKind.INVALID, detail=detail)
            self.problems.append(problem)
            self.raised[problem] = error if doing.startswith(_MADE) else None

    def _not_followed(self, part: Part, error: Exception) -> None:
        detail = f"{part.label} could not be run without data: {describe_error(error)}"
        self.unknown.append(Problem(part.where, ProblemKind.UNCHECKED, detail=detail))


_MADE: Final = "cannot be made"
_IN_A_DICTIONARY: Final = (
    "it gives its features in a dictionary, and what comes after it takes a list; write output_ordered_dict: false"
)


def _explained(part: Part, error: InvalidArgumentsError, flow: Flow | None, **told: Any) -> Sequence[Problem]:
    return error.problems if flow is None else explain_refusal(part, error.problems, flow, **told)
