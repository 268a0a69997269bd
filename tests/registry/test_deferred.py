"""Stand-ins for the classes of modules that are not imported."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Optional, get_type_hints

import pytest

from terraregistry.deferred import DeferredModule, is_stand_in, stand_in
from terraregistry.errors import InvalidArgumentsError
from terraregistry.registry import Registry
from terraregistry.registry.signatures import render


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> type:
    """A class whose module is loaded in the middle of the test, by `load`."""

    class Inner:
        pass

    class Later:
        Within = Inner

    module = ModuleType("loaded_later")
    module.Later = Later  # type: ignore[attr-defined]  # what the module is made for
    monkeypatch.setattr(Later, "load", lambda: monkeypatch.setitem(sys.modules, "loaded_later", module), raising=False)
    return Later


def test_nothing_is_an_instance_before_the_module_is_loaded() -> None:
    never = stand_in("no.such.module", "Thing")
    assert not isinstance(never, never)
    assert not isinstance(3, never)
    assert not issubclass(int, never)
    assert issubclass(never, never)


def test_a_stand_in_asks_the_class_once_it_is_there(later: type) -> None:
    deferred, within = stand_in("loaded_later", "Later"), stand_in("loaded_later", "Later.Within")
    assert not isinstance(later(), deferred)
    later.load()  # type: ignore[attr-defined]  # set by the fixture
    assert isinstance(later(), deferred)
    assert isinstance(type("Derived", (later,), {})(), deferred)
    assert issubclass(later, deferred)
    assert not isinstance(3, deferred)
    assert not issubclass(int, deferred)
    assert isinstance(later.Within(), within)  # type: ignore[attr-defined]  # as above
    assert not isinstance(later(), within)


def test_what_is_no_class_has_no_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "loaded_later", ModuleType("loaded_later"))
    monkeypatch.setattr(sys.modules["loaded_later"], "Later", 3, raising=False)
    assert not isinstance(3, stand_in("loaded_later", "Later"))


def test_a_stand_in_is_written_as_the_class_is() -> None:
    module = stand_in("torch.nn", "Module")
    assert render(Optional[list[module]]) == "list[Module] | None"  # type: ignore[valid-type]  # noqa: UP045 - made at run time
    assert module is stand_in("torch.nn", "Module")
    assert is_stand_in(module)
    assert not is_stand_in(int)
    assert not is_stand_in(3)


def test_a_module_gives_its_own_classes_once_it_is_loaded(later: type) -> None:
    module = DeferredModule("loaded_later")
    assert is_stand_in(module.Later)
    later.load()  # type: ignore[attr-defined]  # set by the fixture
    with pytest.raises(AttributeError, match=r"^__wrapped__$"):
        module.__wrapped__  # noqa: B018 - what asks for this must not find a class
    assert module.Later is later
    with pytest.raises(AttributeError):
        module.Missing  # noqa: B018 - a loaded module has only what it has
    assert repr(module) == "DeferredModule('loaded_later')"


nn = DeferredModule("loaded_later")


class Wrapper:
    """Takes what a module has that is loaded later."""

    def __init__(self, inner: nn.Later | None = None) -> None:  # type: ignore[name-defined]  # a class at run time
        self.inner = inner


def test_arguments_are_held_to_a_stand_in_from_the_first_to_the_last_call(later: type) -> None:
    assert is_stand_in(get_type_hints(Wrapper.__init__)["inner"].__args__[0])
    registry = Registry[object](Wrapper=Wrapper)
    with pytest.raises(InvalidArgumentsError, match=r"inner: expected Later \| None, got int 3"):
        registry.validate("Wrapper", inner=3)
    registry.validate("Wrapper", inner=None)
    with pytest.raises(InvalidArgumentsError):
        registry.validate("Wrapper", inner=later())
    later.load()  # type: ignore[attr-defined]  # set by the fixture
    assert registry.validate("Wrapper", inner=later())
    with pytest.raises(InvalidArgumentsError):
        registry.validate("Wrapper", inner=3)
