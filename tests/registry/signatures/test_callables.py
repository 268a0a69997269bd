"""Each sort of callable, alone and in circles: what it accepts, beside what Python itself says or does."""

from __future__ import annotations

import functools
import inspect
import linecache
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NotRequired, Required, TypedDict, TypeVar, Unpack

import pytest

from terraregistry.registry.signatures import NOT_EVALUATED, effective_signature

from .test_statements import ALL, stage, text, written

if TYPE_CHECKING:
    from decimal import Decimal

T = TypeVar("T")


def many(a: int, b: int = 1, *more: int, c: int = 2) -> None: ...


def positional(a: int, b: int = 1, /, c: int = 2, *more: int) -> None: ...


@pytest.mark.parametrize(
    "partial",
    [
        functools.partial(many, 1),
        functools.partial(many, c=5),
        functools.partial(many, b=5),
        functools.partial(many, a=5),
        functools.partial(many, 1, b=5, c=5),
        functools.partial(many, 1, 2, 3),
        functools.partial(positional, 1),
        functools.partial(positional, 1, c=5),
    ],
    ids=lambda each: f"{each.func.__name__} {each.args} {each.keywords}",
)
def test_a_partial_takes_what_python_says(partial: functools.partial[None]) -> None:
    assert effective_signature(partial).signature.parameters == inspect.signature(partial, eval_str=True).parameters


class Plain: ...


@pytest.mark.parametrize(
    "constructor",
    [
        functools.partial(object.__init__, Plain()),
        functools.partial(object.__new__, Plain),
        types.MethodType(object.__init__, Plain()),
        types.MethodType(object.__new__, Plain),
    ],
)
def test_the_methods_of_object_take_nothing(constructor: Any) -> None:
    assert text(constructor) == "()"
    constructor()
    with pytest.raises(TypeError):
        constructor(1)
    with pytest.raises(TypeError):
        constructor(a=1)


CIRCLES = {
    "an alias of the class": (
        """
from typing import Generic, TypeVar
T = TypeVar("T")
class make(Generic[T]):
    def __init__(self, a=1, **kwargs):
        if a:
            Alias(**kwargs)
Alias = make[int]
""",
        "(a=1)",
    ),
    "an object that calls itself": (
        """
class Maker:
    def __call__(self, a=1, **kwargs):
        if a:
            make(**kwargs)
make = Maker()
""",
        "(a=1)",
    ),
    "an object that calls itself under another name": (
        """
class Maker:
    def __call__(self, a=1, **kwargs):
        if a:
            make(b=2, **kwargs)
        else:
            stage(**kwargs)
make = Maker()
""",
        "(a=1, *, depth: int, width: int = 64, bias: bool = True)",
    ),
    "a method that calls itself on one object": (
        """
class Maker:
    def make(self, a=1, **kwargs):
        if a:
            make(**kwargs)
make = Maker().make
""",
        "(a=1)",
    ),
    "a function bound to an object that calls itself": (
        """
import types
def function(self, a=1, **kwargs):
    if a:
        make(**kwargs)
make = types.MethodType(function, object())
""",
        "(a=1)",
    ),
    "a constructor whose object is one of its arguments": (
        """
class make:
    def __init__(*args, **kwargs):
        make(*args[1:], **kwargs)
""",
        "()",
    ),
    "options for a function that only calls itself": (
        """
from typing import TypedDict, Unpack
class Options(TypedDict):
    width: int
def again(**kwargs):
    again(**kwargs)
def make(**kwargs: Unpack[Options]):
    again(**kwargs)
""",
        "(*, width: int)",
    ),
    "a function that is given another one each time": (
        """
def helper(build, **kwargs):
    build(**kwargs)
def through(**kwargs):
    helper(stage, **kwargs)
def make(**kwargs):
    helper(through, **kwargs)
""",
        "(*, depth: int, width: int = 64, bias: bool = True)",
    ),
    "a function that calls what wraps it": (
        """
class Wrapper:
    def __init__(self, function):
        self.__wrapped__ = function
    def __call__(self, *args, **kwargs):
        return self.unknown(*args, **kwargs)
def inside(a=1, **kwargs):
    if a:
        make(**kwargs)
make = Wrapper(inside)
""",
        "(a=1)",
    ),
    "a metaclass that makes other classes of it": (
        """
class Meta(type):
    def __call__(cls, *args, fast=False, **kwargs):
        if fast:
            return Fast(*args, **kwargs)
        return super().__call__(*args, **kwargs)
class make(metaclass=Meta):
    def __init__(self, a, *, b=1): ...
class Fast(metaclass=Meta):
    def __init__(self, a, *, c=1): ...
make(1, fast=True, c=2)
""",
        "(a=..., *, fast=False, c=1, b=1)",
    ),
    "a metaclass that makes one class of every other": (
        """
class Meta(type):
    def __call__(cls, *args, **kwargs):
        if cls is not make:
            return make(*args, **kwargs)
        return super().__call__(*args, **kwargs)
class make(metaclass=Meta):
    def __init__(self, a, b=1): ...
""",
        "(a, b=1)",
    ),
    "a class with a metaclass that only makes itself": (
        """
class Meta(type):
    def __call__(cls, *args, **kwargs):
        return super().__call__(*args, **kwargs)
class make(metaclass=Meta):
    def __init__(self, **kwargs):
        make(**kwargs)
""",
        "()",
    ),
    "a `__new__` that only makes the class again": (
        """
class make:
    def __new__(cls, **kwargs):
        return make(**kwargs)
    def __init__(self, a, b=1): ...
""",
        "(*, a, b=1)",
    ),
    "an `__init__` that only makes the class again": (
        """
class make:
    def __new__(cls, a, b=1):
        return super().__new__(cls)
    def __init__(self, **kwargs):
        make(**kwargs)
""",
        "()",
    ),
}


