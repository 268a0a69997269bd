"""Arguments as values: how deep they are copied and compared, and what is written of them as plain data."""

from __future__ import annotations

import copy
from enum import Enum
from typing import Any

import numpy as np
import pytest

from terraregistry import ComponentSpec, Registry
from terraregistry.registry.values import fresh, frozen, to_plain


class Kept:
    """Keeps what it was made with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


ONE = Registry[Any](kept=Kept)
ONE.register(Kept, name="other", aliases=["old"])
TWO = Registry[Any](kept=Kept)

CONTAINERS = {
    "list": lambda value: [value],
    "tuple": lambda value: (value,),
    "dict": lambda value: {"a": value},
}


def nested(kind: str, leaf: Any, times: int) -> Any:
    for _ in range(times):
        leaf = CONTAINERS[kind](leaf)
    return leaf


def inside(value: Any, times: int) -> Any:
    for _ in range(times):
        [value] = value.values() if isinstance(value, dict) else value
    return value


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize(
    ("depth", "copied"), [(1, True), (63, True), (64, True), (65, False), (66, False), (200, False)]
)
def test_containers_are_copied_64_deep_and_kept_as_objects_below(kind: str, depth: int, copied: bool) -> None:
    leaf = [1]
    found = inside(fresh(nested(kind, leaf, depth)), depth)
    assert found == [1]
    assert (found is not leaf) is copied


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize(("depth", "by_value"), [(1, True), (65, True), (66, False)])
def test_containers_are_compared_65_deep_and_as_objects_below(kind: str, depth: int, by_value: bool) -> None:
    leaf = [1]
    assert (frozen(nested(kind, leaf, depth)) == frozen(nested(kind, [1], depth))) is by_value
    assert frozen(nested(kind, leaf, depth)) == frozen(nested(kind, leaf, depth))
    assert frozen(nested(kind, [1], depth)) != frozen(nested(kind, [2], depth))


@pytest.mark.parametrize(("depth", "plain"), [(1, True), (65, True), (66, False)])
def test_plain_data_is_65_deep_at_most(depth: int, plain: bool) -> None:
    value = nested("list", "leaf", depth)
    if plain:
        assert to_plain(value, "x") == value
    else:
        with pytest.raises(TypeError) as caught:
            to_plain(value, "x")
        assert str(caught.value) == (
            f"x{'[0]' * 65} is inside more than 64 others, which plain data cannot hold; pickle the spec instead"
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({1}, {2}),
        ({1}, {1, 2}),
        ({1}, {True}),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({1: 1}, {True: 1}),
        ([1], [2]),
        ([1], (1,)),
        (frozenset({1}), (1,)),
        ((1, (2, 3)), ((1, 2), 3)),
        ({}, []),
        ({}, ()),
        (set(), ()),
        ([], ()),
        ([None], [0]),
        ("1", b"1"),
    ],
)
def test_what_differs_has_another_key(one: Any, other: Any) -> None:
    assert frozen(one) != frozen(other)
    assert frozen(one) == frozen(copy.deepcopy(one))
    assert hash(frozen(one)) == hash(frozen(copy.deepcopy(one)))


class Alike:
    """Equal to every other one, and so not hashable."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike)

    __hash__ = None  # type: ignore[assignment]  # that is what is tested


def test_objects_that_cannot_be_hashed_are_equal_to_themselves_alone() -> None:
    one, other = Alike(), Alike()
    assert one == other
    assert frozen(one) == frozen(one)
    assert frozen(one) != frozen(other)
    assert frozen([one]) != frozen([other])


def test_keys_of_different_values_seldom_have_the_same_hash() -> None:
    for values in (range(1000), map(str, range(1000)), ([i] for i in range(1000)), [Alike() for _ in range(1000)]):
        assert len({hash(frozen(value)) for value in values}) > 900
    specs = [ONE.validate("kept", i) for i in range(1000)]
    assert len({*map(hash, specs)}) > 900


def test_the_inside_of_a_container_in_itself_says_how_far_up_it_leads() -> None:
    once: list[Any] = []
    once.append([once])  # leads two up
    twice: list[Any] = [[]]
    twice[0].append(twice[0])  # leads one up
    assert frozen(once) != frozen(twice)
    again: list[Any] = []
    again.append([again])
    assert frozen(once) == frozen(again)


class Bands(Enum):
    RGB = [3, (2, 1)]  # noqa: RUF012 - a value that is a list
    BAD = object()


def test_members_of_enums_are_written_by_their_values_whatever_these_are() -> None:
    assert to_plain({"bands": Bands.RGB}, "x") == {"bands": [3, [2, 1]]}
    with pytest.raises(TypeError) as caught:
        to_plain([Bands.BAD], "x")
    assert str(caught.value) == "x[0] is a object, which plain data cannot hold; pickle the spec instead"


class Word(str):
    __slots__ = ()


def test_what_is_written_is_of_the_plain_types_themselves() -> None:
    numbers = [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(4), 4),
        (np.uint8(4), 4),
        (np.bool_(True), True),
    ]
    for value, plain in [*numbers, (Word("a"), "a"), (np.str_("a"), "a"), (True, True), (3, 3), (None, None)]:
        written = to_plain(value, "x")
        assert written == plain
        assert type(written) is type(plain)
    assert to_plain({2, "a", (1,)}, "x") == ["a", [1], 2]  # what cannot be compared has an order too


def test_a_spec_is_of_its_registry_and_its_spelling() -> None:
    assert ONE.validate("kept", 1) != TWO.validate("kept", 1)
    assert ComponentSpec(ONE, "kept", (), {}).spelling == "kept"
    assert repr(ONE.validate("kept", 1, "a", b=2)) == "<ComponentSpec kept(int 1, str 'a', b=int 2)>"


def test_a_deep_copy_of_a_spec_keeps_its_spelling_and_what_it_shares() -> None:
    part = Alike()
    spec, shared = copy.deepcopy((ONE.validate("old", part, x=[part]), part))
    assert (spec.name, spec.spelling) == ("other", "old")
    assert shared is not part
    assert spec.args[0] is shared
    assert spec.kwargs["x"][0] is shared
