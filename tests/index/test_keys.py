"""A library that was changed is never described by what was known of it before, also where its version is the same."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import textwrap
import types
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry.index import keys

from .descriptions import small_index

if TYPE_CHECKING:
    from terraregistry.index import Index

_LIBRARY = ("index-of-keys", "1.0", "index_of_keys")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that can be imported."""
    folder = tmp_path / "home" / "index_of_keys"
    (folder / "inside").mkdir(parents=True)
    for file in (folder / "__init__.py", folder / "inside" / "part.py"):
        file.write_text("")
    monkeypatch.syspath_prepend(folder.parent)
    return folder


@pytest.fixture
def installed(package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The RECORD of the package, which was installed into the environment."""
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(package.parent)])
    record = package.parent / "index_of_keys-1.0.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("index_of_keys/__init__.py,,\n")
    return record


def _state() -> tuple[bool, str]:
    found = keys._state(*_LIBRARY)
    return not found.outside, found.digest


def _append(file: Path) -> None:
    file.write_text(file.read_text() + "a = 1\n")


def test_what_is_installed_is_what_its_record_says(package: Path, installed: Path) -> None:
    before = _state()
    assert before[0]
    _append(package / "inside" / "part.py")
    assert _state() == before, "no file of it is looked at"
    _append(installed)
    assert _state() != before


def test_the_record_of_another_version_says_nothing(package: Path, installed: Path) -> None:
    installed.parent.rename(installed.parent.with_name("index_of_keys-1.1.dist-info"))
    before = _state()
    _append(package / "inside" / "part.py")
    assert _state() != before


def test_outside_of_the_environment_each_file_counts(package: Path) -> None:
    before = _state()
    assert not before[0]
    assert keys._state(*_LIBRARY).outside == [package]
    for change in (
        lambda: _append(package / "inside" / "part.py"),
        lambda: (package / "inside" / "new.py").write_text(""),
        (package / "inside" / "new.py").unlink,
        lambda: os.utime(package / "__init__.py", (1, 1)),
    ):
        change()
        after = _state()
        assert after != before
        before = after


def test_a_link_to_a_checkout_is_no_installation(package: Path, installed: Path, tmp_path: Path) -> None:
    package.rename(tmp_path / "checkout")
    package.symlink_to(tmp_path / "checkout")
    before = _state()
    assert not before[0]
    _append(tmp_path / "checkout" / "inside" / "part.py")
    assert _state() != before


def test_in_a_zip_the_zip_counts(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "library.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index_of_keys/__init__.py", "")
    monkeypatch.syspath_prepend(archive)
    before = _state()
    assert keys._state(*_LIBRARY).outside == [archive / "index_of_keys"]
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("index_of_keys/more.py", "")
    assert _state() != before


def test_a_single_file_is_a_library_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "index_of_keys.py"
    file.write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    before = _state()
    assert not before[0]
    _append(file)
    assert _state() != before


def test_what_cannot_be_found_has_a_state_of_its_own(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = {_state(), keys._state("index-of-keys", "", "no_such_package_at_all").digest}
    monkeypatch.setitem(sys.modules, "index_of_keys", types.ModuleType("index_of_keys"))  # put together by hand
    states.add(_state())
    assert len(states) == 3


@pytest.mark.parametrize("library", ["timm", "segmentation-models-pytorch", "torch"])
def test_the_environment_of_these_tests_has_records(library: str) -> None:
    state = keys._state(library, dict(keys.current_key().versions)[library], keys._DESCRIBED[library])
    assert (state.outside, state.digest != keys.state_of([])) == ([], True)


# -- in another process --


_NOT_SHIPPED = {"TERRAREGISTRY_SHIPPED_INDEX": "0"}


def _process(program: str, given: bytes = b"", **variables: str) -> Any:
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)]
    done = subprocess.run(
        command, input=given, capture_output=True, check=False, env=os.environ | _NOT_SHIPPED | variables, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


_KEEPING = """
    import sys
    from terraregistry.index import Index
    from terraregistry.index.cache import cache_folder, write_cached
    from terraregistry.index.keys import current_key
    print(int(write_cached(cache_folder(), Index(sys.stdin.buffer.read()).with_key(current_key()))))
"""
_LOOKING = "from terraregistry.index import cached_index; print(int(cached_index() is not None))"


@pytest.mark.parametrize("name", ["timm", "segmentation_models_pytorch", "mmseg", "mmdet"])
def test_an_index_of_a_library_that_was_changed_since_is_none(name: str, tmp_path: Path) -> None:
    (tmp_path / "path" / name).mkdir(parents=True)
    (tmp_path / "path" / name / "__init__.py").write_text("raise SystemExit('this is not imported')\n")
    variables = {"PYTHONPATH": str(tmp_path / "path"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert _process(_LOOKING, **variables) == 0
    assert _process(_KEEPING, small_index().image, **variables) == 1
    assert _process(_LOOKING, **variables) == 1
    assert _process(_LOOKING, XDG_CACHE_HOME=str(tmp_path / "cache")) == 0, "it is of another one"
    _append(tmp_path / "path" / name / "__init__.py")
    assert _process(_LOOKING, **variables) == 0


@pytest.mark.parametrize("editable", ["a path", "a finder"])
def test_an_editable_timm_that_was_changed_since_has_no_index(editable: str, tmp_path: Path) -> None:
    checkout, site_folder = tmp_path / "checkout", tmp_path / "site"
    for folder in (checkout / "timm", site_folder):
        folder.mkdir(parents=True)
    (checkout / "timm" / "__init__.py").write_text("raise SystemExit('this is not imported')\n")
    (site_folder / "_finder.py").write_text(f"""
import sys
from importlib.util import spec_from_file_location
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "timm":
            return spec_from_file_location(name, {str(checkout / "timm" / "__init__.py")!r})
sys.meta_path.insert(0, Finder)
""")
    # A plain path in a .pth file would come behind the environment's own timm.
    lines = {"a path": f"import sys; sys.path.insert(0, {str(checkout)!r})", "a finder": "import _finder"}
    (site_folder / "editable.pth").write_text(lines[editable] + "\n")
    start = f"import site; site.addsitedir({str(site_folder)!r})\n"
    variables = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert _process(start + textwrap.dedent(_KEEPING), small_index().image, **variables) == 1
    assert _process(start + _LOOKING, **variables) == 1
    _append(checkout / "timm" / "__init__.py")
    assert _process(start + _LOOKING, **variables) == 0


_VALIDATING = """
    import json, sys
    from terraregistry import BACKBONE_REGISTRY
    from terraregistry.errors import InvalidArgumentsError

    def is_valid(**arguments):
        try:
            BACKBONE_REGISTRY.validate("timm_resnet18", **arguments)
        except InvalidArgumentsError:
            return False
        return True

    print(json.dumps([is_valid(stem_width=32), is_valid(stem_breadth=32), "torch" in sys.modules]))
"""


@pytest.mark.slow
def test_a_changed_timm_is_not_validated_by_what_it_was(index: Index, tmp_path: Path) -> None:
    spec = find_spec("timm")
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(Path(spec.origin).parent, tmp_path / "path" / "timm", ignore=shutil.ignore_patterns("__pycache__"))
    variables = {"PYTHONPATH": str(tmp_path / "path"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    kept = _process(_KEEPING, index.image, **variables)
    assert (kept, _process(_VALIDATING, **variables)) == (1, [True, False, False])
    file = tmp_path / "path" / "timm" / "models" / "resnet.py"
    file.write_text(file.read_text().replace("stem_width", "stem_breadth"))
    without = variables | {"XDG_CACHE_HOME": str(tmp_path / "nothing")}
    assert _process(_VALIDATING, **variables) == _process(_VALIDATING, **without) == [False, True, True]
