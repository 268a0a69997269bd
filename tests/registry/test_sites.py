"""Where registries are made and changed, and what an interrupt, a faster thread or a reload does there."""

from __future__ import annotations

import cmath
import math
import pickle
import sys
import types
from typing import Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, DuplicateComponentError, Registration
from terraregistry.registry import locations
from terraregistry.registry.entries import same_file
from terraregistry.registry.states import Scope

PARTS = Registry[Any](part=int)
ALL = MultiSourceRegistry[Any](p=PARTS)


def executed(source: str, name: str) -> types.ModuleType:
    """Execute a module, again where it was executed before."""
    module = sys.modules.setdefault(name, types.ModuleType(name))
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


# -- places --


def test_without_a_frame_of_its_own_code_is_of_the_main_module() -> None:
    assert locations._site_of(None).module == "__main__"


def test_at_the_bottom_of_a_thread_no_module_is_being_executed() -> None:
    frame: Any = types.SimpleNamespace(
        f_globals={"__name__": "working"}, f_code=types.SimpleNamespace(co_filename="w.py", co_name="work"), f_lineno=3
    )
    frame.f_back = None
    site = locations._site_of(frame)
    assert (site.module, str(site), site.importer, site.execution) == ("working", "w.py:3", "working", None)
    assert site.assigned_name() is None


def test_what_no_file_defines_is_of_no_file() -> None:
    assert same_file(math.sqrt, cmath.sqrt) is None
    assert same_file(math.sqrt, math.cos) is None


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from terraregistry import Registry\nR = Registry()", "R"),
        ("from terraregistry import Registry\nR: object = Registry()", "R"),
        ("from terraregistry import Registry\nheld = [Registry()]\nR = held[0]", None),
    ],
)
def test_the_name_that_a_registry_is_assigned_to_is_read_from_the_code(
    source: str, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "odd_sites", types.ModuleType("odd_sites"))
    old = executed(source, "odd_sites").R
    assert old.made.assigned_name() == name
    new = executed("\n" + source, "odd_sites").R
    assert new is not old
    assert old.reference == (None if name is None else "odd_sites:R")
    assert new.reference == "odd_sites:R"


# -- changes --


def test_a_faster_thread_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry[Any]()
    add = registry._addition
    faster = iter([lambda: registry.register(float, name="x"), lambda: None])

    def slow(*arguments: Any) -> Any:
        change = add(*arguments)
        monkeypatch.setattr(registry, "_addition", add)
        next(faster)()
        return change

    monkeypatch.setattr(registry, "_addition", slow)
    with pytest.raises(DuplicateComponentError):
        registry.register(int, name="x")
    assert registry["x"] is float


def test_an_interrupt_while_a_scope_is_opened_closes_it() -> None:
    registry = Registry[Any](kept=int)

    def interrupted(scope: Scope) -> None:
        registry._open(scope)
        raise KeyboardInterrupt

    scope = Scope(interrupted, registry._close)
    with pytest.raises(KeyboardInterrupt), scope:
        pass
    assert not registry._state.has_open(scope)
    registry.register(float)
    assert sorted(registry) == ["float", "kept"]


def test_an_interrupt_while_a_scope_is_closed_closes_it_all_the_same() -> None:
    registry = Registry[Any](kept=int)
    calls: list[Scope] = []

    def interrupted(scope: Scope) -> None:
        calls.append(scope)
        if len(calls) == 1:
            raise KeyboardInterrupt
        registry._close(scope)

    with pytest.raises(KeyboardInterrupt), Scope(registry._open, interrupted):
        registry.register(float)
    assert list(registry) == ["kept"]
    assert registry._state.opened == ()


def test_a_scope_that_is_closed_twice_undoes_nothing_more() -> None:
    registry = Registry[Any]()
    scope = registry.scope()
    with scope:
        pass
    registry.register(float)
    scope.__exit__(None, None, None)
    assert list(registry) == ["float"]


def test_a_scope_that_nobody_holds_is_open_no_more() -> None:
    registry = Registry[Any]()
    scope = registry.scope()
    scope.__enter__()
    registry.register(float)
    del scope
    registry.register(int)
    assert registry._state.opened == ()
    assert list(registry) == ["float", "int"]


# -- specs of other processes --


def test_a_spec_says_where_a_component_that_is_not_here_was_registered() -> None:
    ALL.register_source("late", Registry[Any](part=int))
    PARTS.register(float, name="late_part")
    specs = [pickle.dumps(ALL.validate(name)) for name in ("late_part", "p_late_part")]
    PARTS.unregister("late_part")
    assert ALL.registrations("p_late_part") == ()
    ALL.unregister_source("late")
    for data in specs:
        spec = pickle.loads(data)
        with pytest.raises(ComponentNotFoundError) as caught:
            spec.build()
        assert caught.value.registration is not None
        assert caught.value.registration.place.startswith(__file__)
        assert "importable module" in str(caught.value)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_why_a_module_cannot_be_imported_is_said_where_its_component_is_missing() -> None:
    error = ComponentNotFoundError("x", "R", registration=Registration("nets", "nets.py:3", "ImportError: no torch"))
    assert str(error) == (
        "R has no component 'x' in this process: it was registered by nets (nets.py:3), which cannot be imported here: "
        "ImportError: no torch; have its importable module on the path of every worker"
    )


def test_a_registration_that_importing_does_not_repeat_is_to_be_moved() -> None:
    error = ComponentNotFoundError("x", "R", registration=Registration("__main__", "train.py:3"))
    assert str(error) == (
        "R has no component 'x' in this process: it was registered by __main__ (train.py:3), which importing does not run again "
        "here; register it at the top of an importable module"
    )
