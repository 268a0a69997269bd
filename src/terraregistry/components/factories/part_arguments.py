"""Arguments of one part of a composition, with the paths the caller wrote them at."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.components.factories.rules import BACKBONE, FRAMING, TEMPORAL, USE_TEMPORAL
from terraregistry.components.models.framing import PaddingMode, PatchSize, three_axes
from terraregistry.errors import Problem, ProblemKind, describe_value
from terraregistry.problems import Rename, display_path
from terraregistry.registry.calls import call_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from terraregistry.components.factories.rules import PartRule
    from terraregistry.problems import KeyPath
    from terraregistry.registry.calls import Call

__all__ = [
    "Arguments",
    "Framing",
    "given_twice",
    "own_call",
    "spelled_today",
    "take_framing",
    "take_prefixed",
    "take_temporal",
    "unknown",
    "unread",
]

_FILE: Final = "pretrained_cfg_overlay"
_TODAY: Final[Mapping[str, tuple[str, ...]]] = {
    "in_channels": ("in_chans",),
    "in_chans": ("in_channels",),
    "input_size": ("img_size",),
    "pretrain_img_size": ("img_size",),
    _FILE: ("ckpt_path", "checkpoint_path"),
}
"""Names by which older configs and other libraries call arguments."""
_PYRAMID: Final = "features_only"
_OF_TRAINING: Final = (
    "class_names", "class_weights", "freeze_backbone", "freeze_decoder", "freeze_head", "ignore_index", "loss", "lr",
    "optimizer", "optimizer_hparams", "plot_on_val", "scheduler", "scheduler_hparams",
)  # fmt: skip
"""Arguments of TerraTorch's training tasks."""


def unread(path: str | KeyPath, why: str, fix: Rename | None = None) -> Problem:
    """Report an argument without effect."""
    return Problem(path, ProblemKind.UNUSED, detail=f"nothing reads this: {why}", fix=fix)


def spelled_today(path: str | KeyPath, name: str, written: Mapping[str, str]) -> Problem | None:
    """Report a retired spelling of an argument.

    Args:
        path: Its path.
        name: The spelling.
        written: The caller's spelling of each parameter.

    Returns:
        The problem, with today's spelling; None if there is none.
    """
    bare = name.removeprefix(BACKBONE.prefix)
    meant = (name, *_TODAY.get(name, ()), bare, *_TODAY.get(bare, ()))
    today = next((written[each] for each in meant if each in written), "")
    if today in ("", path if isinstance(path, str) else path[-1]):
        settled = "whether there are features is settled: leave it out"
        return Problem(path, ProblemKind.UNKNOWN, detail=settled) if bare == _PYRAMID else None
    if bare == _FILE and not today.endswith(_FILE):
        # The value changes as well: it is a file, no dictionary.
        return Problem(path, ProblemKind.UNKNOWN, detail=f"a file of weights is written '{today}: FILE'")
    whose = "the backbone's" if today.startswith(BACKBONE.prefix) else "it"
    return Problem(path, ProblemKind.UNKNOWN, detail=f"{whose} is written {today!r}", fix=Rename(today))


def unknown(name: str, choices: Collection[str], further: Collection[str] = ()) -> Problem:
    """Report an argument of no part, and its home if that is known.

    Args:
        name: The argument.
        choices: The arguments possibly meant, as the caller writes them.
        further: Others, meant only if they are today's spelling.
    """
    if name in _OF_TRAINING:
        return Problem(name, ProblemKind.UNKNOWN, detail="it belongs to the training task, not to the model")
    written = {each.removeprefix(BACKBONE.prefix): each for each in (*further, *choices)}
    return spelled_today(name, name, written) or Problem(name, ProblemKind.UNKNOWN, choices=choices)


def given_twice(path: str | KeyPath, other: str) -> Problem:
    """Report an argument saying the same as another one given."""
    return Problem(path, ProblemKind.DUPLICATE, detail=f"{other} says this already; give one of them")


