"""Registries whose prefixes and names collide on purpose, each with the model of what it holds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from types import ModuleType
from typing import Any, NamedTuple

from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry

from .models import Flat, Model, Tree

__all__ = [
    "CONSTRUCTORS",
    "COUNT",
    "NAMES",
    "PICK",
    "PICKS",
    "PREFIXES",
    "AliasedSource",
    "Part",
    "PlainSource",
    "World",
    "flats",
    "name",
    "registries",
    "registry_of",
    "trees",
    "worlds",
]

PREFIXES = ["a", "ab", "a_b", "a_", "b", "b_", "t", "t_x", "x", "class", "_"]
NAMES = [
    "n",
    "m",
    "a",
    "a_n",
    "a_b",
    "a_b_n",
    "a__n",
    "b_n",
    "b__n",
    "t_n",
    "t_x_n",
    "x_n",
    "n_n",
    "_n",
    "__n",
    "n.tag",
    "A_n",
    "é",
    "0",
]
COUNT = 30
"""How many components there are to register."""


class Part(NamedTuple):
    """What is built: which component it is, its one argument, and the spelling that its source was asked for."""

    tag: int
    size: int
    spelling: str | None = None


def _constructor(tag: int) -> Callable[..., Part]:
    def construct(size: int = 1) -> Part:
        return Part(tag, size)

    construct.__name__ = construct.__qualname__ = f"part_{tag}"
    return construct


_module = sys.modules["laws_parts"] = ModuleType("laws_parts")
CONSTRUCTORS = [_constructor(tag) for tag in range(COUNT)]
for _each in CONSTRUCTORS:
    setattr(_module, _each.__name__, _each)


class PlainSource(AbstractSet[str]):
    """The least that can be mounted: a set of names with a `build`."""

    def __init__(self, tags: dict[str, int]) -> None:
        self.tags = tags

    def __iter__(self) -> Iterator[str]:
        return iter(self.tags)

    def __len__(self) -> int:
        return len(self.tags)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.tags

    def build(self, name: str, /, size: int = 1) -> Part:
        return Part(self.tags[name], size, name)


class AliasedSource(PlainSource):
    """One with other spellings too, which it can resolve."""

    def __init__(self, tags: dict[str, int], aliases: dict[str, str]) -> None:
        super().__init__(tags)
        self.aliases = aliases

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self.tags or name in self.aliases)

    def resolve(self, name: str) -> str:
        return self.aliases.get(name, name)

    def build(self, name: str, /, size: int = 1) -> Part:
        return Part(self.tags[self.resolve(name)], size, name)


class World(NamedTuple):
    """A registry and its model."""

    registry: Any  # a registry of any sort, or a source that is to be mounted
    model: Model

    @property
    def spellings(self) -> list[str]:
        """Names that resolve and names that may not."""
        return [*dict.fromkeys([*self.model.spellings(), *NAMES, "nowhere", "a_nowhere"])]

    def pick(self, picks: list[int]) -> list[str]:
        """Choose spellings by number, so that numbers are all that a test has to draw."""
        return [self.spellings[each % len(self.spellings)] for each in picks]

    def resolved(self, names: AbstractSet[Any]) -> frozenset[Any]:
        """Read an operand as the fifth law says: each name resolved where it resolves."""
        return frozenset(
            name if not isinstance(name, str) or (found := self.model.find(name)) is None else found for name in names
        )

    @property
    def canonical(self) -> frozenset[str]:
        return frozenset(self.model.canonical())


PICK = st.integers(0, 200)
PICKS = st.lists(PICK, max_size=4)
name = st.sampled_from(NAMES) | st.text("ab_n.", min_size=1, max_size=4)
_TAGS = st.dictionaries(name, st.integers(0, COUNT - 1), max_size=5)
_ALIASES = st.dictionaries(name, st.integers(0, 4), max_size=3)
_SORTS = st.sampled_from(["registry", "registry", "lazy", "plain", "aliased"])


@st.composite
def flats(draw: st.DrawFn, sorts: st.SearchStrategy[str] = _SORTS) -> World:
    """A source of one of four sorts."""
    sort, tags = draw(sorts), draw(_TAGS)
    if sort == "plain":
        return World(PlainSource(dict(tags)), Flat(dict(tags)))
    spelled = draw(_ALIASES) if tags else {}
    aliases = {alias: [*tags][index % len(tags)] for alias, index in spelled.items() if alias not in tags}
    if sort == "aliased":
        return World(AliasedSource(dict(tags), dict(aliases)), Flat(dict(tags), dict(aliases)))
    return World(registry_of(tags, aliases, lazy=sort == "lazy"), Flat(dict(tags), dict(aliases)))


def registries() -> st.SearchStrategy[World]:
    """A `Registry` with some names and aliases, lazy or not."""
    return flats(st.sampled_from(["registry", "lazy"]))


def registry_of(tags: dict[str, int], aliases: dict[str, str], *, lazy: bool = False) -> Registry[Part]:
    registry = Registry[Part]()
    for each, tag in tags.items():
        others = [alias for alias, canonical in aliases.items() if canonical == each]
        if lazy:
            registry.register_lazy(each, f"laws_parts:part_{tag}", aliases=others)
        else:
            registry.register(CONSTRUCTORS[tag], name=each, aliases=others)
    return registry


_FLAT = flats()


@st.composite
def _trees(draw: st.DrawFn, prefixes: st.SearchStrategy[list[str]], sources: st.SearchStrategy[World]) -> World:
    registry, model = MultiSourceRegistry[Part](), Tree()
    for prefix in draw(prefixes):
        if model.conflict(prefix) is None:
            source = draw(sources)
            registry.register_source(prefix, source.registry)
            model.sources[prefix] = source.model
    return World(registry, model)


_INNER = _trees(st.lists(st.sampled_from(PREFIXES), unique=True, max_size=2), _FLAT)
_TREES = _trees(st.lists(st.sampled_from(PREFIXES), unique=True, max_size=4), _FLAT | _FLAT | _FLAT | _INNER)
_WORLDS = _TREES | _TREES | registries()


def trees() -> st.SearchStrategy[World]:
    """Several sources, some of them of several sources themselves."""
    return _TREES


def worlds() -> st.SearchStrategy[World]:
    """A registry of this library, of one source or of several."""
    return _WORLDS
