"""Laws 1, 2, 3, 4, 6 and 7: what a name stands for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import PrefixConflictError

from .checks import (
    check_agreement,
    check_alias,
    check_iteration,
    check_mapping,
    check_resolution,
    check_round_trip,
    component,
    missing,
)
from .models import Tree
from .worlds import PICK, PICKS, AliasedSource, Part, World, flats, registries, trees, worlds

LAW = settings(max_examples=3 * settings.default.max_examples)
PREFIX = st.text("ab_", min_size=1, max_size=4)


@LAW
@given(st.lists(PREFIX, max_size=6))
def test_law_1_a_prefix_mounts_unless_it_begins_another_one_or_is_begun_by_one(prefixes: list[str]) -> None:
    registry = MultiSourceRegistry[Part]()
    model = Tree()
    for prefix in dict.fromkeys(prefixes):
        conflict = model.conflict(prefix)
        if conflict is None:
            registry.register_source(prefix, source := Registry[Part](n=Part))
            model.sources[prefix] = Tree()
            assert registry[prefix] is source
        else:
            with pytest.raises(PrefixConflictError) as caught:
                registry.register_source(prefix, Registry[Part]())
            assert caught.value.prefix == prefix
            assert caught.value.conflicts_with == conflict
            assert repr(prefix) in str(caught.value)
            assert repr(conflict) in str(caught.value)
        assert list(registry.keys()) == list(model.sources)


@LAW
@given(st.text(max_size=4) | st.sampled_from(["", "a-b", "a.b", "1a", "a b", " a", "a\n"]))
def test_law_1_a_prefix_is_an_identifier(prefix: str) -> None:
    registry = MultiSourceRegistry[Part]()
    if prefix.isidentifier():
        registry.register_source(prefix, Registry[Part](n=Part))
        assert list(registry) == [f"{prefix}_n"]
    else:
        with pytest.raises(PrefixConflictError) as caught:
            registry.register_source(prefix, Registry[Part]())
        assert (caught.value.prefix, caught.value.conflicts_with) == (prefix, None)
        assert list(registry.keys()) == []


@LAW
@given(worlds())
def test_law_1_iteration_repeats_no_name(world: World) -> None:
    check_iteration(world)


@LAW
@given(trees())
def test_law_2_each_name_of_each_source_is_reached_under_its_prefix(world: World) -> None:
    for prefix, source in world.registry.items():
        check_round_trip(world.registry, prefix, source)


@LAW
@given(trees())
def test_law_2_any_spelling_that_a_source_has_is_reached_under_its_prefix(world: World) -> None:
    assert isinstance(world.model, Tree)
    for prefix, source in world.model.sources.items():
        for spelling in source.spellings():
            assert world.registry.resolve(f"{prefix}_{spelling}") == (prefix, source.find(spelling))


@LAW
@given(worlds(), PICKS)
def test_law_3_a_name_is_read_as_qualified_first_and_as_bare_second(world: World, picks: list[int]) -> None:
    for name in world.pick(picks):
        check_resolution(world, name)


@LAW
@given(worlds(), PICKS)
def test_law_4_everybody_agrees_on_whether_a_name_exists(world: World, picks: list[int]) -> None:
    for name in world.pick(picks):
        check_agreement(world, name)


@LAW
@given(worlds(), PICK)
def test_law_4_everybody_agrees_on_which_component_a_name_is(world: World, pick: int) -> None:
    assume(world.model.spellings())
    name = world.pick([pick % len(world.model.spellings())])[0]
    assume(world.model.find(name) is not None)
    tag = component(world.model, name)
    registry = world.registry
    assert registry.build(name).tag == tag
    assert registry.build(name, 7)[:2] == registry.build(name, size=7)[:2] == (tag, 7)
    assert registry.validate(name, size=5).build()[:2] == (tag, 5)
    constructor = registry.find_class if isinstance(registry, MultiSourceRegistry) else registry.__getitem__
    assert constructor(name)(3)[:2] == (tag, 3)


def fails(world: World) -> tuple[MultiSourceRegistry[Any], list[str]]:
    """Copy the mounts of a world, with constructors that all say 'not found' themselves."""

    def fail(size: int = 1) -> Part:
        raise KeyError("a dictionary of its own")

    broken = MultiSourceRegistry[Any]()
    assert isinstance(world.model, Tree)
    for prefix, source in world.model.sources.items():
        broken.register_source(prefix, Registry(**dict.fromkeys(source.canonical(), fail)))
    return broken, list(broken)


@LAW
@given(trees(), PICK)
def test_law_4_a_failing_constructor_is_never_not_found_and_never_another_source(world: World, pick: int) -> None:
    broken, names = fails(world)
    assume(names)
    canonical = names[pick % len(names)]
    sound = Registry[Part](**dict.fromkeys(broken.find_registry(canonical), Part))
    broken.register_source("zz", sound)
    _, bare = broken.resolve(canonical)
    for name in (canonical, bare):
        with pytest.raises(KeyError) as caught:
            broken.build(name)
        assert type(caught.value) is KeyError
        assert caught.value.args == ("a dictionary of its own",)
        assert caught.value.__notes__ == [f"while building {str(broken.resolve(name))!r} with no arguments"]


@LAW
@given(trees())
def test_law_6_the_mapping_from_prefixes_to_sources(world: World) -> None:
    check_mapping(world.registry)
    assert isinstance(world.model, Tree)
    assert list(world.registry.keys()) == list(world.model.sources)


@LAW
@given(registries())
def test_law_6_the_mapping_from_names_to_constructors(world: World) -> None:
    check_mapping(world.registry)


@LAW
@given(worlds())
def test_law_7_an_alias_is_contained_and_not_iterated(world: World) -> None:
    for name in world.model.spellings():
        if world.model.find(name) is not None:  # a bare name of an inner source may not be one of the outer registry
            check_alias(world, name)


@LAW
@given(registries())
def test_law_7_a_description_lists_the_aliases(world: World) -> None:
    for name in world.model.spellings():
        described = world.registry.describe(name)
        assert set(described.aliases) == world.model.others(described.name)


@LAW
@given(st.lists(flats(st.sampled_from(["aliased", "registry"])), min_size=1, max_size=3))
def test_law_7_build_sees_the_spelling_that_was_given(sources: list[World]) -> None:
    model = Tree({f"p{index}": source.model for index, source in enumerate(sources)})
    registry = MultiSourceRegistry[Part](**{f"p{index}": source.registry for index, source in enumerate(sources)})
    for prefix, source in registry.items():
        for alias, canonical in source.aliases.items() if isinstance(source, AliasedSource) else ():
            qualified = f"{prefix}_{alias}"
            assert registry.build(qualified).spelling == alias
            assert registry.validate(qualified).build().spelling == alias
            assert registry.validate(qualified).name == f"{prefix}_{canonical}"
            if registry.find_registry(alias) is source:
                assert registry.build(alias).spelling == alias
    assert list(registry) == model.canonical()


@LAW
@given(worlds(), st.from_type(type).flatmap(st.from_type) | st.text())
def test_law_5_anything_may_be_tested_with_in(world: World, thing: object) -> None:
    if not isinstance(thing, str):
        assert thing not in world.registry
    elif world.model.find(thing) is None:
        missing(world.registry, thing)
