"""The suites by which CPython tests its own sets and mappings, as far as they apply.

Those of `test.mapping_tests` that write, and those of `test.test_set` for mutable sets, do not apply: a registry is changed by
`register`, not by `[]=`, `add` or `update`. Neither do `copy` and the methods that only the builtin sets have (`union`,
`issubset`, ...), the hash of frozen sets, and sets of anything but names. The rest does, set by set and mapping by mapping.
"""

from __future__ import annotations

import importlib.util
import operator
import unittest
from typing import Any, ClassVar

import pytest

from terraregistry import MultiSourceRegistry, Registry

from .worlds import CONSTRUCTORS, Part, PlainSource, registry_of

if importlib.util.find_spec("test.mapping_tests") is None or importlib.util.find_spec("test.test_set") is None:
    pytest.skip("this Python comes without its own tests, as Debian's does", allow_module_level=True)

from test import mapping_tests, test_collections, test_set

WRITES = ("test_write", "test_update", "test_setdefault", "test_popitem", "test_pop")


def reading_only(suite: Any) -> type[Any]:
    return type(suite.__name__, (suite,), dict.fromkeys(WRITES))


class TestRegistryAsMapping(reading_only(mapping_tests.BasicTestMappingProtocol)):  # type: ignore[misc]  # made at run time
    """`Registry`, from names to constructors; the cases that take a plain dict do so in CPython, too."""

    type2test = Registry

    def _reference(self) -> dict[str, Any]:
        return dict(zip(("n", "key", "other"), CONSTRUCTORS, strict=False))

    def _full_mapping(self, data: dict[str, Any]) -> Registry[Part]:
        return Registry(**data)

    def test_keys_values_items_of_a_full_one(self) -> None:
        full = self._full_mapping(self.reference)
        assert dict(full) == self.reference == dict(full.items())
        assert {**full} == self.reference
        assert list(full.keys()) == list(self.reference)
        for view in (full.keys, full.values, full.items):
            with pytest.raises(TypeError):
                view(None)


class HashableSource(PlainSource):
    """A source that can be in a set, where the suite puts it."""

    __hash__ = object.__hash__


class Prefixes:
    """The mapping face of a `MultiSourceRegistry`: it iterates over names, and has its prefixes under `keys()`."""

    def __init__(self, **sources: Any) -> None:
        self._registry = MultiSourceRegistry[Any](**sources)
        self.keys, self.values, self.items = self._registry.keys, self._registry.values, self._registry.items
        self.get = self._registry.get

    def __getitem__(self, prefix: str) -> object:
        return self._registry[prefix]

    def __iter__(self) -> Any:
        return iter(self._registry.keys())

    def __contains__(self, prefix: object) -> bool:
        return prefix in [*self._registry.keys()]

    def __len__(self) -> int:
        return len(self._registry.keys())


class TestPrefixesAsMapping(reading_only(mapping_tests.BasicTestMappingProtocol)):  # type: ignore[misc]  # as above
    """`MultiSourceRegistry`, from prefixes to sources."""

    type2test = Prefixes
    test_constructor = None  # compares two empty ones, which is what the set face does

    def _reference(self) -> dict[str, Any]:
        return {"timm": HashableSource({}), "b": HashableSource({"n": 0}), "c_d": HashableSource({"n": 1})}

    def _full_mapping(self, data: dict[str, Any]) -> Prefixes:
        return Prefixes(**data)

    def test_the_registry_itself_makes_a_dict_of_sources(self) -> None:
        registry = MultiSourceRegistry[Any](**self.reference)
        assert dict(registry.items()) == self.reference
        assert {**registry} == self.reference  # type: ignore[arg-type]  # ** asks for keys() and [] alone


REGISTRY = registry_of({"n": 0, "m": 1, "a_n": 2}, {"old": "n"})
MULTI = MultiSourceRegistry[Part](a=registry_of({"n": 0, "m": 1}, {"old": "n"}), b=registry_of({"n": 3}, {}))
EMPTY_REGISTRY, EMPTY_MULTI = Registry[Part](), MultiSourceRegistry[Part](a=Registry())


class BasicOps(test_set.TestBasicOps):  # type: ignore[misc]  # without types
    """What CPython asks of any set; without `copy`."""

    registry: ClassVar[Any]
    test_copy = None

    def setUp(self) -> None:
        self.set, self.dup = self.registry, frozenset(self.registry)
        self.values, self.length = [*self.registry], len(self.dup)
        self.repr = repr(self.registry)


class TestRegistryAsSet(BasicOps, unittest.TestCase):
    registry = REGISTRY


