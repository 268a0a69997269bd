"""More ways that `**kwargs` take through a function: what each then accepts, worked out by hand."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import pytest

from terraregistry import Registry
from terraregistry.registry.locations import locate
from terraregistry.registry.signatures import effective_signature, render

from .test_statements import ALL, MAYBE, OPEN, stage, text, written

BOTH = "(*, depth: int = 3, width: int = 64, bias: bool = True, groups: int = 1)"
NO_BIAS = "(*, depth: int = ..., width: int = 64)"
LEFT = "(*, depth: int, width: int = 64, bias: bool = True, a=1)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # A dictionary that is made while something is taken out of the arguments.
        (["options = dict(kwargs, bias=kwargs.pop('width', 1))", "stage(**options)"], "(*, depth: int, width=1)"),
        (
            ["options = {'bias': kwargs.pop('width', 1), **kwargs}", "stage(**options)"],
            "(*, depth: int, bias: bool = ..., width=1)",
        ),
        # Conditions that ask for more than whether there are any.
        (["if kwargs and kwargs.pop('a', 1):", "    pass", "stage(**kwargs)"], LEFT),
        (["if not kwargs or kwargs.pop('a', 1):", "    pass", "stage(**kwargs)"], LEFT),
        (["return kwargs.pop('a', 1), stage(**kwargs)"], LEFT),
        (["(n := kwargs.pop('a', 1))", "stage(**kwargs)"], LEFT),
        (
            ["a, b = kwargs.pop('x'), kwargs.pop('y', 2)", "stage(**kwargs)"],
            "(*, depth: int, width: int = 64, bias: bool = True, x, y=2)",
        ),
        (["if 'a' in kwargs:", "    stage(**kwargs)"], MAYBE.removesuffix(")") + ", a=...)"),
        (["kept = unknown()", "kept.size: int = kwargs.pop('a', 1)", "stage(**kwargs)"], LEFT),
        (["kept = unknown()", "kept.options: dict = kwargs"], "(**kwargs)"),
        (["assert unknown(kwargs.pop('a', 1))", "stage(**kwargs)"], LEFT),
        (["assert not unknown", "stage(**kwargs)"], ALL),
        (["if kwargs != {}:", "    raise TypeError"], "()"),
        (["if kwargs != {'a': 1}:", "    raise TypeError"], "(**kwargs)"),
        (["if len(kwargs) > 3:", "    raise TypeError"], "(**kwargs)"),
        (["if len(kwargs) > 3:", "    raise TypeError", "stage(**kwargs)"], ALL),
        (["if 'a' in unknown:", "    pass", "stage(**kwargs)"], ALL),
        (["if 'a' in unknown(kwargs.pop('a', 1)):", "    pass", "stage(**kwargs)"], LEFT),
        (["f = stage if unknown else nowhere", "f(**kwargs)"], "(**kwargs)"),
        # What a dictionary of the function's own has in it.
        (["fixed = {}", "fixed['width'] = 3", "stage(**kwargs, **fixed)"], "(*, depth: int, bias: bool = True)"),
        (["fixed = {'bias': True}", "fixed['width'] = 3", "stage(**kwargs, **fixed)"], "(*, depth: int)"),
        (["fixed = {'bias': True}", "fixed.update(unknown())", "stage(**kwargs, **fixed)"], NO_BIAS),
        (["fixed = {'bias': True}", "fixed.setdefault('x', 1)", "stage(**kwargs, **fixed)"], NO_BIAS),
        (["fixed = {'bias': True}", "fixed[unknown()] = 3", "stage(**kwargs, **fixed)"], NO_BIAS),
        (["fixed = dict(bias=True)", "stage(**kwargs, **fixed)"], "(*, depth: int, width: int = 64)"),
        (["fixed = dict(bias=True, **unknown())", "stage(**kwargs, **fixed)"], NO_BIAS),
        (["first: dict = {'width': 3}", "stage(**kwargs, **first)"], "(*, depth: int, bias: bool = True)"),
        # What was taken out of it again may be given by the caller.
        (["fixed = {'bias': True}", "del fixed['bias']", "stage(**kwargs, **fixed)"], MAYBE),
        (["fixed = {'bias': True}", "fixed.pop('bias')", "stage(**kwargs, **fixed)"], MAYBE),
        (["fixed = {'bias': True}", "fixed.popitem()", "stage(**kwargs, **fixed)"], MAYBE),
        (["fixed = {'bias': True}", "fixed.clear()", "stage(**kwargs, **fixed)"], MAYBE),
        (["fixed = {}", "fixed['bias'] = 1", "del fixed['bias']", "stage(**kwargs, **fixed)"], MAYBE),
        # Copies with something else in them.
        (["stage(**dict(kwargs, **unknown()))"], MAYBE),
        (["stage(**dict(kwargs, **{'width': 3}))"], "(*, depth: int, bias: bool = True)"),
        (["stage(**dict(unknown(), **kwargs))"], MAYBE),
        (["stage(**dict(kwargs, width=3))"], "(*, depth: int, bias: bool = True)"),
        (["stage(**dict({'width': 3}, **kwargs))"], "(*, depth: int, width: int = 3, bias: bool = True)"),
        (["stage(**kwargs or {})"], ALL),
        (
            ["stage(**(kwargs.pop('own', None) or kwargs))"],
            "(*, depth: int, width: int = 64, bias: bool = True, own=None)",
        ),
        (["stage(**kwargs, **kwargs.pop('more', {}))"], MAYBE),
        (
            [
                "if unknown():",
                "    options = {**kwargs, **unknown()}",
                "else:",
                "    options = kwargs",
                "stage(**options)",
            ],
            MAYBE,
        ),
        (
            [
                "if unknown():",
                "    options = kwargs",
                "else:",
                "    options = {**kwargs, **unknown()}",
                "stage(**options)",
            ],
            MAYBE,
        ),
        (["if unknown():", "    kwargs = dict(kwargs, depth=3)", "stage(**kwargs)"], MAYBE),
        (
            [
                "if kwargs.pop('a', 1):",
                "    kwargs['width'] = 1",
                "else:",
                "    kwargs['width'] = 2",
                "stage(**kwargs)",
            ],
            "(*, depth: int, bias: bool = True, a=1)",
        ),
        # Items that are looked up, set and deleted.
        (["kwargs['width'] = kwargs['bias']", "stage(**kwargs)"], "(*, depth: int, bias: bool)"),
        (["del kwargs['width']", "stage(**kwargs)"], "(*, depth: int, bias: bool = True, width)"),
        (["kwargs.clear()", "stage(**kwargs)"], OPEN),
        (["for key in kwargs.keys():", "    pass", "stage(**kwargs)"], ALL),
        # What is returned is kept.
        (["stage(**kwargs)", "return kwargs"], ALL),
        (["return {**kwargs}"], "(**kwargs)"),
        (["return dict(kwargs)"], "(**kwargs)"),
        (["return kwargs if kwargs.pop('a', 1) else None"], "(*, a=1, **kwargs)"),
        (["return"], "()"),
        # What is given by position.
        (["stage(3, **kwargs)"], "(*, width: int = 64, bias: bool = True)"),
        (["stage(*[3], **kwargs)"], MAYBE),
        (["stage(*unknown(), **kwargs)"], MAYBE),
        (["import functools", "functools.partial(stage, 3, **kwargs)"], "(*, width: int = 64, bias: bool = True)"),
        (["import functools", "functools.partial(stage, **kwargs)(3)"], MAYBE),
        (
            ["from functools import partial", "partial(stage, width=1, **kwargs)"],
            "(*, depth: int = ..., bias: bool = True)",
        ),
        # What refuses all that is left.
        (["kwargs.pop('a', 1)", "assert not kwargs"], "(*, a=1)"),
        (["kwargs.pop('a', 1)", "if kwargs:", "    raise TypeError"], "(*, a=1)"),
        (["if len(kwargs) > 0:", "    raise TypeError"], "()"),
        (["assert not kwargs, 'left'", "stage(**kwargs)"], ALL),
        # Names that stand for one of several, or for nobody knows what.
        (["f = stage", "f(**kwargs)"], ALL),
        (["f: object = stage", "f(**kwargs)"], ALL),
        (["f = stage", "f = other_stage", "f(**kwargs)"], BOTH),
        (["f = stage if unknown else other_stage", "f(**kwargs)"], BOTH),
        # Conditions are not evaluated: the same one again is another choice.
        (
            ["if unknown:", "    f = stage if unknown else other_stage", "else:", "    f = stage", "f(**kwargs)"],
            BOTH,
        ),
        (["stage[int](**kwargs)"], ALL),
        (["f = stage", "f += 1", "f(**kwargs)"], "(**kwargs)"),
        (["f: object", "f(**kwargs)"], "(**kwargs)"),
        (["stage = stage", "stage(**kwargs)"], "(**kwargs)"),
        (["for stage in unknown():", "    stage(**kwargs)"], "(**kwargs)"),
        (["with unknown() as stage:", "    stage(**kwargs)"], "(**kwargs)"),
        (["[stage(**kwargs) for stage in unknown()]"], "(**kwargs)"),
        (["type(stage)(**kwargs)"], "(**kwargs)"),
        (["stage(**(more := kwargs))"], ALL),
    ],
)
def test_what_a_function_accepts(body: list[str], expected: str) -> None:
    assert text(written("\n    ".join(["def make(**kwargs):", *body]))) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            """
