"""Runs of parts without data, as in a model: images, arguments at fault, and a watch on the features of decoders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import torch
from torch import Tensor, nn

from terraregistry.components.factories.batches import batch_shape, make_inputs
from terraregistry.components.factories.part_planning import TIME
from terraregistry.components.factories.planned_parts import ModulePart, NamedPart, WrappedPart, unwrapped
from terraregistry.components.factories.shadows import in_both_modes
from terraregistry.components.models.encoder_decoder import EncoderModel
from terraregistry.components.models.images import image_size_of
from terraregistry.errors import (
    ComponentProtocolError,
    InvalidArgumentsError,
    Problem,
    ProblemKind,
    SourceUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from terraregistry.components.factories.composition import Composition
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.components.models.images import Images
    from terraregistry.problems import KeyPath
    from terraregistry.protocols import Backbone

__all__ = ["as_listed", "asked", "encoded", "failure_of", "find_culprits", "images_for", "watch_levels"]

_ABOUT_IMAGES: Final = ("in_chans", "in_channels", "img_size", "num_frames")
"""The parameters of a backbone with defaults describing its images."""


class _Reader(nn.Module):
    """A stand-in for a neck, with its `reads_layout`."""

    def __init__(self, part: Part | None) -> None:
        super().__init__()
        self.reads_layout = isinstance(part, ModulePart) and bool(getattr(part.module, "reads_layout", False))
        if isinstance(part, NamedPart):
            self.reads_layout = bool(part.value_of("reads_layout") or part.value_of("new_order"))


def images_for(part: Part, model: nn.Module, at_least: tuple[int, int] = (1, 1)) -> Images:
    """Make images without data for a model with a backbone, as requested, of at least the given height and width.

    Returns:
        `(2, C, H, W)`, or `(2, C, T, H, W)`; for several modalities one by each name.
    """
    given: dict[str, object] = {}
    while isinstance(part, WrappedPart):
        if part.wrapper.name == TIME:
            values = part.wrapper.arguments.values.items()
            given |= {"backbone_use_temporal": True} | {f"backbone_temporal_{name}": value for name, value in values}
        part = part.inner
    if isinstance(part, NamedPart):
        defaults = {name: part.parameters[name].default for name in _ABOUT_IMAGES if name in part.parameters}
        given |= {f"backbone_{name}": value for name, value in {**defaults, **part.arguments.values}.items()}
    *others, height, width = batch_shape(given, model, 2)
    factor = max(1, -(-at_least[0] // height), -(-at_least[1] // width))
    shape = (*others, factor * height, factor * width)
    return make_inputs(shape, model, lambda each: torch.empty(each, device="meta"))


def encoded(
    encoder: nn.Module, part: Part, necks: Sequence[Part | None], framing: Mapping[str, Any]
) -> tuple[tuple[Tensor, ...], tuple[int, int]]:
    """Run a backbone as a model does; return the features for the next part, and the size of the images."""
    readers = [_Reader(neck) for neck in necks]
    model = EncoderModel(encoder, necks=readers, **framing)
    padded = model.pad(images_for(part, model))
    features = in_both_modes(model, lambda: model.encode(padded))
    channels = cast("Backbone", encoder).out_channels
    if len(features) == len(channels) and not any(reader.reads_layout for reader in readers):
        as_listed(part.label, features, channels)
    return tuple(features), image_size_of(padded)


def as_listed(label: str, features: Any, channels: Sequence[int]) -> tuple[Tensor, ...]:  # of any module
    """Check the channels of features against those declared by a part; tokens may have those of one step of several."""
    given = tuple(features)
    for at, (feature, width) in enumerate(zip(given, channels, strict=False)):
        if isinstance(feature, Tensor) and feature.dim() == 4 and feature.shape[1] != width:
            says = f"lists {width} channels for feature {at}, and gives the shape {tuple(feature.shape)}"
            raise ValueError(f"{label} {says}")
    return given


def failure_of(run: Callable[[], object]) -> Exception | None:
    """Run a function and return its exception about arguments; None if it succeeds."""
    try:
        run()
    except (ComponentProtocolError, SourceUnavailableError):
        raise
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        return error
    return None


def asked(part: Part) -> InvalidArgumentsError | None:
    """Return the problems found by a backbone's source in its arguments, if the source can report features."""
    named = unwrapped(part)
    source: Any = named.registry if isinstance(named, NamedPart) else None  # a source may have any methods
    if not isinstance(named, NamedPart) or not hasattr(source, "find_registry"):
        return None
    ask = getattr(source.find_registry(named.name), "feature_specs", None)
    try:
        if ask is not None:
            ask(source.resolve(named.name).name, **named.arguments.values)
    except InvalidArgumentsError as error:
        try:
            named.refuse(error)
        except InvalidArgumentsError as refused:
            return refused
    return None


