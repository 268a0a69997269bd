"""confection: a registry of registries, resolved from configs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import catalogue
from confection import registry

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component


class _Registries(registry):
    component = catalogue.create("benchmarks", "component")


class Confection(Peer):
    """`registry.resolve({"built": {"@component": name, **arguments}})["built"]`."""

    def register(self, name: str, constructor: type[Component]) -> None:
        _Registries.component.register(name, func=constructor)

    def contains(self, name: str) -> bool:
        return name in _Registries.component

    def names(self) -> list[str]:
        return list(_Registries.component.get_all())

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return _Registries.resolve({"built": {"@component": name, **arguments}})["built"]

    def validate(self, name: str, arguments: dict[str, Any]) -> object:
        return _Registries.fill({"built": {"@component": name, **arguments}})


if __name__ == "__main__":
    main(Confection)