def one(a, b, c): ...
def other(a, c): ...
def make(flag, /, *args, **kwargs):
    if flag:
        one(*args, **kwargs)
    else:
        other(*args, **kwargs)
""",
            "(flag, /, a, *args, b=..., c=...)",
        ),
        (
            """
def one(a, /, b): ...
def other(a, b): ...
def make(flag, /, *args, **kwargs):
    if flag:
        one(*args, **kwargs)
    else:
        other(*args, **kwargs)
""",
            "(flag, /, a, b)",
        ),
        (
            """
def one(a, b): ...
def other(a, *rest, b=3): ...
def make(flag, /, *args, **kwargs):
    if flag:
        one(*args, **kwargs)
    else:
        other(*args, **kwargs)
""",
            "(flag, /, a, *args, b=3)",
        ),
        (
            """
def one(a, b): ...
def other(a, *rest): ...
def make(flag, /, *args, **kwargs):
    if flag:
        one(*args, **kwargs)
    else:
        other(*args, **kwargs)
""",
            "(flag, /, a, b=..., *rest)",
        ),
        (
            """
def one(a, b, c=4): ...
def other(a, c=3, *, b=2): ...
def make(flag, /, *args, **kwargs):
    try:
        (one if flag else other)(*args, **kwargs)
    except TypeError:
        one(*args, **kwargs)
