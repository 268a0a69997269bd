"""Functions that are given the dictionary of `**kwargs` itself, loops over its keys, and conversions of its values."""

from __future__ import annotations

import inspect

import pytest

from terraregistry.registry.signatures import OPAQUE, effective_signature

from .test_statements import ALL, OPEN, text, written

A = "(*, depth: int, width: int = 64, bias: bool = True, a=1)"
VALUES = {"depth": 1, "width": 2, "bias": False, "a": 3, "b": 4}
HELPERS = """
DEFAULTS = {"depth": 1, "bias": False}


def take(options):
    options.pop("a", 1)


def put(options, key, value):
    options[key] = value


def fill(options, key):
    if key not in options:
        options[key] = 3


def through(options, key):
    take_any(options, key)


def take_any(options, key):
    options.pop(key, 1)


def refuse(options):
    if options:
        raise TypeError


def passing(options):
    stage(**options)


def early(options):
    if options.pop("a", 1):
        return
    options.pop("a", 1)


def again(options, count=1):
    options.pop("a", 1)
    if count:
        again(options, count - 1)


def renamed(options):
    options = dict(options)
    options.pop("a", 1)


def later(options):
    yield options.pop("a", 1)


class Kept:
    def take(self, options): ...


kept = [Kept()]
given = [["a"]]


"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # In a helper that is given the dictionary itself.
        (["take(kwargs)", "stage(**kwargs)"], A),
        (["take(options=kwargs)", "stage(**kwargs)"], A),
        (["put(kwargs, 'width', 3)", "stage(**kwargs)"], "(*, depth: int, bias: bool = True)"),
        (["put(kwargs, key='width', value=3)", "stage(**kwargs)"], "(*, depth: int, bias: bool = True)"),
        (["fill(kwargs, 'width')", "stage(**kwargs)"], ALL),
        (["through(kwargs, 'a')", "stage(**kwargs)"], A),
        (["refuse(kwargs)"], "()"),
        (["passing(kwargs)"], ALL),
        (["early(kwargs)", "stage(**kwargs)"], A),
        (["take(dict(kwargs))", "stage(**kwargs)"], ALL),
        (["put(kwargs, 'width', kwargs.pop('a', 1))", "stage(**kwargs)"], "(*, depth: int, bias: bool = True, a=1)"),
        (["kept[0].take(kwargs)", "stage(**kwargs)"], OPEN),
        (["for each in range(3):", "    again(kwargs)", "stage(**kwargs)"], A[:-1] + ", **kwargs)"),
        # Helpers that nobody can follow: another dictionary, a body that is not run, a name that is not known.
        (["renamed(kwargs)", "stage(**kwargs)"], OPEN),
        (["take(*[], options=kwargs)", "stage(**kwargs)"], OPEN),
        (["later(kwargs)", "stage(**kwargs)"], OPEN),
        (["take_any(kwargs, given[0][0])", "stage(**kwargs)"], OPEN),
        # In a loop over constants.
        (["for key in ('a', 'b'):", "    kwargs.pop(key, 1)", "stage(**kwargs)"], A[:-1] + ", b=1)"),
        (["for key, other in {'a': 1}.items():", "    kwargs.pop(key, 1)", "stage(**kwargs)"], A),
        (
            [
                "for key, (other, _) in {'a': ('b', 1)}.items():",
                "    kwargs.pop(key, 1)",
                "    kwargs.pop(other, 1)",
                "stage(**kwargs)",
            ],
            A[:-1] + ", b=1)",
        ),
        (
            [
                "for key in ['width', 'b']:",
                "    if key == 'b':",
                "        continue",
                "    kwargs[key] = 1",
                "stage(**kwargs)",
            ],
            ALL,
        ),
        (
            ["for key in ['a', 'width']:", "    kwargs.pop(key, 1)", "    break", "stage(**kwargs)"],
            A,
        ),
        (
            ["for key in 'a', 'b':", "    kwargs.pop(key, 1)", "for key in ['a']:", "    kwargs.pop(key, 1)"],
            "(*, a=1, b=1)",
        ),
        (["for key in 'a', 'b':", "    key = given[0][0]", "    kwargs.pop(key, 1)", "stage(**kwargs)"], OPEN),
        (["for key in given[0]:", "    kwargs.pop(key, 1)", "stage(**kwargs)"], OPEN),
        # Over a copy that has a value of its own on some path.
        (
            ["rest = dict(kwargs)", "if given:", "    rest['depth'] = 3", "rest.update(kwargs)", "stage(**rest)"],
            "(*, depth: int = ..., width: int = 64, bias: bool = True)",
        ),
        # With other values, and the same names.
        (["kwargs = {key: str(value) for key, value in kwargs.items()}", "stage(**kwargs)"], "(**kwargs)"),
        (
            ["kwargs = dict(list(DEFAULTS.items()) + list(kwargs.items()))", "stage(**kwargs)"],
            "(*, depth: int = 1, width: int = 64, bias: bool = False)",
        ),
        (["kwargs = {key: 1 for key, value in kwargs.items() if value}", "stage(**kwargs)"], "(**kwargs)"),
    ],
    ids=lambda each: "; ".join(each) if isinstance(each, list) else "",
)
def test_what_is_taken_out_elsewhere(body: list[str], expected: str) -> None:
    make = written(HELPERS + "\n    ".join(["def make(**kwargs):", *body]))
    assert text(make) == expected
    parameters = effective_signature(make).signature.parameters
    known = {name: VALUES[name] for name in parameters if name in VALUES}
    needed = {name: value for name, value in known.items() if parameters[name].default is inspect.Parameter.empty}
    unclear = {name: value for name, value in known.items() if parameters[name].default is OPAQUE}
    for name, value in known.items():
        make(**{**needed, **unclear, name: value})
    for name in needed:
        with pytest.raises((TypeError, KeyError), match=name):
            make(**{each: value for each, value in known.items() if each != name})
