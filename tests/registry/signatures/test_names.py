"""What the names in a function stand for, which decides what its `**kwargs` reach: those it binds itself, `self`, imports."""

from __future__ import annotations

import importlib
import linecache
import sys
from typing import TYPE_CHECKING

import pytest

from terraregistry.registry.signatures.scopes import parse

from .test_statements import ALL, OPEN, text, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # What the function binds itself is not what the module has under that name.
        (["(stage := unknown())", "stage(**kwargs)"], "(**kwargs)"),
        (["(made := stage)", "made(**kwargs)"], ALL),
        (["def stage(): ...", "stage(**kwargs)"], "(**kwargs)"),
        (["async def stage(): ...", "stage(**kwargs)"], "(**kwargs)"),
        (["class stage: ...", "stage(**kwargs)"], "(**kwargs)"),
        (["stage, other = unknown()", "stage(**kwargs)"], "(**kwargs)"),
        (["for stage in unknown():", "    stage(**kwargs)"], "(**kwargs)"),
        (["from no_such_module import stage", "stage(**kwargs)"], "(**kwargs)"),
        (["import os", "os.no_such_name(**kwargs)"], "(**kwargs)"),
        (["import os", "def inside(os):", "    os.path.isfile(**kwargs)"], "(**kwargs)"),
        # A method of a builtin does not say which module it is of.
        (["list.append(unknown, kwargs)", "stage(**kwargs)"], OPEN),
    ],
    ids=lambda each: "; ".join(each) if isinstance(each, list) else "",
)
def test_what_a_function_reaches_by_name(body: list[str], expected: str) -> None:
    assert text(written("\n    ".join(["def make(**kwargs):", *body]))) == expected


CLASSES = """
def building(thing, **kwargs):
    return thing.build(**kwargs)


def building_second(number, thing, **kwargs):
    return thing.build(**kwargs)


def bare(method):
    def inner(*args, **kwargs):
        return method(*args, **kwargs)
    return inner


class Anything:
    def __eq__(self, other):
        return True


ANYTHING = Anything()
OTHERS = [Anything()]


class Base:
    number = 3

    def __init__(self, a, b=2): ...

    def build(self, c=1): ...

    def on_another(self, **kwargs):
        return building(unknown, **kwargs)

    def on_another_by_name(self, **kwargs):
        return building(thing=unknown, **kwargs)

    def on_itself(self, **kwargs):
        return building(self, **kwargs)

    def on_the_rest(self, *args, **kwargs):
        return building(*args, **kwargs)

    def on_all(*args, **kwargs):
        return building(*args, **kwargs)

    def on_others(*args, **kwargs):
        return building(*OTHERS, **kwargs)

    def without_any(**kwargs):
        return building(*OTHERS, **kwargs)

    def on_itself_second(self, **kwargs):
        return building_second(1, self, **kwargs)

    def with_its_number(self, **kwargs):
        return stage(**{"width": self.number, **kwargs})


class Other:
    def __init__(self, e): ...

    def build(self, d=1): ...


class Wrapped(Base):
    @bare
    def __init__(self, e, **kwargs):
        super().__init__(**kwargs)

    def through_anything(self, **kwargs):
        return super(ANYTHING, self).build(**kwargs)


class Made:
    def __new__(cls, **kwargs):
        return building_second(1, cls, **kwargs)

    @classmethod
    def build(cls, f=1): ...


def of_either(flag, /, **kwargs):
    return (Base if flag else Other).build(None, **kwargs)


def of_one(**kwargs):
    return Base.build(None, **kwargs)


one = Base(1)
"""


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        ("one.on_itself", "(*, c=1)"),
        ("one.on_another", "(**kwargs)"),
        ("one.on_another_by_name", "(**kwargs)"),
        ("one.on_the_rest", "(thing, **kwargs)"),
        ("one.on_all", "(*, c=1)"),
        ("one.on_others", "(*args, thing=..., **kwargs)"),
        ("Base.without_any", "(*, thing=..., **kwargs)"),
        ("one.on_itself_second", "(**kwargs)"),
        ("one.with_its_number", "(*, depth: int, width: int = ..., bias: bool = True)"),
        ("Wrapped(1, a=1).through_anything", "(**kwargs)"),
        ("of_either", "(flag, /, *, c=1, d=1)"),
        ("of_one", "(*, c=1)"),
        ("Wrapped", "(e, *, a, b=2)"),
        ("Made", "(*, f=1)"),
    ],
)
def test_what_a_method_and_its_object_stand_for(thing: str, expected: str) -> None:
    assert text(written(f"{CLASSES}\nmake = {thing}")) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from .parts import part", "(*, inside=1)"),
        ("from . import part", "(*, near=2)"),
        ("from .. import part", "(*, above=3)"),
        ("from ..other import part", "(*, beside=4)"),
    ],
)
def test_imports_of_the_function_are_read_from_its_package(
    line: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "a_package_of_names/__init__.py": "def part(*, above=3): ...",
        "a_package_of_names/other.py": "def part(*, beside=4): ...",
        "a_package_of_names/inner/__init__.py": "def part(*, near=2): ...",
        "a_package_of_names/inner/parts.py": "def part(*, inside=1): ...",
        "a_package_of_names/inner/made.py": f"def make(**kwargs):\n    {line}\n    part(**kwargs)",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        made = importlib.import_module("a_package_of_names.inner.made")
        assert text(made.make) == expected
    finally:
        for name in [name for name in sys.modules if name.startswith("a_package_of_names")]:
            del sys.modules[name]


@pytest.mark.parametrize("indent", [" ", "\t"])
def test_methods_are_read_whatever_they_are_indented_by(indent: str) -> None:
    source = f"class make:\n{indent}def __init__(self, **kwargs):\n{indent}{indent}stage(**kwargs)"
    assert text(written(source)) == ALL


@pytest.mark.parametrize("line", ["x = 1", "def make(): ...", "def other(**kwargs): other_stage(**kwargs)"])
def test_a_source_that_has_changed_tells_nothing(line: str) -> None:
    make = written("def make(**kwargs): stage(**kwargs)")
    file = make.__code__.co_filename
    linecache.cache[file] = (len(line), None, [line], file)
    parse.cache_clear()  # the same code in another file is the same code
    assert text(make) == "(**kwargs)"
