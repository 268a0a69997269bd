"""Which values fit which annotations: the code against an independent model of what the design says."""

from __future__ import annotations

import collections.abc
import enum
import inspect
import numbers
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, NewType, Optional, Protocol, TypeVar, Union, get_args, get_origin

import annotated_types
import numpy as np
import pydantic
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from terraregistry.registry.arguments import ArgumentValidator


class Norm(enum.Enum):
    BATCH = "batch"
    LAYER = "layer"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Word(str):
    __slots__ = ()


class Plain: ...


class Derived(Plain): ...


class HasName(Protocol):
    name: str


@typing.runtime_checkable
class HasSize(Protocol):
    def size(self) -> int: ...


class Sized:
    def size(self) -> int:
        return 1


Metres = NewType("Metres", float)
Bound = TypeVar("Bound", bound=int)
Chosen = TypeVar("Chosen", int, str)
Free = TypeVar("Free")
Positive = Annotated[int, annotated_types.Gt(0)]
Short = Annotated[list[int], pydantic.Field(max_length=2)]


# -- the model --


def is_number(value: object, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, (bool, np.bool_))


def is_sequence(value: object) -> bool:
    return isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def fits(annotation: Any, value: object, *, lenient: bool = True) -> bool:
    """Whether a value fits an annotation, as the design words it; or exactly, without any leniency but an int for a float."""
    origin, arguments = get_origin(annotation), get_args(annotation)

    def inner(kind: Any, item: object) -> bool:
        return fits(kind, item, lenient=lenient)

    if annotation in (Any, object, HasName, Free):
        return True
    if annotation is None or annotation is types.NoneType:
        return value is None
    if annotation is bool:
        return isinstance(value, (bool, np.bool_))
    if annotation in (int, float, complex):
        return is_number(value, {int: numbers.Integral, float: numbers.Real, complex: numbers.Complex}[annotation])
    if annotation in (str, bytes):
        return isinstance(value, annotation)
    if annotation is Path:
        return isinstance(value, (PurePath, str) if lenient else PurePath)
    if annotation in SPECIAL:
        return SPECIAL[annotation](value, inner)
    if origin is Literal:
        plain = value.value if lenient and isinstance(value, enum.Enum) else value
        scalar = value.item() if isinstance(value, np.generic) else value
        by_value = lenient and any(isinstance(each, enum.Enum) and same(each.value, scalar) for each in arguments)
        return by_value or any(same(literal, each) for literal in arguments for each in (value, plain))
    if origin in (Union, types.UnionType):
        return any(inner(member, value) for member in arguments)
    if origin is collections.abc.Callable or annotation is Callable:
        return callable(value)
    if origin is type:
        bases = Plain if arguments[0] is Plain else object
        return issubclass(value, bases) if isinstance(value, type) else callable(value)
    if origin in (list, tuple, collections.abc.Sequence, collections.abc.Iterable):
        return fits_items(origin, arguments, value, inner, lenient=lenient)
    if origin in (dict, collections.abc.Mapping):
        items = value.items() if isinstance(value, collections.abc.Mapping) else None
        return items is not None and all(inner(arguments[0], key) and inner(arguments[1], item) for key, item in items)
    if issubclass(annotation, enum.Enum):
        by_value = lenient and any(same(member.value, value) for member in annotation)
        return isinstance(value, annotation) or by_value
    return isinstance(value, annotation)


def fits_items(
    origin: Any, arguments: tuple[Any, ...], value: Any, inner: Callable[[Any, object], bool], *, lenient: bool
) -> bool:
    if origin is collections.abc.Iterable and not isinstance(value, (list, tuple)):
        # What may be read only once is not looked into; a string is an iterable of strings.
        text = isinstance(value, str) and arguments[0] in (str, Any, object)
        return text or (isinstance(value, collections.abc.Iterable) and not isinstance(value, (str, bytes)))
    exact = (list, tuple) if origin not in (list, tuple) else origin
    if not (is_sequence(value) if lenient else isinstance(value, exact)):
        return False
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        return len(arguments) == len(value) and all(map(inner, arguments, value))
    return all(inner(arguments[0], item) for item in value)


