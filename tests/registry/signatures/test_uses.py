"""What a function takes out of its `**kwargs` on the way to where it passes them on, against what Python accepts there."""

from __future__ import annotations

import inspect
from typing import ClassVar

import pytest

from terraregistry.registry.signatures import OPAQUE, effective_signature

from .test_statements import ALL, MAYBE, OPEN, text, written

A = "(*, depth: int, width: int = 64, bias: bool = True, a=1)"
VALUES = {"depth": 1, "width": 2, "bias": False, "a": 3, "more": {"width": 4}}


class Kept:
    options: ClassVar[dict[str, object]] = {}

    def __call__(self, *args: object, **kwargs: object) -> None: ...

    def update(self, given: dict[str, object]) -> None: ...


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # In what they are put into.
        (["kept({'b': kwargs.pop('a', 1), **kwargs})", "stage(**kwargs)"], A[:-1] + ", **kwargs)"),
        (["kept(b={'b': kwargs.pop('a', 1), **kwargs})", "stage(**kwargs)"], A[:-1] + ", **kwargs)"),
        (["stage(**(kwargs | {'width': kwargs.pop('a', 1)}))"], "(*, depth: int, bias: bool = True, a=1)"),
        (
            ["stage(**dict({'width': kwargs.pop('a', 1), **kwargs}))"],
            "(*, depth: int, width: int = ..., bias: bool = True, a=1)",
        ),
        (["return {'b': kwargs.pop('a', 1), **kwargs}"], "(*, a=1, **kwargs)"),
        # In what is put into them, or into what they are put into.
        (["fixed = {}", "fixed.update(b=kwargs.pop('a', 1))", "stage(**kwargs)"], A),
        (
            ["kwargs.update(kwargs.pop('more', None) or {})", "stage(**kwargs)"],
            "(*, depth: int = ..., width: int = 64, bias: bool = True, more=None)",
        ),
        (["kwargs |= {'width': kwargs.pop('a', 1)}", "stage(**kwargs)"], "(*, depth: int, bias: bool = True, a=1)"),
        (
            ["kwargs |= {'width': kwargs.pop('a', 1), **kwargs}", "stage(**kwargs)"],
            "(*, depth: int, width: int = ..., bias: bool = True, a=1)",
        ),
        (
            ["options = {}", "options.update({'width': kwargs.pop('a', 1), **kwargs})", "stage(**options)"],
            "(*, depth: int, width: int = ..., bias: bool = True, a=1)",
        ),
        # An item that is changed is looked up first.
        (["kwargs['width'] *= 2", "stage(**kwargs)"], "(*, depth: int, bias: bool = True, width)"),
        (
            ["kwargs['width'] *= kwargs.pop('width', 2)", "stage(**kwargs)"],
            "(*, depth: int, bias: bool = True, width)",
        ),
        (["kwargs['width'] *= stage(**kwargs) or 2"], "(*, depth: int, width: int, bias: bool = True)"),
        # What the call gives itself.
        (["stage(width=3, **kwargs, **{'bias': True})"], "(*, depth: int)"),
        (["stage(**{'bias': True}, **kwargs, **{'width': 3})"], "(*, depth: int)"),
        (["kept.options = dict(width=3, **kwargs)", "stage(**kwargs)"], "(*, depth: int, bias: bool = True)"),
        (["stage(**kwargs, **({} | {}))"], ALL),
        (["stage(**kwargs, **FIXED)"], "(*, depth: int, width: int = 64)"),
        # Two dictionaries that have them, or one that is not theirs.
        (["stage(**(kwargs if kept else {}), **({} if kept else kwargs))"], ALL),
        (["stage(**(kwargs if kept else dict(kwargs, width=3)))"], ALL),
        (["stage(**{**dict(kwargs, width=3), **kwargs})"], "(*, depth: int, width: int = ..., bias: bool = True)"),
        (["stage(**{**dict(kwargs, depth=3), **kwargs})"], MAYBE),
        (["stage(**{**kwargs, **dict(kwargs, depth=3)})"], MAYBE),
        (["stage(**{**dict(width=3, **kwargs), **kwargs})"], "(*, depth: int, bias: bool = True)"),
        (["stage(**{**kwargs, **dict(width=3, **kwargs)})"], "(*, depth: int, bias: bool = True)"),
        (["stage(**{**dict(kwargs, **kept.options), **kwargs})"], MAYBE),
        (["stage(**{**kwargs, **dict(kwargs, **kept.options)})"], MAYBE),
        (
            ["stage(**{**{'depth': 3, 'width': 5, **kwargs}, **{'depth': 4, 'bias': False, **kwargs}})"],
            "(*, depth: int = 4, width: int = 5, bias: bool = False)",
        ),
        (
            [
                "if kwargs.pop('a', 1):",
                "    kwargs['depth'] = 3",
                "stage(**{**dict(width=3), **kwargs.copy(), **kwargs})",
            ],
            "(*, depth: int = ..., width: int = 3, bias: bool = True, a=1)",
        ),
        (["rest = kwargs.copy()", "rest.pop('a', 1)", "stage(**{**rest, **kwargs})"], ALL),
        (
            ["options = dict(kwargs, width=3)", "options.update(kwargs)", "stage(**options)"],
            "(*, depth: int, width: int = ..., bias: bool = True)",
        ),
        (["stage(**dict(**kwargs))"], ALL),
        (["stage(**{'depth': kwargs})"], "(**kwargs)"),
        (
            ["stage(**(kwargs if kept else dict(width=3, **kwargs)))"],
            "(*, depth: int, width: int = ..., bias: bool = True)",
        ),
        (["kept.update(kwargs)", "stage(**kwargs)"], OPEN),
        (["kept(dict(options=kwargs))"], "(**kwargs)"),
        (["options = {}", "options.update(more=kwargs)"], "(**kwargs)"),
        (["options = {}", "options.update(**kwargs)", "stage(**options)"], ALL),
        (["options = kwargs", "options = {'depth': 3}", "stage(**options)"], "()"),
        (
            ["fixed = {'depth': 1}", "fixed['width'] = 3", "stage(**{**fixed, **kwargs})"],
            "(*, depth: int = 1, width: int = ..., bias: bool = True)",
        ),
        # What happens on some ways only.
        (
            ["if kwargs.pop('a', 1):", "    kwargs['depth'] = 3", "kwargs['bias'] = True", "stage(**kwargs)"],
            "(*, depth: int = ..., width: int = 64, a=1)",
        ),
        (
            ["if kept:", "    if kwargs.pop('a', 1):", "        kwargs['depth'] = 3", "stage(**kwargs)"],
            MAYBE[:-1] + ", a=1)",
        ),
        (["if not kept:", "    kwargs.pop('a')"], "(*, a=...)"),
        (["if not kept and kwargs.pop('a'):", "    pass"], "(*, a=...)"),
        (["if kwargs:", "    raise TypeError", "kept(**kwargs)"], "()"),
        (["if kept:", "    kept(kwargs)", "stage(**kwargs)"], OPEN),
        (["if not kwargs:", "    return None", "kwargs.pop('a', 1)"], "(*, a=...)"),
        (["return stage(**kwargs) if kept else None"], MAYBE),
        (["try:", "    kept()", "finally:", "    stage(**kwargs)"], ALL),
        (["class Inside:", "    size = kept", "stage(**kwargs)"], ALL),
    ],
    ids=lambda each: "; ".join(each) if isinstance(each, list) else "",
)
def test_what_is_taken_out_on_the_way(body: list[str], expected: str) -> None:
    make = written("\n    ".join(["FIXED = {'bias': True}\n\n\ndef make(**kwargs):", *body]))
    assert text(make) == expected
    parameters = effective_signature(make).signature.parameters
    make.__globals__["kept"] = Kept()
    known = {name: VALUES[name] for name in parameters if name in VALUES}
    needed = {name: value for name, value in known.items() if parameters[name].default is inspect.Parameter.empty}
    unclear = {name: value for name, value in known.items() if parameters[name].default is OPAQUE}
    for name, value in known.items():
        make(**{**needed, **unclear, name: value})
    for name in needed:
        with pytest.raises((TypeError, KeyError), match=name):
            make(**{each: value for each, value in known.items() if each != name})


GROUPS_FIRST = "(flags, /, *, depth: int = 3, groups: int = 1, width: int = 64, bias: bool = True"
GROUPS_LAST = "(flags, /, *, depth: int = 3, width: int = 64, bias: bool = True, groups: int = 1"


@pytest.mark.parametrize(
    ("line", "count", "expected"),
    [
        ("flags[{}] and {}(**kwargs)", 6, f"{GROUPS_LAST})"),
        ("flags[{}] and {}(**kwargs)", 7, "(flags, /, *, depth: int = ..., **kwargs)"),
        ("if flags[{}]: return {}(**kwargs)", 63, f"{GROUPS_FIRST})"),
        ("if flags[{}]: return {}(**kwargs)", 64, f"{GROUPS_FIRST}, **kwargs)"),
    ],
)
def test_of_more_ways_than_are_followed_nothing_is_needed(line: str, count: int, expected: str) -> None:
    """Each line doubles the ways, or adds one."""
    lines = ["    " + line.format(index, "stage" if index else "other_stage") for index in range(count)]
    make = written("\n".join(["def make(flags, /, **kwargs):", *lines]))
    assert text(make) == expected
    make([False] * count)
