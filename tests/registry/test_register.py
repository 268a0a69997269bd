"""Registering, in every form, and what is said where it is refused."""

from __future__ import annotations

import functools
import inspect
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    DuplicateComponentError,
    InvalidRegistrationError,
    RegistryError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = Registry[Any]()


class Square:
    def __init__(self, side: float = 1.0) -> None:
        self.side = side


class Circle:
    pass


class Maker:
    def __call__(self) -> int:
        return 5


def triangle(base: int = 1) -> tuple[str, int]:
    return ("triangle", base)


def line_of(target: object) -> int:
    return inspect.getsourcelines(target)[1]  # type: ignore[arg-type]  # classes and functions


@pytest.fixture(autouse=True)
def _scope() -> Any:
    with SHAPES.scope():
        yield


@pytest.fixture
def refused() -> Callable[..., str]:
    """Call what has to be refused; the message. Nothing may have changed."""

    def call(error: type[RegistryError], function: Callable[..., object], *args: Any, **kwargs: Any) -> str:
        before = list(SHAPES.items()), {name: SHAPES.describe(name).aliases for name in SHAPES}
        with pytest.raises(error) as caught:
            function(*args, **kwargs)
        assert type(caught.value) is error
        assert (list(SHAPES.items()), {name: SHAPES.describe(name).aliases for name in SHAPES}) == before
        return str(caught.value)

    return call


# -- forms --


def test_as_a_plain_decorator_under_its_own_name() -> None:
    assert SHAPES.register(Square) is Square
    assert SHAPES.register(triangle) is triangle
    assert list(SHAPES.items()) == [("Square", Square), ("triangle", triangle)]
    assert SHAPES.build("triangle", 3) == ("triangle", 3)


def test_as_a_decorator_with_arguments() -> None:
    assert SHAPES.register()(Square) is Square
    assert SHAPES.register(name="circle", aliases=["round", "disc"])(Circle) is Circle
    assert list(SHAPES) == ["Square", "circle"]
    assert SHAPES["round"] is SHAPES["disc"] is SHAPES["circle"] is Circle
    assert SHAPES.register(name="circle", override=True)(Square) is Square
    assert SHAPES["round"] is Square


def test_as_a_call_with_a_name() -> None:
    assert SHAPES.register(Square, name="tile", aliases=("plate",)) is Square
    assert SHAPES.register(Square, name="other") is Square
    assert list(SHAPES) == ["tile", "other"]


def test_in_the_constructor_of_the_registry() -> None:
    assert list(Registry(b=Square, a=Circle).items()) == [("b", Square), ("a", Circle)]
    assert list(Registry(**{"with space": Square, "self": Circle, "constructors": Circle})) == [
        "with space",
        "self",
        "constructors",
    ]
    with pytest.raises(InvalidRegistrationError) as caught:
        Registry(a=5)  # type: ignore[arg-type]  # that is what is refused
    assert (
        str(caught.value)
        == "Registry cannot register 'a': int object is no class or function; register what makes the component"
    )


def test_one_alias_may_be_given_as_a_string() -> None:
    SHAPES.register(Square, aliases="tile")
    assert SHAPES.describe("Square").aliases == ("tile",)


def test_what_has_no_name_of_its_own_takes_the_one_that_it_is_given() -> None:
    SHAPES.register(lambda: 1, name="lambda")
    SHAPES.register(functools.partial(triangle, base=4), name="partial")
    SHAPES.register(Maker(), name="instance")
    SHAPES.register(Square(2.0).__init__, name="method")
    assert [SHAPES.build(name) for name in ("lambda", "partial", "instance")] == [1, ("triangle", 4), 5]


def test_a_name_may_be_of_any_string_class() -> None:
    class Shape(StrEnum):
        TILE = "tile"

    SHAPES.register(Square, name=Shape.TILE)
    assert [type(name) for name in SHAPES] == [str]
    assert "tile" in SHAPES
    assert Shape.TILE in SHAPES
    assert SHAPES.resolve(Shape.TILE) == "tile"
    assert type(SHAPES.build(Shape.TILE)) is Square


def test_a_constructor_may_be_of_any_callable_class() -> None:
    for constructor in (int, dict, len, str.upper, type, functools.lru_cache(triangle), type("Made", (), {})):
        SHAPES.register(constructor, override=True)
    assert list(SHAPES) == ["int", "dict", "len", "upper", "type", "triangle", "Made"]


@pytest.mark.parametrize("name", ["a.b", "a/b", "a b", "ä", "名前", "1", "_", "-", "x" * 10_000, "class", "timm_x"])
def test_names_may_have_any_printable_character(name: str) -> None:
    SHAPES.register(Square, name=name)
    assert list(SHAPES) == [name]
    assert type(SHAPES.build(name)) is Square


# -- refusals --


