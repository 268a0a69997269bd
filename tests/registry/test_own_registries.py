"""A registry of one's own, derived from `BaseRegistry`: two methods, and everything else follows from them."""

from __future__ import annotations

import _thread
import inspect
import pickle
import threading
from typing import Any

import pytest

from terraregistry import Registry
from terraregistry.errors import ComponentNotFoundError
from terraregistry.registry.entries import Entry
from terraregistry.registry.locations import locate
from terraregistry.registry.single import BaseRegistry


class Shape:
    """A shape."""

    def __init__(self, side: int = 1) -> None:
        self.side = side


class Shapes(BaseRegistry[Shape]):
    """Knows its components by a rule, and keeps none."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names

    def _find(self, name: str) -> Entry[Shape] | None:
        return Entry(name, Shape) if name in self.names else None

    def _names(self) -> tuple[str, ...]:
        return self.names


SHAPES = Shapes("square", "circle10", "circle9")


def test_what_two_methods_give() -> None:
    assert [*SHAPES] == ["square", "circle10", "circle9"]
    assert len(SHAPES) == 3
    assert SHAPES
    assert not Shapes()
    assert "square" in SHAPES
    assert SHAPES.resolve("square") == "square"
    assert SHAPES.search("circle*") == ["circle9", "circle10"]
    assert SHAPES["square"] is Shape
    assert SHAPES.get("square") is Shape
    assert SHAPES.get("triangle") is None
    assert SHAPES.get("triangle", 5) == 5
    assert SHAPES.get(5, 6) == 6  # type: ignore[call-overload]  # names come from untyped configs too
    assert [*SHAPES.items()] == [(name, Shape) for name in SHAPES]
    assert SHAPES.build("square", 3).side == SHAPES.build("square", side=3).side == 3
    assert SHAPES.validate("square", side=3).build().side == 3
    assert [*SHAPES.signature("square").parameters] == ["side"]
    assert repr(SHAPES) == "<SHAPES: 3 components>"
    assert pickle.loads(pickle.dumps(SHAPES)) is SHAPES


def test_without_more_there_are_no_aliases() -> None:
    description = SHAPES.describe("square")
    assert description.aliases == ()
    assert description.name == "square"
    assert description.kind == "Shape"


def test_what_is_mistyped_is_compared_with_the_names() -> None:
    with pytest.raises(ComponentNotFoundError) as caught:
        SHAPES.resolve("sqare")
    assert caught.value.suggestions == ("square",)
    assert caught.value.sources == ()
    assert str(caught.value) == "SHAPES has no component 'sqare'; did you mean 'square'?"
    with pytest.raises(ComponentNotFoundError) as caught:
        SHAPES.resolve(5)  # type: ignore[arg-type]  # that is what is refused
    assert caught.value.suggestions == ()


def test_a_registry_that_a_thread_makes_at_its_very_bottom_belongs_to_the_main_module() -> None:
    made: list[Kept] = []
    done = threading.Event()

    class Kept(Registry[Any]):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)
            done.set()

    _thread.start_new_thread(Kept, ())  # no function of `threading` is below it
    assert done.wait(60)
    assert made[0].made.module == "__main__"
    assert Registry[Any]().made.module == __name__


def test_a_class_is_where_its_module_says_it_is() -> None:
    here = locate(Shape)
    assert here is not None
    assert here.file == __file__
    assert inspect.getsourcelines(Shape)[1] == here.line
    assert str(here) == f"{__file__}:{here.line}"
    made = type("Made", (Shape,), {})
    assert str(locate(made)) == f"{__file__}:1"  # no line of this file says `class Made`
    assert locate(type("Nowhere", (), {"__module__": "no_such_module"})) is None
    assert locate(type("Nowhere", (), {"__module__": "sys"})) is None  # a module without a file
    assert locate(SHAPES) == locate(Shapes)
    assert locate(len) is None
    assert locate(Shape.__init__) == (__file__, here.line + 3)
