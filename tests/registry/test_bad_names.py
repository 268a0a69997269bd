"""Names of every bad sort, asked of everybody: an error of ours each time, short, and never an accident of the name."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, RegistryError, SourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable


def square(side: int = 1) -> int:
    return side * side


ONE = Registry[Any](square=square, Cube=int)
MANY = MultiSourceRegistry[Any](shape=ONE, other=Registry(square=square))
LISTS = "; search('*') lists those that there are"
INSTEAD = "build('square') makes it, and find_class('square') returns its constructor"
SEARCHED = " (sources searched: shape, other)"


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no words")

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not comparable")

    def __hash__(self) -> int:
        raise RuntimeError("not hashable")

    def __bool__(self) -> bool:
        raise RuntimeError("neither true nor false")


class Named(str):
    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError("no words")


STRINGS = {
    "empty": "",
    "space": " ",
    "space around": " square",
    "newline": "square\n",
    "null": "\x00",
    "control": "\x1b[31msquare",
    "right to left": "\u202esquare",
    "lone surrogate": "\ud800",
    "half a surrogate pair": "square\udfff",
    "10,000 characters": "x" * 10_000,
    "a name and 10,000 more": "square" + "x" * 10_000,
    "10,000 emoji": "🛰" * 10_000,
    "a prefix": "shape",
    "a prefix alone": "shape_",
    "two prefixes": "shape_other_square",
    "another's prefix": "_square",
    "another case": "SQUARE",
    "another case of the prefix": "Shape_square",
    "a path": "../../etc/passwd",
    "an import": "os:system",
    "a call": "__import__('os').system('true')",
    "a glob": "*",
    "a pattern": ".*",
    "a format": "{0.__class__}%s%n",
    "a hub": "hf-hub:timm/resnet18",
    "dunder": "__init__",
    "a method": "build",
    "not quite text": Named("sqaure"),
}
THINGS = {
    "None": None,
    "int": 5,
    "huge int": 10**5000,
    "float": float("nan"),
    "bool": True,
    "bytes": b"square",
    "tuple": ("shape", "square"),
    "list": ["square"],
    "long list": ["square"] * 10_000,
    "dict": {"name": "square"},
    "set": {"square"},
    "class": str,
    "function": square,
    "lambda": lambda: 0,
    "generator": (each for each in "square"),
    "object without words": Unspeakable(),
    "list without words": [Unspeakable()],
    "array": np.array([1, 2]),
    "array of names": np.array(["square", "shape"]),
    "registry": ONE,
    "nested": [[[[[[[[["square"]]]]]]]]],
}


def askers(registry: Any) -> dict[str, Callable[[Any], object]]:
    names = ["resolve", "build", "builder", "validate", "signature", "describe"]
    if registry is MANY:
        return {name: getattr(registry, name) for name in [*names, "candidates", "find_registry", "find_class"]}
    return {name: getattr(registry, name) for name in [*names, "__getitem__", "unregister"]}


ASKERS = [
    pytest.param(registry, ask, id=f"{label}.{name}")
    for label, registry in (("ONE", ONE), ("MANY", MANY))
    for name, ask in askers(registry).items()
]


def check(error: RegistryError) -> None:
    """The error speaks, briefly and printably, and does so after pickling and copying as well."""
    text = str(error)
    assert 0 < len(text) < 700
    assert text.isprintable()
    assert str(pickle.loads(pickle.dumps(error))) == str(copy.copy(error)) == str(copy.deepcopy(error)) == text
    assert type(pickle.loads(pickle.dumps(error))) is type(error)
    assert repr(error)


@pytest.mark.parametrize("name", STRINGS.values(), ids=STRINGS)
@pytest.mark.parametrize(("registry", "ask"), ASKERS)
def test_a_string_that_is_no_name_here(registry: Any, ask: Callable[[Any], object], name: str) -> None:
    assert name not in registry
    with pytest.raises(ComponentNotFoundError) as caught:
        ask(name)
    assert caught.value.name is name
    assert caught.value.registry == ("ONE" if registry is ONE else "MANY")
    assert all(each in registry for each in caught.value.suggestions)
    check(caught.value)


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
@pytest.mark.parametrize(("registry", "ask"), ASKERS)
def test_what_is_no_string(registry: Any, ask: Callable[[Any], object], thing: Any) -> None:
    assert thing not in registry
    with pytest.raises(ComponentNotFoundError) as caught:
        ask(thing)
    assert caught.value.name is thing
    assert caught.value.suggestions == ()
    remedy = "; of a dictionary, write build(config.pop('name'), **config)" if isinstance(thing, dict) else ""
    assert str(caught.value).endswith(f": names are strings{remedy}" + (SEARCHED if registry is MANY else ""))
    if not isinstance(thing, Unspeakable):
        check(caught.value)


@pytest.mark.parametrize("name", [*STRINGS.values(), *THINGS.values()], ids=[*STRINGS, *THINGS])
def test_get_gives_the_default(name: Any) -> None:
    default = object()
    assert ONE.get(name) is None
    assert ONE.get(name, default) is default
    if not (isinstance(name, str) and name == "shape"):
        assert MANY.get(name) is None
        assert MANY.get(name, default) is default
        for ask in (MANY.__getitem__, MANY.unregister_source):
            with pytest.raises(SourceNotFoundError) as caught:
                ask(name)
            assert caught.value.prefix is name
            assert caught.value.sources == ("shape", "other")
            check(caught.value)


@pytest.mark.parametrize("name", STRINGS.values(), ids=STRINGS)
def test_search_finds_nothing_or_what_matches(name: str) -> None:
    for registry in (ONE, MANY):
        found = registry.search(name)
        inside = [] if not name or any(each in name for each in "*?[") else [each for each in registry if name in each]
        assert found == sorted(registry if name == "*" else inside)


@pytest.mark.parametrize(
    ("ask", "name", "message"),
    [
        (ONE.build, "sqaure", "ONE has no component 'sqaure'; did you mean 'square'?"),
        (ONE.build, "cube", "ONE has no component 'cube'; did you mean 'Cube'?"),
        (ONE.build, "hexagon", "ONE has no component 'hexagon'" + LISTS),
        (ONE.build, "", "ONE has no component ''" + LISTS),
        (ONE.build, None, "ONE has no component None: names are strings"),
        (ONE.build, 5, "ONE has no component int 5: names are strings"),
        (ONE.build, b"square", "ONE has no component bytes b'square': names are strings"),
        (ONE.build, str, "ONE has no component class str: names are strings"),
        (ONE.build, square, "ONE has no component function: names are strings"),
        (ONE.build, Unspeakable(), "ONE has no component Unspeakable: names are strings"),
        (ONE.build, [Unspeakable()], "ONE has no component list [<Unspeakable instance at "),
        (ONE.build, Named("sqaure"), "ONE has no component 'sqaure'; did you mean 'square'?"),
        (ONE.build, "\x1b[31m", r"ONE has no component '\x1b[31m'" + LISTS),
        (ONE.build, "\ud800", r"ONE has no component '\ud800'" + LISTS),
        (ONE.build, "x" * 10_000, f"ONE has no component '{'x' * 27}...{'x' * 28}'" + LISTS),
        (MANY.build, "sqaure", "MANY has no component 'sqaure'; did you mean 'shape_square'?" + SEARCHED),
        (MANY.build, "shape_sqaure", "MANY has no component 'shape_sqaure'; did you mean 'shape_square'?" + SEARCHED),
        (MANY.build, "other_sqaure", "MANY has no component 'other_sqaure'; did you mean 'other_square'?" + SEARCHED),
        (MANY.build, "shap_Cube", "MANY has no component 'shap_Cube'; did you mean 'shape_Cube'?" + SEARCHED),
        (MANY.build, "hexagon", "MANY has no component 'hexagon'" + LISTS + SEARCHED),
        (MultiSourceRegistry().build, "n", "MultiSourceRegistry has no component 'n'" + LISTS),
        (Registry().build, "n", "Registry has no component 'n'" + LISTS),
        (Registry[int]().build, "n", "Registry[int] has no component 'n'" + LISTS),
        (MANY.__getitem__, "shap", "MANY has no source 'shap'; did you mean 'shape'? (mounted: shape, other)"),
        (MANY.__getitem__, "square", "MANY has no source 'square', but a component: " + INSTEAD),
        (MANY.__getitem__, 5, "MANY has no source int 5 (mounted: shape, other)"),
        (MultiSourceRegistry().__getitem__, "n", "MultiSourceRegistry has no source 'n' (mounted: none)"),
    ],
)
def test_what_the_errors_say(ask: Callable[[Any], object], name: Any, message: str) -> None:
    with pytest.raises(KeyError) as caught:
        ask(name)
    assert str(caught.value) == message or (message.endswith(" at ") and str(caught.value).startswith(message))


@given(st.text() | st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zs", "Lo"])) | st.binary().map(repr))
def test_any_text_is_found_or_not_found(name: str) -> None:
    for registry, ask in [(ONE, ONE.build), (MANY, MANY.validate), (MANY, MANY.find_class)]:
        if name not in registry:
            with pytest.raises(ComponentNotFoundError) as caught:
                ask(name)
            check(caught.value)


def test_a_message_stays_short_however_many_sources_and_names_there_are() -> None:
    registry = MultiSourceRegistry[Any](a=Registry(**{f"{'n' * 90}{index}": square for index in range(1_000)}))
    with pytest.raises(ComponentNotFoundError) as caught:
        registry.build("n" * 91)
    check(caught.value)


def test_a_source_or_registry_of_a_long_name_makes_no_long_message() -> None:
    registry = MultiSourceRegistry[Any](**{"p" * 10_000: ONE})
    for attempt in (
        lambda: registry.register_source("p" * 10_000, Registry(one=int)),
        lambda: registry.register_source("p" * 10_000 + "_q", ONE),
        lambda: registry.register_source("q" * 10_000 + "-", ONE),
    ):
        with pytest.raises(RegistryError) as caught:
            attempt()
        assert len(str(caught.value)) < 700


@pytest.mark.parametrize("key", ["name", "type", "_target_"])
def test_a_dictionary_in_place_of_a_name_is_told_what_to_write(key: str) -> None:
    registry = Registry(widget=dict)
    with pytest.raises(ComponentNotFoundError) as caught:
        registry.build({key: "widget", "size": 3})  # type: ignore[arg-type]
    assert f"names are strings; of a dictionary, write build(config.pop('{key}'), **config)" in str(caught.value)
