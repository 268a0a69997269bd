"""The tables of the abstract interpreter in the docstring of `lattice`, against its operations, and their laws."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from terraregistry.registry.signatures import OPAQUE, lattice
from terraregistry.registry.signatures.lattice import (
    UNKNOWN_DICT,
    Key,
    KwargsDict,
    PlainDict,
    Value,
    Verdict,
    all_given,
    any_given,
    either,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum

KEYS = {"then": KwargsDict.then, "either": KwargsDict.either, "over": KwargsDict.over}
VERDICTS = {"all_given": all_given, "any_given": any_given}
VALUES: list[Value] = [KwargsDict(), KwargsDict({"a": Key.LOST}), KwargsDict({"a": Key.DEFAULT}, {"a": 1}, open=True), PlainDict(),
          PlainDict({"a": 1}), PlainDict({"a": 2}), PlainDict(open=True)]  # fmt: skip


def of_key(operation: Callable[[KwargsDict, KwargsDict], KwargsDict]) -> Callable[[Key, Key], Key]:
    return lambda one, other: operation(KwargsDict({"a": one}), KwargsDict({"a": other})).key("a")


def told(operation: str) -> dict[tuple[str, str], str]:
    table = re.search(rf"^\| {operation} \|.*?(?=\n\n|\Z)", lattice.__doc__ or "", re.DOTALL | re.MULTILINE)
    assert table is not None
    head, _, *rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in table.group().strip().splitlines()
    ]
    return {(row[0], column): cell for row in rows for column, cell in zip(head[1:], row[1:], strict=True)}


def done(states: type[Enum], apply: Callable[..., Enum]) -> dict[tuple[str, str], str]:
    return {
        (one.name.lower(), other.name.lower()): apply(one, other).name.lower()
        for one, other in itertools.product(states, repeat=2)
    }


@pytest.mark.parametrize("operation", KEYS)
def test_the_table_of_keys_is_what_the_operation_does(operation: str) -> None:
    assert told(operation) == done(Key, of_key(KEYS[operation]))


@pytest.mark.parametrize("operation", VERDICTS)
def test_the_table_of_verdicts_is_what_the_operation_does(operation: str) -> None:
    assert told(operation) == done(Verdict, lambda *verdicts: VERDICTS[operation](verdicts))


@pytest.mark.parametrize("operation", VERDICTS)
def test_verdicts_join_in_any_order(operation: str) -> None:
    join = VERDICTS[operation]
    neutral = join([])
    for one, two, three in itertools.product(Verdict, repeat=3):
        assert join([join([one, two]), three]) is join([one, join([two, three])]) is join([three, two, one])
        assert join([one, one]) is join([one, neutral]) is join([one]) is one


def test_changes_and_unions_are_associative() -> None:
    for operation in (KwargsDict.then, KwargsDict.either):
        apply = of_key(operation)
        for one, two, three in itertools.product(Key, repeat=3):
            assert apply(apply(one, two), three) is apply(one, apply(two, three))


def test_a_union_of_branches_has_no_order() -> None:
    apply = of_key(KwargsDict.either)
    for one, other in itertools.product(Key, repeat=2):
        assert apply(one, other) is apply(other, one)
        assert apply(one, one) is one


def test_a_name_that_is_not_mentioned_is_the_callers() -> None:
    for operation in KEYS.values():
        assert operation(KwargsDict(), KwargsDict({"a": Key.LOST})).key("b") is Key.CALLER


def test_a_union_of_dictionaries_has_the_callers_arguments_if_one_of_them_has() -> None:
    for one, other in itertools.product(VALUES, repeat=2):
        has = isinstance(one, KwargsDict) or isinstance(other, KwargsDict)
        assert has is isinstance(either(one, other), KwargsDict) is isinstance(merged(one, other), KwargsDict)


def test_a_union_of_plain_dictionaries_is_open_unless_both_have_the_same_names() -> None:
    one, two = PlainDict({"a": 1}), PlainDict({"a": 2})
    assert either(one, one) == one
    assert either(one, two) == PlainDict({"a": OPAQUE})
    assert either(one, PlainDict()) == either(PlainDict(), one) == UNKNOWN_DICT
    assert either(one, PlainDict({"a": 1}, open=True)) == PlainDict({"a": 1}, open=True)


def test_a_merge_of_plain_dictionaries_is_that_of_python() -> None:
    for one, other in itertools.product((each for each in VALUES if isinstance(each, PlainDict)), repeat=2):
        assert merged(one, other) == PlainDict({**one.items, **other.items}, one.open or other.open)
