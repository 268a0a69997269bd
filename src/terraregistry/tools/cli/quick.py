"""A command that starts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QuickCommand"]


class QuickCommand(TyperCommand):
    """A command whose arguments are text and flags.

    Recent versions of typer import pydantic to convert any argument, also text to text, which takes as long as all the rest
    of a command that reads the index. Here text stays as it is.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # those of typer
        super().__init__(*args, **kwargs)
        for parameter in self.params:
            parameter.process_value = _keeping_text(parameter.process_value, required=parameter.required)  # type: ignore[method-assign]  # of this instance only


def _keeping_text(
    convert: Callable[[typer.Context, Any], Any], *, required: bool
) -> Callable[[typer.Context, Any], Any]:
    def process(context: typer.Context, value: Any) -> Any:  # as typer has it
        if isinstance(value, str) or (value is None and not required):
            return value
        return convert(context, value)

    return process
