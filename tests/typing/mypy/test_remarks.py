"""Lines on standard error: an unknown version of mypy, an internal error, an index that has to be made."""

from __future__ import annotations

import subprocess
import sys

import mypy.version
import pytest
from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.plugin import Plugin

from terraregistry.index import IndexUnavailableError
from terraregistry.mypy_plugin import hooks, plugin
from terraregistry.mypy_plugin.hooks import TerraregistryPlugin

from .checking import mypy as run_mypy
from .checking import said_of, write_project


@pytest.mark.parametrize(
    "version", ["1.19.1", "2.0.0", "2.4.1", "2.11.0+dev.0123456789abcdef", mypy.version.__version__]
)
def test_a_known_version_gets_the_plugin(version, capsys):
    assert plugin(version) is TerraregistryPlugin
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("version", ["0.991", "1.18.2", "3.0.0", "strange"])
def test_an_unknown_version_gets_none_and_one_line(version, capsys):
    assert plugin(version) is Plugin
    assert capsys.readouterr().err == (
        f"terraregistry.mypy_plugin: mypy {version} is not known to this version of the plugin, which does nothing: "
        "known are 1.19 to 2.x\n"
    )


def test_a_version_whose_inside_has_changed_gets_none_and_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "terraregistry.mypy_plugin.hooks", None)
    assert plugin("2.9.0") is Plugin
    said = capsys.readouterr().err
    assert said.startswith(
        "terraregistry.mypy_plugin: mypy 2.9.0 is not known to this version of the plugin, which does"
    )
    assert said.count("\n") == 1


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return TerraregistryPlugin(Options())


@pytest.mark.parametrize(
    "hook",
    [
        lambda made: made.report_config_data,
        lambda made: made.get_additional_deps,
        lambda made: made.get_customize_class_mro_hook("program.C"),
    ],
)
def test_an_internal_error_names_the_plugin_and_the_version(hook, made, capsys):
    with pytest.raises(AttributeError):
        hook(made)(None)
    said = capsys.readouterr().err
    assert said.startswith(
        f"terraregistry.mypy_plugin: internal error of the plugin, with mypy {mypy.version.__version__}: AttributeError: "
    )
    assert said.count("\n") == 1


# -- mypy itself --

_BUILD = "class Maker:\n    def build(self, name: str) -> int: ...\n\n\nwrong: str = Maker().build('resnet18')\n"
_ERROR = "program.py:5: error: Incompatible types in assignment"
_ITS_REPORT = "program.py:5: error: INTERNAL ERROR"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "first", "line"),
    [
        ("import mypy.version; mypy.version.__version__ = '3.0.0'", "mypy 3.0.0 is not known to this version", _ERROR),
        (
            "from terraregistry.mypy_plugin import hooks; del hooks.TypeInfo",
            f"internal error of the plugin, with mypy {mypy.version.__version__}: NameError: ",
            _ITS_REPORT,
        ),
    ],
)
def test_mypy_with_another_inside_says_so_first(change, first, line, tmp_path):
    write_project(tmp_path, {"program.py": _BUILD})
    program = f"{change}\nimport sys\nfrom mypy.main import main\nmain(stdout=sys.stdout, stderr=sys.stderr)"
    command = [sys.executable, "-c", program, "--cache-dir", str(tmp_path / "cache"), "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.startswith(f"terraregistry.mypy_plugin: {first}")
    assert line in done.stdout + done.stderr


def test_an_empty_cache_of_the_user_makes_no_index(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TERRAREGISTRY_SHIPPED_INDEX", raising=False)
    program = 'from terraregistry import NECK_REGISTRY\n\nNECK_REGISTRY.build("SelectIndices", indexes=[0])\n'
    write_project(tmp_path, {"program.py": f"{program}# {tmp_path}: mypy knows another program\n"})
    said = said_of(run_mypy(tmp_path, "program.py"), "program.py")
    assert said[3][0].startswith('E: Unexpected keyword argument "indexes" for "SelectIndices"')
    assert not (tmp_path / "cache").exists()


def test_an_index_that_is_made_is_announced(made, monkeypatch, capsys):
    def fail():
        assert "this takes about 20 seconds" in capsys.readouterr().err
        raise IndexUnavailableError("no disk")

    monkeypatch.setattr(hooks, "cached_index", lambda: None)
    monkeypatch.setattr(hooks, "make_and_keep", fail)
    file = MypyFile([], [])
    file._fullname = "terraregistry.library_types"
    assert made.get_additional_deps(file) == []
    assert capsys.readouterr().err == "terraregistry.mypy_plugin: names are not checked: no disk\n"
