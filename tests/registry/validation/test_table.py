"""The table of what is strict and what is lenient, row by row, and what reaches the constructor."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
import torch
from pydantic import Field
from torch import nn

from terraregistry import Registry
from terraregistry.errors import InvalidArgumentsError, ProblemKind

Mode = enum.Enum("Mode", {"FAST": "fast", "SLOW": "slow"})
RELU = nn.ReLU()

# annotation, given, what the constructor gets
ACCEPTED: list[tuple[Any, Any, Any]] = [
    (int, 3, 3),
    (int, np.int64(3), 3),
    (float, 0.5, 0.5),
    (float, 1, 1.0),
    (complex, 1, 1),
    (bool, True, True),
    (str, "x", "x"),
    (list[int], [1], [1]),
    (list[int], (1,), [1]),
    (tuple[int, int], [1, 2], (1, 2)),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[tuple[int, int], ...], [[1, 2]], ((1, 2),)),
    (tuple[int, int], torch.Size([1, 2]), (1, 2)),
    (Sequence[int], [1], [1]),
    (Sequence[int], (1,), (1,)),
    (list[int] | tuple[int, int], (1, 2), (1, 2)),
    (int | tuple[int, int], [1, 2], (1, 2)),
    (dict[str, tuple[int, int]], {"a": [1, 2]}, {"a": (1, 2)}),
    (Mapping[str, float], {"a": 1}, {"a": 1.0}),
    (Literal["a", "b"], "a", "a"),
    (Literal["fast"], Mode.FAST, "fast"),
    (Literal[Mode.FAST], "fast", Mode.FAST),
    (Mode, "fast", Mode.FAST),
    (Mode, Mode.SLOW, Mode.SLOW),
    (Mode | None, "slow", Mode.SLOW),
    (str | Mode, "slow", "slow"),
    (Path, "a/b", Path("a/b")),
    (str | Path, "a/b", "a/b"),
    (list[Path], ["a"], [Path("a")]),
    (Annotated[Path, "where it is"], "a", Path("a")),
    (Annotated[tuple[int, int], Field(description="height, width")], [1, 2], (1, 2)),
    (Annotated[int, Field(gt=0)], 1, 1),
    (Annotated[tuple[int, ...], Field(min_length=1)], [1], (1,)),
    (nn.Module, RELU, RELU),
    (type[nn.Module], nn.ReLU, nn.ReLU),
    (Callable[..., nn.Module], nn.ReLU, nn.ReLU),
    (type[Any], int, int),
]

REFUSED: list[tuple[Any, Any, str]] = [
    (int, "3", "f: expected int, got str '3'; did you mean 3?"),
    (int, 3.7, "f: expected int, got float 3.7"),
    (int, True, "f: expected int, got bool True"),
    (int, None, "f: expected int, got None"),
    (float, "0.5", "f: expected float, got str '0.5'; did you mean 0.5?"),
    (float, True, "f: expected float, got bool True"),
    (bool, 1, "f: expected bool, got int 1"),
    (bool, "yes", "f: expected bool, got str 'yes'"),
    (str, 5, "f: expected str, got int 5"),
    (list[int], "12", "f: expected list[int], got str '12'"),
    (list[int], {1}, "f: expected list[int], got set {1}"),
    (list[int], [1, "2"], "f[1]: expected int, got str '2'; did you mean 2?"),
    (list[list[int]], [[1], [2, None]], "f[1][1]: expected int, got None"),
    (tuple[int, int], [1], "f: expected tuple[int, int], got list [1]"),
    (tuple[int, int], (1, 2, 3), "f: expected tuple[int, int], got tuple (1, 2, 3)"),
    (tuple[()], [1], "f: expected tuple, got list [1]"),
    (tuple[int, str], (1, 2), "f[1]: expected str, got int 2"),
    (Sequence[str], "ab", "f: expected Sequence[str], got str 'ab'"),
    (Iterable[int], "12", "f: expected Iterable[int], got str '12'"),
    (dict[str, int], {"a": "1"}, "f.a: expected int, got str '1'; did you mean 1?"),
    (dict[str, int], {1: 1}, "f key: expected str, got int 1"),
    (dict[str, list[int]], {"a": [1, None]}, "f.a[1]: expected int, got None"),
    (list[int] | None, [1, "2"], "f[1]: expected int, got str '2'; did you mean 2?"),
    (int | list[int], "3", "f: expected int | list[int], got str '3'; did you mean 3?"),
    (int | None, "3", "f: expected int | None, got str '3'; did you mean 3?"),
    (None | int, "3", "f: expected int | None, got str '3'; did you mean 3?"),
    (Literal["a", "b"], "c", "f: expected Literal['a', 'b'], got str 'c'"),
    (Literal[1, 2], True, "f: expected Literal[1, 2], got bool True"),
    (Literal[True], 1, "f: expected Literal[True], got int 1"),
    (Literal[1], 1.0, "f: expected Literal[1], got float 1.0"),
    (Mode, "FAST", "f: expected Mode, got str 'FAST'"),
    (Path, 5, "f: expected Path, got int 5"),
    (nn.Module, nn.ReLU, "f: expected Module, got class ReLU"),
    (nn.Module, "relu", "f: expected Module, got str 'relu'"),
    (type[nn.Module], int, "f: expected type[Module], got class int"),
    (type[nn.Module], "ReLU", "f: expected type[Module], got str 'ReLU'"),
    (Callable[[int], int], 5, "f: expected Callable[[int], int], got int 5"),
    (Annotated[int, Field(gt=0)], 0, "f: expected int, got int 0 (Input should be greater than 0)"),
    (Annotated[int, Field(gt=0)] | None, 0, "f: expected int | None, got int 0 (Input should be greater than 0)"),
    (Annotated[int, Field(gt=0)], "0", "f: expected int, got str '0'"),
    (list[Annotated[int, Field(gt=0)]], [1, -1], "f[1]: expected int, got int -1 (Input should be greater than 0)"),
    (Annotated[list[int], "sizes"], [1, "2"], "f[1]: expected int, got str '2'; did you mean 2?"),
    (Annotated[list[int], "sizes"] | None, [1, "2"], "f[1]: expected int, got str '2'; did you mean 2?"),
]  # fmt: skip


def taking(annotation: Any) -> Registry[Any]:
    def part(f):
        return [f]

    part.__annotations__["f"] = annotation
    return Registry[Any](part=part)


@pytest.mark.parametrize(("annotation", "value", "passed"), ACCEPTED, ids=str)
def test_accepted(annotation: Any, value: Any, passed: Any) -> None:
    registry = taking(annotation)
    for _ in range(2):  # the second call takes the short way
        for (got,) in (registry.build("part", f=value), registry.build("part", value)):
            assert got == passed
            assert isinstance(got, type(passed)) or isinstance(passed, (int, float))


@pytest.mark.parametrize(("annotation", "value", "message"), REFUSED, ids=str)
def test_refused(annotation: Any, value: Any, message: str) -> None:
    registry = taking(annotation)
    for _ in range(2):
        for args, kwargs in (((), {"f": value}), ((value,), {})):
            with pytest.raises(InvalidArgumentsError) as caught:
                registry.build("part", *args, **kwargs)
            assert [str(problem) for problem in caught.value.problems] == [message]
            assert caught.value.problems[0].kind is ProblemKind.TYPE


class Wrong:
    """Annotations as they are found in the wild: wrong now and then."""

    def __init__(
        self,
        ratio: int = 0.5,  # type: ignore[assignment] - on purpose
        act: str = nn.ReLU,  # type: ignore[assignment] - on purpose
        size: int = (2, 2),  # type: ignore[assignment] - on purpose
        name: str = None,  # type: ignore[assignment] # noqa: RUF013 - on purpose
        thing: NoSuchName = 5,  # type: ignore[name-defined] # noqa: F821 - on purpose
    ) -> None:
        self.given = (ratio, act, size, name, thing)


@pytest.mark.parametrize(
    "given",
    [
        {"ratio": 0.5},
        {"ratio": 0.25},
        {"ratio": 3},
        {"act": nn.ReLU},
        {"act": nn.GELU},
        {"act": "relu"},
        {"size": (2, 2)},
        {"size": (3, 3)},
        {"size": 3},
        {"name": None},
        {"thing": "anything"},
        {"thing": RELU},
    ],
    ids=str,
)
def test_a_wrong_annotation_keeps_nobody_from_the_default_and_its_like(given: dict[str, Any]) -> None:
    wanted = Wrong(**given).given
    for _ in range(2):
        assert Registry[Any](Wrong=Wrong).build("Wrong", **given).given == wanted


def test_a_wrong_annotation_refuses_what_is_neither_annotated_nor_like_the_default() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        Registry[Any](Wrong=Wrong).build("Wrong", ratio="x", act=5, size="y", name=3)
    assert [str(problem) for problem in caught.value.problems] == [
        "ratio: expected int, got str 'x'",
        "act: expected str, got int 5",
        "size: expected int, got str 'y'",
        "name: expected str, got int 3",
    ]
