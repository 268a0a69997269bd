"""The library in a zip, as `python app.pyz` has it, with torch and the other libraries in the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import terraregistry

if TYPE_CHECKING:
    from terraregistry.index import Index

_MAIN = "from terraregistry.tools.cli import main\nmain()\n"
_EXAMPLE = Path(__file__).parents[2] / "examples" / "segmentation.yaml"
_KEEPING = """
    import sys
    from terraregistry.index import Index
    from terraregistry.index.cache import cache_folder, write_cached
    from terraregistry.index.keys import current_key
    print(int(write_cached(cache_folder(), Index(sys.stdin.buffer.read()).with_key(current_key()))))
"""
_SAYING = """
    import json, sys
    import terraregistry
    from terraregistry import library
    from terraregistry.errors import InvalidArgumentsError

    said = {"place": terraregistry.__file__}
    for label, name in (
        ("BACKBONE_REGISTRY", "timm_resnet18"), ("BACKBONE_REGISTRY", "prithvi_eo_tiny"), ("DECODER_REGISTRY", "smp_Unet"),
        ("DECODER_REGISTRY", "UNetDecoder"), ("NECK_REGISTRY", "SelectIndices"),
        ("MODEL_FACTORY_REGISTRY", "EncoderDecoderFactory"),
    ):
        registry = getattr(library, label)
        found = registry.describe(name)
        said[name] = [str(registry.signature(name)), found.file, found.line, found.summary]
        try:
            registry.validate(name, no_such=1)
        except InvalidArgumentsError as error:
            said[name].append(str(error))
    said["names"] = [*library.BACKBONE_REGISTRY]
    said["spec"] = library.BACKBONE_REGISTRY.validate("timm_resnet18", in_chans=6).to_dict()
    answered_from_index = "torch" not in sys.modules
    if len(sys.argv) > 1:
        said["neck"] = library.NECK_REGISTRY.build("SelectIndices", [16, 32], indices=[1]).process_channel_list([16, 32])
        said["backbone"] = list(library.BACKBONE_REGISTRY.build("timm_resnet18").out_channels)
        said["model"] = type(terraregistry.from_config(sys.argv[1])).__name__
    print(json.dumps([answered_from_index, said]))
"""


def _zipped(package: Path, archive: Path, main: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for each in sorted(package.rglob("*")):
            if each.is_file() and "__pycache__" not in each.parts:
                file.write(each, each.relative_to(package.parent))
        if main:
            file.writestr("__main__.py", main)
    return archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _zipped(Path(terraregistry.__file__).parent, tmp_path_factory.mktemp("zip") / "app.pyz", _MAIN)


def _python(path: Path, cache: Path, *arguments: str, given: bytes = b"") -> str:
    variables = os.environ | {"PYTHONPATH": str(path), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-W", "ignore", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False, env=variables, timeout=500)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def _said(path: Path, cache: Path, *arguments: str) -> Any:
    return json.loads(_python(path, cache, "-c", textwrap.dedent(_SAYING), *arguments))


def _keep(index: Index, path: Path, cache: Path) -> None:
    _python(path, cache, "-c", textwrap.dedent(_KEEPING), given=index.image)


@pytest.mark.slow
def test_a_first_call_without_an_index_is_answered(archive: Path, tmp_path: Path) -> None:
    program = "from terraregistry import NECK_REGISTRY as R; print(R.validate('SelectIndices', [16], indices=[0]).name)"
    assert _python(archive, tmp_path, "-c", program) == "terratorch_SelectIndices\n"


@pytest.mark.slow
def test_everything_works_and_is_said_alike_with_an_index_and_without(
    index: Index, archive: Path, tmp_path: Path
) -> None:
    answered, live = _said(archive, tmp_path, str(_EXAMPLE))
    assert not answered
    assert live["place"] == str(archive / "terraregistry" / "__init__.py")
    assert live.pop("backbone") == [64, 64, 128, 256, 512]
    assert live.pop("neck") == [32]
    assert live.pop("model") == "PixelWiseModel"
    _keep(index, archive, tmp_path)
    assert _said(archive, tmp_path) == [True, live]


@pytest.mark.slow
def test_commands_read_files_in_the_zip(index: Index, archive: Path, tmp_path: Path) -> None:
    _keep(index, archive, tmp_path)
    listed = json.loads(_python(archive, tmp_path, str(archive), "list", "--json"))
    assert len(listed) > 1000
    (shown,) = json.loads(_python(archive, tmp_path, str(archive), "show", "terratorch_UNetDecoder", "--json"))
    assert "Args:" in shown["docstring"]
    assert shown["file"] == str(archive / "terraregistry" / "components" / "decoders" / "unet.py")
    assert "is valid" in _python(archive, tmp_path, str(archive), "validate", str(_EXAMPLE))
    assert json.loads(_python(archive, tmp_path, str(archive), "validate", str(_EXAMPLE), "--format", "sarif"))
    assert json.loads(_python(archive, tmp_path, str(archive), "schema"))
    assert {each.name.partition("-")[0] for each in (tmp_path / "terraregistry").iterdir()} == {"index", "schema"}


@pytest.mark.slow
def test_the_index_is_made_from_a_zip(archive: Path, tmp_path: Path) -> None:
    first = _python(archive, tmp_path, str(archive), "list")
    assert first == _python(archive, tmp_path, str(archive), "list")
    assert "timm_resnet18" in first
    assert len([*(tmp_path / "terraregistry").iterdir()]) == 1


@pytest.mark.slow
def test_timm_may_be_in_a_zip_as_well(index: Index, tmp_path: Path) -> None:
    spec = find_spec("timm")
    assert spec is not None
    assert spec.origin is not None
    timm = _zipped(Path(spec.origin).parent, tmp_path / "timm.zip")
    answered, live = _said(timm, tmp_path, str(_EXAMPLE))
    assert not answered
    assert live["timm_resnet18"][1] == str(timm / "timm" / "models" / "resnet.py")
    _keep(index, timm, tmp_path)
    _, from_index = _said(timm, tmp_path)
    assert from_index == {name: said for name, said in live.items() if name in from_index}
