"""Components and sources for the messages: where something is defined is a part of what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from terraregistry import MultiSourceRegistry, Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EMPTY", "SHAPES", "SOURCES", "Broken", "Nameless", "Shape", "Square", "cube"]


class Shape(Protocol):
    """What has an area and a colour."""

    colour: str

    def area(self) -> float: ...


class Square:
    """A square."""

    def __init__(
        self, side: int, *, colour: Literal["red", "blue"] = "red", cuts: list[tuple[int, int]] | None = None
    ) -> None:
        self.side = side
        self.colour = colour

    def area(self) -> float:
        return float(self.side**2)


def cube(side: int, depth: int = 1) -> object:
    """A cube, which is no shape."""
    return object()


def volume() -> object:
    """What has a colour and an area of other types than a shape."""
    square = Square(1)
    square.colour = 5  # type: ignore[assignment]  # that is what is refused
    return square


class Fading(Square):
    """A square whose colour cannot be read."""

    @property
    def colour(self) -> str:
        raise RuntimeError("faded")

    @colour.setter
    def colour(self, value: str) -> None: ...


class Plain:
    """A source that somebody else wrote."""

    def __iter__(self) -> Iterator[Any]:
        return iter(["line"])

    def __len__(self) -> int:
        return 1

    def __contains__(self, name: object) -> bool:
        return name == "line"

    def build(self, name: str, /, length: int) -> object:
        return object()


class Broken(Plain):
    """One that cannot be asked."""

    def __contains__(self, name: object) -> bool:
        raise OSError("disk on fire")


class Nameless(Plain):
    """One that has what is no name."""

    def __iter__(self) -> Iterator[Any]:
        return iter(["line", 5])


SHAPES = Registry[Shape](Square=Square, cube=cube, volume=volume, Fading=Fading)
SHAPES.register_lazy("lazy", "no_such_package.shapes:Lazy", aliases=["idle"])
SHAPES.register_lazy("constant", "math:pi")
NUMBERS = Registry[int](text=str)
EMPTY = MultiSourceRegistry[Shape]()
SOURCES = MultiSourceRegistry[Any](shape=SHAPES, plain=Plain())
