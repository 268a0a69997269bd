"""Which of several schemas a value is passed on by, what is looked at for that, and what is made only once."""

from __future__ import annotations

import collections
import dataclasses
import enum
import inspect
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Protocol, TypeVar

import pytest
from pydantic import BaseModel, Field
from pydantic_core import ValidationError, core_schema

from terraregistry.registry.arguments import ArgumentValidator
from terraregistry.registry.schemas import accepts, argument_validator
from terraregistry.registry.signatures import NOT_EVALUATED, Opaque


def parameter(annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter("x", inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def passed(annotation: Any, value: Any, default: Any = inspect.Parameter.empty) -> Any:
    return argument_validator(parameter(annotation, default)).validate_python(value)


class Colour(enum.Enum):
    RED = "red"
    ONE = 1


class Level(enum.IntEnum):
    LOW = 1


class Quacks(Protocol):
    def quack(self) -> None: ...


# -- the first that fits, and what stays as it is before what has to be turned into something --


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (int, Level.LOW, Level.LOW),
        (Path | str, "a", "a"),
        (str | Path, "a", "a"),
        (Colour | int, 1, 1),
        (Colour | str, "red", "red"),
        (float | Colour, 1, 1),
        (bool | Colour, 1, Colour.ONE),
        (Quacks | Path, "a", "a"),  # whatever fits the first
        (Path | Quacks, "a", Path("a")),
        (list[int] | tuple[int, int], (1, 2), (1, 2)),
        (tuple[int, int] | list[int], [1, 2], [1, 2]),
        (list[int] | tuple[str, ...], range(2), [0, 1]),
        (tuple[str, ...] | list[int], range(2), [0, 1]),
        (list[int] | tuple[str, ...] | set[str], range(2), [0, 1]),
        (Sequence[int], (1, 2), (1, 2)),
        (Sequence[int], range(2), [0, 1]),
        (Literal["red", 1] | None, Colour.RED, "red"),
        (Literal[1, "1"], Level.LOW, 1),
    ],
)
def test_what_is_passed_on(annotation: Any, value: Any, result: Any) -> None:
    found = passed(annotation, value)
    assert found == result
    assert type(found) is type(result)


def test_an_object_that_fits_is_passed_on_itself() -> None:
    value = [1, "a"]
    assert passed(Quacks, value) is value
    assert passed(Quacks | None, value) is value
    assert passed(int, Level.LOW) is Level.LOW
    path = PurePosixPath("a")
    assert passed(Path, path) is path


def test_what_a_default_widens_is_asked_after_the_annotation() -> None:
    assert passed(Path, "a", default=0) == Path("a")
    assert passed(Path, 1, default=0) == 1
    assert passed(list[int], len, default=print) is len
    assert passed(list[int], int, default=print) is int
    assert passed(list[int], (1,), default=print) == [1]
    assert passed(list[int], (1,), default=(0.5,)) == [1]
    assert passed(list[int], (1.5,), default=(0.5,)) == (1.5,)
    assert passed(Colour, 1, default=5) is Colour.ONE
    assert passed(tuple[Any, int], [1, 2], default=[]) == (1, 2)


def test_a_default_that_only_samples_are_known_of_widens_as_they_do() -> None:
    known = parameter(str, Opaque("a default of a library", 0.5))
    assert passed(str, 1.5, known.default) == 1.5
    assert passed(str, "a", known.default) == "a"
    for wrong in (b"a", None, known.default):
        with pytest.raises(ValidationError):
            argument_validator(known).validate_python(wrong)


def test_what_pydantic_makes_a_schema_of_is_no_more_lenient_than_ours() -> None:
    class AsNumber:
        def __get_pydantic_core_schema__(self, source: object, handler: Any) -> Any:
            return handler.generate_schema(int)

    assert accepts(Annotated[object, AsNumber()], 3)
    assert not accepts(Annotated[object, AsNumber()], "3")


# -- values that are one thing here and another there --


class Sizes(enum.Enum):
    PAIR = (1, 2)
    HALF = 0.5
    BYTES = b"xy"


