"""The configs of the documentation, as the real libraries read them."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "from-configs.md"
LIGHTNING = """
from lightning.pytorch import LightningModule
from lightning.pytorch.cli import LightningCLI
from torch import nn

class Segmentation(LightningModule):
    def __init__(self, network: nn.Module, learning_rate: float = 1e-3) -> None:
        super().__init__()
        self.network, self.learning_rate = network, learning_rate

model = LightningCLI(Segmentation, run=False, args=["--config", FILE], save_config_callback=None).model
assert model.learning_rate == 0.01
network = model.network
"""
HYDRA = """
import hydra.utils
from omegaconf import OmegaConf

network = hydra.utils.instantiate(OmegaConf.load(FILE).network)
"""
BUILT = """
from terraregistry import to_config

assert to_config(network) == {
    "model_factory": "EncoderDecoderFactory",
    "task": "segmentation",
    "num_classes": 2,
    "backbone": "timm_test_resnet",
    "decoder": "terratorch_FCNDecoder",
    "decoder_channels": 8,
}, to_config(network)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("program", "number"), [(LIGHTNING, 0), (HYDRA, 1)], ids=["lightning", "hydra"])
def test_the_config_of_the_page_builds_its_model(program: str, number: int, tmp_path: Path) -> None:
    config = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[number]
    file = tmp_path / "config.yaml"
    file.write_text(config, encoding="utf-8")
    code = textwrap.dedent(program + BUILT).replace("FILE", repr(str(file)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
