"""Callables that are joined: all of them are called, or one of them is, nobody knows which; and what Python then takes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from terraregistry.registry.signatures import effective_signature

from .test_statements import text, written

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = [
    *(((), dict.fromkeys(names, 1)) for count in range(4) for names in itertools.combinations("abc", count)),
    *(((1,) * count, {}) for count in range(1, 4)),
    ((1,), {"b": 1}),
]


def takes(call: Callable[..., object], args: tuple[int, ...], kwargs: dict[str, int]) -> bool:
    try:
        call(*args, **kwargs)
    except TypeError:
        return False
    return True


BOTH = """
known = {0: lambda *args, **kwargs: None}
def swallow(**kwargs): ...
def strict(a=1, b=1): ...
def taker(a=1, b=1, c=1): ...
"""
FUNCTIONS = {
    "a name that both ways give": (
        """
def inner(flag, **kwargs):
    if flag:
        swallow(a=1, **kwargs)
    else:
        swallow(a=2, **kwargs)
def make(**kwargs):
    inner(1, **kwargs)
    taker(**kwargs)
""",
        "(*, b=1, c=1)",
    ),
    "a name that one way gives": (
        """
def inner(flag, **kwargs):
    if flag:
        swallow(b=1, **kwargs)
    else:
        swallow(**kwargs)
def make(**kwargs):
    inner(0, **kwargs)
    taker(**kwargs)
""",
        "(*, a=1, b=1, c=1)",
    ),
    "a name that one call loses and another takes": (
        """
def inner(**kwargs):
    kwargs['a'] = 1
    strict(**kwargs)
def make(**kwargs):
    inner(**kwargs)
    taker(**kwargs)
""",
        "(*, b=1, a=1)",
    ),
    "a name that one call loses and the next one refuses": (
        """
def inner(**kwargs):
    options = {**kwargs, 'a': 1}
    strict(**options)
    named(**kwargs)
def named(b=1, c=1): ...
def make(**kwargs):
    inner(**kwargs)
    taker(**kwargs)
""",
        "(*, b=1)",
    ),
    "a name that one call loses and somebody unknown may take": (
        """
def make(**kwargs):
    options = {**kwargs, 'a': 1}
    strict(**options)
    known[0](**kwargs)
""",
        "(*, b=1, a=...)",
    ),
    "a name that is only looked for, before another one": (
        """
def make(**kwargs):
    kwargs.get('c')
    kwargs.pop('a', 0)
    strict(**kwargs)
""",
        "(*, b=1, a=0)",
    ),
    "a name that is lost and given": (
        """
def inner(**kwargs):
    kwargs['a'] = 1
    strict(**kwargs)
def make(**kwargs):
    inner(a=2, **kwargs)
    taker(**kwargs)
""",
        "(*, b=1)",
    ),
    "a name that is given by position": (
        """
def inner(a, **kwargs): ...
def make(**kwargs):
    inner(1, **kwargs)
    taker(**kwargs)
""",
        "(*, b=1, c=1)",
    ),
    "a name that is free beside one that is only positional": (
        """
def inner(a, /, **kwargs): ...
def make(**kwargs):
    inner(1, **kwargs)
    taker(**kwargs)
""",
        "(*, a=1, b=1, c=1)",
    ),
    "a name that a class loses and another call takes": (
        """
class Inner:
    def __new__(cls, **kwargs):
        return super().__new__(cls)
    def __init__(self, **kwargs):
        kwargs['a'] = 1
        strict(**kwargs)
def make(**kwargs):
    Inner(**kwargs)
    taker(**kwargs)
""",
        "(*, b=1, a=1)",
    ),
    "a name that a class loses and refuses": (
        """
class Inner:
    def __new__(cls, **kwargs):
        swallow(a=2, **kwargs)
        return super().__new__(cls)
    def __init__(self, **kwargs):
        kwargs['a'] = 1
        strict(**kwargs)
def make(**kwargs):
    Inner(**kwargs)
    taker(**kwargs)
""",
        "(*, b=1)",
    ),
    "a class that swallows all names": (
        """
class Inner:
    def __new__(cls, **kwargs):
        return super().__new__(cls)
    def __init__(self, **kwargs): ...
def make(**kwargs):
    Inner(**kwargs)
    taker(**kwargs)
""",
        "(*, a=1, b=1, c=1)",
    ),
    "a class of which only one half swallows": (
        """
class Inner:
    def __new__(cls, **kwargs):
        return super().__new__(cls)
    def __init__(self, a=1): ...
def make(**kwargs):
    Inner(**kwargs)
    taker(**kwargs)
""",
        "(*, a=1)",
    ),
    "a class of which one half gives a name": (
        """
class Inner:
    def __new__(cls, **kwargs):
        swallow(a=1, **kwargs)
        return super().__new__(cls)
    def __init__(self, **kwargs): ...
