"""The same definition again is no clash: it replaces the older edition, in its place. Everything else is one."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pickle
import runpy
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import (
    ComponentNotFoundError,
    DuplicateComponentError,
    DuplicateSourceError,
    InvalidArgumentsError,
    PrefixConflictError,
)
from terraregistry.testing import check_registry

from .programs import run_program, write_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Square:
    def __init__(self, side: int = 1) -> None:
        self.side = side

    @classmethod
    def large(cls, side: int = 100) -> Square:
        return cls(side)


class Circle:
    pass


class Hostile:
    """Compares with nothing, as an array of several numbers does."""

    __hash__ = None  # type: ignore[assignment]  # so that it cannot be looked up either

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value is ambiguous")


def scaled(side: int = 1, *, by: Any = 1) -> int:
    return side * by


# -- the identical object --


def test_code_that_was_changed_in_place_is_inspected_anew() -> None:
    """IPython's autoreload gives a function the code of its new edition."""

    def scale(side: int = 1) -> int:
        return side

    def edited(side: int = 1, by: int = 1) -> int:
        return side * by

    registry = Registry[int](scale=scale)
    assert registry.build("scale", side=2) == 2
    scale.__code__, scale.__defaults__, scale.__annotations__ = (
        edited.__code__,
        edited.__defaults__,
        edited.__annotations__,
    )
    assert registry.build("scale", side=2, by=3) == 6
    with pytest.raises(InvalidArgumentsError, match="too"):
        registry.build("scale", too=1)


def by_call(registry: Registry[Any], constructor: Any, **options: Any) -> None:
    assert registry.register(constructor, **options) is constructor


def by_decorator(registry: Registry[Any], constructor: Any, **options: Any) -> None:
    decorate = registry.register(**options) if options else registry.register
    assert decorate(constructor) is constructor


@pytest.mark.parametrize("register", [by_call, by_decorator])
def test_the_identical_object_again_changes_nothing(register: Callable[..., None]) -> None:
    registry = Registry[Any](first=Circle, Square=Square, third=Circle, scaled=scaled, sum=sum)
    registry.register(Square, name="named", aliases=["called"])
    before = list(registry.items())
    for _ in range(2):
        register(registry, Square)
        register(registry, scaled)
        register(registry, sum)
        register(registry, Circle, name="third")
        register(registry, Square, name="named")
        register(registry, Square, name="named", aliases=["called"])
    assert list(registry.items()) == before
    assert registry.describe("named").aliases == ("called",)
    check_registry(registry)


@pytest.mark.parametrize("register", [by_call, by_decorator])
def test_the_identical_object_again_adds_the_aliases_that_are_new(register: Callable[..., None]) -> None:
    registry = Registry[Any](a=Circle, b=Square)
    register(registry, Circle, name="a", aliases=["x"])
    register(registry, Circle, name="a", aliases=["y", "x"])
    register(registry, Circle, name="a")
    assert list(registry) == ["a", "b"]
    assert sorted(registry.describe("a").aliases) == ["x", "y"]
    assert registry["x"] is registry["y"] is Circle


@pytest.mark.parametrize("taken", ["b", "of_b"])
def test_the_identical_object_again_takes_no_name_of_another(taken: str) -> None:
    registry = Registry[Any](a=Circle)
    registry.register(Square, name="b", aliases=["of_b"])
    with pytest.raises(DuplicateComponentError) as caught:
        registry.register(Circle, name="a", aliases=["fine", taken])
    assert (caught.value.name, caught.value.same_file) == (taken, False)
    assert list(registry.items()) == [("a", Circle), ("b", Square)]
    assert registry.describe("a").aliases == ()
    assert registry["of_b"] is Square


def test_the_identical_object_under_another_name_is_another_component() -> None:
    registry = Registry[Any](a=Circle)
    registry.register(Circle, name="b")
    assert list(registry.items()) == [("a", Circle), ("b", Circle)]


def test_a_method_of_a_class_is_the_same_each_time_that_it_is_asked_for() -> None:
    registry = Registry[Any]()
    for _ in range(2):
        registry.register(Square.large, name="large")
    assert registry.build("large").side == 100


