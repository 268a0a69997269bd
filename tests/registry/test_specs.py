"""`ComponentSpec`: a component chosen and checked, to be built later or elsewhere."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import sys
from enum import Enum, IntEnum
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import NECK_REGISTRY, ComponentSpec, MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = __name__


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Made:
    """Keeps what it was made with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


def anything(*args: Any, **kwargs: Any) -> Made:
    return Made(*args, **kwargs)


def greedy(items: list[Any], *rest: Any, table: Any = None) -> Made:
    made = Made(items, *rest, table=table)
    for each in (items, *rest, table):
        empty(each)
    return made


def empty(value: Any) -> None:
    """Change whatever can be changed, as deep as it goes."""
    if isinstance(value, dict):
        for each in value.values():
            empty(each)
        value.clear()
    elif isinstance(value, list):
        for each in value:
            empty(each)
        value.clear()
    elif isinstance(value, tuple):
        for each in value:
            empty(each)
    elif isinstance(value, set):
        value.clear()


def typed(
    depth: int = 1,
    ratio: float = 1.0,
    sizes: tuple[int, ...] = (),
    colour: Colour = Colour.RED,
    mode: Literal["a", "b"] = "a",
    path: Path | None = None,
    table: dict[str, list[int]] | None = None,
) -> Made:
    return Made(depth=depth, ratio=ratio, sizes=sizes, colour=colour, mode=mode, path=path, table=table)


ONE = Registry[Any](anything=anything, greedy=greedy, typed=typed)
ONE.register(anything, name="other", aliases=["old"])
MANY = MultiSourceRegistry[Any](p=ONE, q=Registry(anything=Made))

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.text("abcxyz_", min_size=1, max_size=6)
NESTED = [1, [2, {"a": [3]}], ({"b": [4]}, [5]), {6}]


# -- what it holds --


def test_it_holds_registry_name_and_validated_arguments() -> None:
    spec = MANY.validate("typed", 2, sizes=[1, 2], colour="red", path="weights.pt")
    assert spec.registry is MANY
    assert (spec.name, spec.spelling) == ("p_typed", "p_typed")
    assert spec.args == (2,)
    assert spec.kwargs == {"sizes": (1, 2), "colour": Colour.RED, "path": Path("weights.pt")}
    built = spec.build()
    assert built.kwargs["sizes"] == (1, 2)
    assert built.kwargs["colour"] is Colour.RED
    assert spec.build() is not built


def test_it_keeps_the_spelling_of_an_alias() -> None:
    spec = MANY.validate("old", x=1)
    assert (spec.name, spec.spelling) == ("p_other", "p_old")
    assert repr(spec) == "<ComponentSpec p_old(x=int 1)>"


def test_what_cannot_be_validated_makes_no_spec() -> None:
    with pytest.raises(InvalidArgumentsError):
        ONE.validate("typed", depth="3")
    with pytest.raises(ComponentNotFoundError):
        ONE.validate("typd")


def test_building_fails_clearly_when_the_registry_has_changed() -> None:
    registry = Registry[Any](part=typed)
    spec = registry.validate("part", depth=2)
    registry.register(greedy, name="part", override=True)
    with pytest.raises(InvalidArgumentsError):
        spec.build()
    registry.unregister("part")
    with pytest.raises(ComponentNotFoundError):
        spec.build()


# -- it does not change --


@pytest.mark.parametrize("name", ["registry", "name", "spelling", "args", "kwargs", "_args", "_kwargs", "anything"])
def test_it_is_frozen(name: str) -> None:
    spec = ONE.validate("anything", 1, x=2)
    with pytest.raises(AttributeError) as caught:
        setattr(spec, name, None)
    assert str(caught.value) == f"a ComponentSpec does not change: {name} cannot be set"
    with pytest.raises(AttributeError) as caught:
        delattr(spec, name)
    assert str(caught.value) == f"a ComponentSpec does not change: {name} cannot be deleted"
    assert (spec.args, spec.kwargs) == ((1,), {"x": 2})