def make(**kwargs):
    Inner(**kwargs)
    taker(**kwargs)
""",
        "(*, b=1, c=1)",
    ),
    "one half gives a name that the other takes": (
        """
class make:
    def __new__(cls, **kwargs):
        swallow(a=1, **kwargs)
        return super().__new__(cls)
    def __init__(self, *, a=1, c=1): ...
""",
        "(*, c=1)",
    ),
    "two open halves": (
        """
class make:
    def __new__(cls, *args, **kwargs):
        known[0](**kwargs)
        return super().__new__(cls)
    def __init__(self, *args, **kwargs):
        known[0](**kwargs)
""",
        "(*args, **kwargs)",
    ),
    "an open half and one that swallows": (
        """
class make:
    def __new__(cls, **kwargs):
        return super().__new__(cls)
    def __init__(self, *args, **kwargs):
        known[0](**kwargs)
""",
        "(**kwargs)",
    ),
    "an open half before a closed one": (
        """
class make:
    def __new__(cls, *, a=1):
        return super().__new__(cls)
    def __init__(self, **kwargs):
        known[0](**kwargs)
""",
        "(*, a=1)",
    ),
    "a closed half before an open one": (
        """
class make:
    def __new__(cls, **kwargs):
        known[0](**kwargs)
        return super().__new__(cls)
    def __init__(self, *, a=1): ...
""",
        "(*, a=1)",
    ),
    "a type that only the second call says": (
        """
def one(a=1, b: str = ''): ...
def other(a: int = 2, b: int = 3): ...
def make(**kwargs):
    one(**kwargs)
    other(**kwargs)
""",
        "(*, a: int = 1, b: str = '')",
    ),
    "a name that one call gets by position as well": (
        """
def make(*args, **kwargs):
    strict(*args, **kwargs)
    swallow(**kwargs)
    taker(**kwargs)
""",
        "(a=1, b=1)",
    ),
    "a name that only the second call gets by position as well": (
        """
def make(*args, **kwargs):
    taker(**kwargs)
    strict(*args, **kwargs)
""",
        "(a=1, b=1)",
    ),
    "a name that one call gets by position and another refuses there": (
        """
def named(*, a=1, b=1): ...
def make(*args, **kwargs):
    strict(*args, **kwargs)
    named(*args, **kwargs)
""",
        "(*, a=1, b=1)",
    ),
    "a required one that only one call gets by position": (
        """
def one(a): ...
def make(*args, **kwargs):
    one(*args, **kwargs)
    one(**kwargs)
""",
        "(*, a)",
    ),
    "a callee's own `*args`": (
        """
def inner(a, *args): ...
def make(**kwargs):
    inner(**kwargs)
""",
        "(*, a)",
    ),
    "a name of its own that is no position of the callee": (
        """
def inner(a, *, b=1): ...
def make(b, *args, **kwargs):
    inner(*args, **kwargs)
""",
        "(b, a)",
    ),
}


@pytest.mark.parametrize(("source", "expected"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_what_is_joined_takes_what_python_takes(source: str, expected: str) -> None:
    make = written(BOTH + source)
    assert text(make) == expected
    bind = effective_signature(make).signature.bind
    unlike = [call for call in CALLS if takes(make, *call) != takes(bind, *call)]
    assert not unlike


POSITIONS = {
    "nothing in common": ("x", "a, b", "(flag, /, *args, a=..., b=..., x=...)"),
    "two in common": ("a, b, c", "a, b, d", "(flag, /, a, b, *args, c=..., d=...)"),
    "by name and by position": ("*, a", "a, b=3", "(flag, /, a, b=3)"),
    "without names": ("a, /", "a, /", "(flag, a, /)"),
}


@pytest.mark.parametrize(("one", "other", "expected"), POSITIONS.values(), ids=POSITIONS)
def test_positions_of_one_of_two(one: str, other: str, expected: str) -> None:
    source = f"""
def one({one}): ...
def other({other}): ...
def make(flag, /, *args, **kwargs):
    if flag:
        one(*args, **kwargs)
    else:
        other(*args, **kwargs)
"""
    assert text(written(source)) == expected


def test_what_is_behind_a_name_that_was_taken_out_may_come_by_position() -> None:
    source = """
def inner(a, b, *, c): ...
def make(*args, **kwargs):
    kwargs.pop('a', 0)
    inner(*args, **kwargs)
"""
    make = written(source)
    assert text(make) == "(*args, b=..., c, a=0)"
    make(1, 2, c=3)
    make(1, b=2, c=3, a=4)


def test_what_is_required_behind_a_default_may_be_left_out_for_all_that_can_be_said() -> None:
    source = """
def inner(a, *, c): ...
def make(b=2, /, *args, **kwargs):
    inner(*args, **kwargs)
"""
    make = written(source)
    assert text(make) == "(b=2, /, a=..., *, c)"
    make(1, 2, c=3)
    make(a=2, c=3)
