"""What the other side of an operator may be, on either side of it, and names that constructors bring along."""

from __future__ import annotations

import operator
from typing import Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import InvalidRegistrationError

ONE = Registry[Any](a=int, b=float)
MANY = MultiSourceRegistry[Any](one=ONE)


@pytest.mark.parametrize("registry", [ONE, MANY])
@pytest.mark.parametrize(
    "other", [["a"], 5, "a", None, ("a",), iter("a"), object()], ids=lambda each: type(each).__name__
)
@pytest.mark.parametrize(
    ("apply", "sign"),
    [
        (operator.and_, "&"),
        (operator.or_, "|"),
        (operator.xor, "^"),
        (operator.sub, "-"),
        (operator.le, "<="),
        (operator.lt, "<"),
        (operator.ge, ">="),
        (operator.gt, ">"),
    ],
)
def test_what_is_no_set_is_no_operand(registry: Any, other: Any, apply: Any, sign: str) -> None:
    ours, theirs = type(registry).__name__, type(other).__name__
    with pytest.raises(TypeError) as caught:
        apply(registry, other)
    assert str(caught.value).endswith(f"'{ours}' and '{theirs}'")
    assert sign in str(caught.value)
    with pytest.raises(TypeError) as caught:
        apply(other, registry)
    assert str(caught.value).endswith(f"'{theirs}' and '{ours}'")
    assert sign in str(caught.value)
    assert (registry == other) is False
    assert (registry != other) is True


@pytest.mark.parametrize("name", ["", " a", "a\n", "<lambda>", None, 5, b"a", ["a"]])
def test_a_constructor_whose_own_name_is_no_name_needs_one(name: Any) -> None:
    class Odd:
        def __call__(self) -> int:
            return 1

    odd = Odd()
    odd.__name__ = name  # type: ignore[attr-defined]  # whatever somebody puts there
    registry = Registry[Any]()
    with pytest.raises(InvalidRegistrationError) as caught:
        registry.register(odd)
    kind = "a lambda" if name == "<lambda>" else "a test_a_constructor_whose_own_name_is_no_name_needs_one.<locals>.Odd"
    assert caught.value.reason == f"{kind} has no name of its own; give one with name='...'"
    assert caught.value.name is None
    assert [*registry] == []
    registry.register(odd, name="odd")
    assert registry.build("odd") == 1