SPECIAL: dict[Any, Callable[[Any, Callable[[Any, object], bool]], bool]] = {
    Metres: lambda value, inner: inner(float, value),
    Bound: lambda value, inner: inner(int, value),
    Chosen: lambda value, inner: inner(int, value) or inner(str, value),
    Positive: lambda value, inner: inner(int, value) and value > 0,
    Short: lambda value, inner: inner(list[int], value) and len(value) <= 2,
}

# -- what it is tried with --

LEAVES = [int, float, bool, str, bytes, complex, None, Any, object, Path, Norm, Level, Plain, Sized, HasName, HasSize,
          Metres, Bound, Chosen, Free, Positive, Short, Callable, Callable[[int], str], type[Plain], type[Any],
          torch.Tensor, np.ndarray]  # fmt: skip
CHOICES = [Literal["batch", "other"], Literal[1, 2], Literal[True], (Literal["1", 1] | None), Literal[Norm.BATCH],
           Literal[Level.LOW, "x"], Literal[b"x"]]  # fmt: skip


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    two = st.tuples(inner, inner)
    return st.one_of(
        inner.map(lambda item: list[item]),
        inner.map(lambda item: Optional[item]),  # noqa: UP045 - made at run time
        inner.map(lambda item: tuple[item, ...]),
        inner.map(lambda item: Sequence[item]),
        inner.map(lambda item: Iterable[item]),
        two.map(lambda items: tuple[items]),
        st.tuples(st.sampled_from([str, int, Any]), inner).map(lambda items: dict[items]),
        st.tuples(st.sampled_from([str, int, Any]), inner).map(lambda items: Mapping[items]),
        two.map(lambda items: Union[items]),  # noqa: UP007 - made at run time
    )


ANNOTATIONS = st.recursive(st.sampled_from([*LEAVES, *CHOICES]), larger, max_leaves=4)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.0, 1.0, 2.5, float("nan"), float("inf"), 1j, 10**30]),
    st.sampled_from(["", "1", "x", "batch", "other", Word("word"), b"x", bytearray(b"x")]),
    st.sampled_from([Path("x"), PurePath("y"), Norm.BATCH, Norm.LAYER, Level.LOW, Level.HIGH]),
    st.sampled_from([Plain(), Derived(), Sized(), Plain, Derived, int, len, str.upper, lambda: None]),
    st.sampled_from([np.int64(1), np.float32(2.5), np.float64(1.0), np.bool_(True), np.str_("batch"), np.zeros(2)]),
    st.sampled_from([torch.Size([1, 2]), torch.zeros(2), torch.tensor(1), range(2), {1}, frozenset({"x"}), {}]),
    st.builds(lambda: (number for number in (1, 2))),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", "b", 1, None]), inner, max_size=2),
    ),
    max_leaves=4,
)


def validator(annotation: Any, default: Any = inspect.Parameter.empty) -> ArgumentValidator:
    kind = inspect.Parameter.KEYWORD_ONLY
    return ArgumentValidator(
        inspect.Signature([inspect.Parameter("value", kind, annotation=annotation, default=default)])
    )


def accepted(validate: ArgumentValidator, value: object) -> tuple[bool, Any]:
    _, kwargs, problems = validate.check((), {"value": value})
    return (False, None) if problems else (True, kwargs["value"])


def unchanged(value: Any, result: Any) -> bool:
    """Whether a value was passed on as it is: a new container is fine, of the same type with the same things in it."""
    if isinstance(value, (list, tuple)):  # of a subclass such as torch.Size, only the items count
        return type(result) in type(value).__mro__ and len(value) == len(result) and all(map(unchanged, value, result))
    if type(value) is dict:
        return type(result) is dict and list(value) == list(result) and all(
            map(unchanged, value.values(), result.values())
        )  # fmt: skip
    return value is result or (type(value) is type(result) and value == result)


