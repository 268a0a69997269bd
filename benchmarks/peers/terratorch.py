"""TerraTorch: its `Registry`, filled as its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terratorch.registry import Registry

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component


class TerraTorch(Peer):
    """`registry.build(name, **arguments)`."""

    def __init__(self) -> None:
        self._registry = Registry()

    def register(self, name: str, constructor: type[Component]) -> None:
        # It registers under the name that the class has; its own registries hold different classes.
        shown, constructor.__name__ = constructor.__name__, name
        try:
            self._registry.register(constructor)
        finally:
            constructor.__name__ = shown

    def contains(self, name: str) -> bool:
        return name in self._registry

    def names(self) -> list[str]:
        return list(self._registry)

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return self._registry.build(name, **arguments)


if __name__ == "__main__":
    main(TerraTorch)