class TestMultiSourceRegistryAsSet(BasicOps, unittest.TestCase):
    registry = MULTI


class TestEmptyRegistryAsSet(BasicOps, unittest.TestCase):
    registry = EMPTY_REGISTRY


class TestEmptyMultiSourceRegistryAsSet(BasicOps, unittest.TestCase):
    registry = EMPTY_MULTI


class TestIdentitiesOfRegistries(test_set.TestIdentities):  # type: ignore[misc]  # without types
    def setUp(self) -> None:
        self.a, self.b = registry_of(dict.fromkeys("abrcd", 0), {"x": "a"}), registry_of(dict.fromkeys("alczm", 1), {})


class TestIdentitiesOfMultiSourceRegistries(test_set.TestIdentities):  # type: ignore[misc]  # without types
    def setUp(self) -> None:
        shared = registry_of(dict.fromkeys("abrcd", 0), {"x": "a"})
        self.a = MultiSourceRegistry[Part](p=shared, q=registry_of({"n": 0}, {}))
        self.b = MultiSourceRegistry[Part](p=shared, r=registry_of({"n": 0}, {}))


class TestIdentitiesOfARegistryAndASet(test_set.TestIdentities):  # type: ignore[misc]  # without types
    def setUp(self) -> None:
        self.a, self.b = MULTI, {"a_n", "b_n", "elsewhere"}


class OnlySets(test_set.TestOnlySetsInBinaryOps):  # type: ignore[misc]  # without types
    """Binary operators refuse what is no set; without the methods, which only the builtin sets have."""

    other: ClassVar[Any]
    test_update = test_intersection_update = test_sym_difference_update = test_difference_update = None

    def setUp(self) -> None:
        self.set = MULTI
        self.otherIsIterable = False

    def with_methods(self, operate: Any) -> None:
        for left, right in ((self.set, self.other), (self.other, self.set)):
            with pytest.raises(TypeError):
                operate(left, right)

    def test_union(self) -> None:
        self.with_methods(operator.or_)

    def test_intersection(self) -> None:
        self.with_methods(operator.and_)

    def test_sym_difference(self) -> None:
        self.with_methods(operator.xor)

    def test_difference(self) -> None:
        self.with_methods(operator.sub)


class TestOnlySetsNumeric(OnlySets, unittest.TestCase):
    other = 19


class TestOnlySetsDict(OnlySets, unittest.TestCase):
    other: ClassVar[Any] = {"a_n": 1}


class TestOnlySetsTuple(OnlySets, unittest.TestCase):
    other = ("a_n", "b_n")


class TestOnlySetsString(OnlySets, unittest.TestCase):
    other = "a_n"


class TestOnlySetsOperator(OnlySets, unittest.TestCase):
    other = operator.add


class TestOnlySetsGenerator(OnlySets, unittest.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.other = (each for each in ("a_n", "b_n"))


class Subsets(test_set.TestSubsets):  # type: ignore[misc]  # without types
    """All comparisons in both orders; without `issubset` and `issuperset`, which only the builtin sets have."""

    def test_issubset(self) -> None:
        for case in ("!=", "==", "<", "<=", ">", ">="):
            expected = case in self.cases
            assert eval(f"x {case} y", {"x": self.left, "y": self.right}) is expected
            assert eval(f"y {self.reverse[case]} x", {"x": self.left, "y": self.right}) is expected


class TestSubsetEqualEmpty(Subsets, unittest.TestCase):
    left, right, name, cases = EMPTY_MULTI, frozenset(), "both empty", ("==", "<=", ">=")


class TestSubsetEqualNonEmpty(Subsets, unittest.TestCase):
    left, right, name, cases = MULTI, {"old", "m", "b_n"}, "equal pair", ("==", "<=", ">=")


class TestSubsetEmptyNonEmpty(Subsets, unittest.TestCase):
    left, right, name, cases = EMPTY_REGISTRY, {"n"}, "one empty, one non-empty", ("!=", "<", "<=")


class TestSubsetPartial(Subsets, unittest.TestCase):
    left, right, name, cases = REGISTRY, frozenset(["old"]), "one a non-empty proper subset", ("!=", ">", ">=")


class TestSubsetNonOverlap(Subsets, unittest.TestCase):
    left, right, name, cases = MULTI, {"elsewhere"}, "neither empty, neither contains", ("!=",)


class TestComparison(test_collections.ABCTestCase):  # type: ignore[misc]  # without types
    """What is no set gets the chance to answer from the right."""

    def test_registry(self) -> None:
        self.validate_comparison(REGISTRY)

    def test_multi_source_registry(self) -> None:
        self.validate_comparison(MULTI)
