"""Law 9 from sixteen threads at once: nothing is lost or doubled, there is one winner a name, and imports are made once."""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    DuplicateComponentError,
    DuplicateSourceError,
    InvalidArgumentsError,
    InvalidRegistrationError,
    PrefixConflictError,
    SourceNotFoundError,
    SourceUnavailableError,
)

from .threads import THREADS, at_once, while_changing
from .worlds import CONSTRUCTORS, Part, PlainSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def each_thread(task: Callable[[int], object]) -> list[object]:
    """Call a task in sixteen threads at once, each with its number; what they return or raise."""
    return at_once(*(functools.partial(task, thread) for thread in range(THREADS)))


def none_failed(outcomes: list[object]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def kinds(outcomes: list[object]) -> dict[str, int]:
    """Count the kinds of what came out."""
    names = [type(each).__name__ for each in outcomes]
    return {name: names.count(name) for name in names}


# -- registering and removing --


def test_no_registration_is_lost_and_each_thread_keeps_its_order() -> None:
    registry = Registry[Part]()

    def register(thread: int) -> None:
        for index in range(100):
            registry.register(CONSTRUCTORS[thread], name=f"t{thread}_{index}", aliases=[f"a{thread}_{index}"])

    none_failed(each_thread(register))
    names = list(registry)
    assert len(names) == len(set(names)) == len(registry) == THREADS * 100
    for thread in range(THREADS):
        own = [f"t{thread}_{index}" for index in range(100)]
        assert [name for name in names if name.startswith(f"t{thread}_")] == own
        assert all(registry[f"a{thread}_{index}"] is CONSTRUCTORS[thread] for index in range(100))


def test_what_some_threads_remove_is_gone_and_what_others_add_is_there() -> None:
    registry = Registry[Part](**{f"old{index}": CONSTRUCTORS[0] for index in range(THREADS * 50)})

    def change(thread: int) -> None:
        for index in range(thread, THREADS * 50, THREADS):
            registry.register(CONSTRUCTORS[1], name=f"new{index}", aliases=[f"alias{index}"])
            registry.unregister(f"old{index}")
            if index % 2:
                registry.unregister(f"alias{index}")

    none_failed(each_thread(change))
    assert set(registry) == {f"new{index}" for index in range(THREADS * 50)}
    assert len(registry) == THREADS * 50
    for index in range(THREADS * 50):
        assert (f"alias{index}" in registry) is (index % 2 == 0)


def test_of_threads_that_remove_the_same_name_exactly_one_does() -> None:
    for _ in range(30):
        registry = Registry[Part]()
        registry.register(CONSTRUCTORS[0], name="n", aliases=["m"])
        outcomes = each_thread(lambda thread, registry=registry: registry.unregister("n"))  # type: ignore[misc]
        assert kinds(outcomes) == {"NoneType": 1, ComponentNotFoundError.__name__: THREADS - 1}
        assert list(registry) == []
        assert "m" not in registry


def test_of_names_and_aliases_that_cross_exactly_one_wins() -> None:
    for _ in range(30):
        registry = Registry[Part]()

        def register(thread: int, registry: Registry[Part] = registry) -> None:
            name, alias = ("x", "y") if thread % 2 else ("y", "x")
            if thread % 3:
                registry.register(CONSTRUCTORS[thread], name=name, aliases=[alias])
            else:
                registry.register_lazy(name, f"laws_parts:part_{thread}", aliases=[alias])

        outcomes = each_thread(register)
        assert kinds(outcomes) == {"NoneType": 1, DuplicateComponentError.__name__: THREADS - 1}
        winner = CONSTRUCTORS[outcomes.index(None)]
        assert registry["x"] is registry["y"] is winner
        assert len(registry) == 1


def test_of_threads_that_override_one_another_one_is_left_with_all_its_aliases() -> None:
    registry = Registry[Part](n=CONSTRUCTORS[0])

    def override(thread: int) -> None:
        for index in range(50):
            registry.register(CONSTRUCTORS[thread], name="n", aliases=[f"{thread}_{index}"], override=True)
            assert registry["n"] in CONSTRUCTORS[:THREADS]

    none_failed(each_thread(override))
    assert list(registry) == ["n"]
    left = registry["n"]
    assert all(registry[f"{thread}_{index}"] is left for thread in range(THREADS) for index in range(50))


def test_a_name_that_comes_and_goes_is_there_or_missing_and_nothing_else() -> None:
    registry = Registry[Part](kept=CONSTRUCTORS[1])
    both = MultiSourceRegistry[Part](p=registry)

    def change() -> None:
        for index in range(1_500):
            registry.register(CONSTRUCTORS[index % 20], name="n", aliases=["m"])
            registry.unregister("n")

    def ask() -> None:
        for name, look in itertools.product(
            ("n", "m"), (registry.build, both.build, registry.signature, registry.__getitem__, both.describe)
        ):
            with contextlib.suppress(ComponentNotFoundError):
                look(name)
        assert registry.build("kept") == both.build("p_kept") == Part(1, 1)
        assert set(registry) <= {"kept", "n"}
        assert both & {"kept"} == {"p_kept"}

    while_changing(change, ask)
    assert list(registry) == ["kept"]


# -- mounting --


def test_of_prefixes_that_conflict_exactly_one_is_mounted() -> None:
    prefixes = ["a", "a_b", "a_b_c", "a_b_c_d"]
    for _ in range(30):
        registry = MultiSourceRegistry[Part]()
        tasks = [
            functools.partial(registry.register_source, prefixes[thread % 4], PlainSource({"n": thread}))
            for thread in range(THREADS)
        ]
        outcomes = at_once(*tasks)
        won = outcomes.index(None)
        assert outcomes.count(None) == 1
        assert list(registry.keys()) == [prefixes[won % 4]]
        assert registry.build("n").tag == won
        for thread, outcome in enumerate(outcomes):
            if thread != won:
                expected = DuplicateSourceError if thread % 4 == won % 4 else PrefixConflictError
                assert type(outcome) is expected


def test_of_registries_that_are_mounted_in_each_other_at_once_exactly_one_is() -> None:
    for _ in range(60):
        ring = [MultiSourceRegistry[Part]() for _ in range(THREADS)]
        tasks = [
            functools.partial(ring[thread].register_source, "next", ring[(thread + 1) % THREADS])
            for thread in range(THREADS)
        ]
        outcomes = at_once(*tasks)
        assert kinds(outcomes) == {"NoneType": THREADS - 1, InvalidRegistrationError.__name__: 1}
        refused = next(each for each in outcomes if each is not None)
        reason = "a registry cannot be mounted in itself; mount one of its sources"
        assert str(refused).endswith(f"cannot register 'next': {reason}")
        assert [list(registry) for registry in ring] == [[]] * THREADS  # and asking comes to an end


def test_of_threads_that_take_off_the_same_source_exactly_one_gets_it() -> None:
    for _ in range(30):
        source = PlainSource({"n": 1})
        registry = MultiSourceRegistry[Part](kept=PlainSource({"m": 2}), p=source)
        outcomes = each_thread(lambda thread, registry=registry: registry.unregister_source("p"))  # type: ignore[misc]
        assert [each for each in outcomes if not isinstance(each, SourceNotFoundError)] == [source]
        assert list(registry) == ["kept_m"]


def test_no_mount_is_lost() -> None:
    registry = MultiSourceRegistry[Part]()

    def mount(thread: int) -> None:
        for index in range(25):
            registry.register_source(f"t{thread}i{index}", PlainSource({"n": thread}))
            if index % 5 == 0:
                registry.unregister_source(f"t{thread}i{index}")

    none_failed(each_thread(mount))
    expected = {f"t{thread}i{index}" for thread in range(THREADS) for index in range(25) if index % 5}
    assert set(registry.keys()) == expected
    assert len(registry) == len(registry.keys()) == len(expected)


# -- scopes --


def test_a_scope_undoes_what_was_done_in_it_while_other_threads_have_scopes_of_their_own() -> None:
    registry = Registry[Part](kept=CONSTRUCTORS[0], old=CONSTRUCTORS[1])
    before = list(registry.items())

    def work(thread: int) -> None:
        for index in range(20):
            with registry.scope():
                name = f"t{thread}_{index}"
                registry.register(CONSTRUCTORS[thread], name=name, aliases=[f"{name}_alias"])
                with registry.scope():
                    registry.register(CONSTRUCTORS[19], name=name, override=True)
                    assert registry.build(name).tag == registry.build(f"{name}_alias").tag == 19
                assert registry[name] is registry[f"{name}_alias"] is CONSTRUCTORS[thread]
                assert "kept" in registry
            assert name not in registry
            assert f"{name}_alias" not in registry

    none_failed(each_thread(work))
    assert list(registry.items()) == before


def step_by_step(*steps: tuple[int, Callable[[], object]]) -> None:
    """Do steps one after the other, each in the thread of its number."""
    turn = [threading.Event() for _ in steps]
    turn[0].set()

    def run(thread: int) -> None:
        for index, (owner, step) in enumerate(steps):
            if owner == thread:
                assert turn[index].wait(60)
                try:
                    step()
                finally:
                    if index + 1 < len(steps):
                        turn[index + 1].set()

    none_failed(at_once(*(functools.partial(run, thread) for thread in sorted({owner for owner, _ in steps}))))


def test_scopes_that_overlap_undo_their_own() -> None:
    registry = Registry[Part](n=CONSTRUCTORS[0], m=CONSTRUCTORS[1])
    one, two = registry.scope(), registry.scope()
    seen: list[list[str]] = []

    def look() -> None:
        seen.append([f"{name}{registry.build(name).tag}" for name in registry])

    step_by_step(
        (1, one.__enter__),
        (1, lambda: registry.register(CONSTRUCTORS[2], name="a")),
        (1, lambda: registry.register(CONSTRUCTORS[3], name="n", override=True)),
        (2, two.__enter__),
        (2, lambda: registry.register(CONSTRUCTORS[4], name="b", aliases=["c"])),
        (2, lambda: registry.unregister("m")),
        (2, look),
        (1, lambda: registry.register(CONSTRUCTORS[7], name="e")),
        (3, lambda: registry.register(CONSTRUCTORS[5], name="d")),  # in neither: undone with the one opened last
        (2, look),
        (1, lambda: one.__exit__(None, None, None)),
        (1, look),
        (2, lambda: registry.register(CONSTRUCTORS[6], name="a")),
        (2, look),
        (2, lambda: two.__exit__(None, None, None)),
        (2, look),
    )
    assert seen == [
        ["n3", "a2", "b4"],
        ["n3", "a2", "b4", "e7", "d5"],
        ["n0", "b4", "d5"],
        ["n0", "b4", "d5", "a6"],
        ["n0", "m1"],
    ]
    assert "c" not in registry


def test_a_scope_that_ends_before_one_that_has_removed_what_it_added_leaves_that_removed() -> None:
    registry = Registry[Part](n=CONSTRUCTORS[0])
    one, two = registry.scope(), registry.scope()
    with one:
        registry.register(CONSTRUCTORS[1], name="a", aliases=["b"])
        two.__enter__()
        registry.unregister("a")
        registry.register(CONSTRUCTORS[2], name="c")
    assert list(registry) == ["n", "c"]
    two.__exit__(None, None, None)
    assert list(registry) == ["n"]


def test_what_threads_without_a_scope_change_meanwhile_is_undone_too() -> None:
    registry = Registry[Part](n=CONSTRUCTORS[0])
    with registry.scope():
        none_failed(each_thread(lambda thread: registry.register(CONSTRUCTORS[thread], name=f"t{thread}")))
        assert len(registry) == THREADS + 1
    assert list(registry) == ["n"]


def test_a_scope_is_for_one_with_and_decorates_as_many_calls_as_there_are() -> None:
    registry = Registry[Part](n=CONSTRUCTORS[0])
    scope = registry.scope()
    with scope, pytest.raises(RuntimeError) as caught, scope:
        pass
    assert str(caught.value) == "this scope is open already; each scope() is for one `with`"
    registry.register(CONSTRUCTORS[1], name="m")  # the scope has ended
    assert list(registry) == ["n", "m"]

    @registry.scope()
    def work(depth: int) -> None:
        registry.register(CONSTRUCTORS[2], name=f"d{depth}")
        if depth:
            work(depth - 1)
        assert list(registry) == ["n", "m", *(f"d{each}" for each in range(3, depth - 1, -1))]

    for _ in range(2):
        work(3)
    assert list(registry) == ["n", "m"]


# -- the first time --

LAZY = """
import sys, time

sys.lazy_imports.append(__name__)
time.sleep(0.02)  # others come in between


class Part:
    def __init__(self, size: int = 1) -> None:
        self.size = size


time.sleep(0.02)


def make(size: int = 1) -> Part:
    return Part(size)
"""


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The modules of `lazy_threads` that were imported, each as often as it was."""
    package = tmp_path / "lazy_threads"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for index in range(4):
        (package / f"m{index}.py").write_text(LAZY)
    (package / "broken.py").write_text(LAZY + "raise RuntimeError('no GPU here')\n")
    found: list[str] = []
    monkeypatch.setattr(sys, "lazy_imports", found, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    yield found
    for name in [name for name in sys.modules if name.partition(".")[0] == "lazy_threads"]:
        del sys.modules[name]


def test_each_lazy_import_is_done_once(imports: list[str]) -> None:
    registry = Registry[Any]()
    for index in range(4):
        registry.register_lazy(f"Part{index}", f"lazy_threads.m{index}:Part", aliases=[f"old{index}"])
        registry.register_lazy(f"make{index}", f"lazy_threads.m{index}:make")
    both = MultiSourceRegistry[Any](p=registry)
    uses: list[Callable[[int], object]] = [
        lambda index: registry.build(f"Part{index}", size=2).size,
        lambda index: both.build(f"p_make{index}", 2).size,
        lambda index: registry[f"Part{index}"](2).size,
        lambda index: both.find_class(f"old{index}")(size=2).size,
        lambda index: both.validate(f"old{index}", size=2).build().size,
        lambda index: 2 * (list(registry.signature(f"make{index}").parameters) == ["size"]),
        lambda index: 2 * (both.describe(f"p_Part{index}").aliases == (f"p_old{index}",)),
        lambda index: 2 * len(list(registry.values())) // 8,
    ]
    outcomes = each_thread(lambda thread: [uses[(thread + index) % 8](index) for index in range(4)])
    assert outcomes == [[2] * 4] * THREADS
    assert sorted(imports) == [f"lazy_threads.m{index}" for index in range(4)]


def test_a_module_that_fails_fails_in_each_thread_and_is_never_seen_half_made(imports: list[str]) -> None:
    registry = Registry[Any]()
    registry.register_lazy("Part", "lazy_threads.broken:Part")
    outcomes = each_thread(lambda thread: registry.build("Part"))
    reason = "lazy_threads.broken:Part cannot be imported: RuntimeError: no GPU here"
    assert {str(each) for each in outcomes} == {f"the source 'Part' is unavailable: {reason}; mend or unregister it"}
    assert kinds(outcomes) == {SourceUnavailableError.__name__: THREADS}
    assert len({id(each) for each in outcomes}) == THREADS
    assert 1 <= len(imports) <= THREADS


def test_a_module_that_builds_from_the_registry_while_it_is_imported(
    imports: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry[Any](ready=dict)
    monkeypatch.setattr(sys, "lazy_registry", registry, raising=False)
    (tmp_path / "lazy_threads" / "asks.py").write_text(
        LAZY
        + "registry = sys.lazy_registry\n"
        + "READY = registry.build('ready', a=1), list(registry), 'Part' in registry\n"
        + "registry.register(make, name='made_meanwhile')\n"
        + "try:\n    registry.build('Own')\nexcept ImportError as error:\n    OWN = str(error)\n"
        + "Own = Part\n"
    )
    registry.register_lazy("Part", "lazy_threads.asks:Part")
    registry.register_lazy("Own", "lazy_threads.asks:Own")
    outcomes = each_thread(lambda thread: type(registry.build(("Part", "Own")[thread % 2])).__name__)
    assert outcomes == ["Part"] * THREADS
    assert imports == ["lazy_threads.asks"]
    module = sys.modules["lazy_threads.asks"]
    assert module.READY == ({"a": 1}, ["ready", "Part", "Own"], True)
    assert "partially initialized module 'lazy_threads.asks'" in module.OWN
    assert list(registry) == ["ready", "Part", "Own", "made_meanwhile"]


class Base:
    def __init__(
        self, sizes: tuple[int, ...] = (1,), path: Path | None = None, mode: Literal["a", "b"] = "a", ratio: float = 1.0
    ) -> None:
        self.given = (sizes, path, mode, ratio)


def component() -> type[Base]:
    class Derived(Base):
        def __init__(self, depth: int, *, table: dict[str, list[int]] | None = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.given = (*self.given, depth, table)  # type: ignore[assignment]  # longer than in the class above

    return Derived


GOOD: dict[str, Any] = {"depth": 2, "sizes": [1, 2], "path": "a/b", "mode": "b", "ratio": 1, "table": {"x": [1]}}
BAD: list[dict[str, Any]] = [
    {},
    {"depth": "2"},
    {"depth": True, "size": 1},
    {"depth": 1, "sizes": ["a"], "mode": "c"},
    {"depth": 1, "table": {"x": ["y"], 1: []}},
]


def test_validators_that_are_made_by_many_threads_at_once_say_what_they_say_to_one() -> None:
    def answers(registry: Registry[Base], order: int = 0) -> list[object]:
        found: dict[int, object] = {}
        for index in (order + each for each in range(len(BAD) + 1)):
            given = [GOOD, *BAD][index % (len(BAD) + 1)]
            try:
                found[index % (len(BAD) + 1)] = registry.build("part", **given).given
            except InvalidArgumentsError as error:
                found[index % (len(BAD) + 1)] = str(error).splitlines()[:-1], error.problems
        return [found[index] for index in sorted(found)]

    cls = component()
    alone = answers(Registry[Base](part=cls))
    assert alone[0] == ((1, 2), Path("a/b"), "b", 1.0, 2, {"x": [1]})
    assert len([each for each in alone if isinstance(each[0], list)]) == len(BAD)  # type: ignore[index]
    for _ in range(10):
        registry = Registry[Base](part=component())
        outcomes = each_thread(lambda thread, registry=registry: answers(registry, thread))  # type: ignore[misc]
        none_failed(outcomes)
        assert all(outcome == alone for outcome in outcomes)


def test_a_source_of_somebody_else_that_is_asked_for_the_first_time_by_all() -> None:
    class Counting(PlainSource):
        built: list[int] = []  # noqa: RUF012 - counts, in any thread

        def build(self, name: str, /, size: int = 1) -> Part:
            self.built.append(size)
            return super().build(name, size)

    for _ in range(20):
        Counting.built.clear()
        registry = MultiSourceRegistry[Part](p=Counting({"n": 1}))
        outcomes = each_thread(lambda thread, registry=registry: registry.build("n", size=thread))  # type: ignore[misc]
        assert outcomes == [Part(1, thread, "n") for thread in range(THREADS)]
        assert sorted(Counting.built) == list(range(THREADS))
        with pytest.raises(InvalidArgumentsError):
            registry.build("n", size="1")


# -- everything at once --


@pytest.mark.parametrize("rounds", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_everything_at_once(rounds: int) -> None:
    own = Registry[Part](**{f"kept{index}": CONSTRUCTORS[index] for index in range(10)})
    registry = MultiSourceRegistry[Part](own=own, plain=PlainSource({"n": 11, "kept0": 12}))

    def ask(index: int) -> None:
        names = list(registry)
        assert len(names) == len(set(names))
        assert names[:10] == [f"own_kept{each}" for each in range(10)]
        assert {"own_kept3", "plain_n"} <= registry
        assert registry.resolve("kept0") == ("own", "kept0")
        assert registry.build(f"own_kept{index % 10}", size=index).tag == index % 10
        assert registry.build("plain_kept0").tag == 12
        assert len(registry.search("own_kept*")) == 10
        with pytest.raises(ComponentNotFoundError) as caught:
            registry.build("own_kept")
        assert caught.value.suggestions[0].startswith("own_kept")

    def change(thread: int, index: int) -> None:
        name, prefix = f"t{thread}_{index}", f"m{thread}"
        own.register(CONSTRUCTORS[thread], name=name, aliases=[f"{name}_alias"])
        registry.register_source(prefix, Registry[Part](**{name: CONSTRUCTORS[thread + 1]}))
        assert registry.build(f"own_{name}_alias").tag == registry.build(name).tag == thread
        assert registry.build(f"{prefix}_{name}").tag == thread + 1
        own.unregister(name)
        assert registry.build(name).tag == thread + 1
        registry.unregister_source(prefix)
        assert name not in registry

    def work(thread: int) -> None:
        for index in range(rounds):
            ask(index)
            change(thread, index)

    before = list(registry)
    none_failed(each_thread(work))
    assert list(registry) == before
