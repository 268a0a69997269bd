"""Sites: the lines that make, register or mount an object, and detection of repeated definitions.

A notebook cell run again and a module reloaded or imported anew repeat their definitions: an object of the same module
and qualified name is a newer edition then. Within one execution of a module it is a copy-paste mistake.
"""

from __future__ import annotations

import functools
import inspect
import os
import types
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from terraregistry.errors import Registration
from terraregistry.registry.locations import locate

if TYPE_CHECKING:
    from types import CodeType, FrameType

__all__ = ["Site", "calling_site", "defining_site", "is_named_alike", "is_same", "same_file"]

_OURS: Final = __name__.rpartition(".")[0]


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
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return _site_of(frame)


def defining_site(target: object) -> Site:
    """Return the line that makes a registry, for its errors, its repr and its pickles.

    Args:
        target: The registry, under construction.

    Returns:
        The first line up the stack outside the constructors of this object.
    """
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and _makes(frame, target):
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


def is_same(old: object, new: object) -> bool:
    """Return True for identical or equal constructors, or partials of them with equal arguments."""
    parts = _parts(old), _parts(new)
    if parts[0] and parts[1]:
        return is_same(parts[0][0], parts[1][0]) and _equal(parts[0][1:], parts[1][1:])
    return old is new or _equal(old, new)


def is_named_alike(old: object, new: object) -> bool:
    """Return True if two constructors have the same definition, assuming a re-execution for the newer one.

    Args:
        old: A class, function, partial or other callable.
        new: The same.

    Returns:
        True for classes and functions of the same module and qualified name (lambdas: also equal code); partials of
        these with equal arguments; and methods of such classes.
    """
    parts = _parts(old), _parts(new)
    if parts[0] and parts[1]:
        return is_named_alike(parts[0][0], parts[1][0]) and _equal(parts[0][1:], parts[1][1:])
    if isinstance(old, types.MethodType) and isinstance(new, types.MethodType):
        return is_named_alike(old.__self__, new.__self__) and is_named_alike(old.__func__, new.__func__)
    if isinstance(old, types.FunctionType) and isinstance(new, types.FunctionType):
        return _named(old) == _named(new) and (old.__name__ != "<lambda>" or _body(old) == _body(new))
    return isinstance(old, type) and isinstance(new, type) and _named(old) == _named(new)


def same_file(old: object, new: object) -> tuple[str, str] | None:
    """Return the modules of two constructors of the same qualified name, if one file was loaded as both.

    Args:
        old: A constructor.
        new: Another one.

    Returns:
        The names of the modules; None for two files, or one module.
    """
    modules = (getattr(old, "__module__", None), getattr(new, "__module__", None))
    if modules[0] == modules[1] or getattr(old, "__qualname__", None) != getattr(new, "__qualname__", ""):
        return None
    places = locate(old), locate(new)
    if places[0] is None or places[1] is None:
        return None
    files = [os.path.realpath(place.file) for place in places if place is not None]  # pathlib takes longer to import
    return (str(modules[0]), str(modules[1])) if files[0] == files[1] else None


def _named(target: Any) -> tuple[str | None, str]:  # a class or function
    return target.__module__, target.__qualname__


def _parts(target: object) -> tuple[object, ...]:
    """Return the function and the arguments of a partial; nothing for other objects."""
    if not isinstance(target, functools.partial):
        return ()
    names = ("func", "args", "keywords")
    return tuple(getattr(cast("object", target), name) for name in names)


def _body(function: types.FunctionType) -> tuple[object, ...]:
    code = function.__code__
    return code.co_code, code.co_names, code.co_consts, function.__defaults__


def _equal(old: object, new: object) -> bool:
    try:
        return bool(old == new)
    except Exception:  # noqa: BLE001 - what cannot be compared, such as an array, is not known to be equal
        return False
