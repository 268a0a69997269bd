"""Entries of a registry: the constructor of a component, with validation and description of its calls."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from terraregistry.errors import SourceUnavailableError, describe_value
from terraregistry.locks import expect_imports
from terraregistry.registry.calls import Call, call_of, qualified
from terraregistry.registry.locations import locate
from terraregistry.registry.sites import is_named_alike, is_same, same_file
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraregistry.registry.arguments import Checked
    from terraregistry.registry.sites import Site

__all__ = ["Entry"]

T = TypeVar("T")


class Entry(Generic[T]):
    """One component of a registry.

    Attributes:
        name: Its canonical name.
        site: The line that registers it; None for a component of another library.
        ready: Its call, cached at first use; None if the call depends on the arguments.
    """

    __slots__ = ("_constructor", "_reference", "name", "ready", "site")

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
        """Return a call for validation and description, possibly unable to construct.

        Args:
            kwargs: As for `call`.

        Returns:
            As for `call`, possibly without an import.
        """
        return self.call(kwargs)

    # As above.
    def check(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Call[T], Checked]:
        """Check the arguments of an intended call against the signature.

        Returns:
            The call, with the arguments or their problems.
        """
        ready = self.ready
        if ready is None:
            ready = self.call(kwargs)
            return ready, ready.check(args, kwargs)
        checked = ready.check(args, kwargs)
        if checked[2] and (call := self.call(kwargs)) is not ready:  # its code was changed in place
            return call, call.check(args, kwargs)
        return ready, checked

    def examined(self, checked: Checked) -> Checked:
        """Check the values of arguments as the constructor does, for a call that is validated only.

        Args:
            checked: The arguments after the check against the signature.

        Returns:
            The same, or the arguments with all problems.
        """
        return checked

    def is_same_as(self, other: Entry[T]) -> bool:
        """Return True if another entry has the same constructor or reference."""
        if self._constructor is None or other._constructor is None:
            return self._referred() == other._referred()
        return is_same(other._constructor, self._constructor)

    def is_edition_of(self, older: Entry[T]) -> bool:
        """Return True if a later execution of a module or cell has redefined the constructor of an older entry."""
        if older._reference and older._reference == self._referred():
            return True
        later = self.site is not None and older.site is not None and self.site.is_later_than(older.site)
        return later and is_named_alike(older._constructor, self._constructor)

    def clash_with(self, other: Entry[T]) -> tuple[str, str, tuple[str, str] | None]:
        """Describe another entry with a name of this one.

        Returns:
            Its constructor, its location, and the two names of the module if one file defines both.
        """
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
    module, _, attribute = reference.partition(":")
    expect_imports()
    try:
        target: object = importlib.import_module(module)
        for part in attribute.split("."):
            target = getattr(target, part)
    except Exception as error:
        reason = f"{reference} cannot be imported: {describe_error(error)}"
        raise SourceUnavailableError(name, reason) from error
    if not callable(target):
        raise SourceUnavailableError(name, f"{reference} is {describe_value(target)}, not a class or function")
    return target
