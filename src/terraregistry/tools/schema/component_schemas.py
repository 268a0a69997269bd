"""The components of a registry: their names and arguments, with names of equal signatures in one group."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from terraregistry.components.factories.rules import BACKBONE, TIMM
from terraregistry.index import TIMM_NETWORKS, ParameterKind, Signature
from terraregistry.tools.schema.schema_parts import is_one_of, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from terraregistry.index import Component, Index, Parameter
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas
    from terraregistry.tools.schema.schema_parts import Schema

__all__ = ["Group", "Networks", "groups_of", "named", "named_as", "variants", "whole_network"]


@dataclass(frozen=True)
class Group:
    """Names whose components take arguments of the same names and types, and of the same second names.

    Attributes:
        names: The names: canonical ones first, then bare ones and aliases.
        components: The component of each name.
        signature: The signature, with the most common defaults.
    """

    names: tuple[str, ...]
    components: tuple[Component, ...]
    signature: Signature

    @property
    def synonyms(self) -> tuple[tuple[str, str], ...]:
        """Second names of parameters, each with the first; equal for all the components."""
        return self.components[0].synonyms


def groups_of(index: Index, reference: str, wanted: Callable[[Component], bool] = lambda _: True) -> list[Group]:
    """Group the names of a registry."""
    found: dict[object, dict[str, Component]] = {}
    shapes: dict[int, object] = {}
    spellings = index.spellings(reference)
    for name, resolved in sorted(spellings.items(), key=lambda item: item[0] != item[1].canonical):
        component = resolved.component
        if wanted(component):
            shape = shapes.setdefault(id(component), _shape(component))
            found.setdefault(shape, {})[name] = component
    return [Group(tuple(names), tuple(names.values()), _usual([*names.values()])) for names in found.values()]


def _shape(component: Component) -> object:
    parameters = component.signature.parameters
    return component.synonyms, *((each.name, each.kind, each.accepts, each.default is None) for each in parameters)


def _usual(components: list[Component]) -> Signature:
    columns = zip(*(component.signature.parameters for component in components), strict=True)
    return Signature(tuple(Counter(column).most_common(1)[0][0] for column in columns))


def named(groups: list[Group], title: str, kind: str) -> dict[str, object]:
    """Make the schema of the names of all groups."""
    return named_as((name for group in groups for name in group.names), title, kind)


def named_as(names: Iterable[str], title: str, kind: str) -> dict[str, object]:
    """Make the schema of names: tagged ones come last."""
    listed = sorted(names, key=lambda name: ("." in name, name))
    return {"title": title, "type": "string", "enum": listed, "errorMessage": f"there is no {kind} of this name"}


def variants(
    group: Group, key: str, arguments: ArgumentSchemas, write: Callable[[dict[str, Schema]], Schema]
) -> Iterator[Schema]:
    """Yield schemas of the defaults in which names of a group differ from the group's signature."""
    others: dict[tuple[Parameter, ...], list[str]] = {}
    for name, component in zip(group.names, group.components, strict=True):
        pairs = zip(component.signature.parameters, group.signature.parameters, strict=True)
        differing = tuple(own for own, usual in pairs if own != usual and own.kind is not ParameterKind.VAR_KEYWORD)
        if differing:
            others.setdefault(differing, []).append(name)
    for differing, names in others.items():
        yield when(is_one_of(key, names), write({each.name: arguments.default_of(each) for each in differing}))


class Networks:
    """The arguments of networks."""

    def __init__(self, index: Index, arguments: ArgumentSchemas) -> None:
        self._arguments: Final = arguments
        self._networks: Final = {each.name: each for each in index.registry(TIMM_NETWORKS).components}
        self._pyramids: Final = {id(each) for each in index.registry(TIMM.parts[0].registry).components}

    def of(self, group: Group) -> Iterator[tuple[list[str], Arguments]]:
        """Yield names of timm's networks in a group with the arguments of the networks, equal ones together."""
        named: dict[tuple[tuple[Parameter, ...], tuple[str, ...]], list[str]] = {}
        for name, component in zip(group.names, group.components, strict=True):
            network = self._networks.get(component.name) if id(component) in self._pyramids else None
            if network is not None:
                named.setdefault(_difference(component.signature, network.signature), []).append(name)
        usual = self._arguments.of(group.signature)
        for (changed, removed), names in named.items():
            schemas = self._arguments.of(Signature(changed)).schemas
            yield names, usual.without([*removed, *schemas]).with_more(schemas)


def _difference(pyramid: Signature, network: Signature) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """Return the parameters of a network not shared with its feature pyramid, and the names of those it lacks."""
    before = {each.name: each for each in pyramid.parameters}
    after = {each.name: each for each in network.parameters}
    changed = tuple(each for name, each in after.items() if before.get(name) != each)
    return changed, tuple(name for name in before if name not in after)


def whole_network(dictionary: str) -> dict[str, object]:
    """Match if a backbone is to be a whole network; its arguments may be in a dictionary."""
    (pyramid,) = TIMM.supplied

    def off(name: str) -> dict[str, object]:
        return {"properties": {name: {"const": False}}, "required": [name]}

    prefixed = off(BACKBONE.prefix + pyramid)
    inside = {"properties": {dictionary: {"type": "object", **off(pyramid)}}, "required": [dictionary]}
    return {"anyOf": [prefixed, inside]} if dictionary else prefixed
