"""Annotations as people write them: evaluated one by one, and put into words that can be read back."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import importlib.util
import inspect
import sys
import textwrap
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.registry.signatures import (
    NOT_EVALUATED,
    OPAQUE,
    effective_signature,
    evaluate,
    render,
    render_signature,
)

if TYPE_CHECKING:
    from decimal import Decimal


class Norm(enum.Enum):
    BATCH = "batch"
    LAYER = "layer"


def annotations_of(function: object) -> dict[str, Any]:
    signature = inspect.signature(function)  # type: ignore[arg-type]  # a function
    return evaluate(function, signature.parameters)


# -- evaluating --


def test_one_that_fails_does_not_take_the_others_with_it() -> None:
    def make(a: int, b: Decimal, c: list[Nowhere], d: 1 / 0, e: str | None = None, f=1) -> None: ...  # noqa: F821 - on purpose

    assert annotations_of(make) == {
        "a": int,
        "b": NOT_EVALUATED,
        "c": NOT_EVALUATED,
        "d": NOT_EVALUATED,
        "e": Optional[str],  # noqa: UP045 - equal to it
    }


def test_annotations_that_raise_anything_when_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hostile:
        def __class_getitem__(cls, item: object) -> Any:
            raise RuntimeError(item)

    def make(a, b) -> None: ...

    make.__annotations__ = {"a": "Hostile[int]", "b": "raise"}
    monkeypatch.setitem(make.__globals__, "Hostile", Hostile)
    assert annotations_of(make) == {"a": NOT_EVALUATED, "b": NOT_EVALUATED}


def test_extras_are_kept() -> None:
    def make(a: Annotated[int, "unit"]) -> None: ...

    assert annotations_of(make) == {"a": Annotated[int, "unit"]}


def test_functions_without_annotations() -> None:
    assert evaluate(lambda a: a, ["a"]) == {}
    assert evaluate(print, ["a"]) == {}
    assert evaluate(object(), ["a"]) == {}


def test_a_name_of_a_local_scope_accepts_anything() -> None:
    class Local: ...

    def make(a: Local, b: int = 1) -> None: ...

    assert annotations_of(make) == {"a": NOT_EVALUATED, "b": int}


def test_what_is_evaluated_is_asked_of_the_object_itself() -> None:
    parameter = typing.TypeVar("parameter")
    asked = types.SimpleNamespace(
        __annotations__={"a": "parameter", "b": "list[there]", "c": "there"},
        __globals__={"there": int},
        __type_params__=(parameter,),
    )
    assert evaluate(asked, ["a", "b", "d"]) == {"a": parameter, "b": list[int]}
    del asked.__globals__, asked.__type_params__
    assert evaluate(asked, ["a", "b"]) == {"a": NOT_EVALUATED, "b": NOT_EVALUATED}
    asked.__annotations__ = {"a": "int", "b": None, "c": dataclasses.InitVar[int]}
    assert evaluate(asked, ["a", "b", "c"]) == {"a": int, "b": type(None), "c": int}
    asked.__annotations__ = None
    assert evaluate(asked, ["a"]) == {}


class Point(NamedTuple):
    x: int
    label: str | None = None


@dataclasses.dataclass
class Options:
    width: int
    only_once: dataclasses.InitVar[float] = 0.5
    names: list[str] = dataclasses.field(default_factory=list)
    hidden: int = dataclasses.field(init=False, default=3)

    def __post_init__(self, only_once: float) -> None: ...


def test_named_tuples_and_dataclasses() -> None:
    point = effective_signature(Point).signature.parameters
    assert {name: each.annotation for name, each in point.items()} == {"x": int, "label": str | None}
    options = effective_signature(Options).signature.parameters
    assert {name: each.annotation for name, each in options.items()} == {
        "width": int,
        "only_once": float,
        "names": list[str],
    }


def test_return_annotations() -> None:
    def make(**kwargs: Any) -> list[int]: ...

    assert effective_signature(make).signature.return_annotation == list[int]
    assert effective_signature(Options).signature.return_annotation is Options
    assert effective_signature(lambda: 1).signature.return_annotation is inspect.Signature.empty


NEW_SYNTAX = """
    from collections.abc import Sequence

    type Sizes = int | Sequence[int]


    def stage[T: (int, str)](size: T, sizes: Sizes, *, other: list[T] | None = None) -> T: ...


    class Box[T]:
        def __init__(self, item: T, count: int = 1, **kwargs: object) -> None:
            stage(item, **kwargs)
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are syntax from Python 3.12 on")
@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_type_parameters(tmp_path: Path, future: str) -> None:
    file = tmp_path / "new_syntax.py"
    file.write_text(future + textwrap.dedent(NEW_SYNTAX))
    specification = importlib.util.spec_from_file_location("new_syntax", file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    parameters = effective_signature(module.stage).signature.parameters
    assert isinstance(parameters["size"].annotation, typing.TypeVar)
    assert render(parameters["sizes"].annotation) == "Sizes"
    box = effective_signature(module.Box).signature
    assert list(box.parameters) == ["item", "count", "sizes", "other"]
    assert box.parameters["count"].annotation is int
    assert "**" not in render_signature(box)


# -- putting into words --

PLAIN = st.sampled_from([int, float, bool, str, bytes, complex, object, Any, None, Path, list, dict, tuple, Point])
LITERALS = st.lists(
    st.one_of(st.integers(-9, 9), st.booleans(), st.text(max_size=3), st.none()), min_size=1, max_size=3
).map(lambda values: Literal[tuple(values)])


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    one, two = inner, st.tuples(inner, inner)
    return st.one_of(
        one.map(lambda item: list[item]),
        one.map(lambda item: Optional[item]),  # noqa: UP045 - made at run time
        one.map(lambda item: tuple[item, ...]),
        one.map(lambda item: collections.abc.Sequence[item]),
        one.map(lambda item: type[item]),
        two.map(lambda items: tuple[items]),
        two.map(lambda items: dict[items]),
        two.map(lambda items: typing.Union[items]),  # noqa: UP007 - made at run time
        two.map(lambda items: collections.abc.Callable[[items[0]], items[1]]),
        one.map(lambda item: collections.abc.Callable[..., item]),
    )


ANNOTATIONS = st.recursive(st.one_of(PLAIN, LITERALS), larger, max_leaves=5)
READABLE = {
    "Any": Any,
    "Literal": Literal,
    "Sequence": collections.abc.Sequence,
    "Callable": collections.abc.Callable,
    "Path": Path,
    "Point": Point,
}


def comparable(annotation: object) -> object:
    """`None` is `type(None)`, and what is told apart only by the order of a union's members is not told apart."""
    return typing.get_type_hints(type("Holder", (), {"__annotations__": {"a": annotation}}))["a"]


@given(annotation=ANNOTATIONS)
def test_the_words_mean_the_annotation(annotation: Any) -> None:
    assert comparable(eval(render(annotation), dict(READABLE))) == comparable(annotation)


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (NOT_EVALUATED, "Any"),
        (typing.Optional[typing.List[int]], "list[int] | None"),  # noqa: UP006, UP045 - as old code has it
        (typing.Union[None, int, str], "int | str | None"),  # noqa: UP007 - as old code has it
        (typing.Dict[str, typing.Tuple[int, ...]], "dict[str, tuple[int, ...]]"),  # noqa: UP006 - as old code has it
        (typing.Callable, "Callable"),
        (typing.Callable[..., Any], "Callable[..., Any]"),
        (Literal[Norm.BATCH, Norm.LAYER], "Literal['batch', 'layer']"),
        (Annotated[int, "unit"], "int"),
        (typing.TypeVar("T"), "T"),
        (typing.NewType("Metres", float), "Metres"),
        ("Nowhere", "Nowhere"),
        (typing.ForwardRef("Nowhere"), "Nowhere"),
        (Norm, "Norm"),
        (type[Norm], "type[Norm]"),
        (Ellipsis, "..."),
    ],
)
def test_words(annotation: Any, words: str) -> None:
    assert render(annotation) == words