def test_what_the_constructor_does_with_its_arguments_does_not_change_it() -> None:
    spec = ONE.validate("greedy", copy.deepcopy(NESTED), copy.deepcopy(NESTED), table={"a": copy.deepcopy(NESTED)})
    twin = ONE.validate("greedy", copy.deepcopy(NESTED), copy.deepcopy(NESTED), table={"a": copy.deepcopy(NESTED)})
    before = hash(spec)
    for _ in range(2):
        spec.build()
        assert spec.args == (NESTED, NESTED)
        assert spec.kwargs == {"table": {"a": NESTED}}
        assert hash(spec) == before
        assert spec == twin


def test_what_the_caller_does_with_the_arguments_does_not_change_it() -> None:
    for value in (copy.deepcopy(NESTED), {"a": copy.deepcopy(NESTED)}, (copy.deepcopy(NESTED),), {1, 2}):
        as_it_was = copy.deepcopy(value)
        spec = ONE.validate("anything", value, x=value)
        before = hash(spec)
        empty(value)
        empty(spec.args)
        empty(spec.kwargs)
        assert spec.args == (as_it_was,)
        assert spec.kwargs == {"x": as_it_was}
        assert hash(spec) == before
        assert spec.build().args == (as_it_was,)


def test_objects_go_through_as_they_are() -> None:
    tensor, module, function = torch.zeros(2), torch.nn.Identity(), len
    spec = ONE.validate("anything", tensor, [module], f={"f": function})
    built = spec.build()
    assert built.args[0] is tensor
    assert built.args[1][0] is module
    assert built.kwargs["f"]["f"] is function


# -- equality --


@given(st.lists(plain, max_size=3), st.dictionaries(names, plain, max_size=3))
def test_equal_specs_have_equal_hashes(args: list[Any], kwargs: dict[str, Any]) -> None:
    spec, twin = (ONE.validate("anything", *copy.deepcopy(args), **copy.deepcopy(kwargs)) for _ in range(2))
    assert spec == twin
    assert hash(spec) == hash(twin)
    assert len({spec, twin}) == 1
    backwards = ONE.validate("anything", *args, **dict(reversed(kwargs.items())))
    assert backwards == spec
    assert hash(backwards) == hash(spec)


def test_what_differs_is_not_equal() -> None:
    tensor = torch.zeros(2)
    specs = [
        ONE.validate("anything"),
        ONE.validate("other"),
        ONE.validate("old"),
        MANY.validate("anything"),
        MANY.validate("q_anything"),
        ONE.validate("anything", 1),
        ONE.validate("anything", True),
        ONE.validate("anything", 1.0),
        ONE.validate("anything", "1"),
        ONE.validate("anything", [1]),
        ONE.validate("anything", (1,)),
        ONE.validate("anything", {1}),
        ONE.validate("anything", {1: 1}),
        ONE.validate("anything", {1: True}),
        ONE.validate("anything", x=1),
        ONE.validate("anything", y=1),
        ONE.validate("anything", x=None),
        ONE.validate("anything", 1, x=1),
        ONE.validate("anything", tensor),
        ONE.validate("anything", torch.zeros(2)),
        ONE.validate("anything", np.zeros(2)),
        ONE.validate("anything", object()),
        ONE.validate("anything", [tensor]),
    ]
    for left, each in enumerate(specs):
        for right, other in enumerate(specs):
            assert (each == other) is (left == right)
    assert len(set(specs)) == len(specs)
    assert ONE.validate("anything", tensor) == ONE.validate("anything", tensor)
    assert ONE.validate("anything") != "anything"
    assert ONE.validate("anything") is not None


def test_bare_and_qualified_names_of_one_component_make_equal_specs() -> None:
    assert MANY.validate("anything", x=1) == MANY.validate("p_anything", x=1)


# -- copies and pickles --


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_pickles_by_reference_to_its_registry(protocol: int) -> None:
    spec = MANY.validate("old", [1, {"a": (2,)}], x=Colour.RED)
    again = pickle.loads(pickle.dumps(spec, protocol))
    assert again == spec
    assert again.registry is MANY
    assert (again.name, again.spelling) == (spec.name, spec.spelling)
    assert hash(again) == hash(spec)


def test_it_copies() -> None:
    for registry in (MANY, Registry[Any](anything=anything)):  # the second is held by no module
        spec = registry.validate("anything", [1], x=torch.zeros(1))
        assert copy.copy(spec) == spec
        deep = copy.deepcopy(spec)
        assert deep.registry is registry
        assert (deep.name, deep.args) == (spec.name, spec.args)
        assert deep.kwargs["x"] is not spec.kwargs["x"]


