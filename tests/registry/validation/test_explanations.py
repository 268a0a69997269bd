"""Where inside a value the fault is said to be, and what is said of it there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import pytest
from annotated_types import Gt, MinLen
from pydantic import AfterValidator, TypeAdapter

from terraregistry.registry.explanations import explain

Positive = Annotated[int, Gt(0)]
AllPositive = Annotated[list[int], AfterValidator(TypeAdapter(list[Positive]).validate_python)]

PLACES: list[tuple[Any, Any, list[str]]] = [
    # What fits is no fault, wherever it stands.
    (dict[str, int], {"a": 1, "b": "x", "c": 2, "d": "y"}, ["x.b", "x.d"]),
    (dict[str, int], {"a": 1, 2: 3, "c": "x"}, ["x key", "x.c"]),
    (dict[str, int], {1: "x"}, ["x key"]),
    (Mapping[str, list[int]], {"a": [1], "b": [1, "x"]}, ["x.b[1]"]),
    (list[int], [1, "a", 2, "b"], ["x[1]", "x[3]"]),
    (list[int], (1, "a"), ["x[1]"]),
    (Sequence[int], [1, "a"], ["x[1]"]),
    (Iterable[int], [1, "a"], ["x[1]"]),
    (list[list[int]], [[1], ["a"], 5], ["x[1][0]", "x[2]"]),
    # Tuples of any length, and of one.
    (tuple[int, ...], (1, "a", 2), ["x[1]"]),
    (tuple[int, str], ("a", "b"), ["x[0]"]),
    (tuple[int, str], [1, 2], ["x[1]"]),
    (tuple[int, str, int], ("a", "b", 3), ["x[0]"]),
    (tuple[int, int], ("a", 1, 2), ["x"]),
    (tuple[int, int], (1,), ["x"]),
    (tuple[int], ("a",), ["x[0]"]),
    # The one member of a union that is such a container.
    (list[int] | None, ["a"], ["x[0]"]),
    (list[int] | dict[str, int], {"a": "x"}, ["x.a"]),
    (dict[str, int] | list[int], ["a"], ["x[0]"]),
    (list[int] | list[str], [1.5], ["x"]),
    (int | list[int], "ab", ["x"]),
    (int | Sequence[int], "ab", ["x"]),
    (Annotated[list[int], MinLen(3)], [1, "a"], ["x[1]"]),
    (Annotated[list[int], MinLen(3)] | None, [1, "a"], ["x[1]"]),
    (int, [1], ["x"]),
    (list[int], 5, ["x"]),
    (dict[str, int], [1], ["x"]),
]


@pytest.mark.parametrize(("annotation", "value", "places"), PLACES)
def test_where_the_faults_are(annotation: Any, value: Any, places: list[str]) -> None:
    assert [problem.path for problem in explain(annotation, value, ("x",))] == places


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (list[int] | list[str], [1.5], "expected list[int] | list[str], got list [1.5]"),
        (tuple[int, int], (1, 2, 3), "expected tuple[int, int], got tuple (1, 2, 3)"),
        (Positive, 0, "expected int, got int 0 (Input should be greater than 0)"),
        (Positive, "0", "expected int, got str '0'"),
        (Positive | None, 0, "expected int | None, got int 0 (Input should be greater than 0)"),
        (Annotated[str, MinLen(2)] | int, 1.5, "expected str | int, got float 1.5"),
        (
            str | Positive,
            -1,
            "expected str | int, got int -1 (Input should be greater than 0)",
        ),
        (
            AllPositive,
            [-1, 1, -2],
            "expected list[int], got list [-1, 1, -2] (Input should be greater than 0; Input should be greater than 0)",
        ),
    ],
)
def test_what_is_said_of_one(annotation: Any, value: Any, message: str) -> None:
    [problem] = explain(annotation, value, ("x",))
    assert problem.path == "x"
    assert problem.message == message


@pytest.mark.parametrize("count", [9, 10, 11, 12, 30])
@pytest.mark.parametrize("kind", ["list", "dict", "keys", "nested"])
def test_ten_places_are_listed_and_the_others_counted(kind: str, count: int) -> None:
    annotation, value = {
        "list": (list[int], ["a"] * count),
        "dict": (dict[str, int], {str(i): "a" for i in range(count)}),
        "keys": (dict[str, int], dict.fromkeys(range(count), 1)),
        "nested": (list[list[int]], [["a", 1, "b"], ["c"] * (count - 2)]),
    }[kind]
    *listed, last = explain(annotation, value, ("x",))
    if count <= 10:
        assert len(listed) + 1 == count
    else:
        assert len(listed) == 10
        more = count - 10
        assert last.path == "x"
        assert last.message == f"{more} more item{'s' * (more > 1)} inside it {'is' if more == 1 else 'are'} wrong"


class Breaking(dict[Any, Any]):
    """Shows some of its items, and breaks then."""

    def items(self) -> Any:
        yield from list(super().items())[:3]
        raise RuntimeError


def test_a_container_that_breaks_does_not_count_for_what_was_seen_of_it() -> None:
    value = [Breaking.fromkeys(range(5), 1), *["a"] * 12]
    problems = list(explain(list[dict[str, int]], value, "x"))
    assert [problem.path for problem in problems] == [f"x[{i}]" for i in range(10)] + ["x"]
    assert problems[-1].message == "3 more items inside it are wrong"