# -- signatures --

KINDS = inspect._ParameterKind
VALUES = st.one_of(
    st.integers(),
    st.booleans(),
    st.none(),
    st.text(max_size=4),
    st.lists(st.integers(0, 9), max_size=2),
    st.tuples(st.integers(0, 9)),
    st.tuples(st.text(max_size=2), st.integers(0, 9)),
)


@st.composite
def signatures(draw: st.DrawFn) -> inspect.Signature:
    """Any signature that Python can have."""
    kinds = draw(st.lists(st.sampled_from([KINDS(0), KINDS(1), KINDS(3)]), max_size=5).map(sorted))
    has_star, has_kwargs = draw(st.booleans()), draw(st.booleans())
    parameters: list[inspect.Parameter] = []
    optional = False
    for index, kind in enumerate(kinds):
        has_default = draw(st.booleans()) or (optional and kind < KINDS(3))
        optional = has_default
        default = draw(VALUES) if has_default else inspect.Parameter.empty
        annotation = draw(st.one_of(st.just(NOT_EVALUATED), ANNOTATIONS))
        parameters.append(inspect.Parameter(f"p{index}", kind, default=default, annotation=annotation))
    parameters += [inspect.Parameter("args", KINDS(2))] if has_star else []
    parameters += [inspect.Parameter("kwargs", KINDS(4))] if has_kwargs else []
    returns = draw(st.one_of(st.just(inspect.Signature.empty), ANNOTATIONS))
    return inspect.Signature(sorted(parameters, key=lambda each: each.kind), return_annotation=returns)


