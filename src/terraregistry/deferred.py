"""Libraries not yet imported: the question, and stand-ins for their classes in annotations and in `isinstance`.

A stand-in has the name of its class. `isinstance` and `issubclass` use the class itself once its module is imported; before
that no instance of it can exist.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Final

__all__ = ["DeferredModule", "is_loaded", "is_stand_in", "loaded", "stand_in"]


def is_loaded(module: str) -> bool:
    """Return True for a module imported by anybody, and for one with a blocked import."""
    return module in sys.modules


def loaded(module: str) -> Any:  # a module, typed in part at most
    """Return a module if it is imported already, else None."""
    return sys.modules.get(module)


class _StandIn(type):
    """The type of stand-ins."""

    def __instancecheck__(cls, instance: object) -> bool:
        real = _class_of(cls)
        return real is not None and isinstance(instance, real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        real = _class_of(cls)
        return super().__subclasscheck__(subclass) or (real is not None and issubclass(subclass, real))


def _class_of(cls: type) -> Any:  # a class, or whatever else a module has by that name
    """Return the class behind a stand-in; None if its module is not loaded or has no such class."""
    found: object = loaded(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


@functools.lru_cache(maxsize=1024)
def stand_in(module: str, qualname: str) -> type:
    """Return the stand-in for a class: a class of the same name and module, the same one each time.

    Examples:
        >>> Module = stand_in("torch.nn", "Module")
        >>> isinstance("no module", Module), list[Module] | None
        (False, list[torch.nn.Module] | None)
    """
    return _StandIn(qualname.rpartition(".")[2], (), {"__module__": module, "__qualname__": qualname})


def is_stand_in(cls: object) -> bool:
    """Return True for a stand-in."""
    return isinstance(cls, _StandIn)


class DeferredModule:
    """A module for annotations and `isinstance`: its classes, or their stand-ins until it is imported.

    Args:
        name: The module's name.

    Examples:
        A type checker reads the import, and nothing is imported at run time:

        >>> from typing import TYPE_CHECKING
        >>> if TYPE_CHECKING:
        ...     from torch import nn
        ... else:
        ...     nn = DeferredModule("torch.nn")
    """

    def __init__(self, name: str) -> None:
        self._name: Final = name

    def __getattr__(self, name: str) -> Any:  # a class of any kind
        """Return a class of the module, or its stand-in."""
        if name.startswith("__"):
            raise AttributeError(name)
        module = loaded(self._name)
        return stand_in(self._name, name) if module is None else getattr(module, name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"
