"""Commands that start without importing pydantic."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QuickCommand", "QuickGroup"]

# Recent versions of typer import pydantic to convert any argument, also text to text and nothing to nothing, which takes as
# long as all the rest of a command that reads the index. What is text or was not given stays as it is here.

_MARK = "keeps_text"
_OTHER = object()
"""Sentinel: the value is left to typer."""


class QuickCommand(TyperCommand):
    """A command with arguments of these types only: text, words to choose from, and flags."""

    def get_params(self, ctx: Any) -> list[Any]:  # as typer has them, which has no public names for them
        """Return the parameters."""
        return [_quick(parameter) for parameter in super().get_params(ctx)]


class QuickGroup(TyperGroup):
    """A group of commands with flags as its only own options."""

    def get_params(self, ctx: Any) -> list[Any]:  # as above
        """Return the parameters."""
        return [_quick(parameter) for parameter in super().get_params(ctx)]


def _quick(parameter: Any) -> Any:  # as above
    convert: Callable[[Any, Any], Any] = parameter.process_value
    if getattr(convert, _MARK, False):
        return parameter

    def process(context: Any, value: Any) -> Any:
        read = _as_it_is(parameter, value)
        missing = not read and parameter.required and not context.resilient_parsing
        if missing or read is _OTHER:
            return convert(context, value)
        return read if parameter.callback is None else parameter.callback(context, parameter, read)

    setattr(process, _MARK, True)
    parameter.process_value = process
    return parameter


def _as_it_is(parameter: Any, value: Any) -> Any:  # as above; a value is any object
    """Read a value without need of conversion: text, texts, one of several words, or None."""
    if isinstance(value, (list, tuple)):
        texts: list[Any] = [*value]
        return texts if all(isinstance(each, str) for each in texts) else _OTHER
    choices = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if isinstance(choices, type) and issubclass(choices, Enum):
        return next((each for each in choices if value in (each, each.value)), _OTHER)
    return value if value is None or isinstance(value, str) else _OTHER
