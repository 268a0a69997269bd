"""`terraregistry validate` in a process of its own: with the index it imports neither torch nor a library behind a source."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from .test_validate import ONE_IS_VALID, RIGHT, TEXT, WRONG

HEAVY = (
    "torch",
    "timm",
    "segmentation_models_pytorch",
    "peft",
    "numpy",
    "pydantic",
    "torchvision",
    "huggingface_hub",
    "rich",
)
OTHERS = ("tools.cli.build", "tools.cli.doctor", "tools.cli.showing", "tools.cli.listing", "tools.schema", "indexing")
SCRIPT = """
import json, sys
from terraregistry.tools.cli import main
try:
    main()
finally:
    with open("loaded.json", "w") as file:
        json.dump([name for name in sys.modules], file)
"""


@pytest.fixture
def validate(index, tmp_path):
    """Runs the command, and says what it imported."""
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(WRONG, encoding="utf-8")

    def run(*arguments):
        command = [sys.executable, "-W", "error", "-c", SCRIPT, "validate", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        loaded = json.loads((tmp_path / "loaded.json").read_text(encoding="utf-8"))
        return ended, set(loaded)

    return run


def test_right_and_wrong_configs_are_told_apart_without_imports(validate):
    ended, loaded = validate("right.yaml", "wrong.yaml")
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", TEXT)
    assert loaded.isdisjoint(HEAVY)
    assert loaded.isdisjoint(f"terraregistry.{name}" for name in OTHERS)


@pytest.mark.parametrize("output", ["text", "json", "github", "sarif"])
def test_a_right_config_is_reported_without_imports(validate, output):
    ended, loaded = validate("right.yaml", "--format", output, "--unused=warn", "--skip-others")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (ended.stdout == ONE_IS_VALID) is (output == "text")
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.slow  # test_validate.py has it in the process of the tests
def test_whether_the_parts_fit_is_found_out_with_torch(validate):
    ended, loaded = validate("right.yaml", "--fit")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "1 config is valid\n", "")
    assert {"torch", "timm"} <= loaded