@pytest.mark.parametrize(
    ("constructor", "kind"),
    [
        (None, "NoneType"),
        (5, "int"),
        ("Square", "str"),
        ([Square], "list"),
        (Square(), "Square"),
        (staticmethod, None),
        (inspect, "module"),
    ],
)
def test_what_cannot_be_called_is_refused(refused: Any, constructor: Any, kind: str | None) -> None:
    if kind is None:
        SHAPES.register(constructor)  # a class like any other
        return
    expected = f"SHAPES cannot register 'x': {kind} object is no class or function; register what makes the component"
    assert refused(InvalidRegistrationError, SHAPES.register, constructor, name="x") == expected
    assert refused(InvalidRegistrationError, SHAPES.register(name="x"), constructor) == expected
    expected = (
        f"SHAPES cannot register a component: {kind} object is no class or function; register what makes the component"
    )
    assert refused(InvalidRegistrationError, SHAPES.register, constructor) == expected
    assert refused(InvalidRegistrationError, SHAPES.register(), constructor) == expected


def test_what_has_no_name_needs_one(refused: Any) -> None:
    for constructor, kind in [
        (lambda: 1, "a lambda"),
        (functools.partial(triangle), "a partial"),
        (Maker(), "a Maker"),
        (functools.partial(Square), "a partial"),
    ]:
        expected = f"SHAPES cannot register a component: {kind} has no name of its own; give one with name='...'"
        assert refused(InvalidRegistrationError, SHAPES.register, constructor) == expected
        assert refused(InvalidRegistrationError, SHAPES.register(), constructor) == expected


@pytest.mark.parametrize(
    ("name", "shown", "fault"),
    [
        ("", "''", "a name has at least one character"),
        (" a", "' a'", "a name has printable characters only, and no space around it"),
        ("a ", "'a '", "a name has printable characters only, and no space around it"),
        ("\u00a0", r"'\xa0'", "a name has printable characters only, and no space around it"),
        ("a\nb", r"'a\nb'", "a name has printable characters only, and no space around it"),
        ("\x00", r"'\x00'", "a name has printable characters only, and no space around it"),
        ("\u202eevil", r"'\u202eevil'", "a name has printable characters only, and no space around it"),
        ("\ud800", r"'\ud800'", "a name has printable characters only, and no space around it"),
        (5, "int 5", "a name is a string, not int"),
        (b"a", "bytes b'a'", "a name is a string, not bytes"),
        (["a"], "list ['a']", "a name is a string, not list"),
        (Square, "class Square", "a name is a string, not type"),
    ],
)
def test_a_name_that_is_no_name_is_refused(refused: Any, name: Any, shown: str, fault: str) -> None:
    expected = f"SHAPES cannot register {shown}: {fault}"
    assert refused(InvalidRegistrationError, SHAPES.register, Square, name=name) == expected
    assert refused(InvalidRegistrationError, SHAPES.register(name=name), Square) == expected
    assert refused(InvalidRegistrationError, SHAPES.register, Square, aliases=["fine", name]) == expected
    assert refused(InvalidRegistrationError, SHAPES.register_lazy, name, "math:sqrt") == expected


def test_a_name_that_is_taken_is_refused_with_what_it_is_taken_by_and_where(refused: Any) -> None:
    SHAPES.register(Square, name="tile", aliases=["plate"])
    at = f"{__name__}.Square, defined at {__file__}:{line_of(Square)}"
    cure = "register under another name, or with override=True to replace it"
    for name in ("tile", "plate"):
        expected = f"SHAPES has a component {name!r} already: {at}; {cure}"
        assert refused(DuplicateComponentError, SHAPES.register, Circle, name=name) == expected
        assert refused(DuplicateComponentError, SHAPES.register(name=name), Circle) == expected
        assert refused(DuplicateComponentError, SHAPES.register, Circle, aliases=[name]) == expected
        assert refused(DuplicateComponentError, SHAPES.register_lazy, name, "math:sqrt") == expected
    with pytest.raises(KeyError) as caught:
        SHAPES.register(Circle, name="tile")
    assert isinstance(caught.value, DuplicateComponentError)
    assert (caught.value.name, caught.value.registry) == ("tile", "SHAPES")
    assert caught.value.taken_by == f"{__name__}.Square"
    assert caught.value.defined_at == f"{__file__}:{line_of(Square)}"


def test_what_a_name_is_taken_by_is_said_of_every_sort_of_constructor(refused: Any) -> None:
    cure = "register under another name, or with override=True to replace it"
    here = f"{__file__}:{line_of(triangle)}"
    for taken_by, shown in [
        (triangle, f"{__name__}.triangle, defined at {here}"),
        (functools.partial(triangle), f"partial, defined at {here}"),
        (int, "builtins.int"),
        (len, "builtins.len"),
    ]:
        SHAPES.register(taken_by, name="x", override=True)
        expected = f"SHAPES has a component 'x' already: {shown}; {cure}"
        assert refused(DuplicateComponentError, SHAPES.register, Square, name="x") == expected
    SHAPES.register_lazy("x", "no.such.module:Thing", override=True)
    with pytest.raises(DuplicateComponentError) as caught:
        SHAPES.register(Square, name="x")  # without importing what is there
    assert str(caught.value) == f"SHAPES has a component 'x' already: no.such.module:Thing; {cure}"


