"""Explanations, with remedies, of features incompatible with the next part.

The needs of a part are found by trial: features it works on, after it fails on those given. No explanation is given if
it fails on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from terraregistry.components.factories.planned_parts import ModulePart, NamedPart
from terraregistry.components.factories.shadows import in_words, make_shadow, run_shadow
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.components.factories.shadows import Flow

__all__ = ["explain_misfit", "explain_refusal", "in_values", "refused_anyway"]

_OTHER_CHANNELS: Final = [64] * 13
_STAND_INS: Final = tuple([64] * count for count in (1, 2, 3, 4, 5, 6, 12))
"""Channels of stand-ins for unknown features."""
_STEPS: Final = "effective_time_dim"


def explain_refusal(
    part: Part, problems: Sequence[Problem], flow: Flow, strides: list[int] | None = None
) -> list[Problem]:
    """Add the features, and the indices of acceptable ones, to problems of a part caused by the features.

    `strides` are for a part with this parameter.
    """
    whatever = _refused(part, _OTHER_CHANNELS, None)
    own = [problem for problem in problems if problem.kind is ProblemKind.INVALID and problem not in whatever]
    indices = _fitting(part, flow, strides) if own else []
    return [
        Problem(problem.steps, problem.kind, detail=f"{problem.message}; {flow}{_select(indices)}")
        if problem in own
        else problem
        for problem in problems
    ]


def _select(indices: list[int]) -> str:
    return f"; the neck SelectIndices with indices {indices} before it would do" if indices else ""


# A part gives anything.
def explain_misfit(
    part: Part, run_on: Callable[[Sequence[Tensor]], Any], run: Callable[[Part], Any], flow: Flow
) -> Problem | None:
    """Explain the failure of a part on features; return None if uncertain.

    `run_on` runs it on other features, `run` makes and runs another such part.
    """
    steps = _needs_other_steps(part, run, flow)
    if steps is not None:
        return steps
    detail = _needs_maps(run_on, flow) or _needs_other_channels(part, run_on, flow)
    return Problem(part.where, ProblemKind.INVALID, detail=detail) if detail else None


def _needs_maps(run_on: Callable[[Sequence[Tensor]], Any], flow: Flow) -> str:  # as above
    """Explain the failure of a part in need of maps, or of maps of one size."""
    if flow.are_maps:
        level = flow._replace(strides=None).as_maps()
        return "" if run_shadow(lambda: run_on(level)) is None else f"expected maps of one size, but {flow}"
    maps = flow.as_maps()
    if not _does_something(run_shadow(lambda: run_on(maps)), maps):
        return ""
    reshape = "; the neck ReshapeTokensToImage before it makes maps of tokens" if flow.are_tokens else ""
    return f"expected maps (B, C, H, W), but {flow}{reshape}"


# As above.
def _needs_other_channels(part: Part, run_on: Callable[[Sequence[Tensor]], Any], flow: Flow) -> str:
    """Explain the failure of an existing module made for other features: it works on those it declares."""
    declared = _declared(part)
    if not declared or declared == list(flow.channels):
        return ""
    maps = flow._replace(channels=tuple(declared), strides=None).as_maps()
    if run_shadow(lambda: run_on(maps)) is None:
        return ""
    count = f"{len(declared)} feature{'s' if len(declared) != 1 else ''}"
    hint = _select(_positions(declared, flow.channels))
    return f"it was made for {count} of {in_words(declared)} channels, but {flow}{hint}"


# As above.
def _needs_other_steps(part: Part, run: Callable[[Part], Any], flow: Flow) -> Problem | None:
    """Report the number of time steps of the tokens, if a part given another number works with this one."""
    if not isinstance(part, NamedPart) or _STEPS not in part.parameters or not flow.are_tokens:
        return None
    steps = flow.channels[0] // flow.features[0].shape[-1]  # a backbone counts the steps in the channels
    given = part.value_of(_STEPS)
    told = part.with_values({**part.arguments.values, _STEPS: steps})
    if steps == (given or 1) or run_shadow(lambda: run(told)) is None:
        return None
    frames = f"the tokens hold {steps} step{'s' if steps != 1 else ''} in time, the frames of the backbone; {flow}"
    path = part.arguments.path(_STEPS)
    if given is None:
        return Problem(path, ProblemKind.MISSING, expected=str(steps), detail=frames)
    return Problem(path, ProblemKind.INVALID, detail=f"expected {steps}, got {given}: {frames}")


def refused_anyway(part: Part, *inputs: Any) -> list[Problem]:  # what a part is made for
    """Find arguments refused by a part for any input: those given, or else lists of channels."""
    common: list[Problem] | None = None
    for given in inputs or _STAND_INS:
        found = in_values(_refused(part, given, None))
        common = found if common is None else [problem for problem in common if problem in found]
        if not common:
            break
    return common or []


def in_values(problems: Sequence[Problem]) -> list[Problem]:
    """Keep the problems of argument values: a missing argument may be one left out as invalid."""
    kinds = (ProblemKind.INVALID, ProblemKind.NOT_FOUND)
    return [problem for problem in problems if problem.steps and problem.kind in kinds]


def _refused(part: Part, channels: Any, strides: list[int] | None) -> tuple[Problem, ...]:
    told = {} if strides is None else {"strides": strides}
    try:
        make_shadow(lambda: part.build(channels, **told))
    except InvalidArgumentsError as error:
        return error.problems
    except Exception:  # noqa: BLE001 - a part may raise anything; what it refuses is asked for here
        return (Problem("", ProblemKind.INVALID, detail="it cannot be made"),)
    return ()


def _fitting(part: Part, flow: Flow, strides: list[int] | None) -> list[int]:
    """Find the most features accepted by a part: the deepest, or evenly spread ones if all have one stride."""
    count = len(flow.channels)
    level = flow.strides is not None and len(set(flow.strides)) == 1
    for number in range(count - 1, 1, -1):
        spread = [(at + 1) * count // number - 1 for at in range(number)]
        indices = spread if level else list(range(count - number, count))
        chosen = None if strides is None else [strides[index] for index in indices]
        if not _refused(part, [flow.channels[index] for index in indices], chosen):
            return indices
    return []


def _declared(part: Part) -> list[int] | None:
    """Read the channels declared by a module; None if it declares none."""
    module = part.module if isinstance(part, ModulePart) else None
    for name in ("channel_list", "embed_dim"):
        value: object = getattr(module, name, None)
        if isinstance(value, list) and all(isinstance(width, int) for width in cast("list[object]", value)):
            return cast("list[int]", value)
    return None


def _positions(wanted: Sequence[int], channels: Sequence[int]) -> list[int]:
    """Find features of the wanted channels, in order; empty if one is missing."""
    found: list[int] = []
    for width in wanted:
        start = found[-1] + 1 if found else 0
        if width not in channels[start:]:
            return []
        found.append(list(channels).index(width, start))
    return found


def _does_something(result: object, given: Sequence[Tensor]) -> bool:
    """True if a part returned a result other than its input passed on."""
    if result is None:
        return False
    items = cast("Sequence[object]", result) if isinstance(result, (list, tuple)) else ()
    return len(items) != len(given) or any(one is not other for one, other in zip(items, given, strict=True))