class Culprit(NamedTuple):
    """An argument at fault: the part fails with it and works without it.

    Attributes:
        path: The path of the argument.
        value: The value given.
        part: The part with this argument and without the other culprits.
        error: The exception raised by that part.
    """

    path: KeyPath
    value: object
    part: Part
    error: Exception

    @property
    def shapes_features(self) -> bool:
        """True if it may change the number or the size of features: a name or a switch selects the computation."""
        return not isinstance(self.value, (str, bool))


def find_culprits(part: Part, failure: Callable[[Part], Exception | None]) -> tuple[Part, list[Culprit]] | None:
    """Find every argument at fault for the failure of a part.

    The part is tried with its required arguments alone, then with one more argument at a time. Arguments with which it fails
    are tried again after the others, as one may need another.

    Args:
        part: The failing part.
        failure: Makes and runs a part, and returns the exception raised; None on success.

    Returns:
        The working part without the culprits, and the culprits; None if it fails without any argument too.
    """
    if isinstance(part, NamedPart):
        return _of_named(part, failure)
    if not isinstance(part, WrappedPart):
        return None
    inner = find_culprits(part.inner, lambda each: failure(part._replace(inner=each)))
    if inner is not None:
        return part._replace(inner=inner[0]), inner[1]
    outer = _of_named(part.wrapper, lambda each: failure(part._replace(wrapper=each)))
    return None if outer is None else (part._replace(wrapper=outer[0]), outer[1])


def _of_named(
    part: NamedPart, failure: Callable[[NamedPart], Exception | None]
) -> tuple[NamedPart, list[Culprit]] | None:
    given = part.arguments.values
    required = {each.name for each in part.parameters.values() if each.default is each.empty}
    kept = {name: value for name, value in given.items() if name in required}
    if len(kept) == len(given) or failure(part.with_values(kept)) is not None:
        return None

    def with_kept(*others: str) -> NamedPart:
        return part.with_values({name: value for name, value in given.items() if name in kept or name in others})

    left = [name for name in given if name not in kept]
    while True:
        culprits: list[Culprit] = []
        for name in left:
            tried = with_kept(name)
            error = failure(tried)
            if error is None:
                kept[name] = given[name]
            else:
                culprits.append(Culprit(part.arguments.path(name), given[name], tried, error))
        if len(culprits) in (0, len(left)):
            return with_kept(), culprits
        left = [name for name in left if name not in kept]


def watch_levels(composition: Composition, model: nn.Module) -> list[Problem]:
    """Return a list that the run of a model fills with its decoders for several levels run on features of one."""
    doubts: list[Problem] = []
    watched = [(branch.decoder, f"aux_heads.{name}.0") for name, branch in composition.aux_branches.items()]
    if composition.branch is not None:
        watched.append((composition.branch.decoder, "decoder"))
    for part, path in watched:
        decoder = model.get_submodule(path)
        if getattr(decoder, "wants_levels", False) is True:
            decoder.register_forward_pre_hook(partial(_note_level, doubts, part))
    return doubts


# Whatever a module is called with.
def _note_level(doubts: list[Problem], part: Part, _: nn.Module, given: tuple[Any, ...]) -> None:
    features = cast("list[Tensor]", given[0])
    if len(features) < 2 or len({tuple(feature.shape[2:]) for feature in features}) > 1:
        return
    what = part.name if isinstance(part, NamedPart) else "the decoder"
    detail = (
        f"{what} joins features of several resolutions, and all {len(features)} have one; a neck such as "
        "LearnedInterpolateToPyramidal before it makes a pyramid of them"
    )
    problem = Problem(part.where, ProblemKind.DOUBTFUL, detail=detail)
    if problem not in doubts:
        doubts.append(problem)