def test_a_scope_keeps_what_was_registered_before_it_and_again_inside() -> None:
    registry = Registry[Any](a=Circle)
    with registry.scope():
        registry.register(Circle, name="a", aliases=["x"])
        assert registry["x"] is Circle
    assert list(registry.items()) == [("a", Circle)]
    assert "x" not in registry


# -- partials and lambdas --


def test_a_partial_with_equal_arguments_is_the_same_definition() -> None:
    registry = Registry[Any](first=Circle)
    for _ in range(3):
        registry.register(functools.partial(scaled, 3, by=[1, 2]), name="p", aliases=["q"])
        registry.register(functools.partial(functools.partial(scaled, 3), by=2), name="nested")
    assert list(registry) == ["first", "p", "nested"]
    assert registry.build("q") == [1, 2, 1, 2, 1, 2]
    assert registry.build("nested") == 6


@pytest.mark.parametrize(
    "other",
    [
        functools.partial(scaled, 4, by=2),
        functools.partial(scaled, 3, by=3),
        functools.partial(scaled, 3),
        functools.partial(scaled, 3, by=Hostile()),
        functools.partial(Square, 3),
        scaled,
    ],
)
def test_a_partial_with_other_arguments_is_another_definition(other: Any) -> None:
    registry = Registry[Any]()
    first = functools.partial(scaled, 3, by=2)
    registry.register(first, name="p")
    with pytest.raises(DuplicateComponentError) as caught:
        registry.register(other, name="p")
    assert not caught.value.same_file
    assert registry["p"] is first
    registry.register(first, name="p")


def test_a_partial_whose_arguments_cannot_be_compared_is_the_same_only_as_itself() -> None:
    registry = Registry[Any]()
    first = functools.partial(scaled, by=Hostile())
    registry.register(first, name="p")
    registry.register(first, name="p")
    with pytest.raises(DuplicateComponentError):
        registry.register(functools.partial(scaled, by=Hostile()), name="p")
    assert registry["p"] is first


def test_a_lambda_of_the_same_code_is_the_same_definition_when_its_cell_is_run_again() -> None:
    cell = "registry.register(lambda: 3, name='three', aliases=['trio'])"
    namespace = {"registry": Registry[Any](first=Circle), "__name__": "__main__"}
    for _ in range(2):
        exec(compile(cell, "<cell>", "exec"), namespace)
    assert list(namespace["registry"]) == ["first", "three"]
    assert namespace["registry"].build("trio") == 3
    with pytest.raises(DuplicateComponentError):
        exec(compile(cell.replace("3,", "4,"), "<cell>", "exec"), namespace)


def test_another_lambda_is_another_definition() -> None:
    registry = Registry[Any]()
    registry.register(lambda: 3, name="n")
    with pytest.raises(DuplicateComponentError):
        registry.register(lambda: 3, name="n")  # the same code in another place
    pair = (lambda: 4, lambda: 5)
    registry.register(pair[0], name="m")
    with pytest.raises(DuplicateComponentError):
        registry.register(pair[1], name="m")  # other code in the same place
    assert (registry.build("n"), registry.build("m")) == (3, 4)


# -- a newer edition --

PARTS = """
    from typing import Any
    from terraregistry import MultiSourceRegistry, Registry

    class Kept:
        pass

    R = Registry[Any](first=Kept)
    M = MultiSourceRegistry[Any](first=Registry[Any](Kept=Kept))
"""

NETS = """
from functools import partial
from parts import R

@R.register(aliases=["network"])
class Net:
    def __init__(self, size: int = 1) -> None:
        self.size = size

    @classmethod
    def small(cls, size: int = 2) -> "Net":
        return cls(size)

    def doubled(self) -> int:
        return 2 * self.size

@R.register
def net(size: int = 1) -> Net:
    return Net(size)

class Outer:
    @R.register(name="inner")
    class Net(Net):
        pass

R.register(partial(net, size=3), name="three")
R.register(lambda: Net(5), name="five")
R.register(Net.small, name="small")

def register_local() -> None:
    @R.register(name="local")
    class Local(Net):
        pass

register_local()
R.register_lazy("lazy", "never_imported:Net")
"""

EDITED = "# One line more.\n" + NETS.replace(
    "size: int = 1) -> None:", "size: int = 1, depth: int = 0) -> None:"
).replace("return 2 *", "return 3 *")
NAMES = ["first", "Net", "net", "inner", "three", "five", "small", "local", "lazy"]


