"""An installed TerraTorch, in the shape of one: its components follow ours, and are imported when they are built."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NETS = """
from terratorch.registry import MODEL_FACTORY_REGISTRY, TERRATORCH_BACKBONE_REGISTRY

class Net:
    def __init__(self, width=1):
        self.out_channels = [width]
    def forward(self, x): return [x]
    __call__ = forward

@TERRATORCH_BACKBONE_REGISTRY.register
def terramind_v1_base(width: int = 1): return Net(width)

@TERRATORCH_BACKBONE_REGISTRY.register
def UNet(): raise AssertionError("replaces ours")

@TERRATORCH_BACKBONE_REGISTRY.register
def resnet18(): raise AssertionError("hides timm's")

@MODEL_FACTORY_REGISTRY.register
class ClayModelFactory:
    def build_model(self, task): return task
"""
FILES = {
    "terratorch/__init__.py": "",
    "terratorch/registry.py": (
        "class R:\n    def register(self, made): return made\nMODEL_FACTORY_REGISTRY = TERRATORCH_BACKBONE_REGISTRY = R()\n"
    ),
    "terratorch/models/__init__.py": "",
    "terratorch/models/nets.py": NETS,
    "terratorch/models/clay.py": "@register_model\ndef clay_v1_base(): ...\n@register_model\ndef prithvi_swin_B(): ...\n",
    "terratorch/models/more.py": "import terratorch_surya\n@TERRATORCH_BACKBONE_REGISTRY.register\ndef helio(): ...\n",
    "terratorch/models/wrong.py": "1 / 0\n@TERRATORCH_BACKBONE_REGISTRY.register\ndef broken(): ...\n",
}
PROGRAM = """
import sys
from terraregistry import BACKBONE_REGISTRY as R, MODEL_FACTORY_REGISTRY as F, TERRATORCH_BACKBONE_REGISTRY as T
from terraregistry.errors import ComponentNotFoundError, ReadOnlyRegistryError, SourceUnavailableError
def error_of(call, *args):
    try:
        call(*args)
    except Exception as error:
        return error

assert tuple(R.resolve("terramind_v1_base")) == ("terratorch", "terramind_v1_base")
assert {"terratorch_terramind_v1_base", "terratorch_helio"} < {*R} and len(T) == len([*T]) == len({*T})
assert tuple(R.resolve("resnet18")) == ("timm", "resnet18") and "resnet18" not in T
assert "is hidden by another source's; `TERRATORCH_BACKBONE_REGISTRY.register(" in str(error_of(T.build, "resnet18"))
assert "TerraTorch 1.2.13 has this component, the installed one does not" in str(error_of(T.build, "terramind_v1_large"))
assert R.search("*terramind*") == ["terratorch_terramind_v1_base"] and "UNet" in T and "terratorch" not in sys.modules
assert "did you mean 'terramind_v1_base'" in str(error_of(T.build, "terramind_v1_bas"))
assert tuple(R.resolve("clay_v1_base")) == tuple(R.resolve("timm_clay_v1_base")) == ("timm", "clay_v1_base")
assert [*R].count("timm_clay_v1_base") == [*R].count("timm_prithvi_swin_B") == 1 and "timm" not in sys.modules
assert "did you mean 'timm_clay_v1_base'" in str(error_of(R.build, "terratorch_clay_v1_base"))
assert error_of(T.unregister, "terramind_v1_base").args and "terramind_v1_base" in T
assert isinstance(error_of(T.unregister, "terramind_v1_base"), ReadOnlyRegistryError)
assert "terratorch" not in sys.modules
assert R.build("terramind_v1_base", width=3).out_channels == [3] and "terratorch" in sys.modules
assert "unknown argument; did you mean 'width'" in str(error_of(lambda: R.validate("terramind_v1_base", widht=3)))
assert T["UNet"].__module__.startswith("terraregistry.") and F.build("ClayModelFactory").build_model("x") == "x"
error = error_of(R.build, "helio")
assert isinstance(error, SourceUnavailableError) and error.remedy == "install the package that has terratorch_surya"
assert "ZeroDivisionError" in str(error_of(R.build, "broken"))
with T.scope():
    T.register(lambda: 1, name="terramind_v1_base")
    assert T["terramind_v1_base"]() == 1 and [*T].count("terramind_v1_base") == 1
    T.unregister("terramind_v1_base")
assert R.signature("terramind_v1_base").parameters["width"].annotation is int
print("held")
"""


def test_theirs_follow_ours(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "held\n"
