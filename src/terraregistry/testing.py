"""The laws of the registries, to test a source of one's own against.

Call `check_source` or `check_registry` in a test. A violation raises `LawBroken`, an `AssertionError` with the law
and the evidence.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, TypeVar

from terraregistry.errors import ComponentNotFoundError
from terraregistry.registry import BaseRegistry, MultiSourceRegistry, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LawBroken", "check_registry", "check_source"]

T = TypeVar("T")

_NOWHERE: Final = "no such component, surely"
_HASHABLE: Final = (None, 5, 1.5, b"bytes", ("a", "tuple"), object())


class LawBroken(AssertionError):  # noqa: N818 - reads as what a failing test says
    """A collection violates a law.

    Attributes:
        law: The law, in a few words.
    """

    def __init__(self, law: str, fault: str) -> None:
        super().__init__(law, fault)
        self.law = law
        self.fault = fault

    def __str__(self) -> str:
        """Return the law and how it is broken."""
        return f"{self.law}: {self.fault}"


def check_source(source: Source[Any], names: Iterable[str] | None = None) -> None:
    """Check that an object can be mounted in a `MultiSourceRegistry` and keeps the laws there.

    Nothing is built, but for a nonexistent name.

    Args:
        source: The source, of any kind.
        names: Names to check in more detail; by default the first 200.

    Raises:
        LawBroken: It does not keep a law.

    Examples:
        >>> from terraregistry import Registry
        >>> check_source(Registry(int=int, float=float))
    """
    members = ("__iter__", "__len__", "__contains__", "build")
    lacking = [member for member in members if not callable(getattr(source, member, None))]
    _require(not lacking, "protocol", f"it lacks {', '.join(lacking)}")
    listed: list[object] = [*source]
    _require(all(isinstance(name, str) for name in listed), "names", "iteration gives what is no string")
    _require(len(set(listed)) == len(listed), "names", "iteration gives a name twice")
    _require(len(source) == len(listed), "names", f"len() is {len(source)}, iteration gives {len(listed)}")
    _require([*source] == listed, "names", "iterating twice gives different names")
    chosen = _sample(source, names)
    for name in chosen:
        _require(name in source, "names", f"{name!r} is iterated and not contained")
    # A plain set cannot be asked for what has no hash; a registry, which mounts it, can.
    _check_strangers(source, _HASHABLE)
    check_registry(MultiSourceRegistry(source=source), [f"source_{name}" for name in chosen])


def check_registry(registry: BaseRegistry[Any] | MultiSourceRegistry[Any], names: Iterable[str] | None = None) -> None:
    """Check that a registry, with its present contents, keeps the laws.

    Nothing is built, but for a nonexistent name.

    Args:
        registry: A registry, of any kind.
        names: Canonical names to check in more detail; by default the first 200.

    Raises:
        LawBroken: It does not keep a law.
    """
    listed = [*registry]
    _require(len(set(listed)) == len(listed) == len(registry), "prefix-freeness", "a name is iterated twice")
    chosen = _sample(registry, names)
    for name in chosen:
        _require(str(registry.resolve(name)) == name, "round trip", f"{name!r} resolves to {registry.resolve(name)!s}")
        _check_agreement(registry, name)
    if isinstance(registry, MultiSourceRegistry):
        _check_bare_names(registry)
        _check_prefixes(registry)
    else:
        _check_mapping(registry, chosen)
    _check_strangers(registry, (*_HASHABLE, ["an", "unhashable", "list"]))
    _check_sets(registry, chosen)


def _require(kept: bool, law: str, fault: str) -> None:
    if not kept:
        raise LawBroken(law, fault)


def _sample(names: Iterable[str], chosen: Iterable[str] | None) -> list[str]:
    return list(itertools.islice(names, 200) if chosen is None else chosen)


def _raises(error: type[Exception], function: Callable[..., object], *args: object) -> bool:
    try:
        function(*args)
    except error:
        return True
    return False


def _check_agreement(registry: BaseRegistry[Any] | MultiSourceRegistry[Any], name: str) -> None:
    _require(name in registry, "agreement", f"{name!r} resolves and is not contained")
    registry.signature(name)
    described = registry.describe(name).name
    _require(described == name, "agreement", f"{name!r} is described as {described!r}")


def _check_strangers(collection: Source[Any], strangers: Iterable[object]) -> None:
    """Check that unknown names are not contained, and building them raises an error to that effect."""
    for stranger in (_NOWHERE, "", *strangers):
        _require(stranger not in collection, "agreement", f"{stranger!r} is contained")
    error = ComponentNotFoundError if isinstance(collection, (BaseRegistry, MultiSourceRegistry)) else LookupError
    found = _raises(error, collection.build, _NOWHERE)
    _require(found, "agreement", f"building a name that does not exist raises no {error.__name__}")


def _check_bare_names(registry: MultiSourceRegistry[Any]) -> None:
    prefixes = [f"{prefix}_" for prefix in registry.keys()]  # noqa: SIM118 - iterating a registry gives names, not prefixes
    seen: set[str] = set()
    for prefix, source in registry.items():
        for name in itertools.islice(source, 50):
            first = name not in seen
            seen.add(name)
            if first and not any(name.startswith(start) for start in prefixes):
                resolved = registry.resolve(name)
                winner = next(other for other, each in registry.items() if name in each)
                _require(resolved.prefix == winner, "bare names", f"{name!r} of {prefix} resolves to {resolved!s}")


def _check_prefixes(registry: MultiSourceRegistry[Any]) -> None:
    prefixes = list(registry.keys())
    for one, other in itertools.permutations(prefixes, 2):
        _require(not other.startswith(one + "_"), "prefix-freeness", f"{one!r} and {other!r} are both mounted")
    _require(
        [registry[prefix] for prefix in prefixes] == list(registry.values()), "mapping", "[] and values() disagree"
    )
    _require(
        list(registry.items()) == list(zip(prefixes, registry.values(), strict=True)), "mapping", "items() disagrees"
    )
    _require(_raises(KeyError, registry.__getitem__, _NOWHERE), "mapping", "[] of no prefix raises no KeyError")


def _check_mapping(registry: BaseRegistry[Any], names: list[str]) -> None:
    _require(list(registry.keys()) == [*registry], "mapping", "keys() and iteration disagree")
    for name in names:
        _require(registry[name] == registry.get(name), "mapping", f"[] and get() disagree on {name!r}")
    _require(_raises(KeyError, registry.__getitem__, _NOWHERE), "mapping", "[] of no name raises no KeyError")


def _check_sets(registry: BaseRegistry[Any] | MultiSourceRegistry[Any], names: list[str]) -> None:
    everything, others = frozenset(registry), frozenset(names[1::3])
    own, some = frozenset(names[::2]), frozenset([*names[::2], _NOWHERE])
    _require(registry & some == some & registry == everything & some, "sets", "& is not that of the names")
    _require(registry | some == some | registry == everything | some, "sets", "| is not that of the names")
    _require(registry - some == everything - some, "sets", "- is not that of the names")
    _require(some - registry == some - everything, "sets", "- from the right is not that of the names")
    _require(registry ^ some == some ^ registry == everything ^ some, "sets", "^ is not that of the names")
    _require(
        registry - (some | others) == (registry - some) & (registry - others), "sets", "De Morgan's first law fails"
    )
    _require(
        registry - (some & others) == (registry - some) | (registry - others), "sets", "De Morgan's second law fails"
    )
    _require(registry == everything and everything == registry, "sets", "it differs from the set of its names")
    _require(own <= registry and registry >= own, "sets", "its own names are no subset of it")
