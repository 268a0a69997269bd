"""Values that do all they can to break the error: the error comes all the same, complete and of bounded length."""

from __future__ import annotations

import enum
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from torch import nn

from terraregistry import Registry
from terraregistry.errors import InvalidArgumentsError


class Boom(Exception):  # noqa: N818 - no error of ours
    """Raised by the values here; nobody expects it."""


class Colour(enum.Enum):
    RED = "red"


def boom(*args: Any, **kwargs: Any) -> Any:
    raise Boom


class NoRepr:
    __repr__ = __str__ = __format__ = boom


class NoEquality:
    __eq__ = __ne__ = __hash__ = __bool__ = boom


class Everything:
    __repr__ = __str__ = __format__ = __eq__ = __ne__ = __hash__ = __bool__ = __len__ = __iter__ = __getattr__ = boom


class Liar:
    """Says that it is an int."""

    @property
    def __class__(self) -> type:
        return int

    @__class__.setter
    def __class__(self, value: Any) -> None: ...


class Text(str):
    __slots__ = ()
    __repr__ = __str__ = __format__ = __eq__ = __hash__ = __len__ = boom


class Items(list[Any]):
    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __getitem__ = boom


class Keys(dict[Any, Any]):
    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __getitem__ = items = keys = boom


class BadPath:
    def __fspath__(self) -> str:
        raise Boom


class Meta(type):
    __repr__ = __instancecheck__ = __subclasscheck__ = __eq__ = __hash__ = boom


class OfMeta(metaclass=Meta):
    pass


HOSTILE = [
    *(NoRepr(), NoEquality(), Everything(), Liar(), Text("red"), Items([1]), Keys(a=1), BadPath()),
    *(OfMeta(), OfMeta, [NoRepr()], {"a": NoRepr()}, (Everything(),), [[[Everything()]]], "x" * 10**6),
    *([0] * 10**3, {str(i): i for i in range(10**3)}, 10**4000, b"x" * 10**6, "\ud800\x00\n", [Text("a")]),
]  # fmt: skip
ANNOTATIONS: list[Any] = [
    *(int, float, complex, bool, str, bytes, None, Path, Colour, Literal["red"], Literal[1], Literal[Colour.RED]),
    *(list[int], tuple[int, ...], tuple[int, int], Sequence[str], Iterable[str], Iterable[int], set[int]),
    *(dict[str, int], Mapping[str, list[int]], nn.Module, type[nn.Module], Callable[..., int]),
    *(int | None, list[int] | None, Colour | int, str | list[str], Path | dict[str, str], NoRepr, NoEquality),
]  # fmt: skip
CYCLE: list[Any] = []
CYCLE.append(CYCLE)
NAMED = {f"{place}-{type(value).__name__}": value for place, value in enumerate([*HOSTILE, CYCLE])}
"""By name: pytest itself does not survive these values as parameters."""


@pytest.mark.parametrize("annotation", ANNOTATIONS, ids=str)
@pytest.mark.parametrize("which", NAMED)
def test_a_hostile_value_does_not_break_the_error(annotation: Any, which: str) -> None:
    value = NAMED[which]

    def part(first, f, last):
        return [f]

    part.__annotations__.update(first=int, f=annotation, last=int)
    registry = Registry[Any](part=part)
    for _ in range(2):
        with pytest.raises(InvalidArgumentsError) as caught:
            registry.build("part", first="x", f=value, wrong=value)
        error = caught.value
        text = str(error)
        lines = text.splitlines()
        assert "  first: expected int, got str 'x'" in lines
        assert "  last: missing; expected int" in lines
        assert "  wrong: unknown argument" in lines
        assert all(len(str(problem)) < 500 for problem in error.problems)
        assert str(pickle.loads(pickle.dumps(error))) == text


@pytest.mark.parametrize("which", NAMED)
def test_a_hostile_value_is_passed_on_where_anything_fits(which: str) -> None:
    value = NAMED[which]

    def part(f, g: object, h: Any) -> list[Any]:
        return [f, g, h]

    for one in Registry[Any](part=part).build("part", f=value, g=value, h=value):
        assert one is value


@pytest.mark.parametrize("which", NAMED)
def test_a_hostile_default_is_one_that_fits(which: str) -> None:
    default = NAMED[which]

    def part(f: int = default, g: str = default) -> list[Any]:
        return [f, g]

    part.__annotations__.update(f=int, g=str)
    registry = Registry[Any](part=part)
    for one in registry.build("part"):
        assert one is default
    registry.build("part", f=default, g=default)
    if type(default) is OfMeta:
        return  # nothing can be asked of its class, and so anything is like it
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("part", f=None)
    assert [str(problem) for problem in caught.value.problems] == ["f: expected int, got None"]


def test_names_of_arguments_are_bounded_too() -> None:
    registry = Registry[Any]()
    registry.register(lambda f: f, name="part")
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("part", 1, **{"\n": 1, "\ud800": 2, "": 3, "f ": 4})
    assert len(caught.value.problems) == 4
    assert str(caught.value)


def test_a_name_that_is_no_text_hides_nothing_else_that_is_wrong() -> None:
    registry = Registry[Any]()
    registry.register(lambda size, colour="red": None, name="closed")
    registry["closed"].__annotations__.update(size=int, colour=str)  # type: ignore[attr-defined]  # it is a function
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("closed", **{"size": "x", "\ud800": 1, "colour": 5})
    assert [str(each) for each in caught.value.problems] == [
        "size: expected int, got str 'x'",
        "colour: expected str, got int 5",
        "\\ud800: unknown argument",
    ]
    with pytest.raises(InvalidArgumentsError, match=r"\\ud800: unknown argument"):
        registry.build("closed", 1, **{"\ud800": 1})


def test_a_name_that_is_no_text_is_passed_on_where_any_name_is() -> None:
    def part(size: int = 1, **more: Any) -> dict[str, Any]:
        return more

    registry = Registry[Any](part=part)
    assert registry.build("part", **{"\ud800": 1, "size": 2}) == {"\ud800": 1}
    with pytest.raises(InvalidArgumentsError) as caught:
        registry.build("part", **{"\ud800": 1, "size": "x"})
    assert [str(each) for each in caught.value.problems] == ["size: expected int, got str 'x'"]


def test_a_star_as_the_name_of_an_argument_is_unknown() -> None:
    def part(size: int = 1) -> int:
        return size

    with pytest.raises(InvalidArgumentsError) as caught:
        Registry[Any](part=part).build("part", **{"*": 1})
    assert [str(each) for each in caught.value.problems] == ["*: unknown argument"]
