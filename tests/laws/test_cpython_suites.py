"""The suites by which CPython tests its own sets and mappings, as far as they apply.

Those that do not apply are in `cpython_cases`, each with its reason; a test holds that list to what the Python that runs it
brings. The rest applies, set by set and mapping by mapping.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import itertools
import operator
import pickle
import textwrap
import unittest
from typing import Any, ClassVar

import pytest

from terraregistry import MultiSourceRegistry, Registry

from .cpython_cases import LEFT_OUT, reason_for
from .worlds import CONSTRUCTORS, Part, PlainSource, registry_of

if importlib.util.find_spec("test.mapping_tests") is None or importlib.util.find_spec("test.test_set") is None:
    pytest.skip("this Python comes without its own tests, as Debian's does", allow_module_level=True)

from test import mapping_tests, test_collections, test_set

WRITES = ("test_write", "test_update", "test_setdefault", "test_popitem", "test_pop")


def reading_only(suite: Any) -> type[Any]:
    return type(suite.__name__, (suite,), dict.fromkeys(WRITES))


class _Names(ast.NodeTransformer):
    """Puts names in place of numbers."""

    def __init__(self, start: str) -> None:
        self._start = start

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        named = type(node.value) is int
        return ast.copy_location(ast.Constant(f"{self._start}n{node.value}"), node) if named else node


def named(suite: Any, start: str = "") -> type[Any]:
    """Make a suite whose sets hold names out of one whose sets hold numbers, from its source."""
    tree = ast.fix_missing_locations(_Names(start).visit(ast.parse(textwrap.dedent(inspect.getsource(suite)))))
    namespace = dict(vars(test_set))
    exec(compile(tree, f"<{suite.__name__} of names>", "exec"), namespace)
    made = type(f"{suite.__name__}OfNames", (object,), dict(vars(namespace[suite.__name__])))
    made.__adapts__ = suite  # type: ignore[attr-defined]  # read where the cases that run are listed
    return made


class Operators:
    """A registry with the methods that CPython's cases take for the right answer, which a frozenset gives."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry
        start = next(iter(registry.keys())) + "_" if isinstance(registry, MultiSourceRegistry) else ""
        for method in ("union", "intersection", "difference", "symmetric_difference"):
            setattr(
                self,
                method,
                lambda word, method=method: self._given(getattr(frozenset(self._bare()), method)(word), start),
            )
        self.isdisjoint = registry.isdisjoint

    def _bare(self) -> list[str]:
        return [name[-1:] for name in self.registry]

    def _given(self, names: frozenset[str], start: str) -> frozenset[str]:
        return frozenset(start + name if name in self.registry else name for name in names)

    def __getattr__(self, name: str) -> Any:  # whatever a registry has
        return getattr(self.registry, name)

    def __iter__(self) -> Any:
        return iter(self.registry)

    def __len__(self) -> int:
        return len(self.registry)

    def __eq__(self, other: object) -> Any:
        return self.registry == other

    def __ne__(self, other: object) -> Any:
        return self.registry != other

    def __or__(self, other: Any) -> Any:
        return self.registry | other

    def __and__(self, other: Any) -> Any:
        return self.registry & other

    def __sub__(self, other: Any) -> Any:
        return self.registry - other

    def __xor__(self, other: Any) -> Any:
        return self.registry ^ other

    __hash__ = None  # type: ignore[assignment]  # the cases compare it


def mapping_only(suite: Any) -> type[Any]:
    """Leave out the cases that have a reason, of what `TestMappingProtocol` adds to the basic protocol as well."""
    there = [case for each in suite.__mro__ for case in vars(each) if case.startswith("test_")]
    bodies = {case: getattr(suite, case).__qualname__ for case in there}
    return type(
        suite.__name__, (suite,), dict.fromkeys(case for case in there if reason_for(f"mapping_tests.{bodies[case]}"))
    )


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


class Number(int):
    """A constructor that equals a number, which the cases have for a value."""

    def __call__(self) -> int:
        return self


class TestRegistryAsFullMapping(mapping_only(mapping_tests.TestMappingProtocol)):  # type: ignore[misc]  # as above
    type2test = Registry

    def _reference(self) -> dict[str, Any]:
        return {"1": 2, "key1": 3}

    def _full_mapping(self, data: dict[str, Any]) -> Registry[Any]:
        return Registry(**{name: Number(value) if isinstance(value, int) else str for name, value in data.items()})


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


class NumberedSource(HashableSource):
    """A source that equals a number, for the same reason."""

    def __init__(self, number: int) -> None:
        super().__init__({})
        self._number = number

    def __eq__(self, other: object) -> bool:
        return other == self._number

    def __hash__(self) -> int:
        return hash(self._number)


