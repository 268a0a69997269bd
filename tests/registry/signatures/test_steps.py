"""The steps of a resolution: each call that was followed, with its line, and where following stopped and why."""

from __future__ import annotations

import functools
import inspect
import linecache
from typing import Any

import pytest

import terraregistry
from terraregistry import TIMM_BACKBONE_REGISTRY
from terraregistry.registry.signatures import effective_signature, explain_signature

from .test_statements import stage, written


class Base:
    def __init__(self, depth: int = 4) -> None: ...


class Derived(Base):
    def __init__(self, name: str, **kwargs: Any) -> None:
        kwargs.pop("size", None)
        super().__init__(**kwargs)


class Other:
    def __new__(cls, **kwargs: Any) -> Any:
        return Base(**kwargs)

    def __init__(self) -> None: ...


def lost(thing: Any, **kwargs: Any) -> None:
    thing(kwargs)
    thing(**kwargs)
    stage(**kwargs)


def kept(**kwargs: Any) -> object:
    return kwargs


def swallowing(**kwargs: Any) -> None: ...


def sink(*args: Any, **kwargs: Any) -> None: ...


def again(**kwargs: Any) -> None:
    again(**kwargs)


@functools.wraps(stage)
def wrapping(*args: Any, **kwargs: Any) -> None:
    stage(**{name: value for name, value in kwargs.items() if name != "x"})


def texts(constructor: object) -> list[str]:
    return [step.text for step in explain_signature(constructor).steps]


@pytest.mark.parametrize(
    ("constructor", "expected"),
    [
        (
            Derived,
            ["class Derived", "Derived.__init__(name, **kwargs)", "reads size", "calls super().__init__ with **kwargs",
             "Base.__init__(depth)"],
        ),
        (
            Other,
            ["class Other", "Other.__init__()", "Other.__new__(**kwargs)", "calls Base with **kwargs", "class Base",
             "Base.__init__(depth)", "__new__ makes something else: __init__ is not called"],
        ),
        (
            lost,
            ["lost(thing, **kwargs)", "stopped: hands the dictionary to code that may change it", "calls thing with **kwargs",
             "stopped: unknown from the source; any name is let through", "calls stage with **kwargs",
             "stage(depth, width, bias)"],
        ),
        (kept, ["kept(**kwargs)", "keeps the arguments: their reader is unknown from the source"]),
        (swallowing, ["swallowing(**kwargs)", "passes **kwargs to nothing: no other name is accepted"]),
        (sink, ["sink(*args, **kwargs)", "ignores all arguments: any name is accepted"]),
        (again, ["again(**kwargs)", "calls again with **kwargs", "again(**kwargs)", "recursion: it adds no parameters"]),
        (
            wrapping,
            ["stage(*args, **kwargs)", "keeps the arguments: their reader is unknown from the source",
             "functools.wraps names stage", "stage(depth, width, bias)"],
        ),
        (eval("lambda **kwargs: 3"), ["<lambda>(**kwargs)",
             "stopped: its source is missing, too long, or has changed since its import"]),
        (dict, ["class dict", "dict: its constructor is no Python function"]),
        (len, ["len: no source; its signature is that of inspect"]),
        (functools.partial(len), ["len: no source; its signature is that of inspect"]),
    ],
    ids=lambda each: getattr(each, "__qualname__", ""),
)  # fmt: skip
def test_the_steps(constructor: Any, expected: list[str]) -> None:
    assert texts(constructor) == expected


def test_each_step_has_its_line() -> None:
    explanation = explain_signature(Derived)
    lines = {step.text: linecache.getline(*step.location).strip() for step in explanation.steps if step.location}
    assert lines["class Derived"] == "class Derived(Base):"
    assert lines["Derived.__init__(name, **kwargs)"].startswith("def __init__(self, name: str")
    assert lines["calls super().__init__ with **kwargs"] == "super().__init__(**kwargs)"
    assert lines["Base.__init__(depth)"].startswith("def __init__(self, depth")
    assert linecache.getline(*explain_signature(lost).steps[1].location or ("", 0)).strip() == "thing(kwargs)"


def test_the_text_is_the_steps_and_the_signature() -> None:
    explanation = terraregistry.explain_signature(Base)
    first, second = explanation.steps
    assert str(explanation) == (
        f"class Base  ({first.location})\n    Base.__init__(depth)  ({second.location})\nsignature: (depth: int = 4) -> Base"
    )


def test_a_line_inside_an_indented_decorated_function() -> None:
    make = written(
        "if True:\n    import functools\n    @functools.cache\n    def make(**kwargs):\n        stage(**kwargs)\n"
    )
    (call,) = (step for step in explain_signature(make).steps if step.text == "calls stage with **kwargs")
    assert call.location is not None
    assert call.location.line == 5


def test_the_signature_is_the_effective_one_and_nothing_is_recorded_without_being_asked() -> None:
    for constructor in (Derived, Other, lost, wrapping):
        assert explain_signature(constructor).signature == effective_signature(constructor).signature
    assert inspect.signature(Base)  # and a second explanation starts from nothing
    assert texts(Base) == texts(Base)


def test_an_architecture_of_timm() -> None:
    steps = texts(TIMM_BACKBONE_REGISTRY["resnet18"])
    assert steps[0] == "TimmConstructor declares its signature: __signature__"
