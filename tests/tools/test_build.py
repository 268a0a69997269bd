"""`terraregistry build`: real models, each mistake at its line, and components that fail."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.errors import ConfigError
from terraregistry.library import MODEL_FACTORY_REGISTRY, TERRATORCH_DECODER_REGISTRY
from terraregistry.tools.config import find_request, parse_config, read_config
from terraregistry.tools.trial import TrialOptions, make_factory, run_trial

PLAIN = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnet
backbone_out_indices: [1, 2, 3]
necks:
  - name: SelectIndices
    indices: [0, 2]
decoder: FCNDecoder
decoder_channels: 8
decoder_num_convs: 1
head_dropout: 0.1
num_classes: 3
aux_decoders:
  - name: aux
    decoder: IdentityDecoder
"""

TRAINING = """\
trainer: {max_epochs: 1}
model:
  class_path: terratorch.tasks.SemanticSegmentationTask
  init_args:
    model_factory: EncoderDecoderFactory
    model_args:
      backbone: timm_test_resnet
      backbone_out_indices: [1, 2, 3]
      necks:
        - name: SelectIndices
          indices: [0, 2]
      decoder: FCNDecoder
      decoder_channels: 8
      decoder_num_convs: 1
      head_dropout: 0.1
      num_classes: 3
    aux_heads:
      - name: aux
        decoder: IdentityDecoder
    loss: dice
"""


FAILING = """\
{model_factory: EncoderDecoderFactory, task: segmentation, backbone: timm_test_resnet, num_classes: 3,
 decoder: Failing, decoder_when: %s}
"""
NOT_FOUND = "DECODER_REGISTRY has no component"


class Small(nn.Module):
    """A model without parts of the usual names."""

    def __init__(self, channels):
        super().__init__()
        self.first = nn.Conv2d(3, channels, 1)
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        return {"one": self.first(x), "two": [x, None]}


class SmallFactory:
    """A factory of somebody else: it cannot validate, and has neither task nor backbone."""

    def build_model(self, channels: int, *, fail: str = "") -> nn.Module:
        if fail == "warn":
            warnings.warn("this is old", UserWarning, stacklevel=2)
        elif fail == "product":
            return 3
        elif fail:
            raise RuntimeError(fail)
        return Small(channels)


class Failing(nn.Module):
    """A decoder that fails where it is told to."""

    def __init__(self, channel_list: list[int], when: str):
        super().__init__()
        self.out_channels = channel_list[-1]
        if when == "construction":
            raise OSError("cannot be\nconstructed")

    def forward(self, features):
        raise KeyError("forward")


@pytest.fixture
def small_factory():
    with MODEL_FACTORY_REGISTRY.scope():
        MODEL_FACTORY_REGISTRY.register(SmallFactory)
        yield


@pytest.fixture
def failing_decoder():
    with TERRATORCH_DECODER_REGISTRY.scope():
        TERRATORCH_DECODER_REGISTRY.register(Failing)
        yield


def rows(output):
    """The rows of the table, each as its cells, and the further lines of a row appended to them."""
    found = []
    for line in output.splitlines():
        if line.startswith("│"):
            cells = [cell.strip() for cell in line.strip("│").split("│")]
            if cells[0]:
                found.append(cells)
            else:
                found[-1] = [" ".join(filter(None, pair)) for pair in zip(found[-1], cells, strict=True)]
    return found


def test_the_examples_run(run, examples):
    assert len(examples) >= 3
    for example in examples:
        result = run("build", example)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        kinds = [row[0] for row in rows(result.stdout)]
        assert kinds[0] == "backbone"
        assert kinds[-1] == "model"


def test_the_table_says_what_each_part_is_and_gives(build):
    result = build(PLAIN, "--image-size", "64x96")
    table = rows(result.stdout)

    assert result.exit_code == 0
    assert [(row[0], row[1], row[4]) for row in table] == [
        ("backbone", "timm_test_resnet", "(2, 32, 16, 24) (2, 48, 8, 12) (2, 192, 4, 6)"),
        ("neck", "terratorch_SelectIndices", "(2, 32, 16, 24) (2, 192, 4, 6)"),
        ("decoder", "terratorch_FCNDecoder", "(2, 8, 8, 12)"),
        ("head", "SegmentationHead", "(2, 3, 8, 12)"),
        ("auxiliary aux: decoder", "terratorch_IdentityDecoder", "(2, 192, 4, 6)"),
        ("auxiliary aux: head", "SegmentationHead", "(2, 3, 4, 6)"),
        ("model", "PixelWiseModel (EncoderDecoderFactory)", "(2, 3, 64, 96)"),
    ]
    counts = [int(row[3].replace(",", "")) for row in table]
    assert sum(counts[:-1]) == counts[-1]
    assert counts[1] == 0
    for row in table:
        assert re.fullmatch(r"(timm|terraregistry)/[\w/]+\.py:\d+", row[2])
    assert result.stdout.splitlines()[0].strip() == "c.yaml"
    assert "random batch (2, 3, 64, 96), seed 0" in result.stdout


