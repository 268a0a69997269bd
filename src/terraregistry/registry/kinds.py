"""Kinds at run time: checking products against the type argument of a registry."""

from __future__ import annotations

import inspect
import types
import typing
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from terraregistry.errors import ComponentProtocolError, describe_value
from terraregistry.locks import expect_imports
from terraregistry.registry.names import NameSet
from terraregistry.registry.signatures import evaluate, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Kind", "kind_of"]


_NO_KINDS: Final[list[object]] = [object, Any, types.UnionType]
"""Type arguments that allow any product."""


class Kind:
    """A protocol or class that products are checked against.

    Attributes:
        type: The protocol or class; None if products may be anything.
    """

    __slots__ = ("_data", "_known", "_members", "type")

    def __init__(self, kind: object) -> None:
        if typing.get_origin(kind) is typing.Annotated:
            kind = typing.get_args(kind)[0]
        origin: object = typing.get_origin(kind) or kind
        is_class = isinstance(origin, type) and origin not in _NO_KINDS and not typing.is_typeddict(origin)
        self.type: Final[type[Any] | None] = cast("type[Any]", origin) if is_class else None  # of anything
        members = {} if self.type is None else _members(self.type)
        self._members: Final = members
        self._data: Final = {name: hint for name, hint in members.items() if hint is not None} if members else {}
        self._known: Final[set[type]] = set()

    @property
    def name(self) -> str:
        """The name of the protocol or class."""
        return "component" if self.type is None else self.type.__name__

    def check(self, product: object, component: str, registry: Callable[[], str]) -> None:
        """Check the product of a constructor.

        Args:
            product: The product.
            component: The component's name, for the error.
            registry: Returns the name of the registry, for the error.

        Raises:
            ComponentProtocolError: The product is not of this kind; lists the members missing or of another type.
        """
        if not self._members:
            if self.type is not None and not isinstance(product, self.type):
                raise ComponentProtocolError(component, registry(), self.name, type(product).__qualname__)
            return
        if type(product) in self._known and not self._data:
            return
        missing: list[str] = []
        wrong: list[str] = []
        cause: Exception | None = None
        for name in self._members:
            try:
                value: object = getattr(product, name)
            except AttributeError:
                missing.append(name)
            except Exception as error:  # noqa: BLE001 - a property may raise anything
                wrong.append(f"raises {type(error).__name__} where {name} is read")
                cause = error
            else:
                wrong += self._wrong(name, value)
        if missing or wrong:
            product_name = type(product).__qualname__
            raise ComponentProtocolError(
                component, registry(), self.name, product_name, tuple(missing), tuple(wrong)
            ) from cause
        self._known.add(type(product))

    def _wrong(self, name: str, value: object) -> Iterator[str]:
        expect_imports()
        from terraregistry.registry.schemas import accepts

        if name not in self._data:
            if not callable(value):
                yield f"has {name} = {describe_value(value)}, not a method"
        elif not accepts(self._data[name], value):
            yield f"has {name} = {describe_value(value)}, not {render(self._data[name])}"


def kind_of(registry: NameSet) -> Kind:
    """Find the kind of a registry: the type argument of the instance or its class; without one, anything is accepted."""
    aliases: list[object] = [getattr(registry, "__orig_class__", None)]
    for cls in type(registry).__mro__:
        aliases += cls.__dict__.get("__orig_bases__", cls.__bases__)
    for alias in aliases:
        origin = typing.get_origin(alias)
        arguments = typing.get_args(alias) if isinstance(origin, type) and issubclass(origin, NameSet) else ()
        if arguments and not isinstance(arguments[0], TypeVar):
            return Kind(arguments[0])
    return Kind(None)


def _members(cls: type) -> dict[str, Any | None]:  # an annotation is any object
    """Return the members of a protocol with the types of data members; none for other classes."""
    from typing_extensions import get_protocol_members, is_protocol

    return {name: _data_hint(cls, name) for name in sorted(get_protocol_members(cls))} if is_protocol(cls) else {}


def _data_hint(protocol: type, name: str) -> Any | None:  # as above
    """Return the type of a data member, or None for a method."""
    for cls in protocol.__mro__:
        member = cls.__dict__.get(name)
        if isinstance(member, property):
            return evaluate(member.fget, ["return"]).get("return", object)
        if callable(member) or isinstance(member, classmethod):
            return None
        annotations = inspect.get_annotations(cls)
        if name in annotations:
            module = types.SimpleNamespace(__annotations__=annotations, __globals__=_globals_of(cls))
            return evaluate(module, [name])[name]
    return object  # a value without an annotation


def _globals_of(cls: type) -> dict[str, Any]:  # a module's namespace
    import sys

    return vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
