"""Following the features through a composition before its first part is made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from torch import Tensor, nn

from terraregistry.components.factories.backbone_facts import find_facts
from terraregistry.components.factories.flow import Flow, as_laid_out, feature_tensors, image_size_for
from terraregistry.components.factories.misfits import (
    explain_refusal,
    in_values,
    needs_maps,
    needs_other_channels,
    refused_anyway,
)
from terraregistry.components.factories.parts import ModulePart
from terraregistry.components.factories.problems import is_composition, noting
from terraregistry.components.factories.shadows import apply_neck, make_shadow, run_shadow, shadow_of, without_data
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.problems import display_path
from terraregistry.protocols import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terraregistry.components.factories.backbone_facts import BackboneFacts
    from terraregistry.components.factories.branches import Branch
    from terraregistry.components.factories.parts import Part
    from terraregistry.protocols import FeatureSpec, Neck

__all__ = ["Tracer", "strides_through"]

_STEPS: Final = "effective_time_dim"
_STAND_INS: Final = tuple([64] * count for count in (1, 2, 3, 4, 5, 6, 12))
"""Channels of features that stand in for those that are not known."""


class Tracer:
    """Follows channels, strides and shapes from the backbone to the heads, and collects where they do not fit.

    Each part is made without data and asked what it makes of what it is given. What nothing is known of is not followed:
    a composition is only refused where it is certain not to work.

    Args:
        problems: Where problems are added.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self._problems: Final = problems

    def features(self, backbone: Part | None, necks: Sequence[Part | None], *, decoded: bool) -> Flow | None:
        """Follow the features from the backbone through the necks.

        Args:
            backbone: The backbone; None where there is none.
            necks: The necks, the first next to the backbone; None for one that there is not.
            decoded: Whether a decoder comes after them.

        Returns:
            What comes out of the last neck; None where that cannot be known.
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
        """Check that a decoder and its head can be made for features, and work on them.

        Args:
            branch: The branch.
            flow: The features; None where they are not known.
            pixel_wise: Whether the result has to be a map.
        """
        decoder = self._decoder(branch, flow)
        head = branch.head_after(decoder)
        made = None
        if head is not None and head.valid:
            # Nothing that a head refuses depends on its input: where that is not known, any will do.
            channels: Any = getattr(decoder, "out_channels", 1)  # an int, or else the head says what is wrong
            made = self._made(head, channels)
        elif head is not None:
            self._problems.extend(refused_anyway(head, 1))
        if decoder is None or flow is None or (head is not None and made is None):
            return
        before = len(self._problems)
        self._problems.extend(branch.misfits(decoder))
        if len(self._problems) == before:
            with without_data():
                chain = _Chain(decoder, made, pixel_wise)
            self._run_branch(branch, chain, flow)

    def _from_backbone(self, backbone: Part, necks: Sequence[Part | None]) -> Flow | None:
        facts: BackboneFacts | None = None
        try:
            facts = find_facts(backbone)
        except InvalidArgumentsError as error:
            if not is_composition(error):
                raise
            self._problems.extend(error.problems if backbone.valid else in_values(error.problems))
        except Exception:
            if backbone.valid:
                raise
        if facts is None or not backbone.valid:
            return None
        specs = _as_passed_on(facts, necks=bool(necks))
        strides = None if facts.specs is None else tuple(spec.stride for spec in facts.specs)
        size = image_size_for(strides) if strides is not None else None
        samples = () if specs is None or size is None else feature_tensors(specs, size, _time_steps(necks))
        if specs is not None and any(neck is not None and neck.value_of("new_order") for neck in necks):
            samples = tuple(as_laid_out(sample, specs) for sample in samples)
        return Flow(backbone.label, facts.channels, strides, samples, size or (0, 0))

    def _through(self, part: Part, flow: Flow, *, last: bool) -> Flow | None:
        neck = self._made(part, list(flow.channels), flow=flow)
        if neck is None:
            return None
        channels = self._process(part, neck, flow)
        if channels is None:
            return None
        given = self._run_neck(part, neck, flow, last=last)
        if given is None:
            return None
        strides = strides_through(neck, flow.strides)
        return Flow(part.label, tuple(channels), strides, given, flow.image_size)

    def _process(self, part: Part, neck: nn.Module, flow: Flow) -> list[int] | None:
        try:
            with noting(f"while asking {display_path(part.where)} what it makes of the channels {list(flow.channels)}"):
                return cast("Neck", neck).process_channel_list(list(flow.channels))
        except InvalidArgumentsError as error:
            for problem in error.problems:
                self._problems.append(Problem(part.where, ProblemKind.INVALID, detail=f"{problem}; {flow}"))
        return None

    def _run_neck(
        self, part: Part, neck: nn.Module, flow: Flow, *, last: bool
    ) -> tuple[tuple[Tensor, ...], ...] | None:
        """Find the shapes that a neck gives, () where they cannot be known; None where it does not fit."""
        shadow = shadow_of(neck)
        if shadow is None:
            return ()
        run = partial(apply_neck, shadow, image_size=flow.image_size)
        results = [result for each in flow.samples if (result := run_shadow(partial(run, each))) is not None]
        if any(isinstance(result, Mapping) for result in results) and not last:
            self._problems.append(Problem(part.where, ProblemKind.INVALID, detail=_IN_A_DICTIONARY))
            return None
        kept = tuple(tuple(result) for result in results if _is_list_of_tensors(result))
        if kept or results:
            return kept
        return None if self._misfit(part, run, flow) else ()

    def _whatever(self, part: Part | None) -> None:
        """Report what a part refuses whatever features it is given."""
        if part is not None and not isinstance(part, ModulePart):
            self._problems.extend(refused_anyway(part, *_STAND_INS))

    def _decoder(self, branch: Branch, flow: Flow | None) -> nn.Module | None:
        part = branch.decoder
        if isinstance(part, ModulePart):
            return part.module if part.valid else None
        if flow is None or not part.valid:
            self._whatever(part)
            return None
        return self._made(part, list(flow.channels), flow=flow, **branch.told(flow.strides))

    def _run_branch(self, branch: Branch, chain: _Chain, flow: Flow) -> None:
        shadow = shadow_of(chain)
        if shadow is not None and all(run_shadow(partial(shadow, each)) is None for each in flow.samples):
            self._misfit(branch.decoder, shadow, flow)

    # What a part gives is anything.
    def _misfit(self, part: Part, run: Callable[[Sequence[Tensor]], Any], flow: Flow) -> bool:
        """Report a part that failed on what it is given, where it is certain what it needs instead."""
        if not flow.samples:
            return False
        misfit = needs_maps(run, flow) or needs_other_channels(part, run, flow)
        if misfit:
            self._problems.append(Problem(part.where, ProblemKind.INVALID, detail=misfit))
        return bool(misfit)

    # What a part is made of besides its arguments.
    def _made(self, part: Part, *args: Any, flow: Flow | None = None, **kwargs: Any) -> nn.Module | None:
        try:
            return make_shadow(lambda: part.build(*args, **kwargs))
        except InvalidArgumentsError as error:
            if not is_composition(error):
                raise
            refused = error.problems if flow is None else explain_refusal(part, error.problems, flow, **kwargs)
            self._problems.extend(refused)
        return None


_IN_A_DICTIONARY: Final = (
    "it gives its features in a dictionary, and what comes after it takes a list; write output_ordered_dict: false"
)


class _Chain(nn.Module):
    """A decoder and its head, as a model has them."""

    def __init__(self, decoder: nn.Module, head: nn.Module | None, pixel_wise: bool) -> None:
        super().__init__()
        self.decoder = decoder
        self.head = nn.Identity() if head is None else head
        self.pixel_wise = pixel_wise

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        result: Tensor = self.head(self.decoder(list(features)))
        if self.pixel_wise and result.dim() != 4:
            raise ValueError(f"a result at each pixel is a map, got the shape {tuple(result.shape)}")
        return result


def strides_through(neck: nn.Module, strides: Sequence[int] | None) -> tuple[int, ...] | None:
    """Follow strides through a neck.

    A neck whose `keeps_strides` is true only rearranges features: its `process_channel_list` rearranges strides as it
    does channels.

    Args:
        neck: The neck.
        strides: The stride of each feature before it.

    Returns:
        The stride of each feature after it; None where the neck leaves it open.
    """
    if strides is None or getattr(neck, "keeps_strides", False) is not True:
        return None
    return tuple(cast("Neck", neck).process_channel_list(list(strides)))


def _as_passed_on(facts: BackboneFacts, *, necks: bool) -> tuple[FeatureSpec, ...] | None:
    """Say what a model makes of a backbone's features before they come to the necks or the decoder."""
    if facts.specs is None or necks or facts.prepares is False:
        return facts.specs
    if facts.prepares:
        return tuple(spec._replace(layout=Layout.NCHW) for spec in facts.specs)
    return None if any(spec.layout is Layout.TOKENS for spec in facts.specs) else facts.specs


def _time_steps(necks: Sequence[Part | None]) -> int:
    """Find out how many steps in time the tokens of a feature hold, as the necks are told."""
    for neck in necks:
        if neck is not None:
            steps: Any = neck.value_of(_STEPS)  # whatever was given
            if isinstance(steps, int) and steps > 1:
                return steps
    return 1


def _is_list_of_tensors(result: object) -> bool:
    if not isinstance(result, (list, tuple)):
        return False
    return all(isinstance(each, Tensor) for each in cast("Sequence[object]", result))
