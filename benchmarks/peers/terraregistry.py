"""This library: `Registry`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.asking import Peer, main
from terraregistry import Registry

if TYPE_CHECKING:
    from benchmarks.peers.component import Component


class Ours(Peer):
    """`registry.build(name, **arguments)`."""

    def __init__(self) -> None:
        self._registry = Registry[Any]()  # of components of no particular kind

    def register(self, name: str, constructor: type[Component]) -> None:
        self._registry.register(constructor, name=name)

    def contains(self, name: str) -> bool:
        return name in self._registry

    def names(self) -> list[str]:
        return list(self._registry)

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return self._registry.build(name, **arguments)

    def validate(self, name: str, arguments: dict[str, Any]) -> object:
        return self._registry.validate(name, **arguments)


if __name__ == "__main__":
    main(Ours)
