"""The names of a registry, grouped by the signature of their calls: each group becomes one overload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.index import Component, Parameter, PortableType

__all__ = ["Group", "groups_of"]


@dataclass(frozen=True)
class Group:
    """Names whose components take the same arguments and are of the same type.

    Attributes:
        names: The names: canonical ones, bare ones and aliases.
        component: One of the components, as representative.
        summary: The summary that all components share, without its dot; else empty.
        place: The file and line that all share, as a sentence; else empty.
    """

    names: tuple[str, ...]
    component: Component
    summary: str
    place: str

    def docstring(self, otherwise: str) -> str:
        """Write a docstring of the components: what they share, and the place.

        Args:
            otherwise: A docstring for components of several summaries.
        """
        text = f"{self.summary}." if self.summary else otherwise.strip('"')
        return repr(f"{text} {self.place}".rstrip())


def groups_of(spellings: Iterable[tuple[str, Component]]) -> list[Group]:
    """Group the names of a registry.

    Args:
        spellings: The names, each with its component.

    Returns:
        The groups, in registry order.
    """
    names: dict[object, list[str]] = {}
    members: dict[object, list[Component]] = {}
    calls: dict[int, object] = {}
    for name, component in spellings:
        call = calls.setdefault(id(component), _call(component))
        names.setdefault(call, []).append(name)
        members.setdefault(call, []).append(component)
    return [Group(tuple(names[call]), found[0], _summary(found), _place(found)) for call, found in members.items()]


def _summary(components: list[Component]) -> str:
    summaries = {each.summary.rstrip(".") for each in components}
    return summaries.pop() if len(summaries) == 1 else ""


def _place(components: list[Component]) -> str:
    places = {(each.file, each.line) for each in components}
    files = {file for file, _ in places if file is not None}
    if len(files) != 1:
        return ""
    file, line = places.pop()
    return f"Defined in {file}." if places or line is None else f"Defined in {file}:{line}."


def _call(component: Component) -> object:
    """Return the grouping key of a component: its call signature; the values of defaults do not count."""
    return (
        _own_type(component),
        component.product,
        tuple(_shape(parameter) for parameter in component.signature.parameters),
    )


def _shape(parameter: Parameter) -> tuple[str, str, PortableType, bool]:
    return parameter.name, parameter.kind, parameter.accepts, parameter.default is None


def _own_type(component: Component) -> str | None:
    """Return the class of a component with a class as constructor, else None."""
    constructor = (component.constructor or "").replace(":", ".")
    return constructor if constructor == component.product.text else None
