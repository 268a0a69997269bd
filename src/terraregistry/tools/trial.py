"""Build the model of a config, and run one random batch through it."""

from __future__ import annotations

import json
import shlex
import warnings
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from terraregistry.components.factories.part_planning import not_found
from terraregistry.components.factories.planned import without
from terraregistry.errors import (
    ComponentNotFoundError,
    ConfigError,
    FitWarning,
    InvalidArgumentsError,
    RegistryError,
    SourceUnavailableError,
    UnusedArgumentWarning,
)
from terraregistry.own_modules import is_imported
from terraregistry.problems import Problem, ProblemKind, shorten
from terraregistry.registry.calls import call_of
from terraregistry.wording import add_note

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from terraregistry.problems import KeyPath
    from terraregistry.protocols import ModelFactory
    from terraregistry.tools.config import Document, ModelRequest
    from terraregistry.tools.model_parts import Part

__all__ = ["Policies", "Trial", "TrialOptions", "build_requested", "make_factory", "run_trial"]

_CUSTOM: Final = "custom_modules_path"


class Policies(NamedTuple):
    """The treatment of the arguments of a model.

    Attributes:
        allow_unused: Drop unused arguments with a warning.
        like_terratorch: Build the model that TerraTorch builds; None to warn of the differences in its training configs.
    """

    allow_unused: bool = False
    like_terratorch: bool | None = None

    def applied(self, request: ModelRequest) -> ModelRequest:
        """Return a request with the arguments to build; warn of differences from TerraTorch."""
        from terraregistry.tools.as_terratorch import COMPOSED, as_terratorch

        arguments = request.arguments
        if self.like_terratorch is not False and request.factory in COMPOSED:
            changed, remarks = as_terratorch(arguments)
            if self.like_terratorch:
                arguments = changed
            elif remarks and request.kind_path:  # TerraTorch knows no plain layout
                placed = request.error(remarks).problems
                warnings.warn(FitWarning(request.factory, placed, request.document.file), stacklevel=2)
        return request._replace(arguments=arguments | ({"unused": "warn"} if self.allow_unused else {}))


class TrialOptions(NamedTuple):
    """The options of a trial run, as `terraregistry build` has them.

    The height and width of the images in pixels and their channels are the backbone's own by default. Modules are listed to
    a depth, or not at all.
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


class Trial(NamedTuple):
    """The result of a trial run: the parts of the model and then itself, and the shape of the images and their seed."""

    parts: tuple[Part, ...]
    batch: tuple[int, ...]
    seed: int
    modules: tuple[Part, ...] = ()


def make_factory(request: ModelRequest, *, fit: bool = True) -> ModelFactory:
    """Make a model factory as `_checked_factory` does; report repeated keys of the model too.

    Raises:
        ConfigError: There is no such factory, the arguments do not fit, or a key is repeated; lists all problems.
    """
    document = request.document
    doubtful = [each.at(()) for each in document.unread(request.places) if each.kind is ProblemKind.DOUBTFUL]
    doubtful += _not_imported(document)
    if doubtful:
        warnings.warn(FitWarning(request.factory, tuple(dict.fromkeys(doubtful)), document.file), stacklevel=2)
    try:
        factory = _checked_factory(request, fit=fit)
    except ConfigError as error:
        raise document.with_unread(error.problems, request.places) from error.__cause__
    repeated = document.with_unread((), request.places)
    if repeated.problems:
        raise repeated
    return factory


def _not_imported(document: Document) -> Iterator[Problem]:
    """Report the folder of a config's own modules, unless one of them has been imported."""
    data = document.data
    folder = cast("Mapping[object, object]", data).get(_CUSTOM) if isinstance(data, dict) else None
    if isinstance(folder, str) and not is_imported(folder):
        name = shorten(folder)
        how = f"`--import {shlex.quote(name)}`, or `modules = [{json.dumps(name)}]` below [tool.terraregistry] in pyproject.toml"
        detail = f"a config imports nothing, so the components of {name} are unknown; to import them, give {how}"
        yield Problem((_CUSTOM,), ProblemKind.DOUBTFUL, detail=detail, span=document.locate((_CUSTOM,)))


