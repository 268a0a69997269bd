"""Law 5: set operators and comparisons work on canonical names."""

from __future__ import annotations

import operator
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry

from .models import Tree
from .worlds import PICK, PlainSource, World, registries, trees, worlds

LAW = settings(max_examples=3 * settings.default.max_examples)
Operator = Callable[[Any, Any], Any]
OPERATORS: list[Operator] = [operator.and_, operator.or_, operator.xor, operator.sub]
COMPARISONS: list[Operator] = [
    operator.eq,
    operator.ne,
    operator.le,
    operator.lt,
    operator.ge,
    operator.gt,
]


class Case:
    """A registry `r`, and operands: sets `a`, `b`, `c` of any spellings and the names they stand for, `ca`, `cb`, `cc`."""

    def __init__(self, world: World, operands: tuple[frozenset[Any], frozenset[Any], frozenset[Any]]) -> None:
        self.world, self.r = world, world.registry
        self.all = world.canonical
        self.a, self.b, self.c = operands
        self.ca, self.cb, self.cc = map(world.resolved, operands)

    def __repr__(self) -> str:
        return f"Case({sorted(self.all)}, {self.a!r}, {self.b!r}, {self.c!r})"


_OPERAND = st.frozensets(PICK | PICK | PICK | st.sampled_from([5.0, None, ("a", "n"), b"n"]), max_size=8)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    world = draw(worlds())
    picked = [draw(_OPERAND), draw(_OPERAND), draw(_OPERAND)]
    a, b, c = (frozenset(world.pick([e])[0] if type(e) is int else e for e in each) for each in picked)
    return Case(world, (a, b, c))


def as_plain(names: frozenset[Any]) -> PlainSource:
    return PlainSource(dict.fromkeys(names, 0))


KINDS: list[Callable[[frozenset[Any]], AbstractSet[Any]]] = [frozenset, set]


@LAW
@given(cases(), st.sampled_from(KINDS))
def test_law_5_operators_work_on_canonical_names_in_both_orders(
    case: Case, kind: Callable[..., AbstractSet[Any]]
) -> None:
    for operate in OPERATORS:
        for got, expected in [
            (operate(case.r, kind(case.a)), operate(case.all, case.ca)),
            (operate(kind(case.a), case.r), operate(case.ca, case.all)),
        ]:
            assert type(got) is frozenset
            assert got == expected


@LAW
@given(cases())
def test_law_5_operators_read_sets_of_any_class_on_the_right(case: Case) -> None:
    for operate in OPERATORS:
        for other in (as_plain(case.a), dict.fromkeys(case.a).keys()):
            got = operate(case.r, other)
            assert type(got) is frozenset
            assert got == operate(case.all, case.ca)


@LAW
@given(cases(), st.sampled_from([*KINDS, as_plain, lambda names: dict.fromkeys(names).keys()]))
def test_law_5_comparisons_work_on_canonical_names_in_both_orders(
    case: Case, kind: Callable[..., AbstractSet[Any]]
) -> None:
    for compare in COMPARISONS:
        assert compare(case.r, kind(case.a)) is compare(case.all, case.ca)
        if kind is not as_plain:  # another class's own comparison, on the left, knows nothing of ours
            assert compare(kind(case.a), case.r) is compare(case.ca, case.all)


@LAW
@given(cases())
def test_law_5_commutativity(case: Case) -> None:
    r, a = case.r, case.a
    assert r & a == a & r
    assert r | a == a | r
    assert r ^ a == a ^ r


@LAW
@given(cases())
def test_law_5_associativity_on_canonical_operands(case: Case) -> None:
    r, ca, cb = case.r, case.ca, case.cb
    assert (r & ca) & cb == r & (ca & cb) == ca & (r & cb)
    assert (r | ca) | cb == r | (ca | cb) == ca | (r | cb)
    assert (r ^ ca) ^ cb == r ^ (ca ^ cb) == ca ^ (r ^ cb)
    assert (r - ca) - cb == r - (ca | cb)


@LAW
@given(cases())
def test_law_5_distributivity(case: Case) -> None:
    r, a, b, ca, cb = case.r, case.a, case.b, case.ca, case.cb
    assert r & (a | b) == (r & a) | (r & b)
    assert r | (ca & cb) == (r | ca) & (r | cb)
    assert r & (ca ^ cb) == (r & ca) ^ (r & cb)
    assert ca & (r | cb) == (ca & r) | (ca & cb)
    assert ca | (r & cb) == (ca | r) & (ca | cb)
    assert (a | b) - r == (a - r) | (b - r)


@LAW
@given(cases())
def test_law_5_absorption_and_idempotence(case: Case) -> None:
    r, a = case.r, case.a
    assert r & (r | a) == r == r | (r & a)
    assert (r | a) & r == r == (r & a) | r
    assert r & r == r == r | r
    assert r - r == r ^ r == frozenset()
    assert r & frozenset() == frozenset() == frozenset() & r
    assert r | frozenset() == r == frozenset() | r
    assert (r & a) & a <= r & a
    assert (r - a) - a == r - a
    assert r | a | a == r | a or (r | a) | case.ca == r | a


