"""Locations: the file and line of a constructor, its distribution, the reference to a registry."""

from __future__ import annotations

import functools
import inspect
import linecache
import re
import sys
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Location", "library_of", "locate", "reference_to", "unwrapped"]


class Location(NamedTuple):
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return `file:line`."""
        return f"{self.file}:{self.line}"


def locate(constructor: object) -> Location | None:
    """Find the line that defines a class or function.

    Args:
        constructor: A class, function, partial or other callable.

    Returns:
        The line, or None if no Python file defines it.
    """
    while isinstance(constructor, functools.partial):
        constructor = constructor.func
    target: object = getattr(constructor, "__defined_by__", constructor)
    kind = type(target)
    if isinstance(target, type):
        return _locate_class(cast("type[object]", target))
    if not inspect.isroutine(target):
        return _locate_class(kind)
    code = getattr(unwrapped(target), "__code__", None)
    return Location(code.co_filename, code.co_firstlineno) if code is not None else None


def unwrapped(function: object) -> object:
    """Unwrap a function completely.

    Args:
        function: A function or other callable.

    Returns:
        The innermost callable; the function itself if the wrappers form a cycle.
    """
    try:
        return inspect.unwrap(cast("Callable[..., object]", function))
    except ValueError:
        return function


def _locate_class(target: type[object]) -> Location | None:
    module = sys.modules.get(target.__module__)
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    statement = re.compile(rf"\s*class {re.escape(target.__name__)}\b")
    linecache.checkcache(file)  # it may have been edited since, and its module reloaded
    # The module's loader has the lines of a file in a zip.
    for number, line in enumerate(linecache.getlines(file, vars(module)), 1):
        if statement.match(line):
            return Location(file, number)
    return Location(file, 1)


@functools.cache
def library_of(package: str) -> tuple[str, str] | None:
    """Find the distribution of a top-level package.

    Args:
        package: The import name, such as `segmentation_models_pytorch`.

    Returns:
        The distribution's name and version, or None for code that is not installed.
    """
    from importlib import metadata  # a third of the time that importing the core takes

    try:
        return package, metadata.version(package)  # however it writes - and _
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(package)
    return (names[0], metadata.version(names[0])) if names else None


def reference_to(target: object) -> str | None:
    """Find a reference to an object in any loaded module.

    Args:
        target: The object.

    Returns:
        A reference such as `my_package.parts:PARTS`, or None if no module has it.
    """
    for name, module in sys.modules.copy().items():
        namespace: dict[str, object] = getattr(module, "__dict__", None) or {}
        for attribute, value in [*namespace.items()]:
            if value is target:
                return f"{name}:{attribute}"
    return None
