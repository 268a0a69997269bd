"""The tables of the abstract interpreter in the docstring of `carriers`, against its operations."""

from __future__ import annotations

import itertools
import re

import pytest

from terraregistry.registry.signatures import carriers
from terraregistry.registry.signatures.carriers import Carrier

STATES = {
    "caller": Carrier(),
    "default": Carrier(defaults={"key": 1}),
    "fixed": Carrier(fixed=frozenset({"key"})),
    "hidden": Carrier(hidden=frozenset({"key"})),
    "perhaps": Carrier(perhaps=frozenset({"key"})),
}
OPERATIONS = {"then": Carrier.then, "either": Carrier.either, "over": Carrier.over}


def state(carrier: Carrier) -> str:
    """The state that decides what a callee gets: the strongest record of the key."""
    for name in ("fixed", "hidden", "perhaps"):
        if "key" in getattr(carrier, name):
            return name
    return "default" if "key" in carrier.defaults else "caller"


def told(operation: str) -> dict[tuple[str, str], str]:
    table = re.search(rf"^\| {operation} \|.*?(?=\n\n|\Z)", carriers.__doc__ or "", re.DOTALL | re.MULTILINE)
    assert table is not None
    head, _, *rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in table.group().strip().splitlines()
    ]
    return {(row[0], column): cell for row in rows for column, cell in zip(head[1:], row[1:], strict=True)}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_table_is_what_the_operation_does(operation: str) -> None:
    apply = OPERATIONS[operation]
    expected = {pair: state(apply(*(STATES[each] for each in pair))) for pair in itertools.product(STATES, repeat=2)}
    assert told(operation) == expected


@pytest.mark.parametrize("states", [*itertools.product(STATES, repeat=3)], ids=" ".join)
def test_changes_and_unions_are_associative(states: tuple[str, str, str]) -> None:
    one, two, three = (STATES[each] for each in states)
    for apply in (Carrier.then, Carrier.either):
        assert state(apply(apply(one, two), three)) == state(apply(one, apply(two, three)))


@pytest.mark.parametrize("states", [*itertools.product(STATES, repeat=2)], ids=" ".join)
def test_a_union_of_branches_has_no_order(states: tuple[str, str]) -> None:
    one, other = (STATES[each] for each in states)
    assert state(one.either(other)) == state(other.either(one))
    assert state(one.either(one)) == state(one)