class Modules:
    """A folder of modules that are imported, edited and imported again; what they are is forgotten after the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        write_modules(self.folder, {f"{name.replace('.', '/')}.py": text})
        importlib.invalidate_caches()

    def load(self, name: str, text: str = "") -> Any:  # a module, whose attributes are any objects
        if text:
            self.write(name, text)
        return importlib.import_module(name)

    def forget(self, name: str) -> None:
        del sys.modules[name]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Modules]:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # an edit within the same second is seen
    before = set(sys.modules)
    made = Modules(tmp_path)
    made.write("parts", PARTS)
    yield made
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def by_reload(modules: Modules, text: str) -> dict[str, Any]:
    if "nets" in sys.modules:
        modules.write("nets", text)
        return vars(importlib.reload(sys.modules["nets"]))
    return vars(modules.load("nets", text))


def by_import_after_deletion(modules: Modules, text: str) -> dict[str, Any]:
    if "nets" in sys.modules:
        modules.forget("nets")
    return vars(modules.load("nets", text))


def by_loading_the_file(modules: Modules, text: str) -> dict[str, Any]:
    """Load a file as pytest and many a plugin system do, without `sys.modules`."""
    modules.write("nets", text)
    spec = importlib.util.spec_from_file_location("nets_of_file", modules.folder / "nets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def by_running_the_file(modules: Modules, text: str) -> dict[str, Any]:
    modules.write("nets", text)
    return runpy.run_path(str(modules.folder / "nets.py"))


def by_cell(modules: Modules, text: str) -> dict[str, Any]:
    """Run a cell of a notebook, each time from a file of its own that does not exist."""
    notebook = sys.modules.setdefault("notebook_of_test", ModuleType("notebook_of_test"))
    vars(notebook)["count"] = count = vars(notebook).get("count", 0) + 1
    exec(compile(text, f"<cell {count}>", "exec"), vars(notebook))
    return vars(notebook)


@pytest.fixture
def _no_notebook() -> Iterator[None]:
    yield
    sys.modules.pop("notebook_of_test", None)


WAYS = [by_reload, by_import_after_deletion, by_loading_the_file, by_running_the_file, by_cell]


@pytest.mark.usefixtures("_no_notebook")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("second", [NETS, EDITED], ids=["the same", "edited"])
def test_a_module_that_runs_again_replaces_what_it_registered(modules: Modules, way: Any, second: str) -> None:
    parts = modules.load("parts")
    old = dict(way(modules, NETS))
    assert list(parts.R) == NAMES
    instance = parts.R.build("Net", size=4)
    new = way(modules, second)
    assert new["Net"] is not old["Net"]

    assert list(parts.R) == NAMES
    assert parts.R["Net"] is parts.R["network"] is new["Net"]
    assert parts.R["net"] is new["net"]
    assert parts.R["inner"] is new["Outer"].Net
    assert parts.R.resolve("network") == "Net"
    assert parts.R.describe("Net").aliases == ("network",)
    for name in ["Net", "net", "inner", "three", "five", "small", "local"]:
        product = parts.R.build(name)
        assert isinstance(product, new["Net"])
        assert not isinstance(product, old["Net"])
    assert [parts.R.build(name).size for name in ["three", "five", "small"]] == [3, 5, 2]
    assert "never_imported" not in sys.modules
    assert instance.doubled() == 8  # as it was made
    check_registry(parts.R, [name for name in NAMES if name != "lazy"])


@pytest.mark.usefixtures("_no_notebook")
@pytest.mark.parametrize("way", WAYS)
def test_the_aliases_of_a_newer_edition_are_added_to_those_there_are(modules: Modules, way: Any) -> None:
    parts = modules.load("parts")
    way(modules, NETS)
    new = way(modules, NETS.replace('["network"]', '["graph"]'))
    assert sorted(parts.R.describe("Net").aliases) == ["graph", "network"]
    assert parts.R["graph"] is parts.R["network"] is new["Net"]


@pytest.mark.usefixtures("_no_notebook")
@pytest.mark.parametrize("way", WAYS)
def test_a_scope_gives_the_older_edition_back(modules: Modules, way: Any) -> None:
    parts = modules.load("parts")
    old = dict(way(modules, NETS))
    with parts.R.scope():
        new = way(modules, EDITED)
        assert parts.R["Net"] is new["Net"]
    assert parts.R["Net"] is parts.R["network"] is old["Net"]
    assert parts.R.build("Net", size=2).doubled() == 4


@pytest.mark.usefixtures("_no_notebook")
def test_a_class_of_a_later_cell_replaces_that_of_an_earlier_one(modules: Modules) -> None:
    parts = modules.load("parts")
    by_cell(modules, NETS)
    later = by_cell(modules, "@R.register\nclass Net:\n    later = True\n")
    assert parts.R["Net"] is parts.R["network"] is later["Net"]
    assert list(parts.R) == NAMES


SET_UP = """
def set_up():
    @registry.register(aliases=["network"])
    class Net:
        pass

    return Net