@LAW
@given(cases())
def test_law_5_de_morgan_within_the_registry(case: Case) -> None:
    r, a, b, ca, cb = case.r, case.a, case.b, case.ca, case.cb
    assert r - (a | b) == (r - a) & (r - b)
    assert r - (ca & cb) == (r - ca) | (r - cb)
    assert r - (r - a) == r & a
    assert (r - a) | (r & a) == r
    assert (r - a) & (r & a) == frozenset()
    assert r ^ a == (r | a) - (r & a)
    assert r ^ a == (r - a) | (a - r)


@LAW
@given(cases())
def test_law_5_order(case: Case) -> None:
    r, a, ca, cb = case.r, case.a, case.ca, case.cb
    assert r <= r
    assert r >= r
    assert not r < r
    assert not r > r
    assert (r <= a and r >= a) is (r == a)  # antisymmetry
    assert (r < a) is (r <= a and r != a)
    assert (r > a) is (r >= a and r != a)
    assert (r <= a) is (a >= r)
    assert (r < a) is (a > r)
    assert (r != a) is (not r == a)  # noqa: SIM201 - the law is about these two operators
    assert r & a <= r <= r | a
    assert r - a <= r
    assert (r <= a) is (r & a == r) is (r - a == frozenset())
    assert (r >= a) is (r | a == r)
    if ca <= r:  # transitivity, with the registry at each place
        assert not r <= cb or ca <= cb
    if r <= ca:
        assert not ca <= cb or r <= cb
    if ca <= cb:
        assert not cb <= r or ca <= r


@LAW
@given(cases())
def test_law_5_disjointness_is_an_empty_intersection(case: Case) -> None:
    disjoint = case.all.isdisjoint(case.ca)
    assert case.r.isdisjoint(case.a) is disjoint
    assert case.r.isdisjoint([*case.a]) is disjoint
    assert case.r.isdisjoint(iter(case.a)) is disjoint
    assert (not case.r & case.a) is disjoint
    assert case.r.isdisjoint(case.r) is (not case.r)


_ANY = trees() | registries()


@st.composite
def pairs(draw: st.DrawFn) -> tuple[World, World]:
    """Two registries: of one kind, of two kinds, or one beside what is mounted in it."""
    first, second, pick, swap = draw(trees()), draw(_ANY), draw(PICK), draw(st.booleans())
    assert isinstance(first.model, Tree)
    mounted = [
        World(source, first.model.sources[prefix])
        for prefix, source in first.registry.items()
        if isinstance(source, Registry | MultiSourceRegistry)
    ]
    if mounted and pick % 2:
        second = mounted[pick % len(mounted)]
    return (second, first) if swap else (first, second)


@LAW
@given(pairs() | st.tuples(registries(), registries()))
def test_law_5_between_two_registries(pair: tuple[World, World]) -> None:
    left, right = pair
    first, second = left.registry, right.registry
    many = [isinstance(each, MultiSourceRegistry) for each in (first, second)]
    # Of two, the one that reads prefixes reads the names of the one that does not; otherwise they are compared as they are.
    one = right.resolved(left.canonical) if many == [False, True] else left.canonical
    other = left.resolved(right.canonical) if many == [True, False] else right.canonical
    for operate in OPERATORS:
        got = operate(first, second)
        assert type(got) is frozenset
        assert got == operate(one, other)
    for compare in COMPARISONS:
        assert compare(first, second) is compare(one, other)
    assert first & second == second & first
    assert first | second == second | first
    assert first ^ second == second ^ first
    assert (first == second) is (second == first)
    assert (first <= second) is (second >= first)
    assert (first < second) is (second > first)
    assert first.isdisjoint(second) is second.isdisjoint(first) is (not first & second)


@given(cases())
def test_law_5_operators_take_sets_only(case: Case) -> None:
    for other in ([*case.a], "n", 5, None, iter(case.a), dict.fromkeys(case.a)):
        for operate in [*OPERATORS, operator.le, operator.lt, operator.ge, operator.gt]:
            with pytest.raises(TypeError):
                operate(case.r, other)
            with pytest.raises(TypeError):
                operate(other, case.r)
        assert case.r != other
        assert other != case.r
        assert not case.r == other  # noqa: SIM201 - the other operator


@given(cases())
def test_law_5_the_operators_leave_the_registry_as_it_is(case: Case) -> None:
    before = list(case.r)
    registry = case.r
    registry |= case.a
    assert type(registry) is frozenset
    assert registry == case.all | case.ca
    assert list(case.r) == before
    with pytest.raises(TypeError, match="unhashable"):
        hash(case.r)