@pytest.mark.parametrize(
    ("value", "member"),
    [
        (tuple([1, 2]), Sizes.PAIR),  # noqa: C409 - another object than the one in the class
        (float("0.5"), Sizes.HALF),
        (bytes(bytearray(b"xy")), Sizes.BYTES),
        (Sizes.PAIR, Sizes.PAIR),
    ],
)
def test_a_member_by_its_value_of_any_type(value: Any, member: Sizes) -> None:
    assert passed(Sizes, value) is member
    assert passed(Literal[Sizes.PAIR, Sizes.HALF, Sizes.BYTES], value) is member


def test_an_enum_without_members_is_any_member() -> None:
    assert passed(enum.Enum | int, Colour.RED) is Colour.RED
    assert passed(enum.Enum, Sizes.PAIR) is Sizes.PAIR
    assert [value for value in ("red", 1, None, Colour) if accepts(enum.Enum, value)] == []


def test_a_member_is_not_found_by_what_only_compares_equal() -> None:
    assert [value for value in ([1, 2], 1, True, "xy", None) if accepts(Sizes, value)] == []


def test_literals_of_several_types() -> None:
    assert passed(Literal[1, b"xy"], bytes(bytearray(b"xy"))) == b"xy"
    assert passed(Literal[0, None], None) is None  # noqa: PYI061 - as people write it
    assert not accepts(Literal[1, b"xy"], "xy")
    assert not accepts(Literal[0, None], False)  # noqa: PYI061


@pytest.mark.parametrize("literals", [(Literal[1], Literal[True]), (Literal[True], Literal[1])])
def test_literals_that_compare_equal_are_kept_apart(literals: tuple[Any, Any]) -> None:
    for literal in literals:
        (value,) = typing.get_args(literal)
        assert accepts(literal, value)
        assert not accepts(literal, 1 if value is True else True)


@pytest.mark.parametrize("turn", [1, -1])
def test_unions_that_compare_equal_are_kept_apart(turn: int) -> None:
    for annotation, kind in [(list[int] | set[int], list), (set[int] | list[int], set)][::turn]:
        assert type(passed(annotation, (1, 2))) is kind


def numpys(name: str) -> Any:
    return type(name, (), {"__module__": "numpy"})()


@pytest.mark.parametrize(
    ("value", "fits"),
    [(numpys("bool"), True), (numpys("bool_"), True), (numpys("int64"), False), (type("bool", (), {})(), False)],
)
def test_the_boolean_of_numpy_has_two_names(value: Any, fits: bool) -> None:
    assert accepts(bool, value) is fits


# -- how much is looked at --


class Asked(type):
    """Counts how often it is asked about an instance."""

    count = 0

    def __instancecheck__(cls, value: object) -> bool:
        Asked.count += 1
        return False


class Item(metaclass=Asked):
    pass


MANY = [object() for _ in range(50)]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (list[Item], MANY),
        (tuple[Item, ...], tuple(MANY)),
        (tuple[(Item,) * 50], tuple(MANY)),
        (Sequence[Item], MANY),
        (Sequence[Item], tuple(MANY)),
        (set[Item], set(MANY)),
        (frozenset[Item], frozenset(MANY)),
        (AbstractSet[Item], frozenset(MANY)),
    ],
)
def test_the_first_item_that_does_not_fit_ends_the_look(annotation: Any, value: Any) -> None:
    accepts(annotation, ())  # so that the schema is there, which is asked whether it can be asked
    Asked.count = 0
    assert not accepts(annotation, value)
    assert 1 <= Asked.count <= 4


@pytest.mark.parametrize("annotation", [set[int], frozenset[int], AbstractSet[int]])
def test_what_serves_for_a_set(annotation: Any) -> None:
    for value in ([1], (1,), {1}, frozenset({1})):
        result = passed(annotation, value)
        assert result == {1}
        assert isinstance(result, set if annotation == set[int] else frozenset)
    for value in ({1: 2}, {1: 2}.keys(), range(2), collections.deque([1]), (n for n in [1]), "1"):
        assert not accepts(annotation, value)


# -- what is made once, and for whom --


