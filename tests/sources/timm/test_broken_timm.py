"""A folder `timm` that is not timm, or not all of it: its names are unavailable, and all else works."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import terraregistry
from terraregistry import BACKBONE_REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS = "@register_model\ndef resnet18(pretrained=False, **kwargs): ...\n"
FOLDERS: dict[str, dict[str, str]] = {
    "empty": {},  # a namespace package
    "empty-init": {"__init__.py": ""},
    "missing": {"__init__.py": "raise ModuleNotFoundError(\"No module named 'timm'\", name='timm')"},
    "raises": {"__init__.py": "raise RuntimeError('operator torchvision::nms does not exist')"},
    "submodule-missing": {"__init__.py": "from timm.models import create_model"},
    "submodule-raises": {
        "__init__.py": "from timm import models",
        "models/__init__.py": "raise OSError('disk on fire')",
    },
    "names-alone": {"__init__.py": "from timm import models", "models/__init__.py": "def list_models(): return ['a']"},
    "no-create-model": {
        "__init__.py": "from timm import layers, models\nlist_models = is_model = model_entrypoint = models.load",
        "layers/__init__.py": "",
        "models/__init__.py": "def load(*args): raise KeyError(args)",
    },
}
WITH_NAMES: dict[str, dict[str, str]] = {
    "names-raises": {"__init__.py": "raise RuntimeError('broken')", "models/resnet.py": MODELS},
}
"""Their source can be read, and they cannot be imported."""


ANOTHERS = ("smp", "model of smp", "decoder with a block of timm", "backbone with a block of timm")
"""What is unavailable too, since it imports timm."""


def answers(folder: Path, files: Mapping[str, str], start: int) -> list[dict[str, dict[str, Any]]]:
    """Ask everything in a process that has this timm, and no other."""
    (folder / "path" / "timm").mkdir(parents=True)
    for name, text in files.items():
        file = folder / "path" / "timm" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for each in Path(sysconfig.get_path("purelib")).iterdir():  # the other timm comes before an empty folder
        if not each.name.startswith("timm"):
            (folder / "path" / each.name).symlink_to(each)
    pickled = pickle.dumps(BACKBONE_REGISTRY.validate("timm_resnet18", in_chans=4)).hex()
    paths = [str(folder / "path"), str(Path(terraregistry.__file__).parents[1])]
    ended = subprocess.run(
        [sys.executable, "-S", str(Path(__file__).with_name("broken_calls.py")), pickled, str(start)],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(paths), "TERRAREGISTRY_SHIPPED_INDEX": "0", "XDG_CACHE_HOME": os.devnull},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: list[dict[str, dict[str, Any]]] = json.loads(ended.stdout.splitlines()[-1])
    return found


def check(found: dict[str, dict[str, Any]], *, has_names: bool) -> None:
    for question, answer in (found["unavailable"] | ({} if has_names else found["names"])).items():
        assert str(answer).startswith("SourceUnavailableError: the source "), (question, answer)
        assert "pip install" in answer or "mend or unregister" in answer, (question, answer)
        assert "timm" in answer or question in ANOTHERS, (question, answer)
    assert found["working"] == {
        "names": "IdentityBackbone",
        "prefixes": ["terratorch", "timm"],
        "in": True,
        "resolve": "terratorch_prithvi_eo_tiny",
        "decoder": 256,
        "neck": [8, 16],
        "decoders": True,
        "mistyped decoder": (
            "ComponentNotFoundError: DECODER_REGISTRY has no component 'FCNDecode'; did you mean 'terratorch_FCNDecoder'? "
            "(sources searched: terratorch, smp)"
        ),
    }


@pytest.mark.parametrize(
    "kind",
    [*(pytest.param(kind, marks=() if kind == "submodule-missing" else pytest.mark.slow) for kind in FOLDERS)],
)
def test_a_timm_that_is_none_is_unavailable(kind: str, tmp_path: Path) -> None:
    start = [*FOLDERS].index(kind) % 3
    for found in answers(tmp_path, FOLDERS[kind], start):
        check(found, has_names=False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", WITH_NAMES)
def test_a_timm_whose_names_can_be_read_has_them_alone(kind: str, tmp_path: Path) -> None:
    for found in answers(tmp_path, WITH_NAMES[kind], 1):
        check(found, has_names=True)
        constructor = "TimmConstructor('resnet18')"
        there = dict.fromkeys(found["names"], True)
        there |= {"resolve": "resnet18", "resolve in all": "timm_resnet18"}
        assert found["names"] == there | dict.fromkeys(("get", "[]", "find_class"), constructor)
