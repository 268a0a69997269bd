"""What a callable says it returns, and defaults that say nothing of themselves, in words."""

from __future__ import annotations

import enum
import functools
import inspect
import types
from typing import Any

import pytest

from terraregistry.registry.signatures import Opaque, effective_signature, render_signature


def function(a: int) -> list[int]: ...  # type: ignore[empty-body]


class Called:
    def __call__(self, a: int) -> list[int]: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    "constructor",
    [
        function,
        functools.partial(functools.partial(function)),
        Called(),
        Called().__call__,
        functools.partial(Called()),
    ],
)
def test_what_is_returned(constructor: Any) -> None:
    signature = effective_signature(constructor).signature
    assert signature.return_annotation == list[int]
    assert render_signature(signature) == "(a: int) -> list[int]"


def test_what_is_made() -> None:
    assert effective_signature(functools.partial(Called)).signature.return_annotation is Called
    assert effective_signature(3).signature.return_annotation is inspect.Signature.empty


class Loop(enum.Enum):
    LOOP = []  # noqa: RUF012 - put inside itself below


Loop.LOOP.value.append(Loop.LOOP)


@pytest.mark.parametrize(
    ("default", "words"),
    [
        (Loop.LOOP, "[...]"),
        (types.MethodType(functools.partial(function), 3), "..."),
        (function, "function"),
    ],
)
def test_defaults_in_words(default: object, words: str) -> None:
    parameter = inspect.Parameter("f", inspect.Parameter.KEYWORD_ONLY, default=default)
    assert render_signature(inspect.Signature([parameter])) == f"(*, f={words})"


def test_a_default_of_which_only_is_known_how_it_is_shown() -> None:
    assert repr(Opaque("<made later>")) == "<made later>"
    assert Opaque("...").samples == ()
    assert Opaque("...", 3).samples == (3,)