def test_the_places_are_those_of_the_constructors():
    request = find_request(parse_config(PLAIN))
    parts = run_trial(request, make_factory(request), TrialOptions(image_size=(64, 64))).parts

    for part in parts:
        line = Path(part.location.file).read_text(encoding="utf-8").splitlines()[part.location.line - 1]
        name = part.name.partition(" ")[0].removeprefix("terratorch_")
        assert line.startswith("@register_model" if part.kind == "backbone" else f"class {name}(")


def test_both_layouts_give_the_same_model():
    trials = []
    for text in (PLAIN, TRAINING):
        request = find_request(parse_config(text))
        trials.append(run_trial(request, make_factory(request), TrialOptions(image_size=(64, 64))))

    assert trials[0] == trials[1]
    assert [part.parameters for part in trials[0].parts] == [part.parameters for part in trials[1].parts]


@pytest.mark.parametrize(
    ("options", "batch"),
    [
        ([], "(2, 3, 160, 160)"),
        (["--batch-size", "1"], "(1, 3, 160, 160)"),
        (["--image-size", "96"], "(2, 3, 96, 96)"),
        (["--image-size", "64x96", "--batch-size", "3"], "(3, 3, 64, 96)"),
        (["--seed", "7"], "(2, 3, 160, 160), seed 7"),
    ],
)
def test_the_batch_follows_the_options(build, options, batch):
    result = build(PLAIN, *options)

    assert result.exit_code == 0
    assert f"random batch {batch}" in result.stdout


def test_the_channels_follow_the_backbone_or_the_option(build):
    six = PLAIN.replace("backbone_out", "backbone_in_chans: 6\nbackbone_out")

    assert "random batch (2, 6, 160, 160)" in build(six).stdout
    result = build(six, "--in-channels", "4")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith("c.yaml: RuntimeError: ")
    assert lines[-3:] == [
        "  while running a random batch of shape (2, 4, 160, 160), in the backbone 'timm_test_resnet'",
        "  --in-channels, --image-size and --batch-size give it another shape",
        "  --traceback shows where this was raised",
    ]


def test_the_seed_decides_on_weights_and_images(monkeypatch):
    results = []
    monkeypatch.setattr("terraregistry.tools.model_parts._shapes", lambda result: results.append(result) or iter(()))
    request = find_request(parse_config("{model_factory: SmallFactory, channels: 2}"))
    with MODEL_FACTORY_REGISTRY.scope():
        MODEL_FACTORY_REGISTRY.register(SmallFactory)
        for seed in (1, 1, 2):
            run_trial(request, make_factory(request, fit=False), TrialOptions(seed=seed))
    first, again, other = results[1::2] if isinstance(results[0], torch.Tensor) else results[::2]

    assert torch.equal(first["one"], again["one"])
    assert not torch.equal(first["one"], other["one"])


def test_a_model_is_run_without_training_it_or_leaving_hooks(monkeypatch):
    seen = []
    monkeypatch.setattr(
        Small, "forward", lambda self, x: seen.append((self.training, torch.is_grad_enabled(), self)) or x
    )
    request = find_request(parse_config("{model_factory: SmallFactory, channels: 2}"))
    with MODEL_FACTORY_REGISTRY.scope():
        MODEL_FACTORY_REGISTRY.register(SmallFactory)
        run_trial(request, make_factory(request, fit=False), TrialOptions())
    training, grad, model = seen[0]

    assert (training, grad) == (False, False)
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())


# -- mistakes in configs --


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "EncoderDecoderFactory",
            "EncoderDecodrFactory",
            "1:1: model_factory: MODEL_FACTORY_REGISTRY has no component 'EncoderDecodrFactory'; did you mean",
        ),
        ("channels: 8", "chanels: 8", "9:1: decoder_chanels: unknown argument; did you mean 'decoder_channels'?"),
        ("num_convs: 1", "num_convs: two", "10:1: decoder_num_convs: expected int, got str 'two'"),
        ("[1, 2, 3]", "[1, x, 3]", "4:27: backbone_out_indices[1]: expected int, got str 'x'"),
        ("indices: [0, 2]", "indicez: [0, 2]", "7:5: necks[0].indicez: unknown argument; did you mean 'indices'?"),
        (": FCNDecoder", ": FCNDecodr", f"8:1: decoder: {NOT_FOUND} 'FCNDecodr' (sources searched: terratorch, smp)"),
        (": IdentityDecoder", ": IdentityDecodr", f"15:5: aux_decoders[0].decoder: {NOT_FOUND} 'IdentityDecodr'"),
        ("backbone: timm_test_resnet\n", "", "1:1: backbone: missing; expected str"),
        ("dropout: 0.1", "dropout: 1e-1x", "11:1: head_dropout: expected float, got str '1e-1x'"),
    ],
)
def test_a_mistake_is_said_with_its_place(build, old, new, message, check):
    assert old in PLAIN
    result = build(PLAIN.replace(old, new), *(["--check"] if check else []))

    assert result.exit_code == 2
    assert result.stdout == ""
    assert any(line.startswith(f"c.yaml:{message}") for line in result.stderr.splitlines()), result.stderr


