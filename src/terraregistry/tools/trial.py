"""Build the model that a config asks for, and run one random batch through it."""

from __future__ import annotations

import warnings
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from terraregistry.components.factories.batches import batch_shape
from terraregistry.components.factories.composition_errors import not_found
from terraregistry.components.factories.unused import without
from terraregistry.errors import (
    ComponentNotFoundError,
    FitWarning,
    InvalidArgumentsError,
    Problem,
    ProblemKind,
    RegistryError,
    SourceUnavailableError,
    UnusedArgumentWarning,
)
from terraregistry.registry.calls import call_of
from terraregistry.tools.state_files import load_state, save_state
from terraregistry.tools.weights import concerns_weights, without_weights
from terraregistry.wording import add_note

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from terraregistry.problems import KeyPath
    from terraregistry.protocols import ModelFactory
    from terraregistry.tools.config import ModelRequest
    from terraregistry.tools.model_parts import Part

__all__ = ["Trial", "TrialOptions", "allow_unused", "build_requested", "make_factory", "run_trial"]


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """What to run a model with.

    Attributes:
        batch_size: The number of images.
        image_size: Their height and width in pixels; None for the backbone's own.
        in_channels: Their channels; None for the backbone's own.
        seed: The seed of the weights and of the images.
        device: Where the model runs, in torch's words.
        dry_run: Whether it runs on the meta device: shapes are followed, and nothing is loaded or computed.
        depth: Down to how many levels the modules are listed; None for no list.
        load: A file of its state dict, which is loaded before it runs.
        save: A file that its state dict is written to after it ran.
        random_weights: Whether to leave out the weights that a config asks for.
    """

    batch_size: int = 2
    image_size: tuple[int, int] | None = None
    in_channels: int | None = None
    seed: int = 0
    device: str = "cpu"
    dry_run: bool = False
    depth: int | None = None
    load: Path | None = None
    save: Path | None = None
    random_weights: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What was built and run.

    Attributes:
        parts: The parts of the model, then the model itself.
        batch: The shape of the images.
        seed: The seed of the weights and of the images.
        modules: The modules of the model by their paths, where a list was asked for.
    """

    parts: tuple[Part, ...]
    batch: tuple[int, ...]
    seed: int
    modules: tuple[Part, ...] = ()


def make_factory(request: ModelRequest, *, fit: bool = True) -> ModelFactory:
    """Make the model factory of a request, and have it validate the arguments.

    Args:
        request: What a config asks for.
        fit: Whether the model is run without data; without, only the arguments are checked, which needs no torch, where the
            factory can tell one from the other.

    Returns:
        The factory; nothing else is constructed.

    Raises:
        ConfigError: There is no such factory, or the arguments do not fit; everything that is wrong is listed.
    """
    from terraregistry.library import MODEL_FACTORY_REGISTRY

    try:
        factory = MODEL_FACTORY_REGISTRY.build(request.factory)
    except ComponentNotFoundError as error:
        raise request.document.error([not_found(request.factory_path, error)]) from None
    try:
        with _located(request):
            _validate(factory, deepcopy(request.arguments), fit=fit)
    except InvalidArgumentsError as error:
        raise request.error(error.problems) from None
    except SourceUnavailableError as error:
        raise _placed(request, error) from error
    return factory


def allow_unused(request: ModelRequest) -> ModelRequest:
    """Let a config have arguments that nothing reads: its factory drops them with a warning.

    Args:
        request: What a config asks for.

    Returns:
        The same, with `unused: warn` among the arguments.
    """
    return replace(request, arguments={**request.arguments, "unused": "warn"})


def run_trial(request: ModelRequest, factory: ModelFactory, options: TrialOptions) -> Trial:
    """Build a model and run one random batch through it, in evaluation mode.

    Args:
        request: What a config asks for.
        factory: Its factory.
        options: What to run the model with.

    Returns:
        The parts with their shapes.

    Raises:
        Exception: Whatever a component raises, with notes that name the component or the batch.
    """
    import torch

    from terraregistry.tools.model_parts import Recorder, find_parts
    from terraregistry.tools.summary import find_modules

    torch.manual_seed(options.seed)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    device = torch.device("meta" if options.dry_run else options.device)
    if options.random_weights or options.dry_run:
        request = without_weights(request, factory)
    with device if options.dry_run else nullcontext():
        model, arguments = build_requested(request, factory)
    if not isinstance(model, torch.nn.Module):
        raise RegistryError(f"{request.factory}.build_model gave a {type(model).__qualname__}, not a torch.nn.Module")
    if options.load is not None:
        load_state(model, options.load, request.factory)
    model.to(device)
    shape = batch_shape(arguments, model, options.batch_size, options.image_size, options.in_channels)
    recorder = Recorder(find_parts(request, model))
    modules = Recorder(() if options.depth is None else find_modules(model, options.depth))
    model.eval()
    try:
        with torch.inference_mode(), recorder, modules:
            model(torch.randn(shape).to(device))  # the same images on any device
    except Exception as error:
        add_note(error, f"while running a random batch of shape {shape}{recorder.where()}")
        add_note(error, "--in-channels, --image-size and --batch-size give it another shape")
        raise
    if options.save is not None:
        save_state(model, options.save)
    return Trial(recorder.parts(), shape, options.seed, modules.parts())


def build_requested(request: ModelRequest, factory: ModelFactory) -> tuple[object, dict[str, object]]:
    """Build the model that a config asks for.

    Args:
        request: What it asks for.
        factory: The factory.

    Returns:
        The model, and the arguments that it was built from: without those that were dropped.

    Raises:
        ConfigError: The arguments do not fit.
        Exception: Whatever a component raises.
    """
    try:
        with _located(request) as dropped:
            model: object = factory.build_model(**deepcopy(request.arguments))
    except InvalidArgumentsError as error:
        if error.component.rpartition(".")[2] == "build_model":
            raise request.error(error.problems) from None
        raise  # of one part, which the notes name: its paths are not those of the config
    except SourceUnavailableError as error:
        raise _placed(request, error) from error
    except Exception as error:
        if concerns_weights(error):
            add_note(error, "--random-weights builds it without")
        raise
    arguments = request.arguments
    for path in dropped:
        arguments = without(arguments, path) or arguments
    return model, arguments


def _placed(request: ModelRequest, error: SourceUnavailableError) -> RegistryError:
    """Give the error of a library that one argument needs the place of that argument."""
    if not error.steps:
        return error
    return request.error([Problem(error.steps, ProblemKind.INVALID, detail=str(error))])


@contextmanager
def _located(request: ModelRequest) -> Generator[list[KeyPath]]:
    """Give arguments that are dropped inside, with a warning, their places in the config, also where something is raised.

    Args:
        request: What the config asks for.

    Yields:
        The paths of what was dropped, complete when nothing more is done inside.
    """
    caught: list[warnings.WarningMessage] = []
    dropped: list[KeyPath] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", FitWarning)
            yield dropped
    finally:
        for warning in caught:
            if isinstance(warning.message, (FitWarning, UnusedArgumentWarning)):
                component, problems = warning.message.component, warning.message.problems
                if isinstance(warning.message, UnusedArgumentWarning):
                    dropped += [problem.steps for problem in problems]
                placed = request.error(problems).problems
                kind = type(warning.message)
                warnings.warn(kind(component, placed, request.document.file), stacklevel=2)
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _validate(factory: ModelFactory, arguments: dict[str, Any], *, fit: bool) -> None:  # a factory has its own
    """Have a factory check arguments: by a method of its own, or else by the signature of its `build_model`."""
    check = None if fit else getattr(factory, "check_arguments", None)
    validate = getattr(factory, "validate_model", None) if check is None else check
    if validate is not None:
        validate(**arguments)
        return
    call = call_of(factory.build_model)
    problems = call.check(kwargs=arguments).problems
    if problems:
        raise call.refused(problems, "build_model", lambda: type(factory).__name__)
    if fit:
        detail = f"{type(factory).__name__} has no validate_model: only the arguments of its build_model were checked"
        unchecked = Problem((), ProblemKind.UNCHECKED, detail=detail)
        warnings.warn(FitWarning(type(factory).__name__, (unchecked,)), stacklevel=2)
