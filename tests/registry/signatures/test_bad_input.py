"""Constructors that cannot be inspected: an open signature, never an error, and the rest of their registry works."""

from __future__ import annotations

import functools
import math
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import Registry, explain_signature
from terraregistry.registry.signatures import effective_signature

from .test_statements import text, written

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = "def make(size=1, **kwargs):\n" + "    x = size\n" * 100_000 + "    stage(**kwargs)\n"
DEEP = "def make(size=1, **kwargs):\n    if size: pass\n" + "".join(
    f"    elif size == {number}: stage(**kwargs)\n" for number in range(2_000)
)
CHAIN = "def make(size=1, **kwargs):\n    x = size" + ".a" * 2_000 + "\n    stage(**kwargs)\n"


class Wild:
    """An object whose attributes cannot be looked at."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __call__(self, size: int = 1, **kwargs: int) -> int:
        return size + sum(kwargs.values())


class BadSignature:
    """A callable that computes its signature, and fails."""

    @property
    def __signature__(self) -> Any:
        return 1 / 0

    def __call__(self, size: int = 1) -> int:
        return size


class Hiding(type):
    """A metaclass that does not tell of its classes."""

    def __getattribute__(cls, name: str) -> Any:
        if name in ("__init__", "__new__", "__mro__"):
            raise RuntimeError(name)
        return super().__getattribute__(name)


class Hidden(metaclass=Hiding):
    def __init__(self, size: int = 1) -> None:
        self.size = size


def good(size: int = 1) -> int:
    return size


@pytest.mark.parametrize(
    ("source", "step"),
    [
        (LONG, "stopped: its source is missing, too long, or has changed since its import"),
        (DEEP, "stopped: its source is too deeply nested"),
        (CHAIN, "stopped: its source is too deeply nested"),
    ],
    ids=["100,000 lines", "2,000 branches", "2,000 attributes"],
)
def test_source_that_nobody_can_follow_is_open(source: str, step: str) -> None:
    make = written(source)
    assert text(make) == "(size=1, **kwargs)"
    assert step in [each.text for each in explain_signature(make).steps]


def test_such_source_further_down_leaves_the_rest_known() -> None:
    make = written(DEEP.replace("make", "deep") + "def make(depth=2, **kwargs):\n    deep(**kwargs)\n")
    assert text(make) == "(depth=2, *, size=1, **kwargs)"


@pytest.mark.parametrize("constructor", [BadSignature(), Hidden], ids=["signature", "metaclass"])
def test_an_inspection_that_raises_is_open(constructor: Any) -> None:
    assert text(constructor) == "(*args, **kwargs)"
    (step,) = [each for each in explain_signature(constructor).steps if "raised" in each.text]
    assert step.text.startswith("stopped: its inspection raised ")


@pytest.mark.parametrize("constructor", [BadSignature(), Hidden, Wild()], ids=["signature", "metaclass", "attributes"])
def test_the_rest_of_its_registry_works(constructor: Any) -> None:
    registry = Registry[Any](bad=constructor, good=good)
    assert [str(registry.signature(name)) for name in registry][1] == "(size: int = 1) -> int"
    assert registry.build("good", size=3) == 3
    assert registry.build("bad", size=3) is not None
    assert registry.validate("bad", size=3).kwargs == {"size": 3}
    assert registry.search("*") == ["bad", "good"]


@pytest.mark.parametrize("function", [zlib.compress, math.hypot, functools.reduce, dict.fromkeys, bytes.join])
def test_functions_of_extensions_take_what_they_say_or_anything(function: Callable[..., object]) -> None:
    assert effective_signature(function).signature.bind(b"", b"") is not None