def test_all_that_is_wrong_is_said_at_once(build):
    text = PLAIN.replace("backbone: timm_test_resnet\n", "").replace("channels: 8", "channels: x")
    result = build(text.replace("indices: [0, 2]", "indices: 0").replace("task: seg", "taks: seg"), "--check")

    assert result.exit_code == 2
    assert [line.removeprefix("c.yaml:").split(": ")[:2] for line in result.stderr.splitlines()] == [
        ["1:1", "task"],
        ["1:1", "backbone"],
        ["2:1", "taks"],
        ["6:5", "necks[0].indices"],
        ["8:1", "decoder_channels"],
    ]


def test_a_mistake_in_a_training_config_is_said_with_its_place(build):
    text = TRAINING.replace("[1, 2, 3]", "[1, 2, x]").replace("IdentityDecoder", "IdentityDecodr")
    result = build(text, "--check")

    assert result.exit_code == 2
    assert [line.partition(" ")[0] for line in result.stderr.splitlines()] == [
        "c.yaml:18:9:",  # the warning that TerraTorch builds another head
        "c.yaml:8:36:",
        "c.yaml:19:9:",
    ]
    assert "model.init_args.model_args.backbone_out_indices[2]: expected int, got str 'x'" in result.stderr
    assert "model.init_args.aux_heads[0].decoder: DECODER_REGISTRY has no component" in result.stderr


KEYS = ["task", "backbone_out_indices", "decoder_channels", "decoder_num_convs", "head_dropout", "num_classes"]


@settings(max_examples=settings.default.max_examples // 4, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KEYS), st.data(), st.permutations(range(1, 13)))
def test_a_misspelt_key_is_found_at_its_line_wherever_it_stands(key, data, order):
    at = data.draw(st.integers(1, len(key) - 1))
    entries = yaml.safe_load(PLAIN)
    misspelt = key[:at] + data.draw(st.sampled_from("xqz")) + key[at:]
    names = [misspelt if name == key else name for name in entries]
    values = dict(zip(names, entries.values(), strict=True))
    shuffled = {name: values[name] for _, name in sorted(zip([0, *order], names, strict=False))}
    text = yaml.safe_dump(shuffled, sort_keys=False)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith(f"{misspelt}:"))

    with pytest.raises(ConfigError) as caught:
        make_factory(find_request(parse_config(text)))
    found = [problem for problem in caught.value.problems if problem.span[:2] == (line, 1)]
    assert len(found) == 1
    assert str(found[0]).startswith(f"{misspelt}: unknown argument")


def test_a_problem_that_shows_only_while_building_has_its_place_too(build):
    result = build(PLAIN.replace("num_convs: 1", "num_convs: 0"))

    assert result.exit_code == 2
    assert result.stderr == "c.yaml:10:1: decoder_num_convs: expected at least 1, got 0\n"


def test_nobody_reads_hundreds_of_lines(build):
    result = build(PLAIN + "".join(f"k: {number}\n" for number in range(500)))

    lines = result.stderr.splitlines()
    assert len(lines) == 40
    assert lines[-1] == "  ... and 461 more"


def test_the_config_is_not_changed_by_what_is_built_from_it(tmp_path):
    (tmp_path / "c.yaml").write_text(PLAIN)
    request = find_request(read_config(tmp_path / "c.yaml"))
    run_trial(request, make_factory(request), TrialOptions(image_size=(64, 64)))

    assert request.arguments == {key: value for key, value in yaml.safe_load(PLAIN).items() if key != "model_factory"}


# -- components that fail --


def test_an_exception_in_a_constructor_names_the_component(build, failing_decoder):
    result = build(FAILING % "construction")

    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[:2] == ["c.yaml: OSError: cannot be", "  constructed"]
    assert any("'Failing'" in line for line in lines if line.startswith("  while building "))
    assert lines[-1] == "  --traceback shows where this was raised"
    assert "Traceback" not in result.output