net = set_up()
"""


def test_a_definition_inside_a_function_is_the_same_when_its_cell_is_run_again() -> None:
    registry = Registry[Any](first=Circle)
    namespace: dict[str, Any] = {"registry": registry, "__name__": "__main__"}
    for _ in range(2):
        exec(compile(SET_UP, "<cell>", "exec"), namespace)
    assert list(registry.items()) == [("first", Circle), ("Net", namespace["net"])]
    assert registry["network"] is namespace["net"]
    with pytest.raises(DuplicateComponentError):
        exec(
            compile(SET_UP + "set_up()", "<cell>", "exec"), namespace
        )  # in one execution, the second of two classes is no newer edition


# -- what was made of the older edition --


@pytest.mark.parametrize("face", ["R", "M"])
def test_a_spec_of_the_older_edition_builds_the_newer_one(modules: Modules, face: str) -> None:
    parts = modules.load("parts")
    parts.M.register_source("r", parts.R)
    registry = getattr(parts, face)
    old = vars(modules.load("nets", NETS)).copy()
    specs = [registry.validate(name, size=4) for name in ("Net", "network", "net")]
    for _ in range(3):  # until calls are validated at full speed
        assert all(type(spec.build()) is old["Net"] for spec in specs)
    modules.write("nets", EDITED)
    nets = importlib.reload(sys.modules["nets"])
    for _ in range(3):
        made = [spec.build() for spec in specs]
        assert [type(each) for each in made] == [nets.Net] * 3
        assert [each.doubled() for each in made] == [12] * 3
    assert specs[0] == registry.validate("Net", size=4)
    assert hash(specs[0]) == hash(registry.validate("Net", size=4))
    assert pickle.loads(pickle.dumps(specs[0])).build().doubled() == 12


@pytest.mark.parametrize("face", ["R", "M"])
def test_the_newer_signature_is_what_calls_are_held_to(modules: Modules, face: str) -> None:
    parts = modules.load("parts")
    parts.M.register_source("r", parts.R)
    registry = getattr(parts, face)
    modules.load("nets", NETS)
    spec = registry.validate("Net", size=4)
    for _ in range(3):
        registry.build("Net", size=1)
    line = registry.describe("Net").line
    with pytest.raises(InvalidArgumentsError):
        registry.validate("Net", depth=2)

    modules.write("nets", EDITED)
    importlib.reload(sys.modules["nets"])
    assert list(registry.signature("Net").parameters) == ["size", "depth"]
    assert list(registry.describe("Net").signature.parameters) == ["size", "depth"]
    assert registry.describe("Net").line == line + 2
    assert registry.validate("Net", depth=2).build().size == 1
    assert registry.build("Net", depth=2).size == 1

    modules.write(
        "nets", EDITED.replace("self, size: int = 1, depth", "self, width: int = 1, depth").replace(".size", ".width")
    )
    importlib.reload(sys.modules["nets"])
    with pytest.raises(InvalidArgumentsError) as caught:
        spec.build()
    assert [problem.path for problem in caught.value.problems] == ["size"]
    assert caught.value.defined_at.endswith(f"nets.py:{line + 2}")
    with pytest.raises(InvalidArgumentsError):
        registry.validate("Net", size=4)
    with pytest.raises(InvalidArgumentsError):
        registry.build("Net", size=4)


def test_suggestions_after_a_newer_edition_are_those_of_now(modules: Modules) -> None:
    parts = modules.load("parts")
    modules.load("nets", NETS)
    with pytest.raises(ComponentNotFoundError) as caught:
        parts.R.build("hexagom")
    assert caught.value.suggestions == ()
    modules.write("nets", NETS.replace('["network"]', '["hexagon"]'))
    importlib.reload(sys.modules["nets"])
    with pytest.raises(ComponentNotFoundError) as caught:
        parts.R.build("hexagom")
    assert caught.value.suggestions == ("hexagon",)


# -- clashes --


@pytest.mark.parametrize("definition", ["class Net:\n    pass\n", "def Net():\n    pass\n"], ids=["class", "function"])
@pytest.mark.parametrize("way", [way for way in WAYS if way is not by_cell])
def test_two_of_one_name_in_one_execution_are_a_clash(modules: Modules, way: Any, definition: str) -> None:
    parts = modules.load("parts")
    one = f"@R.register\n{definition}"
    start = "from parts import R\n"
    with pytest.raises(DuplicateComponentError) as caught:
        way(modules, f"{start}{one}\n{one}")
    assert (caught.value.name, caught.value.same_file) == ("Net", False)
    first = parts.R["Net"]
    assert list(parts.R) == ["first", "Net"]
    # The mistake is mended, and the module runs again.
    way(modules, f"{start}{one}\n{one.replace('Net', 'Other')}")
    assert list(parts.R) == ["first", "Net", "Other"]
    assert parts.R["Net"] is not first
    # It is made again, and what ran before says nothing about it.
    with pytest.raises(DuplicateComponentError):
        way(modules, f"{start}{one}\n{one}")


def test_two_of_one_name_in_one_function_are_a_clash() -> None:
    registry = Registry[Any]()

    def set_up() -> None:
        @registry.register
        class Net:
            pass

        @registry.register
        class Net:  # type: ignore[no-redef]  # noqa: F811 - the mistake
            pass

    with pytest.raises(DuplicateComponentError) as caught:
        set_up()
    assert not caught.value.same_file


NET = "from parts import R\n@R.register\nclass Net:\n    pass\n"


def test_another_module_or_qualified_name_is_a_clash(modules: Modules) -> None:
    parts = modules.load("parts")
    first = modules.load("one", NET).Net
    for text in [NET, NET.replace("Net", "Net2").replace("register\n", "register(name='Net')\n")]:
        with pytest.raises(DuplicateComponentError) as caught:
            modules.load("two", text)
        assert (caught.value.name, caught.value.same_file) == ("Net", False)
        assert caught.value.taken_by == "one.Net"
        assert "the same file" not in str(caught.value)
    modules.write("one", NET.replace("class Net:", "class Net2:").replace("register\n", "register(name='Net')\n"))
    with pytest.raises(DuplicateComponentError) as caught:
        importlib.reload(sys.modules["one"])
    assert not caught.value.same_file
    assert parts.R["Net"] is first
    replacing = modules.load("three", NET.replace("register\n", "register(override=True)\n"))
    assert parts.R["Net"] is replacing.Net


@pytest.mark.parametrize("link", [False, True], ids=["one folder", "a link to it"])
def test_a_file_that_is_loaded_under_two_names_is_said_to_be(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, link: bool
) -> None:
    parts = modules.load("parts")
    modules.write("package.mod_of_test", NET)
    folder = modules.folder / "package"
    if link:
        (modules.folder / "linked").symlink_to(folder, target_is_directory=True)
        folder = modules.folder / "linked"
    monkeypatch.syspath_prepend(folder)
    first = modules.load("package.mod_of_test").Net
    with pytest.raises(DuplicateComponentError) as caught:
        modules.load("mod_of_test")
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert error.same_file is True
        assert isinstance(error, KeyError)
        text = str(error)
        assert "the same file" in text
        assert "package.mod_of_test" in text
        assert "mod_of_test" in text.replace("package.mod_of_test", "")
    assert parts.R["Net"] is first
    with pytest.raises(DuplicateComponentError) as caught:
        modules.load("mod_of_test")  # each time
    assert caught.value.same_file
    modules.write("package.mod_of_test", NET.replace("register\n", "register(override=True)\n"))
    replacing = modules.load("mod_of_test").Net
    assert parts.R["Net"] is replacing


TRAIN = """
    import json, sys
    from app.parts import R

    @R.register(name="net", aliases=["network"])
    class Net:
        pass

    if __name__ == "__main__":
        from terraregistry.errors import DuplicateComponentError

        try:
            import app.train
        except DuplicateComponentError as error:
            print(json.dumps([error.same_file, "the same file" in str(error), "__main__" in str(error),
                              "app.train" in str(error), R["net"] is Net, list(R), error.name]))
