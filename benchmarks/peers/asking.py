"""What every peer with names is asked, once its library has an adapter."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final

from benchmarks.peers.child import Figure, Lacking, run
from benchmarks.peers.component import ARGUMENTS, Component, another_component, configs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FIGURES", "PROGRAMS", "SIZE", "Peer", "main"]

SIZE: Final = 10_000
"""So many components are registered in a running process."""
_NO_REGISTRY: Final = "no registry"
_NEW: Final = itertools.count()


class Peer:
    """A library, as somebody uses it who reads its documentation; an adapter overrides all of these that the library does."""

    lacks: ClassVar[Mapping[str, str]] = {}
    """What the library does not do, though the adapter has to do something in its place: the method and a word on it."""

    # The arguments of a component are of any types.
    def register(self, name: str, constructor: type[Component]) -> None:
        """Register a class under a name."""
        raise Lacking(_NO_REGISTRY)

    def contains(self, name: str) -> bool:
        """Say whether there is such a name."""
        raise Lacking(_NO_REGISTRY)

    def names(self) -> list[str]:
        """List the names."""
        raise Lacking(_NO_REGISTRY)

    def build(self, name: str, arguments: dict[str, Any]) -> object:
        """Build a component."""
        raise Lacking("builds nothing")

    def validate(self, name: str, arguments: dict[str, Any]) -> object:
        """Check arguments without building anything."""
        raise Lacking("checks nothing before it builds")


def main(peer: Callable[[], Peer]) -> None:
    """Do what the process was started for.

    Args:
        peer: The adapter.
    """
    run(peer, FIGURES, PROGRAMS, sys.argv[1])


def _asked(peer: Peer, method: str) -> None:
    if method in peer.lacks:
        raise Lacking(peer.lacks[method])


def _name(index: int) -> str:
    return f"component_{index:05}"


_FILLED: dict[int, Peer] = {}


def _filled(peer: Peer) -> Peer:
    """Register ten thousand names, once."""
    if id(peer) not in _FILLED:
        for index in range(SIZE):
            peer.register(_name(index), Component)
        _FILLED[id(peer)] = peer
    return peer


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"the adapter is wrong: {what}")


# -- in a running process --


def _registering(peer: Peer) -> Callable[[], object]:
    _asked(peer, "register")
    names = [f"further_{next(_NEW):06}" for _ in range(100)]

    def register() -> None:
        for name in names:
            peer.register(name, Component)

    return register


def _hit(peer: Peer) -> Callable[[], object]:
    _asked(peer, "contains")
    name = _name(SIZE // 2)
    _must(_filled(peer).contains(name) is True, "a name is missing")
    return lambda: peer.contains(name)


def _miss(peer: Peer) -> Callable[[], object]:
    _asked(peer, "contains")
    _must(_filled(peer).contains("component_x") is False, "there is a name too many")
    return lambda: peer.contains("component_x")


def _listing(peer: Peer) -> Callable[[], object]:
    _asked(peer, "names")
    _must({_name(index) for index in range(SIZE)} <= set(_filled(peer).names()), "names are missing")
    return peer.names


def _cold_build(peer: Peer) -> Callable[[], object]:
    name = f"New{next(_NEW):06}"
    peer.register(name, another_component(name))
    return lambda: peer.build(name, ARGUMENTS)


def _warm_build(peer: Peer) -> Callable[[], object]:
    name = _name(SIZE // 2)
    built = _filled(peer).build(name, ARGUMENTS)
    _must(isinstance(built, Component), f"it builds a {type(built).__name__}")
    _must(vars(built) | {"size": tuple(vars(built)["size"])} == ARGUMENTS, "it builds with other arguments")
    return lambda: peer.build(name, ARGUMENTS)


def _refused(call: Callable[[str, dict[str, Any]], object], name: str, wrong: dict[str, Any]) -> Callable[[], object]:
    try:
        call(name, wrong)
    except Lacking:
        raise
    except Exception:  # noqa: BLE001 - any refusal is one
        pass
    else:
        raise Lacking("takes it")

    def refused() -> None:
        try:
            call(name, wrong)
        except Exception as error:  # noqa: BLE001 - as above
            str(error)  # somebody reads it

    return refused


def _unknown_argument(peer: Peer) -> Callable[[], object]:
    return _refused(_filled(peer).build, _name(SIZE // 2), ARGUMENTS | {"depht": 4})


def _wrong_type(peer: Peer) -> Callable[[], object]:
    return _refused(_filled(peer).build, _name(SIZE // 2), ARGUMENTS | {"depth": "four"})


def _validating(peer: Peer) -> Callable[[], object]:
    _refused(_filled(peer).validate, _name(SIZE // 2), ARGUMENTS | {"depth": "four"})
    names, written = configs()
    for name in names:
        peer.register(name, another_component(name))
        peer.validate(name, ARGUMENTS)  # the first time is the business of a fresh process
    turns = itertools.cycle(written)

    def validate_one() -> None:
        for name, arguments in next(turns):
            peer.validate(name, arguments)

    return validate_one


FIGURES: Final = {
    "registering": Figure(_registering, each=100, anew=True),
    "in: there": Figure(_hit),
    "in: not there": Figure(_miss),
    "listing 10,000": Figure(_listing),
    "first build": Figure(_cold_build, anew=True),
    "build": Figure(_warm_build),
    "refusing an unknown argument": Figure(_unknown_argument),
    "refusing a wrong type": Figure(_wrong_type),
    "validating 1,000 configs": Figure(_validating, each=0.001),
}


# -- from a fresh start --


def _answer(peer: Peer) -> None:
    _asked(peer, "contains")
    peer.register(_name(0), Component)
    _must(peer.contains(_name(0)), "a name is missing")


def _build(peer: Peer) -> None:
    peer.register(_name(0), Component)
    peer.build(_name(0), ARGUMENTS)


def _validate(peer: Peer) -> None:
    names, written = configs()
    for name in names:
        peer.register(name, another_component(name))
    for config in written:
        for name, arguments in config:
            peer.validate(name, arguments)


PROGRAMS: Final = {"answer": _answer, "build": _build, "validate": _validate}
