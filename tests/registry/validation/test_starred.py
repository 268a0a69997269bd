"""Types of `*args: T` and `**options: T`, which hold for each argument that comes there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import Registry
from terraregistry.errors import InvalidArgumentsError


def stacked(first: str, /, *channels: int, **options: float) -> tuple[object, ...]:
    return first, channels, options


def loose(*args: Any, **kwargs: Any) -> tuple[object, ...]:
    return args, kwargs


def whole(*sizes: tuple[int, ...], **options: dict[str, float]) -> tuple[object, ...]:
    return sizes, options


def passing(*args: Any, **kwargs: Any) -> tuple[object, ...]:
    return stacked("x", *args, **kwargs)


REGISTRY = Registry[Any](stacked=stacked, loose=loose, whole=whole, passing=passing)


def problems(name: str, *args: Any, **kwargs: Any) -> list[str]:
    try:
        REGISTRY.validate(name, *args, **kwargs)
    except InvalidArgumentsError as error:
        return [str(problem) for problem in error.problems]
    return []


@given(
    st.lists(st.one_of(st.integers(), st.text(), st.booleans(), st.floats()), max_size=4),
    st.dictionaries(st.sampled_from("abcd"), st.one_of(st.integers(), st.floats(), st.text(), st.none())),
)
def test_each_argument_is_held_to_the_type(channels: list[Any], options: dict[str, Any]) -> None:
    wrong = [f"channels[{at}]" for at, each in enumerate(channels) if type(each) is not int]
    wrong += [name for name, each in options.items() if type(each) not in (int, float)]
    assert [line.partition(":")[0] for line in problems("stacked", "x", *channels, **options)] == wrong
    if not wrong:
        assert REGISTRY.build("stacked", "x", *channels, **options) == ("x", tuple(channels), options)


def test_the_messages() -> None:
    assert problems("stacked", "x", 1, "2", depth="3") == [
        "channels[1]: expected int, got str '2'; did you mean 2?",
        "depth: expected float, got str '3'; did you mean 3?",
    ]


def test_types_hold_through_a_function_that_passes_its_star_on() -> None:
    assert [line.partition(":")[0] for line in problems("passing", 1, "2", depth=3)] == ["channels[1]"]


@pytest.mark.parametrize("name", ["loose", "whole"])
def test_any_argument_is_taken_without_a_type_and_with_the_type_of_the_whole(name: str) -> None:
    assert REGISTRY.build(name, 1, "2", depth="3") == ((1, "2"), {"depth": "3"})
