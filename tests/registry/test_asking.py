"""What can be asked without building: resolve, candidates, find_registry, find_class, search, describe, the views."""

from __future__ import annotations

import fnmatch
import functools
import inspect
from collections.abc import ItemsView, KeysView, ValuesView
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trust.watching import watched
from torch import nn

from terraregistry import Backbone, MultiSourceRegistry, Registry
from terraregistry.errors import InvalidArgumentsError
from terraregistry.pretrained import PretrainedWeights
from terraregistry.registry import ComponentDescription, QualifiedName


class Square:
    """A square
    of any side.

    It has four corners.
    """

    def __init__(self, side: float = 1.0, *, colour: str = "red") -> None:
        """Make it."""
        self.side = side


class Large(Square):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(side=100.0, **kwargs)


def triangle(base, height=2):
    return (base, height)


ONE = Registry[Any](Square=Square, triangle=triangle)
ONE.register(Large, aliases=["Big", "Huge"])
INNER = MultiSourceRegistry[Any](one=ONE)
MANY = MultiSourceRegistry[Any](shape=ONE, nn=Registry(Conv2d=nn.Conv2d, Square=float), inner=INNER)


def line_of(target: Any) -> int:
    return inspect.getsourcelines(target)[1]


# -- names --


def test_a_qualified_name_is_a_pair_that_prints_as_it_is_written() -> None:
    resolved = MANY.resolve("triangle")
    assert isinstance(resolved, QualifiedName)
    assert resolved == ("shape", "triangle")
    assert (resolved.prefix, resolved.name, str(resolved), f"{resolved}") == (
        "shape",
        "triangle",
        "shape_triangle",
        "shape_triangle",
    )
    assert str(resolved) in MANY


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Square", ["shape_Square", "nn_Square", "inner_one_Square"]),
        ("nn_Square", ["nn_Square"]),
        ("one_Square", ["inner_one_Square"]),
        ("inner_Square", ["inner_one_Square"]),
        ("inner_one_Square", ["inner_one_Square"]),
        ("Conv2d", ["nn_Conv2d"]),
        ("Big", ["shape_Large", "inner_one_Large"]),
        ("shape_Huge", ["shape_Large"]),
    ],
)
def test_candidates_are_the_winner_and_then_every_other_source_that_has_the_name(name: str, found: list[str]) -> None:
    candidates = MANY.candidates(name)
    assert list(map(str, candidates)) == found
    assert candidates[0] == MANY.resolve(name)
    assert MANY.find_registry(name) is MANY[candidates[0].prefix]
    assert all(isinstance(each, QualifiedName) for each in candidates)


def test_candidates_of_a_name_that_is_qualified_here_and_bare_elsewhere() -> None:
    registry = MultiSourceRegistry[Any](
        terratorch=Registry(timm_special=int, timm_other=int), timm=Registry(special=float)
    )
    assert registry.candidates("timm_special") == [("timm", "special"), ("terratorch", "timm_special")]
    assert registry.candidates("timm_other") == [("terratorch", "timm_other")]
    assert registry.resolve("terratorch_timm_special") == ("terratorch", "timm_special")
    assert registry.build("timm_special") == 0.0
    registry["timm"].unregister("special")  # type: ignore[attr-defined]  # a Registry
    assert registry.resolve("timm_special") == ("terratorch", "timm_special")


def test_find_class_is_the_constructor_itself() -> None:
    assert MANY.find_class("Square") is MANY.find_class("inner_one_Square") is Square
    assert MANY.find_class("nn_Square") is float
    assert MANY.find_class("Huge") is MANY.find_class("inner_Big") is Large


# -- search --


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*n*_*", ["inner_one_Large", "inner_one_Square", "inner_one_triangle", "nn_Conv2d", "nn_Square"]),
        ("Sq*", ["nn_Square", "shape_Square"]),
        ("*Sq*", ["inner_one_Square", "nn_Square", "shape_Square"]),
        ("shape_*", ["shape_Large", "shape_Square", "shape_triangle"]),
        ("nn_*", ["nn_Conv2d", "nn_Square"]),
        ("?onv2d", ["nn_Conv2d"]),
        ("[CL]*", ["nn_Conv2d", "shape_Large"]),
        ("[!S]*2d", ["nn_Conv2d"]),
        ("square", []),
        ("Big", []),
        ("", []),
        ("[", []),
        ("Square$", []),
        ("(", []),
    ],
)  # fmt: skip
def test_search_matches_canonical_and_bare_names(pattern: str, found: list[str]) -> None:
    assert MANY.search(pattern) == found


