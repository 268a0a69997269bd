"""`terraregistry.testing`: the laws as checks for people who write sources; sound ones pass, and each fault is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from terraregistry import DECODER_REGISTRY, NECK_REGISTRY, SMP_DECODER_REGISTRY, MultiSourceRegistry, Registry
from terraregistry.testing import LawBroken, check_registry, check_source

from .worlds import PlainSource, World, flats, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator

LAW = settings(max_examples=settings.default.max_examples)


@LAW
@given(worlds())
def test_every_registry_passes(world: World) -> None:
    check_registry(world.registry)


@LAW
@given(flats())
def test_every_source_passes(world: World) -> None:
    check_source(world.registry)
    check_source(world.registry, world.model.canonical()[:2])


@pytest.mark.parametrize("registry", [NECK_REGISTRY, DECODER_REGISTRY, SMP_DECODER_REGISTRY], ids=repr)
def test_the_registries_of_the_library_pass(registry: Any) -> None:
    check_registry(registry)
    check_source(registry)


class Repeats(PlainSource):
    def __iter__(self) -> Iterator[str]:
        return iter(["n", "m", "n"])


class Miscounts(PlainSource):
    def __len__(self) -> int:
        return 7


class Iterates5(PlainSource):
    def __iter__(self) -> Iterator[Any]:
        return iter(["n", 5])


class Forgets(PlainSource):
    def __contains__(self, name: object) -> bool:
        return name == "m"


class ContainsEverything(PlainSource):
    def __contains__(self, name: object) -> bool:
        return True


class BuildsAnything(PlainSource):
    def build(self, name: str, /, size: int = 1) -> Any:
        return name


class RaisesAnything(PlainSource):
    def build(self, name: str, /, size: int = 1) -> Any:
        raise RuntimeError(name)


class ResolvesElsewhere(PlainSource):
    def resolve(self, name: str) -> str:
        return "m"


class Shuffles(PlainSource):
    turn = 0

    def __iter__(self) -> Iterator[str]:
        self.turn += 1
        return iter(["n", "m"] if self.turn % 2 else ["m", "n"])


@pytest.mark.parametrize(
    ("source", "law"),
    [
        (Repeats, "names"),
        (Miscounts, "names"),
        (Iterates5, "names"),
        (Forgets, "names"),
        (ContainsEverything, "agreement"),
        (BuildsAnything, "agreement"),
        (RaisesAnything, "agreement"),
        (ResolvesElsewhere, "round trip"),
        (Shuffles, "names"),
    ],
)
def test_a_source_with_a_fault_is_told_which_law_it_breaks(source: type[PlainSource], law: str) -> None:
    check_source(PlainSource({"n": 1, "m": 2}))
    with pytest.raises((LawBroken, RuntimeError)) as caught:
        check_source(source({"n": 1, "m": 2}))
    if source is not RaisesAnything:  # what it raises is its own to explain
        assert isinstance(caught.value, LawBroken)
        assert caught.value.law == law
        assert str(caught.value) == f"{law}: {caught.value.fault}"


def test_what_is_no_source_is_told_what_it_lacks() -> None:
    for thing, lacking in [({"n": 1}, "build"), (5, "__iter__, __len__, __contains__, build")]:
        with pytest.raises(LawBroken) as caught:
            check_source(thing)  # type: ignore[arg-type]  # that is what is refused
        assert str(caught.value) == f"protocol: it lacks {lacking}"


class WrongDifference(Registry[Any]):
    def __sub__(self, other: Any) -> frozenset[str]:
        return frozenset(self)


class WrongKeys(Registry[Any]):
    def keys(self) -> Any:
        return {"elsewhere": 1}.keys()


class WrongLength(MultiSourceRegistry[Any]):
    def __len__(self) -> int:
        return 99


class WrongBareNames(MultiSourceRegistry[Any]):
    def resolve(self, name: str) -> Any:
        return super().resolve(name if name.startswith(("p_", "q_")) else "q_" + name)


@pytest.mark.parametrize(
    ("registry", "law"),
    [
        (WrongDifference(n=int, m=int), "sets"),
        (WrongKeys(n=int), "mapping"),
        (WrongLength(p=Registry(n=int)), "prefix-freeness"),
        (WrongBareNames(p=Registry(n=int), q=Registry(n=int)), "bare names"),
    ],
)
def test_a_registry_with_a_fault_is_told_which_law_it_breaks(registry: Any, law: str) -> None:
    with pytest.raises(LawBroken) as caught:
        check_registry(registry)
    assert caught.value.law == law
