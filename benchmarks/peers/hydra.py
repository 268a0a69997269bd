"""hydra: its `ConfigStore`, and `instantiate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.config_source import ConfigLoadError
from hydra.utils import instantiate

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component

_GROUP = "component"


class Hydra(Peer):
    """`instantiate(store.load(name).node, **arguments)`."""

    def __init__(self) -> None:
        self._store = ConfigStore.instance()

    def register(self, name: str, constructor: type[Component]) -> None:
        node = {"_target_": f"{constructor.__module__}.{constructor.__qualname__}"}
        self._store.store(name=name, node=node, group=_GROUP)

    def contains(self, name: str) -> bool:
        try:
            self._store.load(f"{_GROUP}/{name}.yaml")
        except ConfigLoadError:
            return False
        return True

    def names(self) -> list[str]:
        return [each.removesuffix(".yaml") for each in self._store.list(_GROUP)]

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return instantiate(self._store.load(f"{_GROUP}/{name}.yaml").node, **arguments, _convert_="all")


if __name__ == "__main__":
    main(Hydra)
