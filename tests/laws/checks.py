"""The laws that speak of single names and of the mapping, as checks of any registry against its model."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import ComponentSpec, MultiSourceRegistry
from terraregistry.errors import ComponentNotFoundError, SourceNotFoundError

from .models import Model, Tree, begins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .worlds import World

__all__ = [
    "check_agreement",
    "check_alias",
    "check_iteration",
    "check_mapping",
    "check_resolution",
    "check_round_trip",
    "missing",
    "questions",
]


def questions(registry: Any) -> list[Callable[[Any], object]]:
    """Everything that asks a registry for one component, and has to find it or say that it is not there."""
    asked = [registry.resolve, registry.signature, registry.validate, registry.build, registry.describe]
    if isinstance(registry, MultiSourceRegistry):
        return [*asked, registry.find_class, registry.find_registry, registry.candidates]
    return [*asked, registry.__getitem__]


def missing(registry: Any, name: object) -> None:
    """A name that is nowhere is nowhere for everybody."""
    assert name not in registry
    for ask in questions(registry):
        with pytest.raises(ComponentNotFoundError) as caught:
            ask(name)
        assert caught.value.name == name


def check_iteration(world: World) -> None:
    """Law 1: canonical names decode uniquely, so that none is iterated twice."""
    registry, model = world
    names = list(registry)
    assert names == model.canonical()
    assert len(registry) == len(names) == len(set(names)) == len(set(registry))
    assert bool(registry) is bool(names)
    if isinstance(model, Tree):
        prefixes = [*registry.keys()]
        assert not any(begins(q, p) for q in prefixes for p in prefixes)


def check_round_trip(registry: Any, prefix: str, source: Iterable[str]) -> None:
    """Law 2: every name of every source is reached under the source's prefix."""
    for name in source:
        qualified = f"{prefix}_{name}"
        assert qualified in registry
        assert registry.resolve(qualified) == (prefix, name)
        assert str(registry.resolve(qualified)) == qualified
        assert registry.find_registry(qualified) is registry[prefix]


def check_resolution(world: World, name: str) -> None:
    """Law 3: qualified first, bare second and in mounting order."""
    registry, model = world
    canonical = model.find(name)
    if canonical is None:
        missing(registry, name)
        return
    assert name in registry
    if not isinstance(model, Tree):
        assert registry.resolve(name) == canonical
        return
    assert str(registry.resolve(name)) == canonical
    assert [tuple(each) for each in registry.candidates(name)] == model.candidates(name)
    assert registry.find_registry(name) is registry[model.candidates(name)[0][0]]


def check_agreement(world: World, name: str) -> None:
    """Law 4, without building: whoever is asked, a name is here or is not, and stands for the same component."""
    registry, model = world
    canonical = model.find(name)
    if canonical is None:
        missing(registry, name)
        return
    spec = registry.validate(name)
    assert isinstance(spec, ComponentSpec)
    assert spec.name == str(registry.resolve(name)) == registry.describe(name).name == canonical
    assert isinstance(registry.signature(name), inspect.Signature)
    assert registry.signature(name) == registry.signature(canonical) == registry.describe(name).signature


def check_alias(world: World, alias: str) -> None:
    """Law 7: another spelling is contained, resolves to the canonical one, and is neither iterated nor counted."""
    registry, model = world
    canonical = model.find(alias)
    assert canonical is not None
    assert alias in registry
    assert str(registry.resolve(alias)) == canonical
    assert (alias in list(registry)) == (alias == canonical)
    assert registry & {alias} == {canonical}


def check_mapping(registry: Any) -> None:
    """Law 6: the views, `[]`, `get` and the length agree."""
    keys, values, items = registry.keys(), registry.values(), registry.items()
    assert list(items) == list(zip(keys, values, strict=True))
    assert len(keys) == len(values) == len(items) == len(list(keys)) == len(set(keys))
    sentinel = object()
    for key, value in items:
        assert key in keys
        assert (key, value) in items
        assert registry[key] == value == registry.get(key) == registry.get(key, sentinel)
    for key in ("nowhere", "", 5, None, [], "x" * 500):
        assert key not in list(keys)
        assert registry.get(key) is None
        assert registry.get(key, sentinel) is sentinel
        error = SourceNotFoundError if isinstance(registry, MultiSourceRegistry) else ComponentNotFoundError
        with pytest.raises(KeyError) as caught:
            registry[key]
        assert type(caught.value) is error
    if not isinstance(registry, MultiSourceRegistry):
        assert list(keys) == list(registry)
        assert len(keys) == len(registry)


def component(model: Model, name: str) -> object:
    """What a name stands for, by the model."""
    canonical = model.find(name)
    assert canonical is not None
    return model.component(canonical)
