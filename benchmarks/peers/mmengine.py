"""mmengine: `Registry`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmengine.registry import Registry

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component


class MMEngine(Peer):
    """`registry.build(dict(type=name, **arguments))`."""

    def __init__(self) -> None:
        self._registry = Registry("component", scope="benchmarks", locations=["benchmarks.peers"])

    def register(self, name: str, constructor: type[Component]) -> None:
        self._registry.register_module(name=name, module=constructor)

    def contains(self, name: str) -> bool:
        return name in self._registry

    def names(self) -> list[str]:
        return list(self._registry.module_dict)

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return self._registry.build({"type": name, **arguments})


if __name__ == "__main__":
    main(MMEngine)
