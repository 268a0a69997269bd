"""Law 8: a refused registration, mount or removal changes nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import RegistryError

from .models import Tree
from .worlds import CONSTRUCTORS, PICK, PICKS, PREFIXES, Part, PlainSource, World, name, registries, trees, worlds

if TYPE_CHECKING:
    from collections.abc import Callable

LAW = settings(max_examples=3 * settings.default.max_examples)
BAD_NAMES: list[Any] = ["", " n", "n ", "a\nb", "\x00", "\ud800", 5, b"n", ["n"], ("a", "n")]


def snapshot(world: World) -> object:
    """Everything that can be seen of a registry without building."""
    registry = world.registry
    spelled = {each: str(registry.resolve(each)) if each in registry else None for each in world.spellings}
    return list(registry), list(registry.items()), spelled, repr(registry), len(registry)


def raising() -> Any:
    yield "fresh"
    raise ZeroDivisionError


def refused_registrations(
    taken: str, spelling: str
) -> list[tuple[type[Exception], Callable[[Registry[Part]], object]]]:
    def make(size: int = 1) -> Part:
        return Part(0, size)

    return [
        (KeyError, lambda r: r.register(make, name=taken)),
        (KeyError, lambda r: r.register(make, name=spelling)),
        (KeyError, lambda r: r.register_lazy(taken, "laws_parts:another")),
        (KeyError, lambda r: r.register(make, name="fresh", aliases=["new", taken])),
        (KeyError, lambda r: r.register(make, name="fresh", aliases=["new", spelling])),
        (ValueError, lambda r: r.register(make, name="fresh", aliases=["new", "new"])),
        (ValueError, lambda r: r.register(make, name="fresh", aliases="fresh")),
        (ZeroDivisionError, lambda r: r.register(make, name="fresh", aliases=raising())),
        (TypeError, lambda r: r.register(5, name="fresh")),  # type: ignore[call-overload]  # that is what is refused
        (TypeError, lambda r: r.register(5, name=taken, override=True)),  # type: ignore[call-overload]  # the same
        (TypeError, lambda r: r.register(lambda: None)),
        (TypeError, lambda r: r.register_lazy("fresh", "no reference")),
        (TypeError, lambda r: r.register_lazy(taken, "laws_parts", override=True)),
        (KeyError, lambda r: r.unregister("nowhere")),
        *((ValueError, lambda r, bad=bad: r.register(make, name=bad)) for bad in BAD_NAMES),
        *(
            (ValueError, lambda r, bad=bad: r.register(make, name=taken, aliases=[bad], override=True))
            for bad in BAD_NAMES
        ),
        *((ValueError, lambda r, bad=bad: r.register_lazy(bad, "laws_parts:part_0")) for bad in BAD_NAMES),
        *((KeyError, lambda r, bad=bad: r.unregister(bad)) for bad in BAD_NAMES),
    ]


@LAW
@given(registries(), PICK)
def test_law_8_a_refused_registration_changes_nothing(world: World, pick: int) -> None:
    names, spellings = world.model.canonical(), world.model.spellings()
    assume(names)
    taken, spelling = names[pick % len(names)], spellings[pick % len(spellings)]
    before = snapshot(world)
    for error, refused in refused_registrations(taken, spelling):
        with pytest.raises(error):
            refused(world.registry)
    assert snapshot(world) == before


@LAW
@given(trees())
def test_law_8_a_refused_mount_changes_nothing(world: World) -> None:
    registry, model = world
    assert isinstance(model, Tree)
    before = snapshot(world)
    refused: list[tuple[object, object]] = [
        *((prefix, Registry[Part](n=Part)) for prefix in PREFIXES if prefix in model.sources or model.conflict(prefix)),
        *((bad, Registry[Part](n=Part)) for bad in ("", "a-b", "1", 5, None, b"a", ["a"])),
        *(("free", bad) for bad in (None, 5, "a", {"n"}, {"n": Part}, frozenset("n"), PlainSource, Registry, Part)),
        ("free", registry),
    ]
    for prefix, source in refused:
        for mount in (registry.register_source, lambda p, s: registry.register(s, p)):
            with pytest.raises(RegistryError):
                mount(prefix, source)
    for prefix in ("nowhere", "", 5, None, [], registry):
        with pytest.raises(KeyError):
            registry.unregister_source(prefix)
    assert snapshot(world) == before


@LAW
@given(registries(), st.lists(name, unique=True, max_size=4), st.booleans())
def test_law_8_a_scope_undoes_what_was_made_inside_also_after_an_exception(
    world: World, names: list[str], fails: bool
) -> None:
    registry: Registry[Part] = world.registry
    before = snapshot(world)
    with contextlib.suppress(ZeroDivisionError), registry.scope():
        for each in list(registry)[:2]:
            registry.unregister(each)
        for each in names:
            registry.register(CONSTRUCTORS[1], name=each, aliases=[each + "_alias"], override=True)
            assert registry.build(each).tag == registry.build(each + "_alias").tag == 1
        if fails:
            raise ZeroDivisionError
    assert snapshot(world) == before


@LAW
@given(worlds(), PICKS)
def test_law_8_asking_changes_nothing(world: World, picks: list[int]) -> None:
    before = snapshot(world)
    for spelling in world.pick(picks):
        for ask in (world.registry.resolve, world.registry.signature, world.registry.build, world.registry.describe):
            with contextlib.suppress(KeyError):
                ask(spelling)
        with contextlib.suppress(KeyError, ValueError):
            world.registry.build(spelling, size="large", sise=5)
        world.registry.search(spelling + "*")
    assert snapshot(world) == before


@LAW
@given(trees(), st.sampled_from(PREFIXES))
def test_law_8_mounting_and_unmounting_is_undone(world: World, prefix: str) -> None:
    registry, model = world
    assert isinstance(model, Tree)
    assume(model.conflict(prefix) is None and prefix not in model.sources)
    before = snapshot(world)
    registry.register_source(prefix, source := PlainSource({"n": 0}))
    assert registry.unregister_source(prefix) is source
    assert snapshot(world) == before
    assert isinstance(registry, MultiSourceRegistry)
