"""Whole models with heads of the real mmsegmentation, from Python and from a config."""

from __future__ import annotations

import pytest
import torch
from typer.testing import CliRunner

from terraregistry import MODEL_FACTORY_REGISTRY
from terraregistry.errors import InvalidArgumentsError, SourceUnavailableError
from terraregistry.sources.mmseg import is_installed
from terraregistry.tools.cli import app

pytestmark = pytest.mark.skipif(not is_installed(), reason="mmsegmentation is not installed")

BACKBONE = {"backbone": "timm_test_resnet", "backbone_out_indices": [1, 2, 3], "backbone_in_chans": 4}
CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnet
backbone_out_indices: [1, 2, 3]
decoder: {decoder}
decoder_channels: 8
num_classes: 5
"""


def build(**arguments):
    return MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory").build_model(**(BACKBONE | arguments))


@pytest.mark.parametrize("decoder", ["mmseg_UPerHead", "UPerHead", "mmseg_FCNHead", "mmseg_DAHead"])
def test_a_model_has_mmsegmentations_head_and_none_of_its_own(decoder: str) -> None:
    extra = {"decoder_pam_channels": 4} if "DA" in decoder else {}
    model = build(task="segmentation", decoder=decoder, decoder_channels=8, num_classes=5, **extra)
    keys = list(model.state_dict())
    assert "decoder.decoder.conv_seg.weight" in keys
    assert not [key for key in keys if key.startswith("head.")]
    for training in (True, False):
        result = model.train(training)(torch.randn(2, 4, 64, 96))
        assert result.output.shape == (2, 5, 64, 96)


def test_outputs_of_a_regression_are_its_classes() -> None:
    model = build(task="regression", decoder="mmseg_FCNHead", decoder_channels=8, num_outputs=1)
    assert model.decoder.out_channels == 1


def test_auxiliary_heads_can_be_mmsegmentations() -> None:
    aux = [{"name": "aux", "decoder": "mmseg_FCNHead", "decoder_args": {"decoder_channels": 8, "decoder_in_index": 1}}]
    model = build(
        task="segmentation", decoder="mmseg_UPerHead", decoder_channels=8, num_classes=5, aux_decoders=aux
    ).eval()
    assert model(torch.randn(1, 4, 64, 64)).auxiliary_heads["aux"].shape == (1, 5, 64, 64)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["num_classes: missing; expected int"]),
        ({"num_classes": 5, "head_dropout": 0.1}, ["head_dropout: nothing reads this: the decoder includes its head"]),
        ({"num_classes": 5, "decoder_num_classes": 4}, ["decoder_num_classes: num_classes says this already; give one of them"]),
        (
            {"num_classes": 5, "decoder_pool_scale": 1},
            ["decoder_pool_scale: unknown argument; did you mean 'decoder_pool_scales'?"],
        ),
        (
            {"num_classes": 5, "decoder_norm_cfg": {"type": "os.system"}},
            ["decoder_norm_cfg.type: 'os.system' is not registered in mmseg or mmengine"],
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_where_they_were_written(given, expected) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        build(task="segmentation", decoder="mmseg_UPerHead", decoder_channels=8, **given)
    assert [str(problem) for problem in caught.value.problems] == expected


def test_features_that_do_not_suit_a_head_are_told_before_anything_is_made() -> None:
    factory = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    given = BACKBONE | {"decoder_channels": 8, "decoder_in_index": [0, 5], "num_classes": 2}
    with pytest.raises(InvalidArgumentsError) as caught:
        factory.validate_model(task="segmentation", decoder="mmseg_UPerHead", **given)
    [problem] = caught.value.problems
    assert str(problem).startswith("decoder_in_index: 5 is out of range: there are 3 features")


def test_a_head_that_cannot_be_built_here_says_what_it_needs() -> None:
    with pytest.raises(SourceUnavailableError, match="PSAHead needs the compiled operators of mmcv"):
        build(task="segmentation", decoder="mmseg_PSAHead", decoder_channels=8, decoder_mask_size=(2, 2), num_classes=2)


@pytest.mark.parametrize("decoder", ["mmseg_UPerHead", "UPerHead"])
def test_the_command_builds_and_runs_a_config(tmp_path, monkeypatch, decoder: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONFIG.format(decoder=decoder), encoding="utf-8")
    done = CliRunner().invoke(app, ["build", "c.yaml"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert not done.stderr
    assert "UPerHead" in done.stdout


def test_the_command_tells_mistakes_with_their_lines(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONFIG.format(decoder="UPerHead") + "decoder_pool_scale: [1]\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["build", "--check", "c.yaml"], catch_exceptions=False)
    assert done.exit_code == 2
    assert done.stderr == "c.yaml:8:1: decoder_pool_scale: unknown argument; did you mean 'decoder_pool_scales'?\n"