def test_an_exception_in_forward_names_the_part(build, failing_decoder):
    result = build(FAILING % "forward", "--image-size", "64")

    assert result.exit_code == 2
    assert result.stderr == (
        "c.yaml: KeyError: 'forward'\n"
        "  while running a random batch of shape (2, 3, 64, 64), in the decoder 'terratorch_Failing'\n"
        "  --in-channels, --image-size and --batch-size give it another shape\n"
        "  --traceback shows where this was raised\n"
    )


def test_a_traceback_is_shown_to_whom_asks(build, failing_decoder):
    result = build(FAILING % "construction", "--traceback")

    assert result.exit_code == 2
    assert result.stderr.startswith("c.yaml: Traceback (most recent call last):\n")
    assert "OSError: cannot be\nconstructed\nwhile building " in result.stderr
    assert "test_build.py" in result.stderr


def test_a_traceback_is_not_shown_for_a_mistake_in_a_config(build):
    result = build("backbone: x", "--traceback")

    assert result.exit_code == 2
    assert "Traceback" not in result.output


# -- factories of others --


def test_a_model_of_other_parts_shows_its_children(build, small_factory):
    result = build("{model_factory: SmallFactory, channels: 4}")

    assert result.exit_code == 0
    table = rows(result.stdout)
    assert [(row[0], row[1], row[3], row[4]) for row in table] == [
        ("first", "Conv2d", "16", "(2, 4, 224, 224)"),
        ("unused", "Linear", "6", "not run"),
        ("model", "Small (SmallFactory)", "22", "(2, 4, 224, 224) (2, 3, 224, 224)"),
    ]


def test_a_factory_that_cannot_validate_has_its_own_arguments_checked(build, small_factory):
    result = build("{model_factory: SmallFactory, chanels: 4}", "--check")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "c.yaml:1:1: channels: missing; expected int",
        "c.yaml:1:31: chanels: unknown argument; did you mean 'channels'?",
    ]
    result = build("{model_factory: SmallFactory, channels: 4}", "--check")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr == (
        "c.yaml:1:1: not checked: SmallFactory has no validate_model: only the arguments of its build_model were checked\n"
    )


def test_an_exception_of_a_factory_is_short(build, small_factory):
    result = build("{model_factory: SmallFactory, channels: 4, fail: 'out of luck'}")

    assert result.exit_code == 2
    assert result.stderr == "c.yaml: RuntimeError: out of luck\n  --traceback shows where this was raised\n"


def test_what_is_no_model_is_refused(build, small_factory):
    result = build("{model_factory: SmallFactory, channels: 4, fail: product}")

    assert result.exit_code == 2
    assert result.stderr.startswith("c.yaml: SmallFactory.build_model gave a int, not a torch.nn.Module\n")


def test_a_warning_is_one_line(build, small_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = build("{model_factory: SmallFactory, channels: 4, fail: warn}")

    assert result.exit_code == 0
    assert result.stderr == "c.yaml: warning: this is old\n"


def test_a_narrow_terminal_loses_nothing(build, monkeypatch, small_factory):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "70")
    output = build(PLAIN, "--image-size", "64").stdout
    plain = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", output)

    assert "\x1b]8;" in output
    assert "file:///" in output
    assert all(len(line) <= 70 for line in plain.splitlines())
    squeezed = ["".join(row) for row in ([cell.replace(" ", "") for cell in cells] for cells in rows(plain))]
    assert any("terratorch_SelectIndices" in row for row in squeezed)
    assert any(re.search(r"terraregistry/components/necks/rearrange\.py:\d+", row) for row in squeezed)


def test_a_detector_is_run_and_its_parts_are_listed(run):
    example = Path(__file__).parents[2] / "examples" / "detection.yaml"
    done = run("build", example, "--image-size", "64")

    assert done.exit_code == 0, done.output
    assert re.findall(r"^│ (\w+)", done.stdout, re.MULTILINE) == ["backbone", "neck", "rpn", "roi_heads", "model"]
    assert "random batch (2, 6, 64, 64)" in done.stdout
    for name in (
        "timm_resnet18",
        "terratorch_FeaturePyramidNetworkNeck",
        "ObjectDetectionModel (ObjectDetectionModelFactory)",
    ):
        assert name in done.stdout
    assert run("build", example, "--image-size", "64", "--dry-run").exit_code == 0


def test_a_unet_is_run_and_its_parts_are_listed(build):
    text = """\
        model_factory: GenericUnetModelFactory
        backbone: UNet
        backbone_out_channels: 4
        decoder: ASPPSegmentationHead
        decoder_channels: 8
        num_classes: 3
        in_channels: 5
        """
    done = build(text, "--image-size", "64")

    assert done.exit_code == 0, done.output
    assert re.findall(r"^│ (\w+)", done.stdout, re.MULTILINE) == ["backbone", "decoder", "model"]
    assert "(2, 3, 64, 64)" in done.stdout
