"""A model described by a config: a factory, its arguments, and the place of each in the file."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from terraregistry.errors import Problem, ProblemKind
from terraregistry.problems import shorten
from terraregistry.readings import INTERPOLATION, unrendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from terraregistry.errors import ConfigError
    from terraregistry.problems import KeyPath
    from terraregistry.tools.config.document import Document

__all__ = ["ModelRequest", "placed", "unresolved_in"]

_ABOUT_NAMES: Final = frozenset({ProblemKind.UNKNOWN, ProblemKind.UNKNOWN_KEY, ProblemKind.UNUSED})


class ModelRequest(NamedTuple):
    """The model described by a config: a model factory, and the arguments of its `build_model`.

    Attributes:
        document: The config.
        factory: The factory's name.
        factory_path: The path of the name.
        arguments: The arguments.
        origin: The path of the arguments.
        moved: The paths of arguments outside the origin.
        defaults: The path of arguments merged beneath those at the origin.
        name: The name of the task, where a config describes several.
        unresolved: Problems for the interpolations and templates in the arguments, of the kind `UNCHECKED` where
            the config is one of Hydra's.
        kind_path: The path of the class of the task.
        is_further: True if only a choice of an optimization differs from another request.
    """

    document: Document
    factory: str
    factory_path: KeyPath
    arguments: dict[str, object]
    origin: KeyPath = ()
    moved: Mapping[str, KeyPath] = MappingProxyType({})
    defaults: KeyPath | None = None
    name: str = ""
    unresolved: tuple[Problem, ...] = ()
    kind_path: KeyPath = ()
    is_further: bool = False

    @property
    def places(self) -> tuple[KeyPath, ...]:
        """The paths of all that describes the model, given or missing."""
        homes = [self.origin] if self.defaults is None else [self.origin, self.defaults]
        beside = [(*home[:-1], key) for home in homes for key in ("model_factory", "aux_heads")]
        return (*homes, *beside, self.factory_path, self.kind_path, *self.moved.values())

    def path_of(self, argument: KeyPath) -> KeyPath:
        """Return the path in the config of an argument, given or missing."""
        if argument and argument[0] in self.moved:
            return (*self.moved[str(argument[0])], *argument[1:])
        return placed(self.document, argument, self.origin, self.defaults)

    def error(self, problems: Iterable[Problem]) -> ConfigError:
        """Make an error of mistakes in the arguments, with their places in the config."""
        return self.document.error(problem.at(self.path_of(problem.steps)) for problem in problems)

    def with_unresolved(self, problems: Iterable[Problem]) -> list[Problem]:
        """Add the unresolved values to mistakes in the arguments, in place of the mistakes made by their texts."""
        paths = [problem.steps for problem in self.unresolved]
        kept = [each for each in problems if each.kind in _ABOUT_NAMES or not _touches(each.steps, paths)]
        return [*kept, *self.unresolved]


def placed(document: Document, path: KeyPath, origin: KeyPath, defaults: KeyPath | None) -> KeyPath:
    """Return the full path of a value at an origin, or at the defaults merged beneath if only these have it."""
    if path and defaults is not None and not _has(document.data, (*origin, *path)):
        beneath = (*defaults, *path)
        if _has(document.data, beneath):
            return beneath
    return (*origin, *path)


def unresolved_in(value: object, path: KeyPath, *, hydra: bool) -> Iterator[Problem]:
    """Find the interpolations and templates in a value; Hydra resolves the interpolations later."""
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield from unresolved_in(item, (*path, key), hydra=hydra)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from unresolved_in(item, (*path, index), hydra=hydra)
    elif what := unrendered(value):
        text = shorten(str(value))
        if hydra and what == INTERPOLATION:
            yield Problem(path, ProblemKind.UNCHECKED, detail=f"{text} is left to Hydra")
        else:
            yield Problem(path, ProblemKind.INVALID, detail=f"{text} is {what}; write the value itself")


def _touches(path: KeyPath, others: Iterable[KeyPath]) -> bool:
    """Return True if one of the other paths contains a path, or is inside it."""
    return bool(path) and any(path[: len(other)] == other[: len(path)] for other in others)


def _has(data: object, path: KeyPath) -> bool:
    for key in path:
        if isinstance(data, dict) and key in data:
            data = cast("dict[object, object]", data)[key]
        elif isinstance(data, list) and isinstance(key, int) and 0 <= key < len(cast("list[object]", data)):
            data = cast("list[object]", data)[key]
        else:
            return False
    return True
