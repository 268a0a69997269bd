"""The arguments of timm's networks where no feature pyramid is made of them: `features_only: false`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Index
    from terraregistry.index.descriptions import WholeNetworks
    from terraregistry.tools.schema.arguments import Arguments, ArgumentSchemas
    from terraregistry.tools.schema.components import Group

__all__ = ["FEATURES_ONLY", "TIMM", "Networks", "whole_network"]

TIMM: Final = "terraregistry.library:TIMM_BACKBONE_REGISTRY"
FEATURES_ONLY: Final = "features_only"

_OFF: Final = {"properties": {FEATURES_ONLY: {"const": False}}, "required": [FEATURES_ONLY]}


class Networks:
    """Knows the arguments of networks.

    Args:
        index: The index.
        arguments: Makes the schemas of arguments.
    """

    def __init__(self, index: Index, arguments: ArgumentSchemas) -> None:
        self._arguments: Final = arguments
        changes = {name: change for change in index.facts.whole_networks for name in change.names}
        components = index.registry(TIMM).components
        self._changes: Final = {id(each): changes[each.name] for each in components if each.name in changes}

    def of(self, group: Group) -> Iterator[tuple[list[str], Arguments]]:
        """List the names of a group with the arguments of their networks, equal ones together.

        Args:
            group: The group; what is none of timm's networks is left out.

        Yields:
            The names, and what can be written for them.
        """
        named: dict[WholeNetworks, list[str]] = {}
        for name, component in zip(group.names, group.components, strict=True):
            change = self._changes.get(id(component))
            if change is not None:
                named.setdefault(change, []).append(name)
        usual = self._arguments.of(group.signature)
        for change, names in named.items():
            changed = self._arguments.of(change.changed).schemas
            yield names, usual.without([*change.removed, *changed]).with_more(changed)


def whole_network(dictionary: str) -> dict[str, object]:
    """Hold where a backbone is asked to be a whole network.

    Args:
        dictionary: The key of the dictionary that may have the arguments of the backbone; none where empty.
    """
    prefixed: dict[str, object] = {
        "properties": {f"backbone_{FEATURES_ONLY}": {"const": False}},
        "required": [f"backbone_{FEATURES_ONLY}"],
    }
    if not dictionary:
        return prefixed
    return {"anyOf": [prefixed, {"properties": {dictionary: {"type": "object", **_OFF}}, "required": [dictionary]}]}
