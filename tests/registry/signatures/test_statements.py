"""Where `**kwargs` go through each statement of the language: one small function a row, and what it then takes."""

from __future__ import annotations

import functools
import inspect
import linecache
import types
from typing import Any

import pytest

from terraregistry.registry.signatures import effective_signature, render_signature


def stage(depth: int, width: int = 64, *, bias: bool = True) -> None: ...


def other_stage(depth: int = 3, *, groups: int = 1) -> None: ...


ALL = "(*, depth: int, width: int = 64, bias: bool = True)"
MAYBE = "(*, depth: int = ..., width: int = 64, bias: bool = True)"
OPEN = "(*, depth: int, width: int = 64, bias: bool = True, **kwargs)"


def text(constructor: object) -> str:
    signature = effective_signature(constructor).signature
    return render_signature(signature.replace(return_annotation=inspect.Signature.empty))


def written(source: str) -> Any:
    """Make the function `make` of a source that can be found."""
    file = f"<statements {len(linecache.cache)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"stage": stage, "other_stage": other_stage, "__name__": __name__}
    exec(compile(source, file, "exec"), namespace)
    return namespace["make"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Annotations without a value, and dictionaries that the arguments are put into.
        (["options: dict", "stage(**kwargs)"], ALL),
        (["options: dict = kwargs", "stage(**options)"], ALL),
        (["options = {}", "options |= kwargs", "stage(**options)"], ALL),
        (["fixed = {'width': 3}", "stage(**kwargs, **fixed)"], "(*, depth: int, bias: bool = True)"),
        (["fixed = {'width': 3}", "again = fixed", "stage(**kwargs, **again)"], MAYBE),
        (
            ["fixed = {'width': 3}", "fixed = {'bias': 3}", "stage(**kwargs, **fixed)"],
            "(*, depth: int, width: int = 64)",
        ),
        (["stage(**kwargs, **{1: 2})"], MAYBE),
        (["stage(**{**kwargs, 5: 6})"], MAYBE),
        (["stage(**kwargs | {'width': 2})"], "(*, depth: int, bias: bool = True)"),
        (["stage(**{'width': 2} | kwargs)"], "(*, depth: int, width: int = 2, bias: bool = True)"),
        (["kwargs.update(**{'width': 3})", "stage(**kwargs)"], "(*, depth: int, bias: bool = True)"),
        (["kwargs.update(kwargs)", "stage(**kwargs)"], ALL),
        (["more = dict(kwargs)", "kwargs |= more", "stage(**kwargs)"], ALL),
        # One dictionary or the other.
        (["stage(**(kwargs or {}))"], ALL),
        (["stage(**(kwargs if kwargs else {}))"], ALL),
        (
            ["stage(**(kwargs if kwargs.pop('a', 1) else {'width': 3}))"],
            "(*, depth: int, width: int = 64, bias: bool = True, a=1)",
        ),
        # The end of a way.
        (
            ["if kwargs.pop('quick', False):", "    return", "stage(**kwargs)"],
            "(*, quick=False, depth: int = ..., width: int = 64, bias: bool = True)",
        ),
        (["while True:", "    return stage(**kwargs)"], MAYBE),
        (
            ["while kwargs.pop('again', False):", "    stage(**kwargs)"],
            "(*, depth: int, width: int = 64, bias: bool = True, again=False)",
        ),
        (
            ["try:", "    stage(**kwargs)", "except* ValueError:", "    other_stage(**kwargs)"],
            "(*, depth: int = 3, width: int = 64, bias: bool = True, groups: int = 1)",
        ),
        # Functions and classes inside.
        (["async def inside():", "    stage(**kwargs)", "return inside"], ALL),
        (
            [
                "async def inside():",
                "    async for each in kwargs.pop('a'):",
                "        stage(**kwargs)",
                "return inside",
            ],
            "(*, depth: int, width: int = 64, bias: bool = True, a)",
        ),
        (
            ["def inside(given=kwargs.pop('given', 3)):", "    stage(**kwargs)", "return inside"],
            "(*, depth: int, width: int = 64, bias: bool = True, given=3)",
        ),
        (
            ["def inside(*, given=kwargs.pop('given', 3)):", "    stage(**kwargs)", "return inside"],
            "(*, depth: int, width: int = 64, bias: bool = True, given=3)",
        ),
        (
            ["@kwargs.pop('wrap')", "def inside():", "    stage(**kwargs)", "return inside"],
            "(*, depth: int, width: int = 64, bias: bool = True, wrap)",
        ),
        (["def inside(stage):", "    stage.made(**kwargs)", "return inside"], "(**kwargs)"),
        (["return lambda stage: stage(**kwargs)"], "(**kwargs)"),
        (["class Inside:", "    pass", "stage(**kwargs)"], ALL),
        (["class Inside:", "    options = kwargs", "stage(**kwargs)"], OPEN),
        # The dictionary itself as an argument.
        (["print(end=kwargs)", "stage(**kwargs)"], ALL),
        (["unknown(options=kwargs)", "stage(**kwargs)"], OPEN),
        # Names that the function binds itself.
        (["with open(kwargs.pop('file')) as stage:", "    stage(**kwargs)"], "(*, file, **kwargs)"),
        (["import os.path", "os.path.isfile(**kwargs)"], "(*, path)"),
        (["import os.path as there", "there.isfile(**kwargs)"], "(*, path)"),
        (["from os.path import isfile as there", "there(**kwargs)"], "(*, path)"),
        (["import no_such_module", "no_such_module.stage(**kwargs)"], "(**kwargs)"),
        (["from os import no_such_name", "no_such_name(**kwargs)"], "(**kwargs)"),
        # A dictionary that is no way of passing them on gets others.
        (["options = {}", "options |= {'a': 1}", "stage(**kwargs)"], ALL),
        (["options = [kwargs][0]", "stage(**options)"], "(**kwargs)"),
        (["stage(**(lambda: kwargs)())"], "(**kwargs)"),
        (["stage(**kwargs.copy())"], ALL),
        # One case or another.
        (
            ["match kwargs.pop('a', 1):", "    case 1:", "        stage(**kwargs)"],
            "(*, depth: int = ..., width: int = 64, bias: bool = True, a=1)",
        ),
        (
            [
                "match kwargs.pop('a', 1):",
                "    case 1:",
                "        stage(**kwargs)",
                "    case _:",
                "        stage(**kwargs)",
            ],
            "(*, depth: int = ..., width: int = 64, bias: bool = True, a=1)",
        ),
        # What the function has taken out or put in is its own, and is not needed from the caller.
        (
            ["kwargs.pop('depth')", "kwargs.pop('depth')", "stage(**kwargs)"],
            "(*, width: int = 64, bias: bool = True, depth)",
        ),
        (["kwargs['depth'] = 1", "kwargs['depth']", "stage(**kwargs)"], "(*, width: int = 64, bias: bool = True)"),
        (
            ["options = dict(depth=3, **kwargs)", "options['depth']", "stage(**options)"],
            "(*, width: int = 64, bias: bool = True)",
        ),
        (
            ["if kwargs.pop('a', 1):", "    kwargs['depth'] = 3", "kwargs['depth']", "stage(**kwargs)"],
            "(*, depth: int = ..., width: int = 64, bias: bool = True, a=1)",
        ),
        (["kwargs.setdefault('depth', 3)", "kwargs['depth']"], "(*, depth=3)"),
        # What another dictionary may have too is not needed from the caller either.
        (
            ["options = {'depth': 3}", "options |= kwargs", "options['depth']", "stage(**options)"],
            "(*, depth: int = 3, width: int = 64, bias: bool = True)",
        ),
        (["options = {'depth': 3}", "options.update(kwargs)", "options['depth']"], "(*, depth=3)"),
        (["options = unknown()", "options.update(kwargs)", "options['depth']"], "(*, depth=...)"),
        (["options = {**unknown(), **kwargs}", "options['depth']"], "(*, depth=...)"),
        (["kwargs.update(unknown())", "kwargs['depth']"], "(*, depth=...)"),
        (
            ["kwargs |= unknown()", "kwargs.pop('depth')", "stage(**kwargs)"],
            "(*, width: int = 64, bias: bool = True, depth=...)",
        ),
        # What is read is needed, whatever takes it afterwards.
        (["kwargs['width']", "stage(**kwargs)"], "(*, depth: int, width: int, bias: bool = True)"),
        (["kwargs.get('width')", "stage(**kwargs)"], ALL),
    ],
    ids=lambda each: "; ".join(each) if isinstance(each, list) else "",
)
def test_a_function_that_takes_only_these_and_passes_them_on(body: list[str], expected: str) -> None:
    assert text(written("\n    ".join(["def make(**kwargs):", *body]))) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # Two calls that disagree on the order of what comes by position: from there on nobody can say.
        (
            """
def one(a, b, c): ...
def other(a, c, b): ...
def make(*args, **kwargs):
    one(*args, **kwargs)
    other(*args, **kwargs)
""",
            "(a, *args, b=..., c=...)",
        ),
        (
            """
def one(a, b, *more): ...
def other(a): ...
def make(*args, **kwargs):
    one(*args, **kwargs)
    other(*args, **kwargs)
""",
            "(a)",
        ),
        (
            """
def one(a, b, c): ...
def other(a, c, b): ...
def make(flag, /, *args, **kwargs):
    if flag:
        one(*args, **kwargs)
    else:
        other(*args, **kwargs)
""",
            "(flag, /, a, *args, b=..., c=...)",
        ),
        # A name that is taken, by position or not, stands in the way of those behind it.
        (
            "def sink(a, b, c): ...\ndef make(b, *args, **kwargs):\n    sink(*args, **kwargs)",
            "(b, a, *args, c=...)",
        ),
        (
            "def sink(a, b, c): ...\ndef make(*args, a, **kwargs):\n    sink(*args, **kwargs)",
            "(*args, a, b=..., c=...)",
        ),
        # A parameter is called as the stars are.
        ("def make(*args, **kwargs):\n    kwargs.pop('args', 1)\n    unknown(*args)", "(*args_, args=1)"),
        ("def make(**kwargs):\n    kwargs.pop('kwargs', 1)\n    unknown(kwargs)", "(*, kwargs=1, **kwargs_)"),
        (
            "def sink(*, kwargs=1): ...\ndef make(kwargs_, **kwargs):\n    sink(**kwargs)\n    unknown(kwargs)",
            "(kwargs_, *, kwargs=1, **kwargs__)",
        ),
    ],
)
def test_functions_that_pass_on_what_comes_by_position(source: str, expected: str) -> None:
    assert text(written(source)) == expected


