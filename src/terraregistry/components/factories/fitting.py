"""The second stage of checking a composition: a run of the whole model.

The model is made without weights and data, from its real modules, and run in both modes. torch is imported on the first
run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from terraregistry.components.factories.branches import refused_name
from terraregistry.components.factories.part_arguments import Arguments
from terraregistry.components.factories.planned import Fit
from terraregistry.components.factories.planned_parts import (
    WEIGHTS,
    AdaptedPart,
    NamedPart,
    unwrapped,
    without_pretrained,
)
from terraregistry.components.factories.rules import ADAPTERS_AT
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, SourceUnavailableError
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn

    from terraregistry.components.factories.composition import Branch, Composition
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.components.factories.rules import Task
    from terraregistry.problems import KeyPath

__all__ = ["Parts", "adapter_misfits", "fit_whole"]

_SIZE_OUT: Final = "image_size_out"


class Parts(NamedTuple):
    """The parts of a composition after the first stage.

    Attributes:
        task: The task of the model.
        backbone: The backbone; None if unknown.
        necks: The necks, the first next to the backbone, None for an unknown one; None if the necks cannot be told apart.
        branches: The decoders and heads.
        aux_names: The names of the auxiliary heads, by path.
        adapters: The adapters given; None for none.
        framing: Image padding: arguments common to all models.
        composition: The whole; None if arguments are invalid.
    """

    task: Task
    backbone: Part | None
    necks: Sequence[Part | None] | None
    branches: Sequence[Branch]
    aux_names: Mapping[KeyPath, str]
    adapters: Mapping[str, Any] | None  # what a method takes is its own
    framing: Mapping[str, Any]  # arguments of several types
    composition: Composition | None

    def fit(self) -> Fit:
        """Run the model; on failure, search for problems part by part."""
        from torch import nn

        from terraregistry.components.factories.tracing import Tracer

        problems = [refused_name(path, name) for path, name in self.aux_names.items() if hasattr(nn.ModuleDict, name)]
        problems += _missing_files(self.backbone)
        unavailable: SourceUnavailableError | None = None
        backbone = self.backbone
        try:
            problems += adapter_misfits(self.adapters)
        except SourceUnavailableError as error:
            unavailable = error
            backbone = backbone.inner if isinstance(backbone, AdaptedPart) else backbone
        failure: Exception | None = None
        if self.composition is not None and not problems and unavailable is None:
            remarks, failure = _run(self.composition)
            if failure is None:
                return Fit((), remarks)
        tracer = Tracer(self.framing)
        known = self.necks is not None
        flow = tracer.features(backbone, self.necks or (), decoded=self.task.decodes) if known else None
        for branch in self.branches:
            tracer.branch(branch, flow, pixel_wise=self.task.pixel_wise)
        problems += tracer.problems
        if failure is not None and self.composition is not None and not problems and not tracer.unknown:
            return _of_the_whole(self.composition, failure)
        return Fit(problems, tracer.unknown, tracer.raised, unavailable)


def _run(composition: Composition, at_least: tuple[int, int] = (1, 1)) -> tuple[list[Problem], Exception | None]:
    """Run the whole model on images of at least the given size; return doubts about it, or the exception raised."""
    from terraregistry.components.factories.probing import images_for, watch_levels
    from terraregistry.components.factories.shadows import in_both_modes, shadow_part, without_data

    try:
        with without_data():
            model = composition.build(shadow_part).to("meta")
        images = images_for(composition.backbone, model, at_least)
        doubts = watch_levels(composition, model)
        in_both_modes(model, lambda: model(images))
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        return [], error
    return doubts, None


def _of_the_whole(composition: Composition, failure: Exception) -> Fit:
    """Report a failure of no single part: of the framing of results, or of an operation not followed."""
    from terraregistry.components.factories.shadows import cannot_follow

    if cannot_follow(failure):
        detail = f"the model could not be run without data: {describe_error(failure)}"
        return Fit((), [Problem((), ProblemKind.UNCHECKED, detail=detail)])
    size_out: tuple[int, int] | None = composition.results[_SIZE_OUT]
    usual = composition._replace(results={**composition.results, _SIZE_OUT: None})
    if size_out and _run(usual)[1] is None:
        remarks, failure_then = _run(composition, size_out)
        if failure_then is None:  # the images of a backbone that takes any size are as large as that
            return Fit((), remarks)
        return Fit([Problem(_SIZE_OUT, ProblemKind.INVALID, detail=str(failure))])
    return Fit([Problem((), ProblemKind.INVALID, detail=f"the model fails on images: {describe_error(failure)}")])


def _missing_files(part: Part | None) -> list[Problem]:
    """Report missing files of weights of a backbone."""
    part = unwrapped(part)
    if not isinstance(part, NamedPart):
        return []
    values = part.arguments.values
    files = [(name, values[name]) for name in WEIGHTS[1:] if isinstance(values.get(name), (str, os.PathLike))]
    return [
        Problem(part.arguments.path(name), ProblemKind.INVALID, detail=f"there is no file {os.fspath(file)!r}")
        for name, file in files
        if file and not os.path.isfile(file)  # noqa: PTH113 - a path that is too long is no file
    ]


def adapter_misfits(given: Mapping[str, Any] | None) -> list[Problem]:  # as above
    """Report adapters refused by the library peft.

    Raises:
        SourceUnavailableError: peft is not installed; the error has the place in the arguments.
    """
    method, options = (given or {}).get("method"), (given or {}).get("peft_config_kwargs")
    if not isinstance(method, str) or not (options is None or isinstance(options, Mapping)):
        return []
    from terraregistry.components.backbones.adapters import check_adapter

    try:
        check_adapter(method, cast("Mapping[str, Any] | None", options))
    except InvalidArgumentsError as error:
        return [*map(Arguments({}, inside=(ADAPTERS_AT,)).located, error.problems)]
    except SourceUnavailableError as error:
        error.steps = (ADAPTERS_AT,)
        raise
    return []


# The arguments of a model are any objects.
def fit_whole(
    part: Part,
    arguments: Mapping[str, Any],
    make: Callable[[Part], nn.Module],
    *,
    takes_images: bool = True,
    refused: str = "",
) -> Fit:
    """Run a model of one component; report problems at the arguments at fault.

    Args:
        part: The component.
        arguments: The arguments of the factory for the model's images.
        make: Makes the model of the component, which requests no weights.
        takes_images: True if the model is known to take a batch of images and nothing else.
        refused: Prefix for the message of an exception of the constructor.
    """
    import torch

    from terraregistry.components.factories.batches import batch_shape, make_inputs
    from terraregistry.components.factories.probing import find_culprits
    from terraregistry.components.factories.shadows import cannot_follow, in_both_modes, make_shadow

    def run(variant: Part) -> Exception | None:
        values: Mapping[str, Any] = variant.arguments.values if isinstance(variant, NamedPart) else {}
        try:
            model = make_shadow(lambda: make(without_pretrained(variant))).to("meta")
            made.append(model)
            shape = batch_shape({**values, **arguments}, model, 2)
            images = make_inputs(shape, model, lambda each: torch.empty(each, device="meta"))
            in_both_modes(model, lambda: model(images))
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            return error
        return None

    made: list[nn.Module] = []
    failure = run(part)
    if failure is None:
        return Fit()
    runs = bool(made)
    found = find_culprits(part, run)
    culprits = [(each.path, each.error) for each in found[1]] if found is not None else [(part.where, failure)]
    problems: list[Problem] = []
    remarks: list[Problem] = []
    doing = f"{'fails on images' if runs else 'cannot be made'}{' with this' if found is not None else ''}"
    for path, error in culprits:
        if cannot_follow(error) or (runs and found is None and not takes_images):
            detail = f"{part.label} could not be run without data: {describe_error(error)}"
            remarks.append(Problem(path, ProblemKind.UNCHECKED, detail=detail))
        elif isinstance(error, InvalidArgumentsError):
            problems += error.problems
        else:
            detail = f"{refused}: {error}" if refused and not runs else f"{part.label} {doing}: {describe_error(error)}"
            problems.append(Problem(path, ProblemKind.INVALID, detail=detail))
    return Fit(problems, remarks)
