"""Names of TerraTorch missing here: listed truly, answered by a remedy that works, and never by a lookalike."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry import MultiSourceRegistry, Registry, library
from terraregistry.errors import ComponentNotFoundError
from terraregistry.terratorch_names import TIMM, how_to_get, read_missing
from terraregistry.tools.checking import check_config
from terraregistry.tools.cli.validating import as_json, as_sarif

LISTER = Path(__file__).parents[1] / "packaging" / "list_terratorch.py"
INSTALL = "pip install 'terraregistry[terratorch]'"
LISTED = [(registry, name) for registry, names in read_missing()["components"].items() for name in names]
OUTER = {
    registry: registry.removeprefix("TERRATORCH_").removeprefix("TIMM_") for registry in read_missing()["components"]
}
CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnet
decoder: FCNDecoder
num_classes: 3
"""


def refused(registry: str, name: str) -> ComponentNotFoundError:
    with pytest.raises(ComponentNotFoundError) as caught:
        getattr(library, registry).validate(name)
    return caught.value


@given(st.sampled_from(LISTED))
def test_a_listed_name_is_missing_and_has_a_remedy(listed: tuple[str, str]) -> None:
    registry, name = listed
    error = refused(registry, name)
    assert error.suggestions == ()
    assert error.remedy == how_to_get(name, registry) == "TerraTorch has this component; " + INSTALL
    assert f"; {error.remedy}" in str(error)
    if OUTER[registry] != registry:
        prefix = "timm" if registry == TIMM else "terratorch"
        assert refused(OUTER[registry], f"{prefix}_{name}").remedy == error.remedy


@pytest.mark.parametrize(
    ("registry", "name", "listed_in"),
    [
        ("BACKBONE_REGISTRY", "terramind_v1_base", "TERRATORCH_BACKBONE_REGISTRY"),
        ("BACKBONE_REGISTRY", "dofa_large_patch16_224", "TERRATORCH_BACKBONE_REGISTRY"),
        ("BACKBONE_REGISTRY", "clay_v1_base", TIMM),
        ("DECODER_REGISTRY", "ASPPModule", "TERRATORCH_DECODER_REGISTRY"),
        ("FULL_MODEL_REGISTRY", "terramind_v1_base_generate", "TERRATORCH_FULL_MODEL_REGISTRY"),
        ("MODEL_FACTORY_REGISTRY", "ClayModelFactory", "MODEL_FACTORY_REGISTRY"),
    ],
)
def test_a_bare_name_is_answered_by_its_source(registry: str, name: str, listed_in: str) -> None:
    assert refused(registry, name).remedy == how_to_get(name, listed_in) != ""


@pytest.mark.parametrize("name", ["resnet8", "FCNDecodr", "terramind", "", "terramind_v1_base_2"])
def test_other_names_have_no_remedy(name: str) -> None:
    assert how_to_get(name) == refused("BACKBONE_REGISTRY", name).remedy == ""


def test_a_registry_of_ones_own_with_the_source_knows_it_too() -> None:
    mine = MultiSourceRegistry[Any](own=Registry[Any](square=int), theirs=library.TERRATORCH_BACKBONE_REGISTRY)
    for name in ("theirs_terramind_v1_base", "terramind_v1_base"):
        with pytest.raises(ComponentNotFoundError) as caught:
            mine.build(name)
        assert caught.value.remedy == how_to_get("terramind_v1_base")


@pytest.mark.parametrize(
    ("wrong", "right", "name"),
    [
        ("timm_test_resnet", "dofa_large_patch16_224", "dofa_large_patch16_224"),
        ("timm_test_resnet", "terratorch_terramind_v1_base", "terramind_v1_base"),
        ("FCNDecoder", "SklearnDecoder", "SklearnDecoder"),
        ("EncoderDecoderFactory", "ClayModelFactory", "ClayModelFactory"),
    ],
)
def test_a_config_gets_the_remedy_and_no_other_line(wrong: str, right: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG.replace(wrong, right), encoding="utf-8")
    (finding,) = check_config(str(file))
    assert how_to_get(name) in finding.message
    assert (finding.problem.fix, finding.problem.suggestions, finding.mended) == (None, (), "")
    (found,) = json.loads(as_json([finding]))
    assert (found["message"], found["suggestion"]) == (finding.message, None)
    (result,) = json.loads(as_sarif([finding], "1.0"))["runs"][0]["results"]
    assert how_to_get(name) in result["message"]["text"]
    assert "fixes" not in result


def test_the_list_is_read_on_a_miss_only() -> None:
    program = (
        "from terraregistry import BACKBONE_REGISTRY, terratorch_names as names;"
        "BACKBONE_REGISTRY.resolve('resnet18'); assert 'terramind_v1_base' not in BACKBONE_REGISTRY;"
        "print(names.read_missing.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_the_list_is_made_from_the_source_alone(tmp_path: Path) -> None:
    files = {
        "terratorch/models/nets.py": (
            "raise ImportError\n@TERRATORCH_BACKBONE_REGISTRY.register\ndef net(): ...\n"
            "@TERRATORCH_BACKBONE_REGISTRY.register\ndef prithvi_eo_tiny(): ...\n@register_model\ndef clay(): ...\n"
            "@TERRATORCH_DECODER_REGISTRY.register\nclass Head: ...\n@other.register\nclass No: ...\n"
        ),
        "terratorch/tasks/__init__.py": (
            "from .base_task import Base\nfrom .a import ClassificationTask, OtherTask\ntry:\n"
            "    from .wxc import WxTask\nexcept ImportError: ...\n"
        ),
        "terratorch-9.8.dist-info/METADATA": "Metadata-Version: 2.1\nName: terratorch\nVersion: 9.8\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert runpy.run_path(str(LISTER))["missing_names"](str(tmp_path)) == {
        "version": "9.8",
        "components": {
            "TERRATORCH_BACKBONE_REGISTRY": ["net"],
            "TERRATORCH_DECODER_REGISTRY": ["Head"],
            TIMM: ["clay"],
        },
        "tasks": ["OtherTask", "WxTask"],
    }