class Base:
    def __init__(self, a: int) -> None: ...


class Unrelated:
    def __init__(self, b: int) -> None: ...


class SuperOfAnother(Base):
    def __init__(self, **kwargs: Any) -> None:
        super(Unrelated, self).__init__(**kwargs)


class WithoutSuchMethod(Base):
    def __init__(self, **kwargs: Any) -> None:
        Unrelated.no_such(self, **kwargs)  # type: ignore[attr-defined]  # that is what is looked at


def outside_a_class(self: object, **kwargs: Any) -> None:
    super(Base, self).__init__(**kwargs)


@pytest.mark.parametrize(
    ("constructor", "expected"),
    [
        (SuperOfAnother, "(**kwargs: Any)"),
        (WithoutSuchMethod, "(**kwargs: Any)"),
        (outside_a_class, "(self: object, **kwargs: Any)"),
        (
            types.MethodType(stage, 3),
            "(width: int = 64, *, bias: bool = True)",
        ),  # a method that its object's class lacks
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_calls_that_lead_nowhere_leave_it_open(constructor: object, expected: str) -> None:
    assert text(constructor) == expected


def test_a_variable_of_the_function_around_that_has_no_value_yet() -> None:
    def make(**kwargs: Any) -> None:
        late(**kwargs)

    assert text(make) == "(**kwargs: Any)"
    late = stage
    assert text(make) == ALL


def test_functions_that_call_each_other_add_nothing_to_themselves() -> None:
    source = "def make(size=1, **kwargs):\n    if size:\n        return stage(**kwargs)\n    return again(**kwargs)"
    make = written(source)
    make.__globals__["again"] = functools.partial(make, size=2)
    assert text(make) == "(size=1, *, depth: int, width: int = 64, bias: bool = True)"


@pytest.mark.parametrize(("count", "is_open"), [(25, False), (26, True), (60, True)])
def test_a_chain_of_calls_is_followed_so_far(count: int, is_open: bool) -> None:
    chain = [f"def f{i}(a{i}=1, **kwargs):\n    f{i + 1}(**kwargs)" for i in range(count)]
    make = written("\n".join([*chain, f"def f{count}(last=1): ...", "make = f0"]))
    signature = effective_signature(make)
    assert signature.is_open is is_open
    assert ("last" in signature.signature.parameters) is not is_open
    assert [*signature.signature.parameters][:2] == ["a0", "a1"]


def test_a_metaclass_that_calls_the_class_again_adds_nothing_to_it() -> None:
    class Meta(type):
        def __call__(cls, **kwargs: Any) -> Any:
            return cls(**kwargs)

    class Made(metaclass=Meta):
        def __init__(self, size: int) -> None: ...

    assert text(Made) == "(*, size: int)"


def test_a_metaclass_that_names_its_arguments_takes_these() -> None:
    class Meta(type):
        def __call__(cls, size: int, colour: str = "red") -> Any:
            return super().__call__(size)

    class Made(metaclass=Meta):
        def __init__(self, *args: int) -> None: ...

    assert text(Made) == "(size: int, colour: str = 'red')"
