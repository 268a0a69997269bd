"""Every kind of annotation against every kind of object: accepted exactly where a one-line rule says."""

from __future__ import annotations

import collections
import collections.abc as abc
import enum
import inspect
import numbers
import os
import types
import typing
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, NewType, Protocol, TypedDict, TypeVar, Union, runtime_checkable

import numpy as np
import pytest
import torch
from pydantic import BaseModel, Field
from torch import nn

from terraregistry.registry.arguments import ArgumentValidator
from terraregistry.registry.schemas import accepts
from terraregistry.registry.signatures import NOT_EVALUATED


class Colour(enum.Enum):
    RED = "red"
    ONE = 1


class Mode(enum.StrEnum):
    FAST = "fast"
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True)
class Point:
    x: int


class Options(BaseModel):
    threshold: int


class Keys(TypedDict):
    x: int


class Quacks(Protocol):
    def quack(self) -> None: ...


@runtime_checkable
class Moves(Protocol):
    def to(self, *args: Any) -> Any: ...


OBJECTS: list[Any] = [
    *(0, 1, 2, -1, 3.7, 1.0, float("nan"), True, False, None, "", "red", "RED", "fast", "3", "yes", b"x", 1j, 10**400),
    *([], (), {}, [1], (1,), [1, 2], ["a"], [None], {"x": 1}, {1: 1}, [[1]], [(1, 2)], {1, 2}, frozenset({"a"}), range(2)),
    *(nn.ReLU(), nn.Linear(1, 1), torch.ones(2), torch.tensor(1), nn.Parameter(torch.ones(1)), torch.float32),
    *(torch.device("cpu"), torch.Size([1, 2]), np.int64(3), np.int8(1), np.float32(0.5), np.float64(1.5), np.True_),
    *(np.str_("red"), np.complex64(1j), np.arange(3), np.array(1.0), collections.deque([1]), Point(1), Options(threshold=1)),
    *(nn.ReLU, nn.Module, int, bool, Point, Colour, len, lambda: 0, bytearray(b"x"), memoryview(b"x"), object(), Ellipsis),
    *(types.MappingProxyType({"a": 1}), collections.OrderedDict(a=1), collections.Counter("aab"), Path("a"), PurePath("x")),
    *(*Colour, *Mode, *Level, NotImplemented, "\ud800", iter([1]), (n for n in [1]), {"a": [1]}, {"a": "b"}),
]  # fmt: skip


def is_a(*classes: Any) -> Any:
    return lambda value: isinstance(value, classes)


def number(kind: type) -> Any:
    return lambda value: isinstance(value, kind) and not isinstance(value, bool)


def same(value: Any, literal: Any) -> bool:
    """Equal and of one kind: strings, integers, booleans are three."""
    value = value.value if isinstance(value, enum.Enum) else value
    kinds = [lambda v: isinstance(v, str), number(numbers.Integral), lambda v: isinstance(v, bool)]
    return value is literal or any(kind(value) and kind(literal) and bool(value == literal) for kind in kinds)


def among(*literals: Any) -> Any:
    return lambda value: any(same(value, literal) for literal in literals)


def member(cls: type[enum.Enum]) -> Any:
    def fits(value: Any) -> bool:
        return isinstance(value, cls) if isinstance(value, enum.Enum) else any(same(value, each.value) for each in cls)

    return fits


def makes(*bases: type) -> Any:
    return lambda value: issubclass(value, bases) if isinstance(value, type) else callable(value)