def test_search_can_ask_for_pretrained_weights() -> None:
    class Trained:
        __weights__ = (PretrainedWeights("trained", "hub"),)

    registry = Registry[Any](trained=Trained, plain=int)
    mounted = MultiSourceRegistry[Any](p=registry)
    assert (registry.search("*", pretrained=True), registry.search("*", pretrained=False)) == (["trained"], ["plain"])
    assert (mounted.search("la", pretrained=True), mounted.search("la", pretrained=False)) == ([], ["p_plain"])
    assert mounted.search("*", pretrained=None) == mounted.search("*")


@pytest.mark.parametrize("registry", [MANY, MultiSourceRegistry[Any](p=MANY)])
def test_a_name_by_keyword_is_told_where_it_belongs(registry: Any) -> None:
    for method in (registry.build, registry.validate, registry.check_call):
        with pytest.raises(
            TypeError, match=r"^the name of a component comes first, by position: build\('NAME'\); name= is"
        ):
            method(name="Square")


def test_search_is_in_natural_order() -> None:
    names = ["r101", "r18", "r2", "r²", "r18.a10", "r18.a9", "r", "18", "r" + "9" * 5000, "r٣", "R18", "r018"]
    registry = Registry[Any](**dict.fromkeys(names, int))
    found = registry.search("*")
    assert sorted(found) == sorted(names)
    assert [name for name in found if name in ("r2", "r18", "r101")] == ["r2", "r18", "r101"]
    assert found.index("r18.a9") < found.index("r18.a10")
    assert found[0] == "18"
    assert MultiSourceRegistry[Any](p=registry).search("r1*") == ["p_r18", "p_r18.a9", "p_r18.a10", "p_r101"]


@given(
    st.lists(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1), unique=True), st.text("ab*?[]!-1²")
)
def test_search_never_fails_and_gives_names_once(names: list[str], pattern: str) -> None:
    registry = Registry[Any](**dict.fromkeys(names, int))
    found = registry.search(pattern)
    assert len(found) == len(set(found))
    assert set(found) <= set(names)
    assert set(registry.search("*")) == set(names)
    assert MultiSourceRegistry[Any](p=registry).search("*") == [f"p_{name}" for name in registry.search("*")]


# -- descriptions --


def test_a_dataclass_without_a_docstring_has_no_summary() -> None:
    @dataclass
    class Silent:
        side: list[int] = field(default_factory=list)

    @dataclass
    class Told:
        """Told(side) has words."""

        side: int = 1

    registry = Registry[Any](silent=Silent, told=Told)
    assert [registry.describe(name).summary for name in registry] == ["", "Told(side) has words."]
    assert str(registry.signature("silent")).startswith("(side: list[int] = [])")


def test_a_description_of_a_class() -> None:
    described = MANY.describe("Square")
    assert isinstance(described, ComponentDescription)
    assert described.name == "shape_Square"
    assert described.kind == "component"
    assert described.signature.return_annotation is Square
    assert str(described.signature.replace(return_annotation=inspect.Signature.empty)) == (
        "(side: float = 1.0, *, colour: str = 'red')"
    )
    assert described.summary == "A square of any side."
    assert (described.file, described.line) == (__file__, line_of(Square))
    assert (described.library, described.version) == (None, None)
    assert described.aliases == ()
    assert str(described) == (
        "shape_Square(side: float = 1.0, *, colour: str = 'red') -> Square\n"
        "  A square of any side.\n"
        f"  defined at {__file__}:{line_of(Square)}"
    )


def test_a_description_follows_what_is_forwarded() -> None:
    described = ONE.describe("Big")
    assert (described.name, described.aliases) == ("Large", ("Big", "Huge"))
    assert list(described.signature.parameters) == ["colour"]
    assert list(described.origins) == ["colour"]
    assert described.origins["colour"].startswith(f"{__name__}.Square")
    assert str(described).splitlines()[-1] == "  also called Big, Huge"
    assert MANY.describe("Huge").aliases == ("shape_Big", "shape_Huge")
    assert MANY.describe("inner_Huge").aliases == ("inner_one_Big", "inner_one_Huge")


def test_a_description_of_something_from_a_library() -> None:
    described = MANY.describe("Conv2d")
    assert (described.library, described.version) == ("torch", metadata.version("torch"))
    assert described.file is not None
    assert described.file.endswith("conv.py")
    assert str(described).splitlines()[-1] == f"  from torch {metadata.version('torch')}"
    assert {"in_channels", "bias"} <= set(described.signature.parameters)