"""


@pytest.mark.parametrize("form", [("-", "-m", "app.train"), ("-", "app/train.py")], ids=["-m", "file"])
def test_a_program_that_is_imported_as_a_module_too_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"app/__init__.py": "", "app/parts.py": PARTS, "app/train.py": TRAIN}
    assert run_program(tmp_path, files, *form) == [True, True, True, True, True, ["first", "net"], "net"]


# -- lazily registered --

DRAWN = """
    from parts import R

    def register(constructor: type, name: str) -> None:
        R.register(constructor, name=name, aliases=["of_class"])

    class Net:
        class Inner:
            pass
"""


def test_the_same_lazy_reference_again_changes_nothing(modules: Modules) -> None:
    parts = modules.load("parts")
    modules.write("drawn", DRAWN)
    for aliases in [["a"], [], ["a", "b"], "b"]:
        parts.R.register_lazy("net", "drawn:Net", aliases=aliases)
    parts.R.register(parts.Kept, name="last")
    parts.R.register_lazy("net", "drawn:Net")
    assert list(parts.R) == ["first", "net", "last"]
    assert parts.R.resolve("a") == parts.R.resolve("b") == "net"
    for other in ["drawn:Net.Inner", "other:Net"]:
        with pytest.raises(DuplicateComponentError) as caught:
            parts.R.register_lazy("net", other)
        assert (caught.value.taken_by, caught.value.same_file) == ("drawn:Net", False)
    assert "drawn" not in sys.modules
    assert type(parts.R.build("b")) is modules.load("drawn").Net
    parts.R.register_lazy("net", "drawn:Net")  # imported by now
    assert list(parts.R) == ["first", "net", "last"]


def test_a_clash_with_a_lazy_reference_says_the_same_before_and_after_its_import(modules: Modules) -> None:
    parts = modules.load("parts")
    modules.write("drawn", DRAWN)
    parts.R.register_lazy("net", "drawn:Net")
    with pytest.raises(DuplicateComponentError) as before:
        parts.R.register(parts.Kept, name="net")
    assert "drawn" not in sys.modules
    parts.R.build("net")
    with pytest.raises(DuplicateComponentError) as after:
        parts.R.register(parts.Kept, name="net")
    assert before.value.args == after.value.args
    assert str(before.value) == str(after.value)


@pytest.mark.parametrize("used", [False, True], ids=["not imported", "imported"])
@pytest.mark.parametrize("attribute", ["Net", "Net.Inner"])
def test_the_class_that_a_lazy_reference_names_is_no_clash(modules: Modules, attribute: str, used: bool) -> None:
    parts = modules.load("parts")
    modules.write("drawn", DRAWN)
    parts.R.register_lazy("net", f"drawn:{attribute}", aliases=["a"])
    parts.R.register(parts.Kept, name="last")
    if used:
        parts.R.build("net")
    drawn = modules.load("drawn")
    named = drawn.Net if attribute == "Net" else drawn.Net.Inner
    drawn.register(named, "net")
    assert list(parts.R) == ["first", "net", "last"]
    assert parts.R["net"] is parts.R["a"] is parts.R["of_class"] is named
    with pytest.raises(DuplicateComponentError):
        drawn.register(drawn.Net.Inner if attribute == "Net" else drawn.Net, "net")
    with pytest.raises(DuplicateComponentError):
        parts.R.register(parts.Kept, name="net")
    assert parts.R["net"] is named


@pytest.mark.parametrize("attribute", ["Net", "Net.Inner"])
def test_a_lazy_reference_to_a_class_that_is_registered_is_no_clash(modules: Modules, attribute: str) -> None:
    parts = modules.load("parts")
    drawn = modules.load("drawn", DRAWN)
    named = drawn.Net if attribute == "Net" else drawn.Net.Inner
    parts.R.register(named, name="net")
    parts.R.register(parts.Kept, name="last")
    parts.R.register_lazy("net", f"drawn:{attribute}", aliases=["a"])
    assert list(parts.R) == ["first", "net", "last"]
    assert parts.R["net"] is parts.R["a"] is named
    with pytest.raises(DuplicateComponentError) as caught:
        parts.R.register_lazy("net", "drawn:Other")
    assert not caught.value.same_file


def test_a_module_may_register_itself_what_is_registered_lazily_already(modules: Modules) -> None:
    parts = modules.load("parts")
    modules.write("nets", NETS)
    parts.R.register_lazy("Net", "nets:Net", aliases=["lazily"])
    assert parts.R.build("Net", size=2).doubled() == 4  # whose module registers it, while it is imported for it
    assert parts.R["Net"] is parts.R["lazily"] is parts.R["network"] is modules.load("nets").Net
    assert list(parts.R) == NAMES
    modules.write("nets", EDITED)
    assert importlib.reload(sys.modules["nets"]).Net is parts.R["Net"]
    assert parts.R.build("lazily", size=2).doubled() == 6


# -- sources --

MINE = """
from typing import Any
from parts import M
from terraregistry import Registry