""",
            "(flag, /, a, *args, b=2, c=4)",
        ),
        (
            """
def one(a, b): ...
def other(*, a, b=3): ...
def make(flag, /, *args, **kwargs):
    if flag:
        one(*args, **kwargs)
    else:
        other(*args, **kwargs)
""",
            "(flag, /, a, b=3)",
        ),
        (
            """
def one(a: int, b: int = 1): ...
def other(a: str, b: int): ...
def make(flag, /, **kwargs):
    if flag:
        one(**kwargs)
    else:
        other(**kwargs)
""",
            "(flag, /, *, a, b: int = 1)",
        ),
        (
            """
def one(a: int, b: int = 1): ...
def other(a: str, b: int): ...
def make(**kwargs):
    one(**kwargs)
    other(**kwargs)
""",
            "(*, a: int, b: int)",
        ),
        (
            """
def sink(a, b): ...
class make:
    def __new__(cls, a=1, b=2):
        return super().__new__(cls)
    def __init__(self, **kwargs):
        sink(a=3, **kwargs)
""",
            "(*, b)",
        ),
        (
            """
class make:
    def __new__(cls, a, b=2, *args, **kwargs):
        return super().__new__(cls)
    def __init__(self, a, c=1):
        pass
""",
            "(a, c=1)",
        ),
        (
            """
