"""conscribe: a registrar, and the models that it makes of constructors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from conscribe import create_registrar

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component


@runtime_checkable
class Anything(Protocol):
    """What a component has to satisfy: nothing."""


class Conscribe(Peer):
    """`registrar.get(name)(**arguments)`, after the model of the arguments has taken them."""

    def __init__(self) -> None:
        self._registrar = create_registrar("component", Anything, discriminator_field="name")

    def register(self, name: str, constructor: type[Component]) -> None:
        self._registrar.register(name)(constructor)

    def contains(self, name: str) -> bool:
        return self._registrar.get_or_none(name) is not None

    def names(self) -> list[str]:
        return list(self._registrar.keys())

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        self.validate(name, arguments)
        return self._registrar.get(name)(**arguments)

    def validate(self, name: str, arguments: dict[str, Any]) -> object:
        return self._registrar.get_config_schema(name).model_validate(arguments)


if __name__ == "__main__":
    main(Conscribe)
