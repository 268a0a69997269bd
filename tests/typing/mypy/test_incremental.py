"""Warm runs: what was wrong is said again, and what has changed elsewhere is seen."""

from __future__ import annotations

import pytest

from .checking import mypy, said_of, write_project

_PARTS = """
from torch import Tensor, nn
from terraregistry import TERRATORCH_DECODER_REGISTRY

@TERRATORCH_DECODER_REGISTRY.register(name="{name}")
class Mine(nn.Module):
    def __init__(self, channels: list[int], {argument}: int = 2) -> None:
        super().__init__()
        self.out_channels = 1

    def forward(self, features: list[Tensor]) -> Tensor:
        return features[0]
"""
_USE = """
from terraregistry import DECODER_REGISTRY

DECODER_REGISTRY.build("mine", [1], depth=3)
"""
_GONE = 'E: DECODER_REGISTRY has no component "mine"; did you mean "mane"?  [unknown-component]'


def _parts(name="mine", argument="depth"):
    return _PARTS.format(name=name, argument=argument)


def _said(folder, *targets):
    return said_of(mypy(folder, *targets), "app/use.py")


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path, {"app/__init__.py": "", "app/parts.py": _parts(), "app/use.py": _USE})


def test_nothing_of_it_has_to_be_imported_by_the_module_that_builds(project):
    assert _said(project, "app/use.py") == {}


@pytest.mark.slow
def test_errors_are_repeated_and_gone_when_they_are_mended(project):
    wrong = _USE.replace("depth", "dept")
    write_project(project, {"app/use.py": wrong})
    first = _said(project, "app")
    assert first[4][0] == 'E: Unexpected keyword argument "dept" for "Mine"; did you mean "depth"?  [call-arg]'
    assert _said(project, "app") == first
    write_project(project, {"app/use.py": _USE})
    assert _said(project, "app") == {}


@pytest.mark.slow
def test_a_module_is_checked_again_when_what_it_builds_has_changed_elsewhere(project):
    assert _said(project, "app") == {}
    write_project(project, {"app/parts.py": _parts(argument="depths")})
    assert 'Unexpected keyword argument "depth" for "Mine"; did you mean "depths"?' in _said(project, "app")[4][0]
    write_project(project, {"app/parts.py": _parts(name="mane")})
    assert _said(project, "app") == {4: [_GONE]}
    write_project(project, {"app/parts.py": _parts()})
    assert _said(project, "app") == {}


@pytest.mark.slow
def test_a_new_file_that_registers_is_seen(project):
    write_project(project, {"app/parts.py": _parts(name="mane")})
    assert _said(project, "app") == {4: [_GONE]}
    write_project(project, {"app/more.py": _parts()})
    assert _said(project, "app") == {}


@pytest.mark.slow
def test_modules_that_the_configuration_names_are_known_from_anywhere(tmp_path):
    settings = '[tool.terraregistry]\nmodules = ["lib.parts"]\n'
    files = {
        "elsewhere/lib/__init__.py": "",
        "elsewhere/lib/parts.py": _parts(),
        "app/use.py": _USE.replace("=3", "='3'"),
    }
    config = "[mypy]\nstrict = true\nmypy_path = elsewhere\nplugins = terraregistry.mypy_plugin\n"
    write_project(tmp_path, {**files, "pyproject.toml": settings}, config=config)
    said = _said(tmp_path, "app/use.py")
    assert said[4] == ['E: Argument "depth" to "Mine" has incompatible type "str"; expected "int"  [arg-type]']
