"""`measure`, and the costs that `validate --fit` and `build --dry-run` show, against real runs and known answers."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, Cost, from_config, measure
from terraregistry.errors import ConfigError, RegistryError
from terraregistry.tools.cli.training import training_lines

CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnet
decoder: FCNDecoder
decoder_channels: 8
num_classes: 3
"""
SEGMENTATION = {"model_factory": "EncoderDecoderFactory", "task": "segmentation", "num_classes": 2}
TOKENS = [{"name": "ReshapeTokensToImage"}]
PYRAMID = [*TOKENS, {"name": "LearnedInterpolateToPyramidal"}]
FOUR = [{"name": "SelectIndices", "indices": [-4, -3, -2, -1]}]
QUICK = {
    "convolutions": {"backbone": "test_resnet", "decoder": "FCNDecoder", "decoder_channels": 8},
    "attention": {"backbone": "test_vit", "decoder": "FCNDecoder", "decoder_channels": 8},
    "auxiliary": {
        "backbone": "test_convnext",
        "decoder": "smp_FPN",
        "aux_decoders": [{"name": "more", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": 4}}],
    },
}
LARGE = {
    "unet": {"backbone": "resnet18", "decoder": "UNetDecoder", "decoder_channels": [64, 32, 16, 8, 4]},
    "upernet": {"backbone": "swin_tiny_patch4_window7_224", "decoder": "UperNetDecoder"},
    "grouped": {"backbone": "efficientnet_b0", "decoder": "smp_Unet", "decoder_decoder_channels": [32, 16, 8, 8, 8]},
    "prithvi": {"backbone": "prithvi_eo_tiny", "necks": PYRAMID, "decoder": "UperNetDecoder"},
    "convnext": {"backbone": "convnext_atto", "decoder": "smp_Segformer"},
    "mit": {"backbone": "pvt_v2_b0", "decoder": "UperNetDecoder", "decoder_channels": 64},
    "selected": {"backbone": "resnet34", "necks": FOUR, "decoder": "UperNetDecoder", "decoder_channels": 32},
}


@pytest.mark.parametrize(
    "parts",
    [*(pytest.param(QUICK[name], id=name) for name in QUICK)]
    + [pytest.param(LARGE[name], id=name, marks=pytest.mark.slow) for name in LARGE],
)
def test_a_composition_costs_what_a_real_run_of_it_computes(parts):
    cost = measure(SEGMENTATION | parts, batch_size=2)
    model = from_config(SEGMENTATION | parts).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.randn(cost.batch))

    assert cost.batch[0] == 2
    assert cost.macs == counter.get_total_flops() // 2 > 0
    assert cost.parameters == sum(each.numel() for each in model.parameters())
    assert {"backbone", "decoder"} <= cost.parts.keys()
    for name in ("macs", "activations", "parameters"):
        assert sum(getattr(each, name) for each in cost.parts.values()) == getattr(cost, name)


def test_a_known_network_has_its_known_costs():
    import timm

    with torch.device("meta"):
        cost = measure(timm.create_model("resnet50"))
    assert (cost.batch, cost.macs, cost.parameters) == ((1, 3, 224, 224), 4_089_184_256, 25_557_032)
    assert cost.activations == 11_114_984  # as published with timm's results: 11.1 M


class Steps(nn.Module):
    """Two convolutions of 4 channels, with a ReLU between."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.second = nn.Conv2d(4, 4, 1, bias=False)

    def forward(self, x):
        return self.second(self.first(x).relu())


def test_bytes_are_those_of_the_intermediate_results():
    cost = measure(Steps(), image_size=(8, 16), batch_size=3)
    result = 4 * 3 * 4 * 8 * 16  # bytes of one
    assert (cost.parameters, cost.weight_bytes, cost.trained_bytes) == (124, 496, 496)
    assert cost.peak_bytes == 2 * result
    assert cost.saved_bytes == result  # of the ReLU, which both it and the second convolution keep
    assert cost.parts["first"].macs == 3 * 8 * 16 * 27 * 4
    assert cost.parts["second"].activations == 3 * 8 * 16 * 4
    assert pickle.loads(pickle.dumps(cost)) == cost


def test_one_image_needs_half_of_what_two_keep():
    one, two = (measure(Steps(), image_size=8, batch_size=size) for size in (1, 2))
    assert two.saved_bytes == 2 * one.saved_bytes
    assert two.macs == 2 * one.macs


class Attends(nn.Module):
    """Attention over the pixels of one image."""

    def __init__(self):
        super().__init__()
        self.project = nn.Linear(3, 3 * 64)

    def forward(self, x):
        query, key, value = self.project(x.flatten(2).transpose(1, 2)).view(len(x), -1, 3, 4, 16).permute(2, 0, 3, 1, 4)
        return nn.functional.scaled_dot_product_attention(query, key, value)


def test_attention_keeps_no_matrix_of_its_weights():
    cost = measure(Attends(), image_size=32)
    tokens = 32 * 32
    assert cost.macs == tokens * 3 * 192 + 2 * tokens * tokens * 64
    assert cost.activations == tokens * 192 + tokens * 64
    assert cost.saved_bytes == 4 * (tokens * 3 + tokens * 192 + tokens * 64 + tokens * 4)
    assert cost.peak_bytes < 4 * tokens * tokens


def test_measuring_leaves_the_model_and_the_random_numbers_alone():
    model, state = Steps().train(), torch.get_rng_state()
    measure(model)
    assert model.training
    assert all(each.device.type == "cpu" for each in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)
    assert not model.first._forward_hooks


class ReadsValues(nn.Module):
    """A module that runs in evaluation mode only."""

    def forward(self, x):
        if self.training:
            raise RuntimeError("it cannot be trained")
        return x


def test_what_cannot_be_trained_has_no_memory_of_training():
    cost = measure(ReadsValues())
    assert (cost.saved_bytes, cost.training_bytes(), cost.largest_batch(10**9)) == (None, None, None)
    assert training_lines(cost) == ["training: unknown, since the model does not run in training mode without data"]


def test_memory_of_training_is_the_sum_of_its_shares():
    cost = Cost((2, 3, 8, 8), 10, 1, 1, weight_bytes=48, trained_bytes=40, peak_bytes=1, saved_bytes=100)
    assert cost.training_bytes() == 48 + 3 * 40 + 100
    assert cost.training_bytes(3, optimizer_values=1) == 48 + 2 * 40 + 150
    assert cost.largest_batch(168 + 149) == 2
    assert cost.largest_batch(168 + 150) == 3
    assert training_lines(cost, "1k")[1] == "largest batch in 1k: 16"
    assert training_lines(cost, "0.1k")[1] == "largest batch in 0.1k: none, not even one image"


@pytest.mark.parametrize("name", ["image_size", "in_channels", "num_frames", "batch_size"])
def test_a_size_below_one_is_refused(name):
    with pytest.raises(ValueError, match=f"^{name}: expected at least 1, got 0$"):
        measure(Steps(), **{name: 0})


def test_what_takes_no_images_is_refused():
    with pytest.raises(
        RegistryError, match=r"^'terratorch_FCNDecoder' takes no images: measure a model with it, described"
    ):
        measure(DECODER_REGISTRY.validate("FCNDecoder", [8]))
    with pytest.raises(ConfigError, match="there is no such file"):
        measure("nothing.yaml")
    with pytest.raises(RuntimeError) as caught:
        measure(Steps(), in_channels=4)
    assert "while measuring the model on images of shape (1, 4, 224, 224)" in caught.value.__notes__


def test_a_detector_of_regions_has_no_cost_in_advance():
    detector = {
        "model_factory": "ObjectDetectionModelFactory",
        "task": "object_detection",
        "backbone": "test_resnet",
        "framework": "faster-rcnn",
        "num_classes": 2,
        "necks": [{"name": "FeaturePyramidNetworkNeck"}],
    }
    with pytest.raises(RegistryError, match=r"^the cost of this model depends on the contents of the images"):
        measure(detector)


def test_a_spec_is_measured_without_its_weights():
    spec = BACKBONE_REGISTRY.validate("test_resnet", pretrained=True)
    cost = measure(spec, image_size=64)
    assert cost.batch == (1, 3, 64, 64)
    assert cost.parameters == sum(each.numel() for each in BACKBONE_REGISTRY.build("test_resnet").parameters())


# -- the command line --


def test_validate_shows_the_cost_of_each_part(run, tmp_path):
    (tmp_path / "c.yaml").write_text(CONFIG)
    result = run("validate", "--fit", "c.yaml", "--memory", "2GiB")
    cost = measure(CONFIG_DATA, batch_size=2)
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == f"c.yaml: for an image of {'x'.join(map(str, cost.batch[1:]))}"
    assert [line.split()[0] for line in lines[1:5]] == ["backbone", "decoder", "head", "model"]
    assert lines[5].strip() == training_lines(cost)[0]
    assert lines[6].strip() == f"largest batch in 2GiB: {cost.largest_batch(2 * 2**30):,}"
    assert lines[7:] == ["1 config is valid"]


CONFIG_DATA = SEGMENTATION | {
    "backbone": "test_resnet",
    "decoder": "FCNDecoder",
    "decoder_channels": 8,
    "num_classes": 3,
}


def test_an_unknown_cost_is_said(run, tmp_path, monkeypatch):
    from terraregistry.components.factories.planned import PlanningFactory

    monkeypatch.setattr(PlanningFactory, "validate_model", lambda self, **_: None)
    (tmp_path / "c.yaml").write_text(CONFIG)
    assert run("validate", "--fit", "c.yaml").stdout == "c.yaml: its cost is unknown\n1 config is valid\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["validate", "c.yaml", "--memory", "16G"], "add --fit"),
        (["build", "c.yaml", "--memory", "16G"], "add --dry-run"),
        (["build", "c.yaml", "--dry-run", "--memory", "16"], "'16' is no memory; write a number and a unit, such as"),
        (["validate", "c.yaml", "--fit", "--memory", "-1G"], "'-1G' is no memory; write a number and a unit, such as"),
    ],
)
def test_a_memory_that_is_none_is_refused(run, options, message):
    result = run(*options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