class Arguments(NamedTuple):
    """The arguments of one part.

    Attributes:
        values: The value given for each parameter; of any type.
        prefix: The prefix of parameter names as the caller writes them, such as `backbone_`.
        inside: The path of their dictionary, such as `("backbone_kwargs",)`; empty for arguments of the call itself.
        elsewhere: Paths of parameters written apart from the others, such as `num_classes`.
    """

    values: Mapping[str, Any]
    prefix: str = ""
    inside: KeyPath = ()
    elsewhere: Mapping[str, KeyPath] = MappingProxyType({})

    def path(self, parameter: str) -> KeyPath:
        """Return the path of a parameter in the caller's arguments."""
        return self.elsewhere.get(parameter, (*self.inside, self.prefix + parameter))

    def located(self, problem: Problem) -> Problem:
        """Move a problem of the part to the caller's path, with suggestions in the caller's spelling."""
        if not problem.steps:
            own = self.prefix.rstrip("_")
            return problem.at((*self.inside, own) if own else self.inside)
        path = (*self.path(problem.parameter), *problem.steps[1:])
        if problem.kind is not ProblemKind.UNKNOWN:
            return problem.at(path)
        return Problem(path, problem.kind, detail=problem.detail, choices=self.spellings(problem.suggestions))

    def also(self, parameter: str, value: object, written: str) -> Arguments:
        """Add a value written as another argument of the call."""
        return self.written_at(parameter, (written,))._replace(values={**self.values, parameter: value})

    def written_at(self, parameter: str, path: KeyPath) -> Arguments:
        """Add the path of a parameter written apart from the others."""
        return self._replace(elsewhere={**self.elsewhere, parameter: path})

    def without(self, parameters: Collection[str]) -> Arguments:
        """Leave parameters out."""
        return self._replace(values={name: value for name, value in self.values.items() if name not in parameters})

    def unused(self, why: str) -> Iterator[Problem]:
        """Report every argument as unused."""
        return (unread(self.path(name), why) for name in self.values)

    def spellings(self, parameters: Collection[str]) -> list[str]:
        """Write parameters as the caller would, for suggestions."""
        return [str(self.path(name)[-1]) for name in parameters]

    def __str__(self) -> str:
        """List the arguments with their places."""
        return ", ".join(
            f"{display_path(self.path(name))} = {describe_value(value)}" for name, value in self.values.items()
        )


@functools.cache
def own_call(constructor: Callable[..., object]) -> Call[object]:
    """Inspect a class or function of the factories themselves, at its first use."""
    return call_of(constructor)


def take_prefixed(
    part: PartRule, loose: dict[str, Any], together: Mapping[str, Any]
) -> tuple[Arguments, list[Problem]]:
    """Take the arguments of a part from its dictionary `together`, or else by prefix out of the loose ones of all parts.

    Returns:
        The arguments, and a problem for each prefixed argument given beside a dictionary.
    """
    names = [name for name in loose if name.startswith(part.prefix)]
    prefixed = {name.removeprefix(part.prefix): loose.pop(name) for name in names}
    if not together:
        return Arguments(prefixed, part.prefix), []
    beside = f"{part.dictionary} is given as well"
    problems = [
        Problem(part.prefix + name, ProblemKind.UNUSED, detail=f"{beside}: write {name!r} in there")
        for name in prefixed
    ]
    return Arguments(dict(together), inside=(part.dictionary,)), problems


@dataclass(frozen=True)
class Framing:
    """Image padding.

    Args:
        patch_size: The size to pad images to.
        padding: The continuation of images beyond their edges.
    """

    patch_size: PatchSize | None = None
    padding: PaddingMode = "reflect"


def take_framing(
    arguments: Arguments, parameters: Collection[str], problems: list[Problem]
) -> tuple[dict[str, Any], Arguments]:  # arguments of several types
    """Take the padding arguments of the model out of the arguments of a backbone.

    Those among the backbone's own parameters also stay with the backbone, and their meaning is the backbone's own.
    """
    framing: dict[str, Any] = {}
    for name in FRAMING:
        if name in arguments.values:
            faults = _faults(name, arguments.values[name])
            if not faults:
                framing[name] = arguments.values[name]
            elif name not in parameters:
                problems += [arguments.located(fault) for fault in faults]
    return framing, arguments.without([name for name in FRAMING if name not in parameters])


def _faults(name: str, value: Any) -> tuple[Problem, ...]:  # an argument is any object
    _, _, problems = own_call(Framing).check(kwargs={name: value})
    try:
        if name == "patch_size" and value is not None and not problems:
            three_axes(value)
    except ValueError as error:
        return (Problem(name, ProblemKind.INVALID, detail=str(error)),)
    return problems


def take_temporal(arguments: Arguments, parameters: Collection[str]) -> tuple[Arguments, Arguments]:
    """Split the arguments of the wrapper for time series, `use_temporal` among them, from those of a backbone.

    The backbone's own parameters of such names stay among its arguments.
    """
    about_time = [name for name in arguments.values if name == USE_TEMPORAL or name.startswith(TEMPORAL)]
    mine = {name: arguments.values[name] for name in about_time if name not in parameters}
    values = {name.removeprefix(TEMPORAL): value for name, value in mine.items()}
    taken = Arguments(values, arguments.prefix + TEMPORAL, arguments.inside)
    return taken.written_at(USE_TEMPORAL, arguments.path(USE_TEMPORAL)), arguments.without(mine)
