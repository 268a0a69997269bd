"""The arguments of timm's networks without a feature pyramid: `features_only: false`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terraregistry.index import TIMM_NETWORKS, Signature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Index, Parameter
    from terraregistry.tools.schema.argument_schemas import Arguments, ArgumentSchemas
    from terraregistry.tools.schema.component_schemas import Group

__all__ = ["FEATURES_ONLY", "TIMM", "Networks", "whole_network"]

TIMM: Final = "terraregistry.library:TIMM_BACKBONE_REGISTRY"
FEATURES_ONLY: Final = "features_only"

_OFF: Final = {"properties": {FEATURES_ONLY: {"const": False}}, "required": [FEATURES_ONLY]}


class Networks:
    """The arguments of networks.

    Args:
        index: The index.
        arguments: Makes the schemas of arguments.
    """

    def __init__(self, index: Index, arguments: ArgumentSchemas) -> None:
        self._arguments: Final = arguments
        self._networks: Final = {each.name: each for each in index.registry(TIMM_NETWORKS).components}
        self._pyramids: Final = {id(each) for each in index.registry(TIMM).components}

    def of(self, group: Group) -> Iterator[tuple[list[str], Arguments]]:
        """List the names of a group with the arguments of their networks, equal ones together.

        Args:
            group: The group; components other than timm's networks are left out.

        Yields:
            The names and their arguments.
        """
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
    """Match if a backbone is to be a whole network.

    Args:
        dictionary: The key of the dictionary of the backbone's arguments; empty for none.
    """
    prefixed: dict[str, object] = {
        "properties": {f"backbone_{FEATURES_ONLY}": {"const": False}},
        "required": [f"backbone_{FEATURES_ONLY}"],
    }
    if not dictionary:
        return prefixed
    return {"anyOf": [prefixed, {"properties": {dictionary: {"type": "object", **_OFF}}, "required": [dictionary]}]}
