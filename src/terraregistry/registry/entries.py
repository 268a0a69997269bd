"""Entries of a registry: the constructor of a component, with validation and description of its calls."""

from __future__ import annotations

import functools
import os
import types
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar, cast

from terraregistry.errors import SourceUnavailableError, describe_value
from terraregistry.locks import expect_imports
from terraregistry.registry.calls import Call, call_of, qualified
from terraregistry.registry.locations import locate
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.registry.arguments import Checked
    from terraregistry.registry.locations import Site

__all__ = ["Entry", "is_named_alike", "same_file"]

T = TypeVar("T")


class Entry(Generic[T]):
    """One component of a registry.

    Attributes:
        name: Its canonical name.
        site: The line that registers it; None for a component of another library.
        ready: Its call, cached at first use; None if the call depends on the arguments.
        examines_builds: True if a constructor does not check all values itself, so that `build` calls `examined` as well.
    """

    __slots__ = ("_constructor", "_reference", "name", "ready", "site")
    examines_builds: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        constructor: Callable[..., T] | None = None,
        reference: str = "",
        site: Site | None = None,
    ) -> None:
        self.name: str = name
        self.site: Final = site
        self._constructor = constructor
        self._reference = reference
        self.ready: Call[T] | None = None

    @property
    def constructor(self) -> Callable[..., T]:
        """The constructor; imported on first access if registered lazily.

        Raises:
            SourceUnavailableError: The reference of a lazy registration cannot be imported.
        """
        if self._constructor is None:
            self._constructor = self._load()
        return self._constructor

    def _load(self) -> Any:  # what is imported is checked when it has made something
        """Import a constructor registered lazily."""
        return _import(self.name, self._reference)

    def call(self, kwargs: Mapping[str, Any]) -> Call[T]:  # the arguments of a call are any objects
        """Return the call: constructor and validator.

        Args:
            kwargs: The keyword arguments of the call, for components whose signature depends on one of them.

        Returns:
            The constructor and its effective signature, inspected once.
        """
        del kwargs
        if self.ready is None or not self.ready.is_current:
            self.ready = call_of(self.constructor)
        return self.ready

    def answer(self, kwargs: Mapping[str, Any]) -> Call[T]:  # as above
        """Return a call for validation and description, possibly without an import, and then unable to construct."""
        return self.call(kwargs)

    def checker(self, kwargs: Mapping[str, Any]) -> Call[T] | None:  # as above
        """Return a call with the checks of the live one, without inspecting the constructor; None without one."""
        del kwargs
        return None

    def examined(self, call: Call[T], checked: Checked) -> Checked:
        """Check the values of arguments as the constructor does, after a check against the signature of a call."""
        del call
        return checked

    def is_same_as(self, other: Entry[T]) -> bool:
        """Return True if another entry has the same constructor or reference."""
        if self._constructor is None or other._constructor is None:
            return self._referred() == other._referred()
        return _is_same(other._constructor, self._constructor)

    def is_edition_of(self, older: Entry[T]) -> bool:
        """Return True if a later execution of a module or cell has redefined the constructor of an older entry."""
        if older._reference and older._reference == self._referred():
            return True
        later = self.site is not None and older.site is not None and self.site.is_later_than(older.site)
        return later and is_named_alike(older._constructor, self._constructor)

    def clash_with(self, other: Entry[T]) -> tuple[str, str, tuple[str, str] | None]:
        """Describe another entry of this name: constructor, location, and the two modules if one file defines both."""
        theirs = other._constructor
        if theirs is None or other._reference:  # the same words before and after it is imported
            return other._reference, "", None
        location = locate(theirs)
        return qualified(theirs), "" if location is None else str(location), same_file(theirs, self._constructor)

    def _referred(self) -> str | None:
        if self._reference:
            return self._reference
        module: str | None = getattr(self._constructor, "__module__", None)
        name: str | None = getattr(self._constructor, "__qualname__", None)
        return f"{module}:{name}" if module and name else None


def _import(name: str, reference: str) -> Any:  # as above
    import pkgutil

    expect_imports()
    try:
        target: object = pkgutil.resolve_name(reference)
    except Exception as error:
        reason = f"{reference} cannot be imported: {describe_error(error)}"
        raise SourceUnavailableError(name, reason) from error
    if not callable(target):
        raise SourceUnavailableError(name, f"{reference} is {describe_value(target)}, not a class or function")
    return target


def _is_same(old: object, new: object) -> bool:
    """Return True for identical or equal constructors, or partials of them with equal arguments."""
    parts = _parts(old), _parts(new)
    if parts[0] and parts[1]:
        return _is_same(parts[0][0], parts[1][0]) and _equal(parts[0][1:], parts[1][1:])
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
    """Return the two modules of constructors of one qualified name if one file was loaded as both, else None."""
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