def _checked_factory(request: ModelRequest, *, fit: bool) -> ModelFactory:
    """Make the model factory of a request, and validate the arguments with it.

    With `fit` the model is run without data, else only the arguments are checked, if the factory has a check of its own.

    Raises:
        ConfigError: There is no such factory, or the arguments do not fit; lists all problems.
    """
    from terraregistry.library import MODEL_FACTORY_REGISTRY

    problems: Sequence[Problem] = ()
    try:
        factory = MODEL_FACTORY_REGISTRY.build(request.factory)
    except ComponentNotFoundError as error:
        raise request.document.error([not_found(request.factory_path, error)]) from None
    try:
        with _located(request):
            _validate(factory, deepcopy(request.arguments), fit=fit)
    except InvalidArgumentsError as error:
        problems = error.problems
    problems = request.with_unresolved(problems)
    if any(problem.kind is not ProblemKind.UNCHECKED for problem in problems):
        raise request.error(problems)
    if problems:
        open_values = FitWarning(request.factory, request.error(problems).problems, request.document.file)
        warnings.warn(open_values, stacklevel=2)
    return factory


def run_trial(request: ModelRequest, factory: ModelFactory, options: TrialOptions) -> Trial:
    """Build a model and run one random batch through it, in evaluation mode; notes on an error name component and batch."""
    import torch

    from terraregistry.components.factories.batches import batch_shape, make_inputs
    from terraregistry.tools.model_parts import Recorder, find_modules, find_parts
    from terraregistry.tools.weights import load_state, save_state, without_weights

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
    parts = find_parts(request, model)
    modules = () if options.depth is None else find_modules(model, options.depth)
    recorder = Recorder(parts)
    model.eval()
    try:
        with torch.inference_mode(), recorder, Recorder(modules):
            model(make_inputs(shape, model, lambda each: torch.randn(each).to(device)))  # the same images on any device
    except Exception as error:
        add_note(error, f"while running a random batch of shape {shape}{recorder.where()}")
        add_note(error, "--in-channels, --image-size and --batch-size give it another shape")
        raise
    if options.save is not None:
        save_state(model, options.save)
    return Trial(parts, shape, options.seed, modules)


def build_requested(request: ModelRequest, factory: ModelFactory) -> tuple[object, dict[str, object]]:
    """Build the model of a config; return it and its arguments without the dropped ones.

    Raises:
        ConfigError: The arguments do not fit, or contain interpolations.
    """
    if request.unresolved:
        raise request.error(request.unresolved)
    try:
        with _located(request) as dropped:
            model: object = factory.build_model(**deepcopy(request.arguments))
    except InvalidArgumentsError as error:
        if error.component.rpartition(".")[2] == "build_model":
            raise request.error(error.problems) from None
        raise  # of one part, which the notes name: its paths are not those of the config
    except Exception as error:
        from terraregistry.tools.weights import concerns_weights

        if concerns_weights(error):
            add_note(error, "--random-weights builds it without")
        raise
    arguments = request.arguments
    for path in dropped:
        arguments = without(arguments, path) or arguments
    return model, arguments


@contextmanager
def _located(request: ModelRequest) -> Generator[list[KeyPath]]:
    """Add places in the config to warnings raised inside, and to the error of a library that an argument needs.

    Yields:
        The paths of the dropped arguments, complete on exit.
    """
    caught: list[warnings.WarningMessage] = []
    dropped: list[KeyPath] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", FitWarning)
            yield dropped
    except SourceUnavailableError as error:
        if not error.steps:
            raise
        raise request.error([Problem(error.steps, ProblemKind.INVALID, detail=str(error))]) from error
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
    """Check arguments by a method of the factory, or else by the signature of its `build_model`."""
    check = None if fit else getattr(factory, "check_arguments", None)
    validate = getattr(factory, "validate_model", None) if check is None else check
    if validate is not None:
        validate(**arguments)
        return
    call = call_of(factory.build_model)
    _, _, problems = call.check(kwargs=arguments)
    if problems:
        raise call.refused(problems, "build_model", lambda: type(factory).__name__)
    if fit:
        detail = f"{type(factory).__name__} has no validate_model: only the arguments of its build_model were checked"
        unchecked = Problem((), ProblemKind.UNCHECKED, detail=detail)
        warnings.warn(FitWarning(type(factory).__name__, (unchecked,)), stacklevel=2)
