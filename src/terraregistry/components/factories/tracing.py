"""Search for the failing parts of a composition: part by part, each on its own input features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from torch import nn

from terraregistry.components.factories.composition import process, strides_of
from terraregistry.components.factories.misfits import explain_misfit, explain_refusal, in_values, refused_anyway
from terraregistry.components.factories.planned_parts import ModulePart, is_composition
from terraregistry.components.factories.probing import as_listed, asked, encoded, failure_of, find_culprits
from terraregistry.components.factories.shadows import Flow, cannot_follow, in_both_modes, shadow_part
from terraregistry.components.models.encoder_decoder import NeckSequence
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from terraregistry.components.factories.composition import Branch
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.problems import KeyPath
    from terraregistry.protocols import Backbone

__all__ = ["Tracer"]

_MADE: Final = "cannot be made"
_FAILS: Final = "fails on images"
_IN_A_DICTIONARY: Final = (
    "it gives its features in a dictionary, and what comes after it takes a list; write output_ordered_dict: false"
)


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
        """Follow the features from the backbone through the necks, None for a missing one; `decoded` if a decoder follows.

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
        """Check that a decoder and its head can be built for features, None if unknown, and run on them.

        With `pixel_wise`, the result has to be a map.
        """
        decoder = self._decoder(branch, flow)
        part = branch.head_after(decoder)
        head: nn.Module | None = nn.Identity()
        if part is not None and part.valid:
            # Nothing that a head refuses depends on its input: where that is not known, any will do.
            channels: Any = getattr(decoder, "out_channels", 1)  # an int, or else the head says what is wrong
            head = self._made(part, channels)
        elif part is not None:
            self.problems.extend(refused_anyway(part, 1))
            head = None
        if decoder is None or flow is None or head is None:
            return
        misfits = branch.misfits(decoder)
        self.problems.extend(misfits)
        if not misfits:
            self._run_branch(branch, decoder, head, flow, pixel_wise=pixel_wise)

    def _from_backbone(self, part: Part, necks: Sequence[Part | None]) -> Flow | None:
        def run(module: nn.Module, variant: Part) -> tuple[tuple[Tensor, ...], tuple[int, int]]:
            return encoded(module, variant, necks, self._framing)

        made = self._made(part)
        if made is None or not part.valid:
            return None
        try:
            features, size = run(made, part)
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            # Which images and what else a backbone takes is its own: only an argument is certain to be at fault.
            kept = self._blame(part, error, lambda each: failure_of(lambda: run(shadow_part(each), each)), _FAILS)
            if kept is None:
                return None
            made = shadow_part(kept)
            features, size = run(made, kept)
        return Flow(part.label, tuple(cast("Backbone", made).out_channels), strides_of(made), features, size)

    def _through(self, part: Part, flow: Flow, *, last: bool) -> Flow | None:
        """Return the features of a neck; None if it does not fit, or its features are not a list."""
        neck = self._made(part, list(flow.channels), flow=flow)
        if neck is None:
            return None
        try:
            channels, strides = process(part, neck, flow.channels, flow.strides)
        except InvalidArgumentsError as error:
            for problem in error.problems:
                self.problems.append(Problem(part.where, ProblemKind.INVALID, detail=f"{problem}; {flow}"))
            return None

        def run(module: nn.Module, features: Sequence[Tensor] = flow.features) -> Any:  # a module gives anything
            necks = NeckSequence([module])
            return in_both_modes(necks, lambda: necks(list(features), flow.image_size))

        try:
            result = run(neck)
            if not isinstance(result, Mapping):
                features = as_listed(part.label, result, channels)
                return Flow(part.label, tuple(channels), strides, features, flow.image_size)
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            self._misfit(part, error, lambda each: run(neck, each), run, flow)
            return None
        if not last:
            self.problems.append(Problem(part.where, ProblemKind.INVALID, detail=_IN_A_DICTIONARY))
        return None

    def _whatever(self, part: Part | None) -> None:
        """Report the errors of a part independent of its features."""
        if part is not None and not isinstance(part, ModulePart):
            self.problems.extend(refused_anyway(part))

    def _decoder(self, branch: Branch, flow: Flow | None) -> nn.Module | None:
        part = branch.decoder
        if isinstance(part, ModulePart):
            return self._made(part) if part.valid else None
        if flow is None or not part.valid:
            self._whatever(part)
            return None
        return self._made(part, list(flow.channels), flow=flow, **branch.told(flow.strides))

    def _run_branch(self, branch: Branch, decoder: nn.Module, head: nn.Module, flow: Flow, *, pixel_wise: bool) -> None:
        def run(module: nn.Module, features: Sequence[Tensor] = flow.features) -> Tensor:
            whole = nn.Sequential(module, head)
            result: Tensor = in_both_modes(whole, lambda: whole([feature.clone() for feature in features]))
            if pixel_wise and result.dim() != 4:
                raise ValueError(f"a result at each pixel is a map, got the shape {tuple(result.shape)}")
            return result

        try:
            run(decoder)
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            told = branch.told(flow.strides)
            self._misfit(branch.decoder, error, lambda each: run(decoder, each), run, flow, **told)

    # What a part gives is anything.
    def _misfit(
        self,
        part: Part,
        error: Exception,
        run_on: Callable[[Sequence[Tensor]], Any],
        run: Callable[[nn.Module], Any],
        flow: Flow,
        **told: Any,
    ) -> None:
        """Report a part failing on features: the input needed instead, or else the failing argument.

        `run_on` runs the part on other features, `run` another such part, made with the keywords `told` as well.
        """

        def remade(variant: Part) -> object:
            return run(shadow_part(variant, list(flow.channels), **told))

        if cannot_follow(error):
            self._not_followed(part, error)
        elif (misfit := explain_misfit(part, run_on, remade, flow)) is not None:
            self.problems.append(misfit)
        else:
            doing = f"fails on its input ({flow})"
            self._blame(part, error, lambda each: failure_of(lambda: remade(each)), doing)

    # What a part is made of besides its arguments.
    def _made(self, part: Part, *args: Any, flow: Flow | None = None, **told: Any) -> nn.Module | None:
        """Build a part; without the arguments refused by it, unless they change its features."""
        made: list[nn.Module] = []

        def failure(variant: Part) -> Exception | None:
            return failure_of(lambda: made.append(shadow_part(variant, *args, **told)))

        error = failure(part)
        if error is None:
            return made[0]
        kept = self._blame(part, error, failure, _MADE, flow, **told)
        return None if kept is None else shadow_part(kept, *args, **told)

    def _blame(
        self,
        part: Part,
        error: Exception,
        failure: Callable[[Part], Exception | None],
        doing: str,
        flow: Flow | None = None,
        **told: Any,
    ) -> Part | None:
        """Report the failing arguments of a part, or else the part, for its exception and the failing step in words.

        Returns:
            The part without the arguments, in working order; None if none is to blame, or its features would change.
        """
        found = find_culprits(part, failure)
        if found is None:
            self._report(part, part.where, error, doing, flow, **told)
            return None
        kept, culprits = found
        for each in culprits:
            refusal = each.error if isinstance(each.error, InvalidArgumentsError) else asked(each.part) or each.error
            self._report(each.part, each.path, refusal, f"{doing} with this", flow, **told)
        return None if any(each.shapes_features for each in culprits) else kept

    def _report(self, part: Part, path: KeyPath, error: Exception, doing: str, flow: Flow | None, **told: Any) -> None:
        if isinstance(error, InvalidArgumentsError) and is_composition(error):
            problems = error.problems if flow is None else explain_refusal(part, error.problems, flow, **told)
            self.problems.extend(problems if part.valid else in_values(problems))
        elif cannot_follow(error) or doing == _FAILS:
            self._not_followed(part, error)
        else:
            problem = Problem(path, ProblemKind.INVALID, detail=f"{part.label} {doing}: {describe_error(error)}")
            self.problems.append(problem)
            self.raised[problem] = error if doing.startswith(_MADE) else None

    def _not_followed(self, part: Part, error: Exception) -> None:
        detail = f"{part.label} could not be run without data: {describe_error(error)}"
        self.unknown.append(Problem(part.where, ProblemKind.UNCHECKED, detail=detail))