class TestPrefixesAsFullMapping(mapping_only(mapping_tests.TestMappingProtocol)):  # type: ignore[misc]  # as above
    type2test = Prefixes

    def _reference(self) -> dict[str, Any]:
        return {"x": 2, "key": 3}

    def _full_mapping(self, data: dict[str, Any]) -> Prefixes:
        return Prefixes(**{prefix: NumberedSource(number) for prefix, number in data.items()})


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


class TestBinaryOpsOfARegistry(named(test_set.TestBinaryOps), unittest.TestCase):  # type: ignore[misc]  # made at run time
    """The cases take numbers: here each is the name of a component."""

    def setUp(self) -> None:
        self.set = registry_of({"n2": 0, "n4": 1, "n6": 2}, {})


class TestBinaryOpsOfAMultiSourceRegistry(named(test_set.TestBinaryOps, "p_"), unittest.TestCase):  # type: ignore[misc]  # as above
    def setUp(self) -> None:
        self.set = MultiSourceRegistry[Part](p=registry_of({"n2": 0, "n4": 1, "n6": 2}, {}))


class JointOps(test_set.TestJointOps):  # type: ignore[misc]  # without types
    """What all sets have; `union` and the other methods are asked of a frozenset, since a registry has the operators alone."""

    left_out: ClassVar[Any] = None

    def setUp(self) -> None:
        super().setUp()
        self.s = Operators(self.s)

    def test_iterator_pickling(self) -> None:
        registry = self.s.registry
        assert sorted([*iter(registry)]) == sorted(
            registry
        )  # an iterator is of a snapshot, and pickles where a list's does
        assert [*pickle.loads(pickle.dumps(iter(registry)))] == [*registry]


for _case in vars(test_set.TestJointOps):
    if _case.startswith("test_") and reason_for(f"test_set.TestJointOps.{_case}"):
        setattr(JointOps, _case, None)


class TestJointOpsOfARegistry(JointOps, unittest.TestCase):
    @staticmethod
    def thetype(names: Any = ()) -> Registry[Part]:
        return registry_of(dict.fromkeys(names, 0), {})


class TestJointOpsOfAMultiSourceRegistry(JointOps, unittest.TestCase):
    """Bare names are given, and stand for the qualified ones."""

    @staticmethod
    def thetype(names: Any = ()) -> MultiSourceRegistry[Part]:
        return MultiSourceRegistry[Part](p=registry_of(dict.fromkeys(names, 0), {}))

    def test_isdisjoint(self) -> None:
        words = ("", "a", "ab", "abc", "ababac", "cdc", "cc", "efgfe", "ccb", "ef")
        for mine, other in itertools.product(words, words):
            for kind in (set, frozenset, dict.fromkeys, str, list, tuple):
                assert self.thetype(mine).isdisjoint(kind(other)) is {*mine}.isdisjoint(other)


def cases(module: Any) -> set[str]:
    """List the cases that a module of CPython's tests has on this Python."""
    name = module.__name__.rpartition(".")[2]
    classes = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    return {f"{name}.{each.__name__}.{case}" for each in classes for case in vars(each) if case.startswith("test_")}


def cases_run() -> set[str]:
    """List those that run here, on something of this library."""
    run = set[str]()
    for each in [*globals().values()]:
        if not isinstance(each, type) or not issubclass(each, unittest.TestCase) or each.__module__ != __name__:
            continue
        for base in each.__mro__:
            suite = getattr(base, "__adapts__", base)
            if suite.__module__.startswith("test."):
                names = [
                    case for case in vars(suite) if case.startswith("test_") and callable(getattr(each, case, None))
                ]
                run.update(f"{suite.__module__.rpartition('.')[2]}.{suite.__name__}.{case}" for case in names)
    return run


def test_each_case_runs_or_has_its_reason() -> None:
    there = cases(mapping_tests) | cases(test_set) | cases(test_collections)
    assert len(there) > 300
    run = cases_run()
    assert sorted(case for case in there if case not in run and reason_for(case) is None) == []
    assert sorted(case for case in run & there if case in LEFT_OUT) == []
    assert len(run & there) >= 70


def test_each_reason_is_of_a_case() -> None:
    there = cases(mapping_tests) | cases(test_set) | cases(test_collections)
    known = there | {case.rpartition(".")[0] for case in there}
    of_one_version = {"test_set.TestSet.test_c_api"}
    assert sorted(set(LEFT_OUT) - known - of_one_version) == []
