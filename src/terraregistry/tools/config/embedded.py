"""Calls of `terraregistry.from_config` in the configs of other programs: Lightning's command line, and Hydra."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

from terraregistry.errors import Problem, ProblemKind
from terraregistry.problems import Key, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.problems import KeyPath

__all__ = ["EmbeddedCall", "Mapping", "call_in", "find_calls"]

Mapping: TypeAlias = dict[Key, object]
"""A mapping of a config."""

_NAME: Final = re.compile(r"terraregistry\.(?:\w+\.)*from_config")
_SUFFIXES: Final = (".yaml", ".yml")


class EmbeddedCall(NamedTuple):
    """A call of `from_config` in a config.

    Attributes:
        arguments: Its arguments.
        origin: The path of the arguments.
        is_hydra: True if Hydra makes the call.
        is_partial: True if further arguments may be given later.
    """

    arguments: Mapping
    origin: KeyPath
    is_hydra: bool = False
    is_partial: bool = False

    @property
    def config(self) -> object:
        """The config that it is given."""
        return self.arguments.get("config")

    @property
    def file(self) -> str:
        """The YAML file that it is given; empty for anything else, and for a file that is not there."""
        config = self.config
        if not isinstance(config, str) or not config.endswith(_SUFFIXES):
            return ""
        return config if os.path.isfile(config) else ""  # noqa: PTH113 - it may be the name of no possible file

    def mistakes(self) -> Iterator[Problem]:
        """Find the mistakes in its arguments, except those in a config that is a mapping."""
        from terraregistry.registry.calls import call_of
        from terraregistry.tools.configured import from_config

        given = {key: value for key, value in self.arguments.items() if isinstance(key, str)}
        for problem in call_of(from_config).check(kwargs=given)[2]:
            if problem.kind is not ProblemKind.MISSING or not self.is_partial:
                yield problem.at((*self.origin, *problem.steps))
        if isinstance(self.config, str) and not self.file:
            text = f"there is no YAML file {shorten(repr(self.config))} in the current folder"
            yield Problem((*self.origin, "config"), ProblemKind.UNCHECKED, detail=text)


def find_calls(value: object, path: KeyPath = ()) -> Iterator[EmbeddedCall]:
    """Find the calls in the data of a config, in its order."""
    if isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from find_calls(item, (*path, index))
    elif isinstance(value, dict):
        mapping = cast("Mapping", value)
        call = call_in(mapping, path)
        if call is not None:
            yield call
            return
        for key, item in mapping.items():
            yield from find_calls(item, (*path, key))


def call_in(mapping: Mapping, path: KeyPath = ()) -> EmbeddedCall | None:
    """Read the call that a mapping describes; None for any other mapping."""
    if _is_name(mapping.get("class_path")):
        arguments = mapping.get("init_args")
        return EmbeddedCall(cast("Mapping", arguments) if isinstance(arguments, dict) else {}, (*path, "init_args"))
    if _is_name(mapping.get("_target_")):
        own = {key: value for key, value in mapping.items() if not re.fullmatch("_[a-z]+_", str(key))}
        positional = mapping.get("_args_")
        if isinstance(positional, list) and positional:
            own.setdefault("config", cast("list[object]", positional)[0])
        return EmbeddedCall(own, path, is_hydra=True, is_partial=bool(mapping.get("_partial_")))
    return None


def _is_name(text: object) -> bool:
    return isinstance(text, str) and _NAME.fullmatch(text) is not None