def test_a_name_and_its_aliases_are_all_different(refused: Any) -> None:
    expected = "SHAPES cannot register 'x': a name and its aliases are all different"
    assert refused(InvalidRegistrationError, SHAPES.register, Square, name="x", aliases=["x"]) == expected
    assert refused(InvalidRegistrationError, SHAPES.register, Square, name="x", aliases=["a", "a"]) == expected


def test_long_names_make_no_long_messages(refused: Any) -> None:
    SHAPES.register(Square, name="x" * 10_000)
    for name in ("x" * 10_000, "y" * 10_000 + "\n"):
        error = DuplicateComponentError if name in SHAPES else InvalidRegistrationError
        assert len(refused(error, SHAPES.register, Circle, name=name)) < 500


# -- overriding --


def test_overriding_replaces_the_component_and_keeps_its_place_and_aliases() -> None:
    SHAPES.register(Square, name="a", aliases=["old"])
    SHAPES.register(Circle, name="b")
    SHAPES.register(triangle, name="a", override=True)
    assert list(SHAPES.items()) == [("a", triangle), ("b", Circle)]
    assert SHAPES["old"] is triangle


def test_overriding_an_alias_makes_a_component_of_it() -> None:
    SHAPES.register(Square, name="a", aliases=["old", "older"])
    SHAPES.register(Circle, name="old", override=True)
    assert list(SHAPES.items()) == [("a", Square), ("old", Circle)]
    assert (SHAPES.resolve("old"), SHAPES.resolve("older")) == ("old", "a")
    assert (SHAPES.describe("a").aliases, SHAPES.describe("old").aliases) == (("older",), ())
    SHAPES.unregister("old")
    assert (list(SHAPES), "old" in SHAPES) == (["a"], False)


def test_overriding_with_an_alias_removes_the_component_that_had_the_name() -> None:
    SHAPES.register(Square, name="a", aliases=["of_a"])
    SHAPES.register(Circle, name="b", aliases=["a", "of_c"], override=True)
    assert list(SHAPES.items()) == [("b", Circle)]
    assert SHAPES["a"] is SHAPES["of_c"] is Circle
    assert "of_a" not in SHAPES


def test_overriding_what_is_not_there_is_registering() -> None:
    SHAPES.register(Square, override=True)
    assert list(SHAPES) == ["Square"]


def test_an_overridden_component_is_built_and_described_anew() -> None:
    SHAPES.register(Square, name="a")
    assert SHAPES.build("a", side=3).side == 3
    SHAPES.register(triangle, name="a", override=True)
    assert SHAPES.build("a", base=3) == ("triangle", 3)
    assert list(SHAPES.signature("a").parameters) == ["base"]


# -- removing --


def test_unregister_takes_a_component_with_its_aliases_or_an_alias_alone() -> None:
    SHAPES.register(Square, name="a", aliases=["x", "y"])
    SHAPES.register(Circle, name="b")
    SHAPES.unregister("x")
    assert (list(SHAPES), "x" in SHAPES, "y" in SHAPES) == (["a", "b"], False, True)
    SHAPES.unregister("a")
    assert (list(SHAPES), "y" in SHAPES) == (["b"], False)
    SHAPES.register(Circle, name="y", aliases=["a"])


def test_unregistering_what_is_not_there(refused: Any) -> None:
    SHAPES.register(Square)
    expected = "SHAPES has no component 'Squar'; did you mean 'Square'?"
    assert refused(ComponentNotFoundError, SHAPES.unregister, "Squar") == expected
    for name in (None, 5, [], ""):
        refused(ComponentNotFoundError, SHAPES.unregister, name)


# -- scopes --


def test_a_scope_undoes_registrations_overrides_and_removals() -> None:
    SHAPES.register(Square, name="a", aliases=["x"])
    SHAPES.register(Circle, name="b")
    before = list(SHAPES.items()), SHAPES.describe("a").aliases
    with SHAPES.scope():
        SHAPES.register(triangle, name="a", override=True)
        SHAPES.unregister("b")
        SHAPES.register(triangle, aliases=["y"])
        with SHAPES.scope():
            SHAPES.unregister("a")
            assert "x" not in SHAPES
        assert SHAPES["x"] is triangle
    assert (list(SHAPES.items()), SHAPES.describe("a").aliases) == before
    assert "y" not in SHAPES


def test_a_scope_lets_exceptions_through() -> None:
    def fail_in_a_scope() -> None:
        with SHAPES.scope():
            SHAPES.register(Square)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_a_scope()
    assert list(SHAPES) == []


def test_a_scope_gives_nothing_and_views_see_through_it() -> None:
    keys, values = SHAPES.keys(), SHAPES.values()
    with SHAPES.scope() as nothing:
        assert nothing is None
        SHAPES.register(Square)
        assert (list(keys), list(values)) == (["Square"], [Square])
    assert (list(keys), list(values)) == ([], [])


def test_a_component_built_inside_a_scope_outlives_it() -> None:
    with SHAPES.scope():
        spec = SHAPES.validate(SHAPES.register(Square).__name__)
        square = spec.build()
    assert square.side == 1.0
    with pytest.raises(ComponentNotFoundError):
        spec.build()