R = Registry[Any]()

@R.register
def net(size: int = 1) -> int:
    return size

M.register_source("mine", R)
"""


class Numbers(dict[str, int]):
    """A minimal source that somebody else wrote."""

    def build(self, name: str) -> int:
        return self[name]


@pytest.mark.parametrize("source", [Registry[Any](one=Square), Numbers(one=1)], ids=["registry", "foreign"])
def test_the_identical_source_again_changes_nothing(source: Any) -> None:
    registry = MultiSourceRegistry[Any](a=Registry[Any](x=Circle), mine=source, z=Registry[Any](y=Circle))
    registry.register_source("mine", source)
    registry.register(source, "mine")
    assert list(registry.keys()) == ["a", "mine", "z"]
    assert registry["mine"] is source
    assert list(registry) == ["a_x", "mine_one", "z_y"]


def test_another_source_is_a_clash() -> None:
    first, second = Registry[Any](x=Circle), Registry[Any](x=Circle)  # in one place, but of one execution
    third = Registry[Any](x=Circle)
    registry = MultiSourceRegistry[Any](mine=first)
    for other in [second, third, Numbers(x=1), Numbers(x=1)]:
        with pytest.raises(DuplicateSourceError) as caught:
            registry.register_source("mine", other)
        assert caught.value.prefix == "mine"
        assert registry["mine"] is first
    with pytest.raises(PrefixConflictError):
        registry.register_source("mine_too", first)
    with pytest.raises(PrefixConflictError):
        registry.register_source("mine_too", second)


@pytest.mark.usefixtures("_no_notebook")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("second", [MINE, MINE.replace("size: int = 1", "size: int = 2")], ids=["the same", "edited"])
def test_the_registry_of_a_module_that_runs_again_replaces_the_older(modules: Modules, way: Any, second: str) -> None:
    parts = modules.load("parts")
    old = dict(way(modules, MINE))["R"]
    parts.M.register_source("last", Registry[Any](x=Circle))
    spec = parts.M.validate("mine_net")
    new = way(modules, second)["R"]
    assert new is not old
    assert list(parts.M.keys()) == ["first", "mine", "last"]
    assert parts.M["mine"] is new
    assert list(parts.M) == ["first_Kept", "mine_net", "last_x"]
    assert spec.build() == parts.M.build("net") == (1 if second is MINE else 2)
    assert list(old) == ["net"]
    check_registry(parts.M)


@pytest.mark.usefixtures("_no_notebook")
@pytest.mark.parametrize("way", WAYS)
def test_another_registry_of_the_same_execution_is_a_clash(modules: Modules, way: Any) -> None:
    parts = modules.load("parts")
    with pytest.raises(DuplicateSourceError):
        way(modules, MINE + 'OTHER = Registry[Any]()\nM.register_source("mine", OTHER)\n')
    assert list(parts.M.keys()) == ["first", "mine"]
    assert list(parts.M["mine"]) == ["net"]


def test_the_registry_of_another_module_is_a_clash(modules: Modules) -> None:
    parts = modules.load("parts")
    first = modules.load("mine_of_one", MINE).R
    with pytest.raises(DuplicateSourceError):
        modules.load("mine_of_two", MINE)
    assert parts.M["mine"] is first
