"""More ways that `**kwargs` take through a function: what each then accepts, worked out by hand."""

from __future__ import annotations

import pytest

from .test_statements import ALL, MAYBE, OPEN, text, written

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
        (["stage(**dict(kwargs, **{'width': 3}))"], MAYBE),
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
        (["assert not kwargs, 'left'", "stage(**kwargs)"], "()"),
        # Names that stand for one of several, or for nobody knows what.
        (["f = stage", "f(**kwargs)"], ALL),
        (["f: object = stage", "f(**kwargs)"], ALL),
        (["f = stage", "f = other_stage", "f(**kwargs)"], BOTH),
        (["f = stage if unknown else other_stage", "f(**kwargs)"], BOTH),
        (["stage[int](**kwargs)"], ALL),
        (["f = stage", "f += 1", "f(**kwargs)"], "(**kwargs)"),
        (["f: object", "f(**kwargs)"], "(**kwargs)"),
        (["stage = stage", "stage(**kwargs)"], "(**kwargs)"),
        (["for stage in unknown():", "    stage(**kwargs)"], "(**kwargs)"),
        (["with unknown() as stage:", "    stage(**kwargs)"], "(**kwargs)"),
        (["[stage(**kwargs) for stage in unknown()]"], "(**kwargs)"),
        (["type(stage)(**kwargs)"], "(**kwargs)"),
        (["stage(**(more := kwargs))"], "(**kwargs)"),
    ],
)
def test_what_a_function_accepts(body: list[str], expected: str) -> None:
    assert text(written("\n    ".join(["def make(**kwargs):", *body]))) == expected
