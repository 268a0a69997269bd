"""Commands that start at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QuickCommand", "QuickGroup"]

# Recent versions of typer import pydantic to convert any argument, also text to text and nothing to nothing, which takes as
# long as all the rest of a command that reads the index. What is text or was not given stays as it is here.

_MARK = "keeps_text"


class QuickCommand(TyperCommand):
    """A command whose arguments are text and flags."""

    def get_params(self, ctx: Any) -> list[Any]:  # as typer has them, which has no public names for them
        """Return the parameters."""
        return [_quick(parameter) for parameter in super().get_params(ctx)]


class QuickGroup(TyperGroup):
    """A group of commands whose own options are flags."""

    def get_params(self, ctx: Any) -> list[Any]:  # as above
        """Return the parameters."""
        return [_quick(parameter) for parameter in super().get_params(ctx)]


def _quick(parameter: Any) -> Any:  # as above
    convert: Callable[[Any, Any], Any] = parameter.process_value
    if getattr(convert, _MARK, False):
        return parameter

    def process(context: Any, value: Any) -> Any:
        missing = value is None and parameter.required and not context.resilient_parsing
        if missing or not (value is None or isinstance(value, str)):
            return convert(context, value)
        return value if parameter.callback is None else parameter.callback(context, parameter, value)

    setattr(process, _MARK, True)
    parameter.process_value = process
    return parameter
