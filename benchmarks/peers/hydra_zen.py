"""hydra-zen with pydantic: its store, `builds`, and `instantiate` with pydantic's checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra_zen import ZenStore, builds, instantiate
from hydra_zen.third_party.pydantic import pydantic_parser
from omegaconf import OmegaConf

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component

_GROUP = "component"


class HydraZen(Peer):
    """`instantiate(store[group, name], _target_wrapper_=pydantic_parser, **arguments)`."""

    def __init__(self) -> None:
        self._store = ZenStore(deferred_hydra_store=True)
        self._schemas: dict[str, Any] = {}  # configs of omegaconf

    def register(self, name: str, constructor: type[Component]) -> None:
        self._store(builds(constructor, populate_full_signature=True), group=_GROUP, name=name)

    def contains(self, name: str) -> bool:
        return (_GROUP, name) in self._store

    def names(self) -> list[str]:
        return [each["name"] for each in self._store]

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        config = self._store[_GROUP, name]
        return instantiate(config, **arguments, _target_wrapper_=pydantic_parser, _convert_="all")

    def validate(self, name: str, arguments: dict[str, Any]) -> object:
        schema = self._schemas.get(name)
        if schema is None:
            schema = self._schemas[name] = OmegaConf.structured(self._store[_GROUP, name])
        return OmegaConf.merge(schema, arguments)


if __name__ == "__main__":
    main(HydraZen)