def test_what_was_made_for_one_parameter_serves_another_like_it() -> None:
    made = argument_validator(parameter(list[int], 3))
    assert argument_validator(parameter(list[int], 4)) is made
    assert argument_validator(parameter(list[int], "4")) is not made
    assert argument_validator(parameter(list[int])) is not made
    annotation = Annotated[list[int], [1]]  # has no hash
    assert argument_validator(parameter(annotation)) is argument_validator(parameter(annotation))


def make() -> type:
    class Local:
        pass

    return Local


@pytest.mark.parametrize("around", [lambda cls: cls, lambda cls: list[cls], lambda cls: Annotated[cls, [1]]])
def test_classes_of_the_same_name_are_kept_apart(around: Any) -> None:
    classes = [make() for _ in range(3)]
    annotations = [around(cls) for cls in classes]  # all of them alive, and alike in words
    assert len({*map(repr, annotations)}) == 1
    for annotation, own in zip(annotations, classes, strict=True):
        for cls in classes:
            value = [cls()] if typing.get_origin(annotation) is list else cls()
            assert accepts(annotation, value) is (cls is own)


# -- what is left to pydantic --


class Whole:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.int_schema()


class Plain:
    pass


class Wrapped:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return handler.generate_schema(Plain)


@dataclasses.dataclass
class Record:
    size: int = 0

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.int_schema(ge=1)


class Model(BaseModel):
    size: int


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Whole, 3, "3"),  # as strict as everything else
        (Wrapped, Plain(), 3),  # a class that pydantic knows nothing of
        (Record, 1, 0),  # has a configuration of its own
        (Model, {"size": 1}, {"size": "many"}),
        (Model, {"size": "1"}, {}),  # and is as lenient as that says
        (Annotated[int, Field(discriminator="kind")], 3, "3"),  # what cannot be put on it is left off
        (Annotated[Plain, "words"], Plain(), 3),
        (type[list[int]], list, int),
        (type[TypeVar("Free")], int, 3),  # type: ignore[misc]  # made here
        (type[Any], int, 3),
        (type["nowhere"], int, 3),  # type: ignore[name-defined]  # noqa: F821 - that is what is tested
    ],
)
def test_what_fits_and_what_does_not(annotation: Any, good: Any, bad: Any) -> None:
    assert accepts(annotation, good)
    assert not accepts(annotation, bad)


class TypeAliasType:
    """As `type X = ...` makes one: it is evaluated when it is asked."""

    def __init__(self, evaluate: Any) -> None:
        self.evaluate = evaluate

    @property
    def __value__(self) -> Any:
        return self.evaluate()


def test_an_alias_is_what_it_stands_for_and_anything_where_that_cannot_be_said() -> None:
    assert accepts(TypeAliasType(lambda: list[int]), [1])
    assert not accepts(TypeAliasType(lambda: list[int]), ["1"])
    for missing in ({}.__getitem__, len, None.__getattribute__):
        assert accepts(TypeAliasType(lambda missing=missing: missing("x")), [1])
    assert accepts(TypeAliasType(lambda: NOT_EVALUATED), 3)


# -- a signature of odd parameters --


def test_a_star_is_the_name_of_an_argument_where_any_name_is() -> None:
    def names(**kwargs: Any) -> None: ...

    def both(*args: Any, **kwargs: Any) -> None: ...

    validate = ArgumentValidator(inspect.signature(names))
    for _ in range(2):
        assert validate.check((), {"*": 1}) == ((), {"*": 1}, ())
        assert validate.check((), {"*": [1, 2], "a": 3}) == ((), {"*": [1, 2], "a": 3}, ())
    validate = ArgumentValidator(inspect.signature(both))
    for _ in range(2):
        assert validate.check((), {"*": 1, "/": 2}) == ((), {"*": 1, "/": 2}, ())
        assert validate.check((3, "x"), {"*": 1}) == ((3, "x"), {"*": 1}, ())


def test_mappings_without_types_take_any() -> None:
    assert passed(Mapping, {1: "a"}) == {1: "a"}
    assert passed(dict, collections.Counter("a")) == {"a": 1}