class make:
    def __new__(cls, a, b=2):
        return super().__new__(cls)
    def __init__(self, a=1, *, b):
        pass
""",
            "(a, *, b)",
        ),
        (
            """
class make:
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)
""",
            "(*args, **kwargs)",
        ),
        (
            """
class Meta(type):
    def __call__(cls, *args, **kwargs):
        return super().__call__(*args, **kwargs)
class make(metaclass=Meta):
    pass
""",
            "()",
        ),
        (
            """
class Meta(type):
    def __call__(cls, *args, mode=1, **kwargs):
        return super().__call__(*args, **kwargs)
class make(metaclass=Meta):
    def __init__(self, a, b=2): ...
""",
            "(a, b=2, *, mode=1)",
        ),
        (
            """
class Meta(type):
    def __call__(cls, mode=1, **kwargs):
        return super().__call__(**kwargs)
class make(metaclass=Meta):
    def __init__(self, a, b=2, *more): ...
""",
            "(mode=1, *, a, b=2)",
        ),
        (
            """
class Callable_:
    def __call__(self, a, b=1, **kwargs): return stage(**kwargs)
make = Callable_()
""",
            "(a, b=1, *, depth: int, width: int = 64, bias: bool = True)",
        ),
        (
            """
def deco(f):
    import functools
    @functools.wraps(f)
    def inner(*args, extra=1, **kwargs):
        return f(*args, **kwargs)
    return inner
@deco
def make(a, b=2): ...
""",
            "(a, b=2, *, extra=1)",
        ),
        (
            """
def inside(*args, **kwargs): stage(*args, **kwargs)
class make:
    def __init__(*args, **kwargs): inside(*args, **kwargs)
""",
            "(width: int = 64, *, bias: bool = True)",
        ),
        (
            """
def helper(build, **kwargs): build(**kwargs)
def make(**kwargs): helper(stage, **kwargs)
""",
            "(*, depth: int, width: int = 64, bias: bool = True)",
        ),
        (
            """
def helper(build, **kwargs): build(**kwargs)
def make(**kwargs): helper(build=stage, **kwargs)
""",
            "(*, depth: int, width: int = 64, bias: bool = True)",
        ),
        (
            """
def helper(first, build, **kwargs): build(**kwargs)
def make(*args, **kwargs): helper(*args, stage, **kwargs)
""",
            "(build, **kwargs)",
        ),
        (
            """
def helper(first, build, **kwargs): build(**kwargs)
def make(**kwargs): helper(1, stage, **kwargs)
""",
            "(*, depth: int, width: int = 64, bias: bool = True)",
        ),
    ],
)
def test_what_a_program_accepts(source: str, expected: str) -> None:
    assert text(written(source)) == expected


CLASSES = """
class Base:
    def __init__(self, a, b=2): ...

    @classmethod
    def build(cls, c=1, **kwargs):
        return cls(**kwargs)

    @staticmethod
    def plain(d=1, **kwargs):
        return stage(**kwargs)

    def again(self, **kwargs):
        return type(self)(**kwargs)

    def other(self, x=1, **kwargs):
        return type(x)(**kwargs)

    def by_name(self, **kwargs):
        return self.plain(**kwargs)

    def of_class(self, **kwargs):
        return Base.plain(**kwargs)

    def of_itself(self, **kwargs):
        return self.build(**kwargs)

    def of_base(self, **kwargs):
        return Base.build(**kwargs)


