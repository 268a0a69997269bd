"""`terraregistry build --unused=warn`: what nothing reads is dropped, and named at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from terraregistry.tools.cli import app

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnet
backbone_drop_path_rat: 0.1
necks:
  - name: SelectIndices
    indices: [0, 2]
    index: 3
decoder: FCNDecoder
decoder_channels: 8
num_classes: 3
"""
PLACES = ["4:1: {}backbone_drop_path_rat: unknown argument", "8:5: {}necks[0].index: unknown argument"]


def run(folder: Path, text: str, *options: str):
    path = folder / "model.yaml"
    path.write_text(text)
    return CliRunner().invoke(app, ["build", str(path), "--image-size", "64", *options]), path


@pytest.mark.parametrize("options", [(), ("--unused=error",), ("--check",)])
def test_by_default_what_nothing_reads_is_an_error(tmp_path, options) -> None:
    result, path = run(tmp_path, CONFIG, *options)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) == len(PLACES)
    for line, place in zip(lines, PLACES, strict=True):
        assert line.startswith(f"{path}:{place.format('')}")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("options", [(), ("--check",)])
def test_what_nothing_reads_can_be_dropped_with_a_warning(tmp_path, options) -> None:
    result, path = run(tmp_path, CONFIG, "--unused=warn", *options)
    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == len(PLACES)
    for line, place in zip(lines, PLACES, strict=True):
        assert line.startswith(f"{path}:{place.format('warning: ')}")
        assert line.endswith("; nothing reads this, so it was dropped")


@pytest.mark.filterwarnings("default")
def test_other_mistakes_stay_errors(tmp_path) -> None:
    result, path = run(tmp_path, CONFIG.replace("num_classes: 3", "num_classes: 0"), "--unused=warn")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    for line, place in zip(lines[:-1], PLACES, strict=True):
        assert line.startswith(f"{path}:{place.format('warning: ')}")
    assert lines[-1] == f"{path}:11:1: num_classes: expected at least 1, got 0"


def test_another_policy_is_refused(tmp_path) -> None:
    result, _ = run(tmp_path, CONFIG, "--unused=ignore")
    assert result.exit_code == 2
    assert "--unused" in result.stderr
