"""Places of code: where a constructor is defined, and the lines that make, register or mount an object.

A notebook cell run again and a module reloaded or imported anew repeat their definitions: an object of the same module
and qualified name is a newer edition then. Within one execution of a module it is a copy-paste mistake.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import re
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from terraregistry.errors import Registration

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

__all__ = [
    "Location",
    "Site",
    "calling_site",
    "defining_site",
    "library_of",
    "locate",
    "reference_to",
    "unwrapped",
]

_OURS: Final = __name__.rpartition(".")[0]


class Location(NamedTuple):
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return `file:line`."""
        return f"{self.file}:{self.line}"


def locate(constructor: object) -> Location | None:
    """Find the line that defines a class, function, partial or other callable; None if no Python file does."""
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
    """Unwrap a function completely; return the function itself if the wrappers form a cycle."""
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
    """Find the name and version of a top-level package's distribution; None for code that is not installed."""
    from importlib import metadata  # a third of the time that importing the core takes

    try:
        return package, metadata.version(package)  # however it writes - and _
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(package)
    return (names[0], metadata.version(names[0])) if names else None


def reference_to(target: object) -> str | None:
    """Find a reference such as `my_package.parts:PARTS` to an object in any loaded module; None if there is none."""
    for name, module in sys.modules.copy().items():
        namespace: dict[str, object] = getattr(module, "__dict__", None) or {}
        for attribute, value in [*namespace.items()]:
            if value is target:
                return f"{name}:{attribute}"
    return None


class Site(NamedTuple):
    """An executed line of code.

    Attributes:
        module: The module of the line.
        file: Its file.
        line: Its number in the file, from 1.
        importer: The module executed at the time: importing it executes the line again.
        execution: The code of that module; each execution of a module or of a notebook cell has its own code object.
        offset: The current instruction in that code.
    """

    module: str
    file: str
    line: int
    importer: str
    execution: CodeType | None
    offset: int

    def __str__(self) -> str:
        """Return `file:line`."""
        return f"{self.file}:{self.line}"

    def registration(self) -> tuple[Registration, ...]:
        """Return the import that executes this line in another process; nothing for lines of this package."""
        ours = self.importer.partition(".")[0] == __name__.partition(".")[0]
        return () if ours else (Registration(self.importer, str(self)),)

    def is_later_than(self, other: Site) -> bool:
        """Return True if a later execution of the other site's importer led here."""
        again = self.module == other.module and self.importer == other.importer
        return again and self.execution is not other.execution

    def assigned_name(self) -> str | None:
        """Return the module-level name assigned by this line, as in `PARTS = Registry()`; None if there is none."""
        if self.execution is None or self.module != self.importer:
            return None
        return _stored_name(self.execution, self.offset)


@functools.lru_cache(maxsize=256)
def _stored_name(code: CodeType, offset: int) -> str | None:
    """Return the name assigned by the instruction after an offset, or None."""
    import dis

    after = next((each for each in dis.get_instructions(code) if each.offset > offset), None)
    name: object = after.argval if after is not None and after.opname == "STORE_NAME" else None
    return name if isinstance(name, str) else None


def calling_site() -> Site:
    """Return the line that calls a registry: the first outside of this package."""
    return _first_site(_is_ours)


def defining_site(target: object) -> Site:
    """Return the line that makes a registry: the first up the stack outside the constructors of this object."""
    return _first_site(lambda frame: _makes(frame, target))


def _first_site(is_inside: Callable[[FrameType], bool]) -> Site:
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and is_inside(frame):
        frame = frame.f_back
    return _site_of(frame)


def _makes(frame: FrameType, target: object) -> bool:
    constructing = frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is target
    return constructing or frame.f_globals.get("__name__") in ("typing", __name__)


def _is_ours(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__")
    return isinstance(module, str) and (module == _OURS or module.startswith(_OURS + "."))


def _site_of(frame: FrameType | None) -> Site:
    if frame is None:  # a thread that the interpreter itself started calls the registry
        return Site("__main__", "", 0, "__main__", None, 0)
    module = str(frame.f_globals.get("__name__", ""))
    file, line = frame.f_code.co_filename, frame.f_lineno
    above: FrameType | None = frame
    while above is not None and above.f_code.co_name != "<module>":
        above = above.f_back
    if above is None:  # the bottom of a thread
        return Site(module, file, line, module, None, 0)
    return Site(module, file, line, str(above.f_globals.get("__name__", "")), above.f_code, above.f_lasti)