@given(signature=signatures())
def test_the_words_of_a_signature_can_be_read_back(signature: inspect.Signature) -> None:
    namespace = dict(READABLE)
    exec(compile(f"def function{render_signature(signature)}: ...", "", "exec", dont_inherit=True), namespace)
    again = inspect.signature(namespace["function"])  # type: ignore[arg-type]  # a function
    assert [(each.name, each.kind, each.default) for each in again.parameters.values()] == [
        (each.name, each.kind, each.default) for each in signature.parameters.values()
    ]
    for name, parameter in again.parameters.items():
        assert comparable(parameter.annotation) == comparable(signature.parameters[name].annotation)


def test_defaults_that_are_objects() -> None:
    signature = inspect.Signature(
        [
            inspect.Parameter("a", KINDS(3), default=Norm.BATCH, annotation=Norm),
            inspect.Parameter("b", KINDS(3), default=Point, annotation=type),
            inspect.Parameter("c", KINDS(3), default=len),
            inspect.Parameter("d", KINDS(3), default=OPAQUE, annotation=int),
            inspect.Parameter("e", KINDS(3), default=object()),
            inspect.Parameter("f", KINDS(3), default=[Norm.LAYER, (Point,)]),
        ]
    )
    assert render_signature(signature) == (
        "(*, a: Norm = 'batch', b: type = Point, c=len, d: int = ..., e=<object>, f=['layer', (Point,)])"
    )


class Boom(Exception):  # noqa: N818 - no error of ours
    """Raised by the defaults here."""


def boom(*args: Any) -> Any:
    raise Boom


class Text(str):
    __slots__ = ()
    __repr__ = __str__ = boom


class Number(float):
    __slots__ = ()
    __repr__ = boom


class Items(list[Any]):
    __repr__ = __iter__ = __len__ = boom


class Nameless(type):
    __getattribute__ = boom


class OfNameless(metaclass=Nameless):
    pass


class Holder(enum.Enum):
    LONG = 10**5000
    TEXT = Text("held")


INSIDE_ITSELF: list[Any] = [1]
INSIDE_ITSELF.append((INSIDE_ITSELF,))
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]
TWICE = [3]


@pytest.mark.parametrize(
    ("default", "words"),
    [
        (10**5000, "..."),
        (-(10**5000), "..."),
        ([1, 10**5000], "[1, ...]"),
        (Holder.LONG, "..."),
        (Text("text"), "'text'"),
        (Holder.TEXT, "'held'"),
        (Number(0.5), "0.5"),
        (Items([1]), "..."),
        ((Items([1]), 2), "(..., 2)"),
        (INSIDE_ITSELF, "[1, (...,)]"),
        ([TWICE, TWICE], "[[3], [3]]"),
        (OfNameless, "..."),
        (OfNameless(), "..."),
        (True, "True"),
        (b"x", "b'x'"),
        (1j, "1j"),
    ],
    ids=range(16),
)
def test_defaults_that_can_hardly_be_put_into_words(default: object, words: str) -> None:
    kind = inspect.Parameter.KEYWORD_ONLY
    signature = inspect.Signature([inspect.Parameter("f", kind, default=default)])
    assert render_signature(signature) == f"(*, f={words})"


def test_a_default_that_is_nested_too_deep_is_cut() -> None:
    signature = inspect.Signature([inspect.Parameter("f", inspect.Parameter.KEYWORD_ONLY, default=DEEP)])
    text = render_signature(signature)
    assert text.startswith("(*, f=[[[")
    assert "..." in text
    assert len(text) < 10_000


def test_choices_that_can_hardly_be_put_into_words() -> None:
    assert render(Literal[10**5000, "a"]) == "Literal[..., 'a']"
    assert render(Literal[Text("b"), Holder.LONG]) == "Literal['b', ...]"
