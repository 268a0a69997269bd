"""Annotations that ask more of a validator than most: classes that cannot be asked, aliases, unions of nothing."""

from __future__ import annotations

import typing
from typing import Any, ClassVar, Final, NewType, Protocol, Required, Union, runtime_checkable

import pytest
from typing_extensions import TypeAliasType

from terraregistry import Registry
from terraregistry.errors import InvalidArgumentsError
from terraregistry.registry.schemas import accepts

Nothing = NewType("Nothing", type(None))
Number = TypeAliasType("Number", int)


class Raising(type):
    """Raises for each instance that it is asked about."""

    def __instancecheck__(cls, instance: object) -> bool:
        raise RuntimeError("not today")


class RaisingForAll(metaclass=Raising):
    pass


class RaisingButForNone(Raising):
    def __instancecheck__(cls, instance: object) -> bool:
        return False if instance is None else super().__instancecheck__(instance)


class Nobody(metaclass=RaisingButForNone):
    pass


class RaisingForIntegers(Raising):
    def __instancecheck__(cls, instance: object) -> bool:
        return super().__instancecheck__(instance) if type(instance) is int else type.__instancecheck__(cls, instance)


class Picky(metaclass=RaisingForIntegers):
    pass


class PydanticRefuses:
    """Says that it has a schema for pydantic, and has none."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> object:
        raise TypeError("no schema")


class WithData(Protocol):
    size: int


@runtime_checkable
class WithDataAtRunTime(Protocol):
    size: int


class OfSize:
    size = 1


@pytest.mark.parametrize("annotation", [RaisingForAll, Nobody, PydanticRefuses], ids=lambda each: each.__name__)
def test_a_class_that_cannot_be_asked_accepts_anything(annotation: Any) -> None:
    assert accepts(annotation, 3)
    assert accepts(list[annotation], [3])
    assert not accepts(list[annotation], 3)


def test_a_value_that_a_class_cannot_be_asked_about_is_refused() -> None:
    def part(shape, size):
        return shape, size

    part.__annotations__.update(shape=Picky, size=int)
    registry = Registry[Any](part=part)
    shape = Picky()
    assert accepts(Picky, shape)
    assert not accepts(Picky, "a")
    assert not accepts(Picky, 3)
    assert registry.build("part", shape, 1) == (shape, 1)
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("part", 3, size=1)
    assert [str(problem) for problem in caught.value.problems] == ["shape: expected Picky, got int 3"]
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("part", 3, size="1")
    assert [problem.path for problem in caught.value.problems] == ["shape", "size"]


def test_a_default_that_its_class_cannot_be_asked_about_widens_nothing_else() -> None:
    def part(shape=3, size=1):
        return shape, size

    part.__annotations__.update(shape=Picky, size=int)
    registry = Registry[Any](part=part)
    assert registry.build("part") == (3, 1)
    assert registry.build("part", size=2) == (3, 2)
    with pytest.raises(InvalidArgumentsError):
        registry.build("part", size="2")


@pytest.mark.parametrize("annotation", [type[WithData], type[WithDataAtRunTime]], ids=str)
def test_any_class_serves_where_one_of_a_protocol_with_data_is_asked_for(annotation: Any) -> None:
    assert accepts(annotation, OfSize)
    assert not accepts(annotation, 3)


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Union[Nothing, None], None, 0),  # noqa: UP007 - it stays a union, of nothing but None
        (Number, 3, "3"),
        (list[Number], [3], ["3"]),
        (Number | None, None, "3"),
        (Final[int], 3, "3"),
        (ClassVar[int], 3, "3"),
        (Required[int], 3, "3"),
        (typing.NotRequired[int], 3, "3"),
        (Final[list[int]], [3], ["3"]),
    ],
    ids=str,
)
def test_what_is_around_a_type_does_not_change_what_fits(annotation: Any, good: object, bad: object) -> None:
    assert accepts(annotation, good)
    assert not accepts(annotation, bad)
