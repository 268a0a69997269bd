"""Law 9: threads that register, mount and iterate at the same time."""

from __future__ import annotations

import functools
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import DuplicateComponentError, DuplicateSourceError

from .threads import THREADS, at_once, while_changing
from .worlds import CONSTRUCTORS, Part, PlainSource

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


class Slow(Registry[Part]):
    """Takes its time between looking whether a name is taken and taking it, so that others can come in between."""

    def _find(self, name: str) -> Any:  # the entry of a name
        found = super()._find(name)
        time.sleep(0.0001)
        return found


class SlowToMount(PlainSource):
    """The same for a source, which is asked for what it has while it is being mounted."""

    @property
    def resolve(self) -> None:
        time.sleep(0.001)


@pytest.mark.parametrize("kind", [Registry, Slow])
def test_law_9_of_threads_that_register_the_same_names_exactly_one_wins_each(kind: type[Registry[Part]]) -> None:
    names = [f"n{index}" for index in range(40 if kind is Registry else 5)]
    registry = kind()
    losses: list[tuple[str, DuplicateComponentError]] = []

    def register_all(thread: int) -> list[str]:
        won = []
        for each in names if thread % 2 else names[::-1]:
            try:
                registry.register(CONSTRUCTORS[thread], name=each, aliases=[f"{each}_alias"])
            except DuplicateComponentError as error:
                losses.append((each, error))
            else:
                won.append(each)
        return won

    outcomes = at_once(*(functools.partial(register_all, thread) for thread in range(THREADS)))
    wins = [(each, thread) for thread, won in enumerate(outcomes) for each in won]  # type: ignore[attr-defined]
    assert sorted(each for each, _ in wins) == sorted(names) == sorted(registry)
    assert len(losses) == (THREADS - 1) * len(names)
    assert all(error.name == each and ".part_" in error.taken_by for each, error in losses)
    for each, thread in wins:
        assert registry[each] is registry[f"{each}_alias"] is CONSTRUCTORS[thread]


@pytest.mark.parametrize("kind", [PlainSource, SlowToMount])
def test_law_9_of_threads_that_mount_under_the_same_prefix_exactly_one_wins(kind: type[PlainSource]) -> None:
    registry = MultiSourceRegistry[Part]()
    sources = [kind({"n": tag}) for tag in range(THREADS)]
    outcomes = at_once(*(functools.partial(registry.register_source, "p", source) for source in sources))
    winners = [index for index, outcome in enumerate(outcomes) if outcome is None]
    assert len(winners) == 1
    assert all(type(outcome) is DuplicateSourceError for outcome in outcomes if outcome is not None)
    assert registry["p"] is sources[winners[0]]
    assert list(registry) == ["p_n"]


def test_law_9_iterating_neither_raises_nor_skips_while_another_thread_registers() -> None:
    registry = Registry[Part](**{f"before{index}": CONSTRUCTORS[index] for index in range(20)})
    before = list(registry)

    def register() -> None:
        for index in range(2_000):
            registry.register(CONSTRUCTORS[index % 20], name=f"new{index}", aliases=[f"alias{index}"])

    def iterate() -> None:
        for seen in (list(registry), [*registry.keys()], [key for key, _ in registry.items()]):
            assert seen[:20] == before
            assert len(seen) == len(set(seen))
        assert set(registry.search("*")) >= set(before)
        assert len(registry.values()) >= 20
        assert frozenset(before) <= registry | frozenset()
        assert registry >= frozenset(before)

    while_changing(register, iterate)
    assert len(registry) == 2_020


def test_law_9_a_name_and_its_aliases_appear_together_and_resolve_at_once() -> None:
    registry = Registry[Part]()
    newest = [0]

    def register() -> None:
        for index in range(3_000):
            newest[0] = index
            registry.register(CONSTRUCTORS[0], name=f"new{index}", aliases=[f"alias{index}"])

    def ask() -> None:
        alias = f"alias{newest[0]}"
        if alias in registry:
            assert registry.resolve(alias) in registry
            assert registry[alias] is CONSTRUCTORS[0]

    while_changing(register, ask)


def test_law_9_a_name_that_is_overridden_never_disappears() -> None:
    registry = Registry[Part]()
    registry.register(CONSTRUCTORS[0], name="n", aliases=["m"])

    def override() -> None:
        for index in range(3_000):
            registry.register(CONSTRUCTORS[index % 20], name="n", aliases=["k"], override=True)

    def ask() -> None:
        for name in ("n", "m"):
            assert name in registry
            assert registry[name] in CONSTRUCTORS
            assert registry.build(name).tag < 20
        assert list(registry) == ["n"]

    while_changing(override, ask)


def test_law_9_iterating_neither_raises_nor_skips_while_another_thread_mounts() -> None:
    registry = MultiSourceRegistry[Part](kept=PlainSource({"n": 1}), other=Registry[Part](m=CONSTRUCTORS[2]))

    def mount() -> None:
        for index in range(500):
            registry.register_source(f"p{index}q", PlainSource({"n": 3}))
            if index % 3:
                registry.unregister_source(f"p{index}q")

    def iterate() -> None:
        names = list(registry)
        assert names[:2] == ["kept_n", "other_m"]
        assert len(names) == len(set(names))
        assert list(registry.keys())[:2] == ["kept", "other"]
        assert registry.resolve("n") == ("kept", "n")
        assert registry.build("m").tag == 2

    while_changing(mount, iterate)


@pytest.mark.parametrize("tag", range(20))
def test_law_9_threads_that_build_the_same_component_for_the_first_time(tag: int) -> None:
    registry = MultiSourceRegistry[Part](p=Registry[Part](n=CONSTRUCTORS[tag]), q=PlainSource({"m": tag}))
    tasks = [functools.partial(registry.build, name, size=4) for name in ("n", "p_n", "m", "q_m") * 4]
    assert [part[:2] for part in at_once(*tasks)] == [(tag, 4)] * 16  # type: ignore[index]  # parts, or errors