def sequence(value: Any) -> bool:
    return isinstance(value, abc.Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def items(fits: Any, length: int | None = None) -> Any:
    return lambda value: sequence(value) and length in (None, len(value)) and all(map(fits, value))


def mapping(key: Any, item: Any) -> Any:
    return lambda value: isinstance(value, abc.Mapping) and all(key(k) and item(value[k]) for k in value)


def iterable(fits: Any, *, strings: bool) -> Any:
    def check(value: Any) -> bool:
        if isinstance(value, (str, bytes)):
            return isinstance(value, str) and strings
        return all(map(fits, value)) if sequence(value) else isinstance(value, abc.Iterable)

    return check


def either(*rules: Any) -> Any:
    return lambda value: any(rule(value) for rule in rules)


def always(value: Any) -> bool:
    return True


INT, FLOAT, STR, NONE = number(numbers.Integral), number(numbers.Real), is_a(str), is_a(type(None))
MAPPING = is_a(abc.Mapping)
PATH = is_a(str, PurePath)
POSITIVE = Annotated[int, Field(gt=0)]

RULES: list[tuple[Any, Any]] = [
    *((int, INT), (float, FLOAT), (complex, number(numbers.Complex)), (bool, is_a(bool, np.bool_)), (str, STR)),
    *((bytes, is_a(bytes)), (None, NONE), (Any, always), (object, always), (NOT_EVALUATED, always)),
    *((Path, PATH), (PurePath, PATH), (os.PathLike[str], PATH), (str | Path, PATH)),
    *((Literal["red", "blue"], among("red", "blue")), (Literal[1, 2], among(1, 2)), (Literal[True], among(True))),
    *((Literal[False] | None, either(among(False), NONE)), (Literal[0, "auto"], among(0, "auto"))),
    *((Colour, member(Colour)), (Mode, member(Mode)), (Level, member(Level)), (Colour | None, either(member(Colour), NONE))),
    *((nn.Module, is_a(nn.Module)), (torch.Tensor, is_a(torch.Tensor)), (torch.dtype, is_a(torch.dtype))),
    *((torch.Size, is_a(torch.Size)), (np.integer, is_a(np.integer)), (np.ndarray, is_a(np.ndarray)), (Point, is_a(Point))),
    *((Options, is_a(Options)), (Keys, MAPPING), (Quacks, always), (Moves, lambda value: hasattr(value, "to"))),
    *((abc.Callable, callable), (abc.Callable[[int], str], callable), (type, makes(object)), (type[Any], makes(object))),
    *((type[nn.Module], makes(nn.Module)), (type[Union[int, nn.Module]], makes(int, nn.Module)), (typing.Type[int], makes(int))),  # noqa: UP006, UP007
    *((POSITIVE, lambda value: INT(value) and value > 0), (POSITIVE | None, lambda v: NONE(v) or (INT(v) and v > 0))),
    *((Annotated[float, Field(le=1)], lambda value: FLOAT(value) and value <= 1), (Annotated[int, "what for"], INT)),
    *((Annotated[Path, "where"], PATH), (Annotated[tuple[int, int], Field(description="size")], items(INT, 2))),
    *((Annotated[list[int], Field(min_length=1)], lambda v: items(INT)(v) and len(v) > 0),),
    *((list[POSITIVE], items(lambda v: INT(v) and v > 0)),),
    *((Annotated[Colour, "which"], member(Colour)), (Annotated[str, Field(min_length=2)], lambda v: STR(v) and len(v) > 1)),
    *((list, sequence), (tuple, sequence), (typing.List, sequence), (typing.Tuple, sequence), (abc.Sequence, sequence)),  # noqa: UP006
    *((list[int], items(INT)), (tuple[int, ...], items(INT)), (tuple[int, int], items(INT, 2)), (tuple[()], items(INT, 0))),
    *((abc.Sequence[str], items(STR)), (list[list[int]], items(items(INT))), (list[tuple[int, int]], items(items(INT, 2)))),
    *((abc.Iterable[int], iterable(INT, strings=False)), (abc.Iterable[str], iterable(STR, strings=True))),
    *((dict, MAPPING), (dict[str, int], mapping(STR, INT)), (abc.Mapping[str, list[int]], mapping(STR, items(INT)))),
    *((int | None, either(INT, NONE)), (int | str, either(INT, STR)), (int | list[int], either(INT, items(INT)))),
    *((bool | str, either(is_a(bool, np.bool_), STR)), (float | tuple[float, float], either(FLOAT, items(FLOAT, 2)))),
    *((NewType("Width", int), INT), (NewType("Sizes", list[int]), items(INT)), (TypeVar("Free"), always)),
    *((TypeVar("Bound", bound=int), INT), (TypeVar("Choice", int, str), either(INT, STR))),
]  # fmt: skip


def signature(**parameters: tuple[Any, Any]) -> inspect.Signature:
    """Make a signature of names with (annotation, default)."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [inspect.Parameter(name, kind, annotation=each[0], default=each[1]) for name, each in parameters.items()]
    )


REQUIRED = inspect.Parameter.empty


@pytest.mark.parametrize(("annotation", "fits"), RULES, ids=[str(each)[:60] for each, _ in RULES])
def test_an_object_is_accepted_exactly_where_the_rule_says(annotation: Any, fits: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning would be taken for a refusal
        wrong = [value for value in OBJECTS if accepts(annotation, value) is not bool(fits(value))]
    assert not wrong


@pytest.mark.parametrize(("annotation", "fits"), RULES, ids=[str(each)[:60] for each, _ in RULES])
def test_a_default_fits_its_own_parameter_and_widens_no_other(annotation: Any, fits: Any) -> None:
    for default in OBJECTS:
        validator = ArgumentValidator(signature(f=(annotation, default), g=(annotation, None)))
        assert validator.check((), {}) == ((), {}, ())
        _, kwargs, problems = validator.check((), {"f": default, "g": None})
        assert (list(kwargs), problems) == (["f", "g"], ())
        if default is not None and not fits(default):
            _, _, problems = validator.check((), {"f": default, "g": default})
            assert {problem.parameter for problem in problems} == {"g"}


@pytest.mark.parametrize("annotation", [set[int], frozenset[int], abc.Set[int], abc.MutableSet[int]], ids=str)
def test_a_list_serves_for_a_set_unless_it_cannot_be_hashed(annotation: Any) -> None:
    validator = ArgumentValidator(signature(f=(annotation, REQUIRED)))
    for value in ([1, 2], (1, 2), {1, 2}, frozenset({1, 2})):
        assert validator.check((), {"f": value})[1]["f"] == {1, 2}
    for wrong in (["1"], "12", {1: 2}, 3, {True}, [[1]], [{}], ([],)):
        assert not accepts(annotation, wrong)
        assert validator.check((), {"f": wrong})[2]