EXAMPLES = settings(max_examples=6 * settings.default.max_examples)


@EXAMPLES
@given(annotation=ANNOTATIONS, value=VALUES)
@example(annotation=list[Any], value="ab")
@example(annotation=bool, value=1)
@example(annotation=float, value=torch.tensor(1))
@example(annotation=int, value=3.0)
@example(annotation=Literal[1], value=True)
@example(annotation=Sequence[int], value=range(2))
def test_what_fits_is_accepted_and_nothing_else(annotation: Any, value: Any) -> None:
    taken, _ = accepted(validator(annotation), value)
    assert taken is fits(annotation, value)


@EXAMPLES
@given(annotation=ANNOTATIONS, data=st.data())
def test_values_made_to_fit_are_accepted(annotation: Any, data: st.DataObject) -> None:
    """Random values rarely fit; these nearly always do."""
    value = data.draw(fitting(annotation))
    taken, result = accepted(validator(annotation), value)
    assert taken is fits(annotation, value)
    if taken:
        assert fits(annotation, result)
        if not has_choice(annotation):
            assert fits(annotation, result, lenient=False)
            if fits(annotation, value, lenient=False):
                assert unchanged(value, result)


def fitting(annotation: Any) -> st.SearchStrategy[Any]:
    """Values that are likely to fit."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(fitting, arguments))
    if origin is Literal:
        return st.sampled_from([each.value if isinstance(each, enum.Enum) else each for each in arguments])
    if annotation is Short:
        return st.lists(st.integers(), max_size=3)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*map(fitting, arguments)).flatmap(lambda items: st.sampled_from([items, list(items)]))
    if origin in (list, tuple, collections.abc.Sequence, collections.abc.Iterable):
        items = st.lists(fitting(arguments[0]), max_size=2)
        return st.one_of(items, items.map(tuple))
    if origin in (dict, collections.abc.Mapping):
        return st.dictionaries(st.sampled_from(["a", 1]), fitting(arguments[1]), max_size=2)
    return st.one_of(SCALARS, st.sampled_from(["batch", 1, 2, Path("x"), Norm.BATCH, Plain(), Plain, Sized()]))


def has_choice(annotation: Any) -> bool:
    """Whether an annotation leaves open what a value is turned into."""
    if get_origin(annotation) in (Union, types.UnionType) and types.NoneType not in get_args(annotation):
        return True
    arguments = [each for each in get_args(annotation) if get_origin(annotation) is not Literal]
    return any(has_choice(each) for each in arguments if not isinstance(each, list))


@EXAMPLES
@given(annotation=ANNOTATIONS, default=VALUES)
def test_a_default_always_fits_its_own_parameter(annotation: Any, default: Any) -> None:
    """Annotations in the wild are wrong now and then."""
    taken, result = accepted(validator(annotation, default), default)
    assert taken
    assert unchanged(default, result) or fits(annotation, default)


@EXAMPLES
@given(annotation=ANNOTATIONS)
def test_none_fits_where_it_is_the_default(annotation: Any) -> None:
    assert accepted(validator(annotation, None), None)[0]


@EXAMPLES
@given(annotation=ANNOTATIONS, default=VALUES, value=VALUES)
def test_a_default_never_makes_a_parameter_stricter(annotation: Any, default: Any, value: Any) -> None:
    if fits(annotation, value):
        assert accepted(validator(annotation, default), value)[0]


@given(value=VALUES)
def test_without_an_annotation_anything_passes_as_it_is(value: Any) -> None:
    taken, result = accepted(validator(inspect.Parameter.empty), value)
    assert taken
    assert result is value


@pytest.mark.parametrize("annotation", ["Nowhere", "list[", typing.ForwardRef("Nowhere"), 5, (), [], {}, ...])
def test_what_is_no_annotation_accepts_anything(annotation: Any) -> None:
    assert accepted(validator(annotation), object())[0]
