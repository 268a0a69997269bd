"""Builders: validated constructors of one component each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable

    from terraregistry.registry.base import NamedSet
    from terraregistry.registry.specs import ComponentSpec

__all__ = ["Builder"]

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")


class _Live(Generic[V]):
    """An attribute read from the registry at each access, so that it follows a component that is registered anew."""

    def __init__(self, read: Callable[[Builder[..., Any]], V], of_class: V | None) -> None:
        self._read = read
        self._of_class = of_class

    def __get__(self, builder: Builder[..., Any] | None, cls: type) -> V | None:
        return self._of_class if builder is None else self._read(builder)


class Builder(Generic[P, T_co]):
    """A validated constructor of one component, made by `builder`: a call of it is a call of `build` with that name.

    The type is written as that of a callable, `Builder[..., Backbone]`; type checkers know the parameters of a literal name.
    `__signature__` and `__doc__` are those of the component, for `help`, `inspect.signature` and editors. It pickles by
    reference to its registry.

    Args:
        registry: The registry.
        name: The name of the component, qualified if the registry has several sources.

    Examples:
        >>> from terraregistry.registry import Registry
        >>> def scaled(size: int, factor: float = 1.0) -> float:
        ...     return size * factor
        >>> builder = Registry(scaled=scaled).builder("scaled")
        >>> builder(3, factor=2.0)
        6.0
        >>> builder.validate(3)
        <ComponentSpec scaled(int 3)>
    """

    _registry: NamedSet[T_co]
    __name__: str
    __doc__ = _Live(lambda builder: builder._documentation(), __doc__)  # pyright: ignore[reportAssignmentType]  # a descriptor that gives text
    __signature__: _Live[inspect.Signature] = _Live(lambda builder: builder._registry.signature(builder.__name__), None)

    def __init__(self, registry: NamedSet[T_co], name: str) -> None:
        self._registry = registry
        self.__name__ = name

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """Build the component: arguments and errors are those of `build` of the registry, without the name."""
        return self._registry.build(self.__name__, *args, **kwargs)

    def validate(self, /, *args: P.args, **kwargs: P.kwargs) -> ComponentSpec[T_co]:
        """Make the same checks as a call, without constructing anything: `validate` of the registry, without the name."""
        return self._registry.validate(self.__name__, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<builder of {self.__name__!r}: {self._registry!r}>"

    def _documentation(self) -> str:
        described = self._registry.describe(self.__name__)
        place = "" if described.file is None else f"Defined at {described.file}:{described.line}."
        return "\n\n".join(part for part in (described.summary, place) if part)