@pytest.mark.parametrize(("source", "expected"), CIRCLES.values(), ids=CIRCLES)
def test_what_comes_back_to_itself_comes_to_an_end(source: str, expected: str) -> None:
    assert text(written(source)) == expected


def test_an_object_that_only_calls_objects() -> None:
    class Maker: ...

    Maker.__call__ = Maker()  # type: ignore[method-assign,assignment]
    assert text(Maker()) == "(*args, **kwargs)"


METACLASSES = [
    (
        """
class Meta(type):
    def __call__(cls, a=1):
        return super().__call__(a, b=2)
class make(metaclass=Meta):
    def __init__(self, a, *, b): ...
""",
        "(a=1)",
    ),
    (
        """
class Meta(type):
    def __call__(cls, *args, mode=1, **kwargs):
        return super().__call__(*args, **kwargs)
class make(metaclass=Meta):
    def __init__(self, a, b=2, *more): ...
""",
        "(a, b=2, *more, mode=1)",
    ),
]


@pytest.mark.parametrize(("source", "expected"), METACLASSES)
def test_metaclasses(source: str, expected: str) -> None:
    assert text(written(source)) == expected


def test_an_object_whose_own_arguments_are_known_is_not_what_it_wraps() -> None:
    class Wrapper:
        __wrapped__ = staticmethod(stage)

        def __call__(self, a: int) -> None: ...

    assert text(Wrapper()) == "(a: int)"


def test_a_declared_signature() -> None:
    class Declared:
        __signature__ = inspect.Signature(
            [
                inspect.Parameter("a", inspect.Parameter.KEYWORD_ONLY, annotation=int),
                inspect.Parameter("b", inspect.Parameter.KEYWORD_ONLY, annotation="Nowhere"),
            ]
        )

        def __init__(self, **kwargs: Any) -> None: ...

    found = effective_signature(Declared)
    annotations = {name: each.annotation for name, each in found.signature.parameters.items()}
    assert annotations == {"a": int, "b": NOT_EVALUATED}
    assert found.origins == {"a": Declared, "b": Declared}


@pytest.mark.parametrize("first", ["", "self, "])
def test_a_method_that_is_wrapped_stays_one_of_its_class(first: str) -> None:
    source = f"""
import functools
def decorated(function):
    @functools.wraps(function)
    def inside({first}*args, **kwargs):
        return unknown[function]({first}*args, **kwargs)
    return inside
class Base:
    def __init__(self, depth: int): ...
class make(Base):
    @decorated
    def __init__(self, a, **kwargs):
        super().__init__(**kwargs)
"""
    assert text(written(source)) == "(a, *, depth: int)"


@pytest.mark.parametrize("now", ["def make(b, **kwargs):", "def other(a, **kwargs):"])
def test_a_source_that_has_changed_since_it_was_imported_says_nothing(now: str) -> None:
    source = "def make(a, **kwargs):\n    stage(**kwargs)\n"
    make = written(source)
    file = make.__code__.co_filename
    lines = [now + "\n", "    stage(**kwargs)\n"]
    linecache.cache[file] = (len("".join(lines)), None, lines, file)
    assert text(make) == "(a, **kwargs)"


class Placed(NamedTuple):
    width: int
    path: Path | None = None


def test_where_the_annotations_of_a_named_tuple_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert effective_signature(Placed).signature.parameters["path"].annotation == Path | None
    monkeypatch.setattr(Placed, "__module__", "nowhere")
    assert text(Placed) == "(width: int, path=None)"


@pytest.mark.parametrize("base", ["tuple", "Fields"])
def test_other_annotations_are_read_where_the_function_is_written(base: str) -> None:
    source = f"""
from __future__ import annotations
class Fields:
    _fields = ()
class Local: ...
class make({base}):
    def __new__(cls, a: Local): ...
"""
    assert text(written(source)) == "(a: Local)"


class Options(TypedDict):
    width: NotRequired[int]
    path: Path


class Unevaluated(TypedDict):
    number: Required[Decimal]
    other: Decimal
    path: Path


class Of(TypedDict, Generic[T]):
    item: Required[T]
    paths: list[Path]


Older = TypedDict("Older", {"paths": list["Path"]})  # noqa: UP013 - as it is in older code


def test_options_of_a_typed_dictionary() -> None:
    def make(width: int = 1, **kwargs: Unpack[Options]) -> None:  # type: ignore[misc]  # its own comes first
        stage(2, **kwargs)

    def of_one(**kwargs: Unpack[Of[int]]) -> None: ...

    def of_older(**kwargs: Unpack[Older]) -> None: ...

    def unevaluated(**kwargs: Unpack[Unevaluated]) -> None: ...

    def nothing_known(**kwargs: Unpack[T]) -> None:  # type: ignore[misc]  # no `TypedDict`
        stage(**kwargs)

    assert effective_signature(make).origins == {"width": make, "path": Options}
    assert text(of_one) == "(*, item, paths: list[Path])"
    assert text(of_older) == "(*, paths: list[Path])"
    # Whether one is required is then not known either.
    assert text(unevaluated) == "(*, number=..., other=..., path: Path)"
    assert text(nothing_known) == ALL
