"""Shapes of code that few constructors have, each with the signature that follows from it."""

from __future__ import annotations

import pytest

from terraregistry import Registry, explain_signature
from terraregistry.errors import InvalidArgumentsError

from .test_statements import OPEN, text, written

STAR = """
def one(*sizes: int, bias: bool = True): ...
def two(*sizes: str, bias: bool = True): ...
def make(flag, *args, **kwargs):
    return (one if flag else two)(*args, **kwargs)
"""
WRAPPED = """
import functools
def inner(size: int = 1): ...
@functools.wraps(inner)
def make(*args, **kwargs):
    stage(**kwargs)
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def make(**kwargs):\n    for key in ('a', 'b'):\n        kwargs.pop(key, 1)\n    else:\n        stage(**kwargs)\n",
            "(*, depth: int, width: int = 64, bias: bool = True, a=1, b=1)",
        ),
        # The variables of this loop are not known.
        (
            "def make(**kwargs):\n    for key, *_ in (('a', 1),):\n        kwargs.pop(key, 1)\n    stage(**kwargs)\n",
            OPEN,
        ),
        (STAR, "(flag, *sizes, bias: bool = True)"),
        (WRAPPED, "(*args, depth: int, width: int = 64, bias: bool = True)"),
    ],
)
def test_its_signature(source: str, expected: str) -> None:
    assert text(written(source)) == expected


def test_a_new_without_source_may_make_anything() -> None:
    namespace: dict[str, type] = {}
    exec(
        "class Made:\n    def __new__(cls, size=1, **options): ...\n    def __init__(self, size=1, depth=2): ...",
        namespace,
    )
    assert text(namespace["Made"]) == "(size=1, *, depth=2, **options)"


def test_the_refusal_of_all_other_names_is_a_step() -> None:
    explained = explain_signature(written("def make(size=1, **kwargs):\n    if kwargs:\n        raise TypeError\n"))
    assert "  refuses all other names" in str(explained)


def test_weights_of_torchvision_are_taken_by_name() -> None:
    import torchvision.models  # type: ignore[import-untyped]  # torchvision has no types

    registry = Registry[object](resnet18=torchvision.models.resnet18)
    for weights in ("DEFAULT", "ResNet18_Weights.IMAGENET1K_V1"):
        assert registry.validate("resnet18", weights=weights).kwargs == {"weights": weights}
    with pytest.raises(InvalidArgumentsError, match="expected ResNet18_Weights"):
        registry.validate("resnet18", weights="IMAGENET1K_V9")
