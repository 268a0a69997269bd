"""What a project registers, read from its files."""

from __future__ import annotations

import pytest

from terraregistry.index import Index
from terraregistry.mypy_plugin.known_names import Own, Registries
from terraregistry.mypy_plugin.project import Project
from terraregistry.mypy_plugin.scanning import scan


def _registries(folder, **files):
    for name, text in files.items():
        file = folder / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Registries(Index.of(()), Project(folder))


_MADE = "from terraregistry import Registry, MultiSourceRegistry\nR = Registry[int]()\n"


@pytest.mark.parametrize(
    ("registration", "names", "target"),
    [
        ("@R.register\nclass A: ...", {"A"}, "m.A"),
        ("@R.register()\ndef a(): ...", {"a"}, "m.a"),
        ("@R.register(name='b', aliases=['c', 'd'])\nclass A: ...", {"b", "c", "d"}, "m.A"),
        ("@R.register(aliases='c')\nclass A: ...", {"A", "c"}, "m.A"),
        ("N = 'b'\n@R.register(name=N)\nclass A: ...", {"b"}, "m.A"),
        ("class A: ...\nR.register(A)", {"A"}, "m.A"),
        ("import x.y\nR.register(x.y.A, name='z')", {"z"}, "x.y.A"),
        ("from x import A as B\nR.register(B)", {"A"}, "x.A"),
        ("R.register_lazy('b', 'x.y:A.f')", {"b"}, "x.y.A.f"),
        ("R.register_lazy('b', reference='x:A')", {"b"}, "x.A"),
        ("R.register(lambda: 1, name='b')", {"b"}, None),
        ("def f():\n    @R.register\n    class A: ...", {"A"}, None),
        ("if True:\n    @R.register\n    class A: ...", {"A"}, "m.A"),
        ("class A: ...\nR.register(name='b')(A)", {"b"}, None),
    ],
)
def test_every_way_to_register_is_read(tmp_path, registration, names, target):
    registries = _registries(tmp_path, m=_MADE + registration)
    assert {*registries.spellings("m.R")} == names
    assert all(registries.find("m.R", name) == Own(target, "m") for name in names)
    assert not any(registries.may_have("m.R", name) for name in ("other", "R"))


@pytest.mark.parametrize(
    "registration",
    [
        "for each in range(3):\n    R.register(int, name=f'n{each}')",
        "@R.register(**options)\nclass A: ...",
        "R.register(int, name=some)",
        "R.register_lazy(some, 'x:A')",
        "@R.register(aliases=some)\nclass A: ...",
    ],
)
def test_what_is_registered_under_a_name_that_cannot_be_read_leaves_the_registry_open(tmp_path, registration):
    registries = _registries(tmp_path, m=_MADE + registration, n=_MADE)
    assert registries.find("m.R", "anything") is None
    assert registries.may_have("m.R", "anything")
    assert not registries.may_have("n.R", "anything")


def test_a_registry_is_the_same_wherever_it_is_imported_from(tmp_path):
    files = {
        "p/home": _MADE,
        "p/__init__": "from .home import R as Renamed",
        "p/star": "from .home import *\n",
        "p/a": "from . import Renamed\n@Renamed.register\nclass A: ...",
        "p/b": "import p.home\n@p.home.R.register\nclass B: ...",
        "p/c": "from p.star import R\n@R.register\nclass C: ...",
    }
    registries = _registries(tmp_path, **files)
    assert {*registries.spellings("p.home.R")} == {"A", "B", "C"}


def test_mounted_sources_are_read_with_their_prefixes(tmp_path):
    text = (
        _MADE
        + "@R.register\nclass A: ...\nM = MultiSourceRegistry(one=R)\nM.register_source('two', R)\nM.register(R, 'three')\n"
    )
    registries = _registries(tmp_path, m=text)
    assert registries.sources("m.M") == {"one": "m.R", "two": "m.R", "three": "m.R"}
    for name in ("A", "one_A", "two_A", "three_A"):
        assert registries.find("m.M", name) == Own("m.A", "m")
    assert registries.find("m.M", "four_A") is None
    assert registries.nearest("m.M", "one_B")[0] == "one_A"


def test_a_source_that_is_not_known_leaves_the_registry_open(tmp_path):
    registries = _registries(tmp_path, m=_MADE + "M = MultiSourceRegistry(one=R, other=make())\n")
    assert registries.may_have("m.M", "other_A")
    assert not registries.may_have("m.R", "A")


def test_names_in_a_registry_that_cannot_be_told_are_let_through_everywhere(tmp_path):
    registries = _registries(tmp_path, m=_MADE + "def fill(r):\n    r.register(int, name='filled')\n")
    assert registries.may_have("m.R", "filled")
    assert not registries.may_have("m.R", "empty")


@pytest.mark.parametrize(
    "text", [b"", b"class (:", b"\xff\xfe", b"\x00", b"(" * 1000, b"# coding: none\nR.register(x)"]
)
def test_a_file_that_is_no_python_says_nothing(text):
    assert scan(text).digest_text() == ""


def test_the_digest_changes_with_what_is_taken_and_not_with_what_is_done(tmp_path):
    def digest(text):
        (tmp_path / "m.py").write_text(_MADE + text)
        return Project(tmp_path).digest()

    first = digest("@R.register\nclass A:\n    def __init__(self, x: int): pass\n    def f(self): return 1")
    assert first == digest("@R.register\nclass A:\n    def __init__(self, x: int): print(x)\n    def f(self): return 2")
    assert first != digest("@R.register\nclass A:\n    def __init__(self, x: str): pass\n    def f(self): return 1")
    assert first != digest("@R.register(name='B')\nclass A:\n    def __init__(self, x: int): pass")


def test_folders_of_data_and_environments_are_not_looked_into(tmp_path):
    for folder in ("data/deep/down", "env/lib/python3.11/site-packages/x", "src/p"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "m.py").write_text(_MADE)
    (tmp_path / "src/p/__init__.py").write_text("")
    (tmp_path / "tiles").mkdir()
    for number in range(5001):
        (tmp_path / "tiles" / f"{number}.tif").touch()
    (tmp_path / "tiles" / "reader.py").write_text(_MADE)
    assert sorted(Project(tmp_path).all_modules()) == ["p", "p.m"]


@pytest.mark.parametrize(
    "text", ["[tool", "tool = 3", "[tool]\nterraregistry = 3", "[tool.terraregistry]\nmodules = 'm'"]
)
def test_a_configuration_that_cannot_be_read_names_no_modules(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    assert Project(tmp_path).modules == ()