class Derived(Base):
    kept = stage
    held = staticmethod(other_stage)
    Inner = Base
    number = 3

    def __init__(self, e, **kwargs):
        super().__init__(**kwargs)

    def through_super(self, **kwargs):
        return super(Derived, self).plain(**kwargs)

    def through_class(self, **kwargs):
        return self.Inner(**kwargs)

    def through_number(self, **kwargs):
        return self.number(**kwargs)

    def through_held(self, **kwargs):
        return self.held(**kwargs)

    def through_nothing(self, **kwargs):
        return self.nowhere(**kwargs)

    def through_kept(self, **kwargs):
        return self.kept(**kwargs)

    def through_no_class(self, **kwargs):
        return super(Derived.number, self).plain(**kwargs)

    def through_function(self, **kwargs):
        return super(stage, self).plain(**kwargs)


one = Derived(1, a=1)
"""
STAGE = "d=1, depth: int, width: int = 64, bias: bool = True)"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("Derived.build", "(c=1, *, e, a, b=2)"),
        ("Derived.plain", "(d=1, *, depth: int, width: int = 64, bias: bool = True)"),
        ("Derived.again", "(self, **kwargs)"),
        ("Derived.of_class", "(self, *, " + STAGE),
        ("Base(1).of_itself", "(*, c=1, a, b=2)"),
        ("one.again", "(*, e, a, b=2)"),
        ("one.other", "(x=1, **kwargs)"),
        ("one.by_name", "(*, " + STAGE),
        ("one.of_class", "(*, " + STAGE),
        ("one.of_itself", "(*, c=1, e, a, b=2)"),
        ("one.of_base", "(*, c=1, a, b=2)"),
        ("one.through_super", "(*, " + STAGE),
        ("one.through_class", "(*, a, b=2)"),
        ("one.through_number", "(**kwargs)"),
        ("one.through_held", "(*, depth: int = 3, groups: int = 1)"),
        ("one.through_nothing", "(**kwargs)"),
        ("one.through_kept", "(*, width: int = 64, bias: bool = True)"),
        ("one.through_no_class", "(**kwargs)"),
        ("one.through_function", "(**kwargs)"),
    ],
)
def test_what_a_method_accepts(method: str, expected: str) -> None:
    assert text(written(f"{CLASSES}\nmake = {method}")) == expected


def test_a_function_that_says_it_wraps_itself_adds_nothing_to_itself() -> None:
    make = written("def make(a=1, **kwargs):\n    unknown(**kwargs)")
    make.__wrapped__ = make
    assert text(make) == "(a=1, **kwargs)"
    registry = Registry[Any](make=make)
    location = locate(make)
    assert location is not None
    assert registry.describe("make").line == location.line == 1


def test_an_object_that_says_what_it_wraps_accepts_that() -> None:
    source = """
class Wrapper:
    def __init__(self, function):
        self.__wrapped__ = function

    def __call__(self, *args, **kwargs):
        return self.unknown(*args, **kwargs)


make = Wrapper(stage)
"""
    make = written(source)
    assert text(make) == "(depth: int, width: int = 64, *, bias: bool = True)"
    make.__wrapped__ = "no function"
    assert text(make) == "(*args, **kwargs)"
    make.__wrapped__ = make.__call__
    assert text(make) == "(*args, **kwargs)"


def test_who_declares_a_parameter_that_a_metaclass_takes() -> None:
    source = """
class Meta(type):
    def __call__(cls, *args, mode=1, **kwargs):
        return super().__call__(*args, **kwargs)


class make(metaclass=Meta):
    def __init__(self, a, **kwargs):
        stage(**kwargs)
"""
    make = written(source)
    origins = effective_signature(make).origins
    assert origins["mode"] is type(make).__call__
    assert origins["a"] is make.__init__
    assert origins["width"] is stage


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Callable[[int, str], bool], "Callable[[int, str], bool]"),
        (Callable[[], None], "Callable[[], None]"),
        (Callable[..., int], "Callable[..., int]"),
        (list, "list"),
        (type, "type"),
        (frozenset[int], "frozenset[int]"),
        (typing.Optional, "Optional"),
        (typing.List, "List"),  # noqa: UP006 - as older code has it
        (5, "5"),
        ("text", "text"),
    ],
)
def test_annotations_in_words(annotation: object, words: str) -> None:
    assert render(annotation) == words
