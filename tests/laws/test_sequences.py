"""All the laws after each step of sequences of register, unregister, scope, mount and unmount, against the model."""

from __future__ import annotations

import contextlib
from typing import Any, Self

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    DuplicateComponentError,
    DuplicateSourceError,
    InvalidRegistrationError,
    PrefixConflictError,
    RegistryError,
    SourceNotFoundError,
)

from .checks import check_agreement, check_alias, check_iteration, check_mapping, check_resolution, check_round_trip
from .models import Flat, Tree
from .worlds import CONSTRUCTORS, COUNT, PICK, AliasedSource, Part, PlainSource, World

# Few enough that sequences meet them again.
PREFIX = st.sampled_from(["a", "a_b", "b", "t", "t_x"])
name = st.sampled_from(["n", "m", "a_n", "b_n", "a_b_n", "t_x_n", "x_n"])
TAG = st.integers(0, COUNT - 1)
ALIASES = st.lists(name, max_size=2)


class Shelf:
    """A `Registry` with its model, and the scopes that are open in it."""

    def __init__(self) -> None:
        self.registry = Registry[Part]()
        self.model = Flat()
        self.scopes: list[tuple[contextlib.ExitStack, dict[str, object], dict[str, str]]] = []

    def refusal(self, how: str, name: str, tag: int, aliases: list[str]) -> type[RegistryError] | None:
        taken = {self.model.find(each) for each in (name, *aliases)} - {None}
        again = taken == {name} and how != "class" and self.registry[name] is CONSTRUCTORS[tag]
        if taken and not again:
            return DuplicateComponentError
        return None if len({name, *aliases}) == 1 + len(aliases) else InvalidRegistrationError

    def replace(self, name: str, tag: int, aliases: list[str]) -> None:
        self.model.names[name] = tag
        self.model.aliases.pop(name, None)
        for alias in aliases:
            if alias != name:
                if alias in self.model.names:
                    self.remove(alias)
                self.model.aliases[alias] = name

    def remove(self, name: str) -> None:
        if name in self.model.names:
            del self.model.names[name]
            for alias in [alias for alias, canonical in self.model.aliases.items() if canonical == name]:
                del self.model.aliases[alias]
        else:
            del self.model.aliases[name]


def register(shelf: Shelf, how: str, name: str, tag: int, aliases: list[str], *, override: bool) -> None:
    constructor = CONSTRUCTORS[tag]
    if how == "lazy":
        shelf.registry.register_lazy(name, f"laws_parts:part_{tag}", aliases=aliases, override=override)
    elif how == "call":
        assert shelf.registry.register(constructor, name=name, aliases=aliases, override=override) is constructor
    elif how == "class":

        @shelf.registry.register(name=name, aliases=iter(aliases), override=override)
        class Made(Part):
            def __new__(cls, size: int = 1) -> Self:
                return super().__new__(cls, tag, size)

    else:
        decorated = shelf.registry.register(name=name, aliases=tuple(aliases), override=override)(constructor)
        assert decorated is constructor