def test_descriptions_of_what_has_little_to_say() -> None:
    registry = Registry[Backbone](
        function=triangle,
        builtin=len,
        type=int,
        partial=functools.partial(triangle, 3),
        function_without_a_name=lambda x: x,
        instance=functools.partial(print),
    )
    for name in registry:
        described = registry.describe(name)
        assert described.name == name
        assert described.kind == "Backbone"
        assert str(described).startswith(name + "(")
    assert (registry.describe("function").summary, registry.describe("function").line) == ("", line_of(triangle))
    assert (registry.describe("partial").file, registry.describe("partial").line) == (__file__, line_of(triangle))
    assert (registry.describe("builtin").file, registry.describe("builtin").line) == (None, None)
    assert list(registry.signature("partial").parameters) == ["height"]


def test_a_description_does_not_change() -> None:
    described = ONE.describe("Square")
    with pytest.raises(AttributeError):
        described.name = "other"  # type: ignore[misc]  # that is what is refused
    assert described == ONE.describe("Square")


# -- views --


def test_the_views_of_names_and_constructors() -> None:
    assert isinstance(ONE.keys(), KeysView)
    assert isinstance(ONE.values(), ValuesView)
    assert isinstance(ONE.items(), ItemsView)
    assert list(ONE.keys()) == ["Square", "triangle", "Large"]
    assert list(ONE.values()) == [Square, triangle, Large]
    assert Square in ONE.values()
    assert ("Square", Square) in ONE.items()
    assert ("Square", float) not in ONE.items()
    assert ("nowhere", Square) not in ONE.items()
    assert ONE.keys() == {"Square", "triangle", "Large"}
    assert ONE.keys() & {"Square", "other"} == {"Square"}
    assert dict(ONE.items()) == dict(zip(ONE, ONE.values(), strict=True)) == {**ONE}


def test_the_views_of_prefixes_and_sources() -> None:
    assert list(MANY.keys()) == ["shape", "nn", "inner"]
    assert list(MANY.items()) == [("shape", ONE), ("nn", MANY["nn"]), ("inner", INNER)]
    assert MANY.get("shape") is MANY["shape"] is ONE
    assert MANY.get("Square") is None
    assert MANY.get("Square", 5) == 5
    assert MANY.keys() & {"shape", "x"} == {"shape"}
    with pytest.raises(TypeError):
        MANY.keys()["shape"]  # type: ignore[index]  # a view cannot be changed or indexed


def test_what_registries_print() -> None:
    assert repr(ONE) == str(ONE) == "<ONE: 3 components>"
    assert repr(MANY) == "<MANY: shape, nn, inner>"
    assert repr(MultiSourceRegistry()) == "<MultiSourceRegistry: no sources>"
    assert repr(Registry[Backbone]()) == "<Registry[Backbone]: 0 components>"
    assert repr(MultiSourceRegistry[int](p=ONE)) == "<MultiSourceRegistry[int]: p>"


HUGE = [
    *(
        "x" * 10**7,
        "?" * 10**6,
        "[a]" * 10**6,
        "[!]]" * 10**6,
        "*a" * 10**5,
        "[" * 10**6,
        "[]" * 10**6,
        "a[" + "b" * 10**6,
    )
]


@pytest.mark.parametrize("pattern", HUGE, ids=lambda pattern: f"{len(pattern)} of {pattern[:4]}")
def test_a_huge_glob_finds_nothing_at_once(pattern: str) -> None:
    registry = Registry[Any](abc=int, n=float)
    with watched():
        assert registry.search(pattern) == []
        assert MultiSourceRegistry[Any](p=registry).search(pattern) == []


@pytest.mark.parametrize("pattern", ["*" * 10**5 + "b*", "[" + "a" * 10**5 + "]bc", "[!" + "x" * 10**5 + "]*c"])
def test_a_huge_glob_that_asks_for_few_characters_finds_them(pattern: str) -> None:
    assert Registry[Any](abc=int, n=float).search(pattern) == ["abc"]


@given(st.text("ab[]!*?-", max_size=9), st.lists(st.text("ab[]!-", min_size=1, max_size=6), max_size=4))
def test_a_glob_finds_what_the_standard_library_finds(pattern: str, names: list[str]) -> None:
    registry = Registry[Any](**dict.fromkeys(names, int))
    whole = pattern if not pattern or {*"*?["} & {*pattern} else f"*{pattern}*"
    assert sorted(registry.search(pattern)) == sorted(each for each in {*names} if fnmatch.fnmatchcase(each, whole))


@pytest.mark.parametrize("pattern", [None, 5, b"a*", ["a*"], str])
def test_a_glob_is_a_string(pattern: Any) -> None:
    for registry in (Registry[Any](abc=int), MultiSourceRegistry[Any](p=Registry(abc=int))):
        with pytest.raises(InvalidArgumentsError, match="pattern: expected str, got "):
            registry.search(pattern)