def test_one_of_a_registry_that_no_module_holds_cannot_be_pickled_or_written() -> None:
    spec = Registry[Any](anything=anything).validate("anything", x=1)
    message = (
        "<ComponentSpec anything(x=int 1)> belongs to a registry that no module holds: "
        "assign the registry to a name at the top of a module"
    )
    for attempt in (lambda: pickle.dumps(spec), spec.to_dict):
        with pytest.raises(pickle.PicklingError) as caught:
            attempt()
        assert str(caught.value) == message


@pytest.fixture
def user_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module with a registry, as a user has it."""
    (tmp_path / "spec_parts.py").write_text(
        "from terraregistry import Registry\n\n"
        "PARTS = Registry()\n\n\n"
        "@PARTS.register(aliases=['old'])\n"
        "def part(items: list[int], factor: float = 1.0) -> list[float]:\n"
        "    return [item * factor for item in items]\n\n\n"
        "def build(spec):\n"
        "    import multiprocessing\n\n"
        "    return spec.build(), multiprocessing.current_process().name\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import spec_parts

    yield spec_parts
    del sys.modules["spec_parts"]


@pytest.mark.slow  # test_processes.py has a shorter one
def test_it_is_built_in_a_spawned_process(user_module: ModuleType) -> None:
    spec = user_module.PARTS.validate("old", [1, 2], factor=2)
    neck = NECK_REGISTRY.validate("SelectIndices", [8, 16], indices=[1])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        numbers, process = pool.apply(user_module.build, (spec,))
        assert numbers == [2.0, 4.0]
        assert process != multiprocessing.current_process().name
        assert type(pool.apply(user_module.build, (neck,))[0]).__name__ == "SelectIndices"


# -- plain data --


@given(st.lists(plain, max_size=3), st.dictionaries(names, plain, max_size=3))
def test_plain_arguments_survive_json_and_yaml(args: list[Any], kwargs: dict[str, Any]) -> None:
    spec = MANY.validate("anything", *args, **kwargs)
    data = spec.to_dict()
    assert data["registry"] == f"{HERE}:MANY"
    for again in (data, json.loads(json.dumps(data)), yaml.safe_load(yaml.safe_dump(data))):
        assert ComponentSpec.from_dict(again) == spec
        assert ComponentSpec.from_dict(again, MANY) == spec


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "depth": st.integers(),
            "ratio": st.floats(allow_nan=False) | st.integers(-100, 100),
            "sizes": st.lists(st.integers()).map(tuple),
            "colour": st.just(Colour.RED),
            "mode": st.sampled_from(["a", "b"]),
            "path": st.sampled_from([Path("a/b.pt"), None]),
            "table": st.dictionaries(st.text(), st.lists(st.integers())),
        },
    )
)
def test_typed_arguments_survive_json_and_yaml(kwargs: dict[str, Any]) -> None:
    spec = ONE.validate("typed", **kwargs)
    data = spec.to_dict()
    for again in (json.loads(json.dumps(data)), yaml.safe_load(yaml.safe_dump(data))):
        read = ComponentSpec.from_dict(again)
        assert read == spec
        assert read.build().kwargs == spec.build().kwargs


def test_what_it_looks_like() -> None:
    spec = MANY.validate("old", 1, (2, 3), x=Colour.RED, y={"a": {5}}, z=Level.HIGH, p=PurePosixPath("a/b"))
    assert spec.to_dict() == {
        "registry": f"{HERE}:MANY",
        "name": "p_old",
        "args": [1, [2, 3]],
        "kwargs": {"x": "red", "y": {"a": [5]}, "z": 3, "p": "a/b"},
    }
    assert ONE.validate("typed").to_dict() == {"registry": f"{HERE}:ONE", "name": "typed", "kwargs": {}}


def test_plain_data_is_plain_also_where_the_arguments_are_nearly() -> None:
    class Name(str):
        __slots__ = ()

    data = ONE.validate("anything", np.float64(1.5), Name("a"), Level.HIGH, True, {Colour.RED: 1}, {3, 1, 2}).to_dict()
    assert data["args"] == [1.5, "a", 3, True, {"red": 1}, [1, 2, 3]]
    assert [type(each) for each in data["args"][:4]] == [float, str, int, bool]
    assert yaml.safe_load(yaml.safe_dump(data)) == json.loads(json.dumps(data)) == data


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((len,), {}, "args[0] is a builtin_function_or_method, which plain data cannot hold; pickle the spec instead"),
        ((1, [2, int]), {}, "args[1][1] is a class int, which plain data cannot hold; pickle the spec instead"),
        ((), {"x": {"y": [object()]}}, "kwargs.x.y[0] is a object, which plain data cannot hold; pickle the spec instead"),
        ((), {"x": b"a"}, "kwargs.x is a bytes b'a', which plain data cannot hold; pickle the spec instead"),
        ((), {"x": 1j}, "kwargs.x is a complex 1j, which plain data cannot hold; pickle the spec instead"),
        ((), {"x": {1: 2}}, "kwargs.x has the key int 1, and keys of plain data are strings; pickle the spec instead"),
        (({(1,): 2},), {}, "args[0] has the key tuple (1,), and keys of plain data are strings; pickle the spec instead"),
    ],
)  # fmt: skip
def test_what_plain_data_cannot_hold(args: tuple[Any, ...], kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        ONE.validate("anything", *args, **kwargs).to_dict()
    assert str(caught.value) == message


SHAPE = (
    " is no component spec: that is a dictionary of registry and name (strings), "
    "and of args (a list) and kwargs (a dictionary) where there are any"
)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (None, "None"),
        (5, "int 5"),
        ("typed", "str 'typed'"),
        (["typed"], "list ['typed']"),
        ([("name", "typed")], "list [('name', 'typed')]"),
        ({}, "dict {}"),
        ({"name": "typed"}, "dict {'name': 'typed'}"),
        ({"registry": f"{HERE}:ONE"}, None),
        ({"registry": 5, "name": "typed"}, "dict {'name': 'typed', 'registry': 5}"),
        ({"registry": f"{HERE}:ONE", "name": 5}, None),
        ({"registry": f"{HERE}:ONE", "name": None}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "args": "12"}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "args": 5}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "args": None}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "args": {"depth": 1}}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "kwargs": [1]}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "kwargs": {1: 2}}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "kwargs": "depth"}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", "arguments": {}}, None),
        ({"registry": f"{HERE}:ONE", "name": "typed", 5: 5}, None),
    ],
)
def test_what_is_no_spec(data: Any, shown: str | None) -> None:
    with pytest.raises(RegistryError) as caught:
        ComponentSpec.from_dict(data)
    assert str(caught.value).endswith(SHAPE)
    if shown is not None:
        assert str(caught.value) == shown + SHAPE


@pytest.mark.parametrize(
    "reference",
    [
        *("", ":", "x", "nowhere:R", "a:b:c", "\ud800:x", "os:system", "sys:modules"),
        *(f"{HERE}:", f"{HERE}:NOWHERE", f"{HERE}:Made", f"{HERE}:pytest", f"{HERE}.ONE"),
    ],
)
def test_a_registry_that_is_not_loaded(reference: str) -> None:
    loaded = set(sys.modules)
    with pytest.raises(RegistryError) as caught:
        ComponentSpec.from_dict({"registry": reference, "name": "typed"})
    expected = f"no registry {reference!r} is loaded: import its module first, or pass registry=..."
    assert str(caught.value) == expected
    assert set(sys.modules) == loaded


def test_reading_a_spec_runs_nothing_that_a_module_would_run_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("runs_on_demand")
    asked: list[str] = []
    module.__getattr__ = asked.append  # type: ignore[method-assign,assignment]  # what lazy modules have
    monkeypatch.setitem(sys.modules, "runs_on_demand", module)
    with pytest.raises(RegistryError):
        ComponentSpec.from_dict({"registry": "runs_on_demand:REGISTRY", "name": "typed"})
    assert asked == []


def test_the_registries_of_the_library_are_found_where_they_can_be_imported_from() -> None:
    for module in ("terraregistry", "terraregistry.registry", "terraregistry.library"):
        data = {
            "registry": f"{module}:NECK_REGISTRY",
            "name": "SelectIndices",
            "args": [[8]],
            "kwargs": {"indices": [0]},
        }
        spec = ComponentSpec.from_dict(data)
        assert spec.registry is NECK_REGISTRY
        assert spec.to_dict()["registry"] == "terraregistry.library:NECK_REGISTRY"


def test_what_is_read_is_validated() -> None:
    with pytest.raises(InvalidArgumentsError):
        ComponentSpec.from_dict({"registry": f"{HERE}:ONE", "name": "typed", "kwargs": {"depth": "3"}})
    with pytest.raises(ComponentNotFoundError):
        ComponentSpec.from_dict({"registry": f"{HERE}:ONE", "name": "typd"})
    with pytest.raises(InvalidArgumentsError):
        ComponentSpec.from_dict({"name": "typed", "args": [1, 2, 3, 4, 5, 6, 7, 8]}, ONE)


# -- lists inside themselves, and very deep ones --


def inside_itself() -> list[Any]:
    items: list[Any] = [1]
    items += [items, (items,), {"a": items}]
    return items


def deep(levels: int = 100_000) -> list[Any]:
    items: list[Any] = []
    for _ in range(levels):
        items = [items]
    return items


def test_a_list_inside_itself_is_one_in_the_copy() -> None:
    given = inside_itself()
    spec = ONE.validate("anything", given, x=given)
    for copied in (spec.args[0], spec.kwargs["x"], spec.build().args[0]):
        assert copied is not given
        number, inner, (in_tuple,), in_table = copied
        assert (number, len(copied)) == (1, 4)
        assert all(each is copied for each in (inner, in_tuple, in_table["a"]))
    spec.args[0].clear()
    assert len(spec.args[0]) == len(given) == 4


def test_a_spec_of_a_list_inside_itself_can_be_compared_written_and_pickled() -> None:
    one, other = ONE.validate("anything", inside_itself()), ONE.validate("anything", inside_itself())
    assert one == other
    assert hash(one) == hash(other)
    assert one != ONE.validate("anything", [1, [1], (1,), {"a": 1}])
    assert repr(one).startswith("<ComponentSpec anything(list [1, [")
    for twin in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert twin == one
        items = twin.args[0]
        assert items[1] is items
    message = r"^args\[0\]\[1\] is inside itself, which plain data cannot hold; pickle the spec instead$"
    with pytest.raises(TypeError, match=message):
        one.to_dict()


def test_a_table_inside_itself_keeps_its_entries() -> None:
    table: dict[str, Any] = {"a": 1}
    table["self"] = table
    spec = ONE.validate("anything", table=table)
    copied = spec.kwargs["table"]
    assert copied is not table
    assert copied["self"] is copied
    assert spec == ONE.validate("anything", table=table)


def test_a_list_that_is_nested_very_deep_is_passed_on() -> None:
    given = deep()
    spec = ONE.validate("anything", given)
    assert spec == ONE.validate("anything", given)
    assert isinstance(hash(spec), int)
    at, levels = spec.build().args[0], 0
    while at:
        (at,), levels = at, levels + 1
    assert levels == 100_000
    with pytest.raises(TypeError, match="is inside more than 64 others, which plain data cannot hold; pickle the spec"):
        spec.to_dict()


def test_items_that_are_shared_are_copied_once() -> None:
    items: list[Any] = [0]
    for _ in range(60):
        items = [items, items]
    spec = ONE.validate("anything", items)  # 2**60 items, if each was copied by itself
    first, second = spec.args[0]
    assert first is second


def test_data_that_cannot_be_looked_at_is_no_spec() -> None:
    class Unreadable(dict[str, Any]):
        def keys(self) -> Any:
            raise RuntimeError("no keys")

        __iter__ = __getitem__ = get = keys

    class Cursed(type):
        def __subclasscheck__(cls, other: type) -> bool:
            raise RuntimeError("no class")

        __instancecheck__ = __eq__ = __hash__ = __subclasscheck__  # type: ignore[assignment]  # whatever is asked

    class OfCursed(metaclass=Cursed):
        pass

    for data in (Unreadable(name="x", registry="y"), OfCursed()):
        with pytest.raises(RegistryError, match="is no component spec: that is a dictionary"):
            ComponentSpec.from_dict(data)  # type: ignore[arg-type]  # that is what is refused