class Sequences(RuleBasedStateMachine):
    """A registry of several sources, some of which are registries that change themselves."""

    @initialize()
    def begin(self) -> None:
        self.registry = MultiSourceRegistry[Part]()
        self.model = Tree()
        self.inner = MultiSourceRegistry[Part]()
        self.inner_model = Tree()
        self.shelves = [Shelf(), Shelf()]

    @property
    def mounted(self) -> list[tuple[Any, Tree]]:
        return [(self.registry, self.model), (self.inner, self.inner_model)]

    def shelf(self, pick: int) -> Shelf:
        return self.shelves[pick % len(self.shelves)]

    # -- mounting --

    def mount(self, prefix: str, source: Any, model: Any, pick: int) -> None:
        registry, tree = self.mounted[pick % 5 == 0]  # the inner one now and then
        if prefix in tree.sources and registry[prefix] is source:
            registry.register_source(prefix, source)  # the same again changes nothing
        elif prefix in tree.sources:
            with pytest.raises(DuplicateSourceError):
                registry.register_source(prefix, source)
        elif tree.conflict(prefix) is not None:
            with pytest.raises(PrefixConflictError):
                registry.register_source(prefix, source)
        else:
            registry.register(source, prefix) if pick % 2 else registry.register_source(prefix, source)
            tree.sources[prefix] = model

    @rule(prefix=PREFIX, pick=PICK)
    def mount_a_registry(self, prefix: str, pick: int) -> None:
        shelf = self.shelf(pick)
        self.mount(prefix, shelf.registry, shelf.model, pick)

    @rule(prefix=PREFIX, pick=PICK, tags=st.dictionaries(name, TAG, max_size=3))
    def mount_a_minimal_source(self, prefix: str, pick: int, tags: dict[str, int]) -> None:
        self.mount(prefix, PlainSource(tags), Flat({**tags}), pick)

    @rule(prefix=PREFIX, pick=PICK, tags=st.dictionaries(name, TAG, max_size=3), alias=name)
    def mount_a_source_with_an_alias(self, prefix: str, pick: int, tags: dict[str, int], alias: str) -> None:
        aliases = {alias: next(iter(tags))} if tags and alias not in tags else {}
        self.mount(prefix, AliasedSource(tags, aliases), Flat({**tags}, {**aliases}), pick)

    @rule(prefix=PREFIX)
    def mount_the_inner_registry(self, prefix: str) -> None:
        self.mount(prefix, self.inner, self.inner_model, pick=1)

    @rule(prefix=PREFIX, pick=PICK)
    def unmount(self, prefix: str, pick: int) -> None:
        registry, tree = self.mounted[pick % 5 == 0]
        if prefix not in tree.sources:
            with pytest.raises(SourceNotFoundError):
                registry.unregister_source(prefix)
        else:
            source = registry[prefix]
            assert registry.unregister_source(prefix) is source
            del tree.sources[prefix]

    # -- registering --

    @rule(pick=PICK, name=name, tag=TAG, aliases=ALIASES, how=st.sampled_from(["call", "decorator", "class", "lazy"]))
    def register(self, pick: int, name: str, tag: int, aliases: list[str], how: str) -> None:
        shelf = self.shelf(pick)
        refusal = shelf.refusal(how, name, tag, aliases)
        if refusal is not None:
            with pytest.raises(refusal):
                register(shelf, how, name, tag, aliases, override=False)
        else:
            register(shelf, how, name, tag, aliases, override=False)
            shelf.replace(name, tag, aliases)

    @rule(pick=PICK, name=name, tag=TAG, aliases=ALIASES, how=st.sampled_from(["call", "decorator", "class", "lazy"]))
    def override(self, pick: int, name: str, tag: int, aliases: list[str], how: str) -> None:
        shelf = self.shelf(pick)
        register(shelf, how, name, tag, aliases, override=True)
        shelf.replace(name, tag, aliases)

    @rule(pick=PICK, name=name)
    def unregister(self, pick: int, name: str) -> None:
        shelf = self.shelf(pick)
        if shelf.model.find(name) is None:
            with pytest.raises(ComponentNotFoundError):
                shelf.registry.unregister(name)
        else:
            shelf.registry.unregister(name)
            shelf.remove(name)

    @rule(pick=PICK)
    def open_a_scope(self, pick: int) -> None:
        shelf = self.shelf(pick)
        stack = contextlib.ExitStack()
        stack.enter_context(shelf.registry.scope())
        shelf.scopes.append((stack, {**shelf.model.names}, {**shelf.model.aliases}))

    @precondition(lambda self: any(shelf.scopes for shelf in self.shelves))
    @rule(pick=PICK, error=st.none() | st.just(ZeroDivisionError()))
    def close_the_innermost_scope(self, pick: int, error: ZeroDivisionError | None) -> None:
        shelf = self.shelf(pick)
        if shelf.scopes:
            stack, names, aliases = shelf.scopes.pop()
            assert not stack.__exit__(type(error) if error else None, error, None)
            shelf.model.names.clear()
            shelf.model.names.update(names)
            shelf.model.aliases.clear()
            shelf.model.aliases.update(aliases)

    # -- the laws --

    def worlds(self) -> list[World]:
        shelves = [World(shelf.registry, shelf.model) for shelf in self.shelves]
        return [World(self.registry, self.model), World(self.inner, self.inner_model), *shelves]

    @invariant()
    def iteration_length_and_mapping(self) -> None:
        for world in self.worlds():
            check_iteration(world)
            check_mapping(world.registry)

    @invariant()
    def round_trips_and_aliases(self) -> None:
        for world in self.worlds():
            if isinstance(world.model, Tree):
                for prefix, source in world.registry.items():
                    check_round_trip(world.registry, prefix, source)
            for spelling in world.model.spellings():
                if world.model.find(spelling) is not None:
                    check_alias(world, spelling)

    @invariant()
    def descriptions(self) -> None:
        for world in self.worlds()[2:]:
            for canonical in world.model.canonical():
                assert set(world.registry.describe(canonical).aliases) == world.model.others(canonical)

    @invariant()
    def names_and_components(self) -> None:
        for world in self.worlds():
            for canonical in world.model.canonical():
                assert world.registry.build(canonical, size=2)[:2] == (world.model.component(canonical), 2)
        world = self.worlds()[0]
        for spelling in world.spellings[:12]:
            check_resolution(world, spelling)
        for spelling in world.spellings[-3:]:
            check_agreement(world, spelling)

    @invariant()
    def sets(self) -> None:
        for world in self.worlds():
            registry, operand = world.registry, frozenset(world.spellings[::2])
            resolved, canonical = world.resolved(operand), world.canonical
            assert registry & operand == operand & registry == canonical & resolved
            assert registry | operand == operand | registry == canonical | resolved
            assert registry ^ operand == operand ^ registry == canonical ^ resolved
            assert registry - operand == canonical - resolved
            assert operand - registry == resolved - canonical
            assert registry == canonical
            assert (registry <= operand) is (canonical <= resolved)
            assert registry.isdisjoint(operand) is canonical.isdisjoint(resolved)

    def teardown(self) -> None:
        for shelf in getattr(self, "shelves", []):
            while shelf.scopes:
                shelf.scopes.pop()[0].close()


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=settings.default.max_examples // 2, stateful_step_count=30)
