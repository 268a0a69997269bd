"""Lines of the plugin on standard error: mypy has no warnings, and its report of an internal error names no plugin."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from mypy.version import __version__ as mypy_version

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["guarded", "remark"]

P = ParamSpec("P")
T = TypeVar("T")
_PLUGIN: Final = "terraregistry.mypy_plugin"


def remark(message: str) -> None:
    """Print a line."""
    print(f"{_PLUGIN}: {message}", file=sys.stderr)  # noqa: T201 - as above


def guarded(hook: Callable[P, T]) -> Callable[P, T]:
    """Decorate a hook so that an internal error names the plugin and mypy's version."""

    @functools.wraps(hook)
    def named(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return hook(*args, **kwargs)
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
            remark(f"internal error of the plugin, with mypy {mypy_version}: {found}")
            raise

    return named
