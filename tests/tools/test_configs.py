"""Configs in TerraTorch's layout, through the command: the shapes that come out, and what nothing reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from terraregistry.errors import WeightsError
from terraregistry.tools.config import find_request, parse_config, read_config
from terraregistry.tools.trial import TrialOptions, make_factory, run_trial

CONFIGS = Path(__file__).parent / "configs"
SHAPES = {
    "classification": ((2, 4, 64, 64), (2, 5)),
    "multi_temporal": ((2, 6, 3, 64, 64), (2, 4, 64, 64)),
    "prithvi_factory": ((2, 6, 2, 64, 64), (2, 2, 64, 64)),
    "reconstruction": ((2, 6, 64, 64), (2, 6, 64, 64)),
    "regression": ((2, 6, 64, 64), (2, 64, 64)),
    "scalar_regression": ((2, 3, 64, 64), (2, 2)),
    "segmentation": ((2, 6, 64, 64), (2, 3, 64, 64)),
    "smp_decoder": ((2, 3, 64, 64), (2, 2, 16, 16)),
    "smp_factory": ((2, 4, 64, 64), (2, 2, 64, 64)),
    "timm_factory": ((2, 6, 64, 64), (2, 7)),
    "unread": ((2, 6, 64, 64), (2, 64, 64)),
}
"""The batch and the result of each."""
WARNED = {"segmentation", "unread"}
"""Those with an auxiliary head that TerraTorch gives other arguments, or with arguments that nothing reads."""
UNREAD = {"7:7": "backbone_drop_path_rate", "8:7": "backbone_window_size"}


def shown(output: str) -> str:
    """The shapes that the command says the model gave."""
    lines = output.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("│ model"))
    return " ".join(line.strip("│").split("│")[-1].strip() for line in lines[start:] if line.startswith("│"))


def test_every_config_has_its_shapes():
    assert {path.stem for path in CONFIGS.glob("*.yaml")} == set(SHAPES)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", SHAPES)
def test_a_config_of_terratorchs_gives_its_shapes(run, name):
    config = CONFIGS / f"{name}.yaml"
    result = run("build", config, "--random-weights", "--image-size", "64", "--unused", "warn")
    batch, shape = SHAPES[name]

    assert result.exit_code == 0, result.stderr
    assert str(shape) in shown(result.stdout)
    assert f"random batch {batch}, seed 0" in result.stdout
    assert bool(result.stderr) == (name in WARNED)


@pytest.mark.parametrize("option", ["error", "warn"])
@pytest.mark.filterwarnings("default")
def test_what_nothing_reads_has_its_line(run, option):
    config = CONFIGS / "unread.yaml"
    result = run("build", "--check", f"--unused={option}", config)
    label = "warning: " if option == "warn" else ""

    assert result.exit_code == (0 if option == "warn" else 2)
    for line, (place, argument) in zip(result.stderr.splitlines(), UNREAD.items(), strict=True):
        assert line.startswith(f"{config}:{place}: {label}model.init_args.model_args.{argument}: unknown argument")


def test_everything_is_said_at_once(build):
    result = build(
        """\
        model:
          class_path: terratorch.tasks.PixelwiseRegressionTask
          init_args:
            model_factory: EncoderDecoderFactory
            model_args:
              backbone: prithvi_eo_tiny
              backbone_drop_path_rate: 0.1
              backbone_bands: [BLEU, RED]
              necks:
                - {name: SelectIndices, indices: [0, 7]}
                - {name: ReshapeTokensToImage, effective_time_dim: 0}
              decoder: FCNDecoder
              decoder_num_convs: 0
              head_final_act: torch.nn.Rlu
              head_dropout: x
            aux_heads:
              - name: one
                decoder: FCNDecoder
                decoder_args: {decoder_num_convs: -1, head_dropou: 1}
        """,
        "--check",
    )
    assert [line.removeprefix("c.yaml:").split(": ")[:2] for line in result.stderr.splitlines()] == [
        ["17:9", "warning"],  # TerraTorch builds another auxiliary head
        ["7:7", "model.init_args.model_args.backbone_drop_path_rate"],
        ["8:24", "model.init_args.model_args.backbone_bands[0]"],
        ["11:40", "model.init_args.model_args.necks[1].effective_time_dim"],
        ["13:7", "model.init_args.model_args.decoder_num_convs"],
        ["14:7", "model.init_args.model_args.head_final_act"],
        ["15:7", "model.init_args.model_args.head_dropout"],
        ["19:24", "model.init_args.aux_heads[0].decoder_args.decoder_num_convs"],
        ["19:47", "model.init_args.aux_heads[0].decoder_args.head_dropou"],
    ]


def test_files_of_weights_are_read_unless_weights_are_random(tmp_path):
    torch.save({"other": torch.zeros(1)}, tmp_path / "weights.pt")
    text = (CONFIGS / "multi_temporal.yaml").read_text(encoding="utf-8")
    text = text.replace("backbone_num", f"backbone_ckpt_path: {tmp_path / 'weights.pt'}\n      backbone_num")
    request = find_request(parse_config(text))

    with pytest.raises(WeightsError) as caught:
        run_trial(request, make_factory(request), TrialOptions(1))
    assert caught.value.__notes__[-1] == "--random-weights builds it without"
    assert run_trial(request, make_factory(request), TrialOptions(1, random_weights=True)).batch == (1, 6, 3, 64, 64)


def test_the_files_are_not_changed_by_random_weights():
    request = find_request(read_config(CONFIGS / "timm_factory.yaml"))
    before = dict(request.arguments)
    run_trial(request, make_factory(request), TrialOptions(1, (64, 64), random_weights=True))

    assert request.arguments == before
    assert before["pretrained"] is True
