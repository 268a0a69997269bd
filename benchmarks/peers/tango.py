"""tango: `Registrable`, which AllenNLP had first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tango.common import Params, Registrable

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from benchmarks.peers.component import Component


class Base(Registrable):
    """What the components derive from here."""


class Tango(Peer):
    """`Base.from_params(Params({"type": name, **arguments}))`."""

    def __init__(self) -> None:
        self._derived: dict[type[Component], Any] = {}  # classes that are made here

    def register(self, name: str, constructor: type[Component]) -> None:
        derived = self._derived.get(constructor)
        if derived is None:
            derived = self._derived[constructor] = type(constructor.__name__, (constructor, Base), {})
        Base.register(name)(derived)

    def contains(self, name: str) -> bool:
        return name in Base.list_available()

    def names(self) -> list[str]:
        return Base.list_available()

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return Base.from_params(Params({"type": name, **arguments}))


if __name__ == "__main__":
    main(Tango)
