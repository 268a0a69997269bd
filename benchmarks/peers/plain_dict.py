"""A bare dict of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component


class PlainDict(Peer):
    """`components[name](**arguments)`."""

    def __init__(self) -> None:
        self._components: dict[str, type[Component]] = {}

    def register(self, name: str, constructor: type[Component]) -> None:
        self._components[name] = constructor

    def contains(self, name: str) -> bool:
        return name in self._components

    def names(self) -> list[str]:
        return list(self._components)

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return self._components[name](**arguments)


if __name__ == "__main__":
    main(PlainDict)
