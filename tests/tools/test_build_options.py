"""`build` with `--save`, `--load`, `--device`, `--summary` and `--dry-run`."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from terraregistry.errors import RegistryError, WeightsError
from terraregistry.tools.model_parts import Recorder, find_modules, module_tree
from terraregistry.tools.weights import check_target, load_state, save_state

CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnet
decoder: FCNDecoder
decoder_channels: 8
decoder_num_convs: 1
num_classes: 3
"""
SMALL = ("--image-size", "32", "--batch-size", "1")


class Shared(torch.nn.Module):
    """Two layers with one weight."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 3)
        self.second = torch.nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.register_buffer("empty", torch.zeros(0))
        self.register_buffer("hollow", torch.zeros(0))


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_what_was_saved_is_loaded(build, tmp_path, suffix):
    file, again = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"

    assert build(CONFIG, *SMALL, "--seed", "1", "--save", file).exit_code == 0
    assert build(CONFIG, *SMALL, "--seed", "2", "--load", file, "--save", again).exit_code == 0
    read = load_file if suffix == ".safetensors" else lambda path: torch.load(path, weights_only=True)
    first, second = read(file), read(again)
    assert first.keys() == second.keys()
    assert len(first) > 10
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not [*tmp_path.glob("*.part")]


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_tensors_with_several_names_are_loaded_under_each(tmp_path, suffix):
    file = tmp_path / f"shared{suffix}"
    saved, loaded = Shared(), Shared()
    save_state(saved, file)
    load_state(loaded, file, "Shared")

    assert loaded.second.weight is loaded.first.weight
    assert all(torch.equal(saved.state_dict()[key], loaded.state_dict()[key]) for key in saved.state_dict())


def test_weights_that_do_not_fit_are_listed_and_none_is_loaded(tmp_path):
    file = tmp_path / "a.pt"
    torch.save({"weight": torch.ones(2, 3), "scale": torch.ones(1)}, file)
    layer = torch.nn.Linear(2, 3)
    before = layer.weight.clone()

    with pytest.raises(WeightsError) as caught:
        load_state(layer, file, "Linear")
    assert str(caught.value).splitlines() == [
        f"no weights from {file} for 'Linear': they do not fit",
        "  missing: bias",
        "  surplus: scale",
        "  misshapen: weight: (2, 3) in the file, (3, 2) in the module",
        "--load takes the weights of the model that the config describes, with all of its keys",
    ]
    assert torch.equal(layer.weight, before)


def test_a_failed_save_leaves_nothing(tmp_path, monkeypatch):
    def fail(state, file):
        file.write_bytes(b"half")
        raise OSError("no space")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="no space"):
        save_state(torch.nn.Linear(1, 1), tmp_path / "a.pt")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.bin", "the name of a file of weights says the format: end it in .safetensors, .pt, .pth"),
        ("there.pt", "it exists already; delete it, or choose another name"),
        ("none/a.pt", "its folder does not exist; make {folder}/none first"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_built(build, tmp_path, name, message):
    (tmp_path / "there.pt").touch()
    expected = message.format(folder=tmp_path)

    with pytest.raises(RegistryError, match=expected.replace("(", r"\(")):
        check_target(tmp_path / name)
    result = build(CONFIG, "--save", tmp_path / name)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"--save {tmp_path / name}: {expected}\n")
    assert result.stdout == ""


def test_a_file_that_is_not_there_is_said(build):
    result = build(CONFIG, *SMALL, "--load", "none.pt")
    assert result.exit_code == 2
    assert "no weights from none.pt for 'EncoderDecoderFactory': there is no such file" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dry-run", "--save", "a.pt"], "--dry-run has no weights and no device: leave out --save or --dry-run"),
        (["--dry-run", "--load", "a.pt"], "--dry-run has no weights and no device: leave out --load or --dry-run"),
        (["--dry-run", "--device", "cuda"], "--dry-run has no weights and no device: leave out --device or --dry-run"),
        (["--check", "--save", "a.pt"], "--check builds nothing: leave out --save or --check"),
        (["--check", "--dry-run"], "--check builds nothing: leave out --dry-run or --check"),
        (["d.yaml", "--load", "a.pt"], "--load is of one model: give one CONFIG with it"),
    ],
)
def test_options_that_contradict_each_other_are_refused(build, options, message):
    result = build(CONFIG, *options)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("gpu", "--device gpu: RuntimeError: Expected one of cpu, cuda"),
        ("meta", "--device meta: ValueError: nothing is computed there; --dry-run follows the shapes on it"),
    ],
)
def test_a_device_that_is_none_is_said_before_anything_is_built(build, device, message):
    result = build(CONFIG, "--device", device)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


def test_a_dry_run_has_the_shapes_and_counts_of_a_real_one(build):
    real = build(CONFIG, "--image-size", "64", "--summary", "--depth", "9")
    dry = build(CONFIG, "--image-size", "64", "--summary", "--depth", "9", "--dry-run")

    assert real.exit_code == 0
    assert dry.stdout == real.stdout


def test_a_dry_run_downloads_no_weights(build, monkeypatch):
    from timm.models import _builder

    def fail(*_, **__):
        raise AssertionError("weights were asked for")

    monkeypatch.setattr(_builder, "load_pretrained", fail)
    assert build(CONFIG + "backbone_pretrained: true\n", "--dry-run", *SMALL).exit_code == 0
    real = build(CONFIG + "backbone_pretrained: true\n", *SMALL)
    assert real.exit_code == 2
    assert "AssertionError: weights were asked for" in real.stderr


def test_the_summary_has_each_module_to_its_depth(build):
    text = build(CONFIG, "--summary", "--depth", "1", "--image-size", "64").stdout
    tree = text[text.index("PixelWiseModel  ") :].splitlines()

    assert [line.split(": ")[0].lstrip("├─└ ") for line in tree[1:]] == [
        "encoder",
        "decoder",
        "head",
        "aux_heads",
        "neck",
    ]
    assert tree[0].endswith("(2, 3, 64, 64)")
    assert "aux_heads: ModuleDict  no parameters  not run" in tree[-2]


def test_without_the_option_there_is_no_tree(build):
    assert "├── encoder" not in build(CONFIG, *SMALL).stdout


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_modules_are_listed_to_their_depth_each_after_its_parent(depth):
    model = torch.nn.Sequential(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sequential(torch.nn.ReLU())))
    parts = find_modules(model, depth)
    with Recorder(parts):
        model(torch.zeros(1, 2))

    assert [part.kind for part in parts] == ["", "0", "0.0", "0.1", "0.1.0"][: {1: 2, 2: 4, 3: 5}[depth]]
    assert parts[0].parameters == 9
    assert {part.shapes for part in parts} == {((1, 3),)}
    assert module_tree(parts).label.plain == "Sequential  9 parameters  (1, 3)"
