"""Where registries are made and held, in modules that are odd."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.registry.locations import reference_to

MAKING = """
from typing import Any, Generic, TypeVar
from terraregistry import MultiSourceRegistry, Registry

T = TypeVar("T")

class Noting(Generic[T]):
    pass

class Both(Noting[T], Registry[int]):
    pass

class Kept(Registry[Any]):
    def __init__(self, **constructors):
        super().__init__(**constructors)

class Late(Registry[Any]):
    def __init__(self):
        pass

    def set_up(self):
        super().__init__()

def __init__(self):
    return Registry()

BARE = Registry()
GENERIC = Registry[Any]()
KEPT = Kept(part=int)
OF_TWO_GENERICS = Both[str]()
SEVERAL = MultiSourceRegistry[Any](kept=KEPT)
OF_A_FUNCTION = __init__(None)
OF_ONE_WITH_ANOTHER_SELF = (lambda self: Registry())(None)
"""


def made(name: str | None) -> types.ModuleType:
    module = types.ModuleType("odd")
    if name is None:
        del module.__dict__["__name__"]
    else:
        module.__dict__["__name__"] = name
    exec(MAKING, module.__dict__)
    return module


NAMES = ["BARE", "GENERIC", "OF_TWO_GENERICS", "KEPT", "SEVERAL", "OF_A_FUNCTION", "OF_ONE_WITH_ANOTHER_SELF"]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_the_module_that_makes_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = made("odd_module")
    monkeypatch.setitem(sys.modules, "odd_module", module)
    registry = getattr(module, name)
    assert registry.made.module == "odd_module"
    assert registry.reference == f"odd_module:{name}"
    assert str(registry).startswith(f"<{name}: ")


@pytest.mark.parametrize("name", NAMES)
def test_one_of_a_module_that_is_not_loaded_has_no_reference(name: str) -> None:
    registry = getattr(made("odd_module"), name)
    assert registry.made.module == "odd_module"
    assert registry.reference is None
    assert str(registry).startswith(f"<{type(registry).__name__}")


def test_it_is_of_the_module_of_a_function_that_only_looks_like_its_constructor() -> None:
    module = made("odd_module")
    assert module.__init__(None).made.module == "odd_module"  # type: ignore[misc]  # a function of that name
    late = module.Late()
    late.set_up()
    assert late.made.module == "odd_module"


def test_code_without_a_name_makes_registries_too() -> None:
    module = made(None)
    assert module.BARE.made.module == ""
    assert module.BARE.reference is None


def test_the_module_that_made_it_is_asked_first_and_the_others_only_where_they_may_be() -> None:
    registry = Registry[Any]()
    holder = types.ModuleType("holder")
    holder.HELD = registry  # type: ignore[attr-defined]  # made here
    sys.modules["holder"] = holder
    try:
        assert reference_to(registry) == "holder:HELD"
        assert str(registry) == "<Registry: 0 components>"
        assert registry.reference == "holder:HELD"
    finally:
        del sys.modules["holder"]


def test_what_is_no_module_among_the_modules_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slotted:
        __slots__ = ()

    for odd in (None, Slotted(), 5):
        monkeypatch.setitem(sys.modules, "odd_module", odd)
        assert MultiSourceRegistry[Any]().reference is None
