"""Calls of `terraregistry.from_config` in configs of Lightning's command line and of Hydra: validated in place."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from terraregistry.errors import ConfigError, ProblemKind
from terraregistry.tools.checking import check_config, check_configs
from terraregistry.tools.config import find_request, parse_config, read_config

MODEL = """\
model_factory: EncoderDecoderFactory
task: segmentation
num_classes: 2
backbone: test_resnet
decoder: FCNDecoder
"""


def lightning(model, options=""):
    return (
        "trainer: {max_epochs: 1}\nmodel:\n  network:\n    class_path: terraregistry.from_config\n    init_args:\n"
        + options
        + "      config:\n"
        + indent(model, "        ")
        + "  learning_rate: 0.01\n"
    )


def hydra(model, options=""):
    return f"classes: 2\nnetwork:\n  _target_: terraregistry.from_config\n{options}  config:\n{indent(model, '    ')}"


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Validates text as a file, and returns each finding as `line:column: path: message`, in short."""
    monkeypatch.chdir(tmp_path)

    def check(text):
        (tmp_path / "c.yaml").write_text(dedent(text), encoding="utf-8")
        findings = check_config("c.yaml")
        return [f"{each.span.line}:{each.span.column}: {each.message}" for each in findings]

    return check


@pytest.mark.parametrize("nest", [lightning, hydra])
def test_a_right_call_is_right(found, nest):
    assert found(nest(MODEL)) == []


@pytest.mark.parametrize(
    ("nest", "path", "line", "column"),
    [(lightning, "model.network.init_args.config", 7, 9), (hydra, "network.config", 5, 5)],
)
def test_mistakes_of_the_model_are_at_their_own_lines(found, nest, path, line, column):
    wrong = MODEL.replace("test_resnet", "test_resnte") + "decoder_chanels: 8\n"
    backbone, channels = found(nest(wrong))

    assert backbone.startswith(f"{line + 3}:{column + 10}: {path}.backbone: BACKBONE_REGISTRY has no component")
    assert channels == (
        f"{line + 5}:{column}: {path}.decoder_chanels: unknown argument; did you mean 'decoder_channels'?"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("unused: wran", "unused: expected Literal['error', 'warn'], got str 'wran'"),
        ("unusd: warn", "unusd: unknown argument; did you mean 'unused'?"),
        ("1: warn", "[1]: the name of an argument is text, not int 1; put it in quotes"),
        ("unused: '{{ u }}'", "unused: {{ u }} is a template that is not rendered; write the value itself"),
    ],
)
def test_the_arguments_of_the_call_are_checked(found, options, expected):
    dot = "" if expected.startswith("[") else "."

    assert found(lightning(MODEL, f"      {options}\n")) == [f"6:7: model.network.init_args{dot}{expected}"]
    assert found(hydra(MODEL, f"  {options}\n")) == [f"4:3: network{dot}{expected}"]


def test_what_the_call_drops_is_a_warning(found, tmp_path):
    wrong = MODEL + "backbone_widht: 3\n"

    assert len(found(lightning(wrong))) == 1
    assert "it was dropped" in found(lightning(wrong, "      unused: warn\n"))[0]
    assert [each.is_warning for each in check_config(str(tmp_path / "c.yaml"))] == [True]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", "missing; expected Mapping[str, Any] | str | PathLike[str]"),
        ("config: 5", "expected Mapping[str, Any] | str | PathLike[str], got int 5"),
        ("config: {backbone: x}", "there is no `model_factory`: a config has either"),
    ],
)
def test_a_call_needs_a_config(found, config, expected):
    (said,) = found(f"network:\n  _target_: terraregistry.from_config\n  {config}\n")

    assert f" network.config: {expected}" in said


def test_hydra_resolves_interpolations_of_a_call(found, tmp_path):
    text = hydra(MODEL.replace("num_classes: 2", "num_classes: ${classes}"), "  unused: ${policy}\n")
    text += "other:\n  _target_: terraregistry.from_config\n  config: ${network.config}\n"

    assert found(text) == [
        "4:3: network.unused: ${policy} is left to Hydra",
        "8:5: network.config.num_classes: ${classes} is left to Hydra",
        "13:3: other.config: ${network.config} is left to Hydra",
    ]
    assert all(each.is_unknown for each in check_config(str(tmp_path / "c.yaml")))
    assert found(lightning(MODEL.replace("num_classes: 2", "num_classes: ${classes}"))) == [
        (
            "9:9: model.network.init_args.config.num_classes: ${classes} is an interpolation that is not resolved; "
            "write the value itself"
        )
    ]


def test_arguments_by_position_and_later_ones_are_read(found):
    call = "_target_: terraregistry.from_config"

    assert found(f"{{{call}, _partial_: true}}") == []
    assert found(f"{{{call}, _partial_: true, unusd: warn}}") != []
    assert len(found(f"{call}\n_args_:\n- {indent(MODEL, '  ').strip()}\n  decoder_chanels: 8\n")) == 1


def test_each_of_several_calls_is_checked_and_none_is_built(found):
    text = "nets:\n- class_path: terraregistry.from_config\n  init_args: {config: {model_factory: EncoderDecoderFactory}}\n"
    text += "- class_path: terraregistry.from_config\n  init_args: {unused: wran}\n" + hydra(MODEL + "heads: 3\n")
    paths = {each.partition(": ")[2].partition(":")[0] for each in found(text)}

    assert paths >= {
        "nets[0].init_args.config.task",
        "nets[1].init_args.config",
        "nets[1].init_args.unused",
        "network.config.heads",
    }
    with pytest.raises(ConfigError) as caught:
        find_request(parse_config(hydra(MODEL) + "second:" + hydra(MODEL).partition("network:")[2], "c.yaml"))
    assert str(caught.value) == (
        "c.yaml:1:1: 2 models (network.config, second.config); `terraregistry validate` checks them all, "
        "but one is built at a time"
    )


def test_a_call_may_have_any_layout(found):
    training = (
        "model:\n  class_path: SemanticSegmentationTask\n  init_args:\n    model_factory: EncoderDecoderFactory\n"
        "    model_args: {backbone: test_resnet, decoder: FCNDecoder, num_classes: 2, decoder_chanels: 8}\n"
    )

    (said,) = found(lightning(training))
    assert "model.network.init_args.config.model.init_args.model_args.decoder_chanels: unknown argument" in said


def test_a_task_beside_a_call_is_read_as_well(found):
    task = (
        "model:\n  class_path: SemanticSegmentationTask\n  init_args:\n    model_factory: EncoderDecoderFactory\n"
        "    model_args: {backbone: test_resnet, decoder: FCNDecoder, num_classes: 2, decoder_chanels: 8}\n"
    )

    channels, heads = found(task + hydra(MODEL + "heads: 1\n"))
    assert channels.startswith("5:78: model.init_args.model_args.decoder_chanels: unknown argument")
    assert heads.startswith("15:5: network.config.heads: unknown argument")


def test_a_file_given_to_a_call_is_a_config_of_its_own(found, tmp_path):
    text = "network:\n  _target_: terraregistry.from_config\n  config: own.yaml\n"
    call = "network.config: there is no YAML file 'own.yaml' in the current folder"

    assert found(text) == [f"3:3: {call}"]
    assert [each.problem.kind for each in check_config("c.yaml")] == [ProblemKind.UNCHECKED]
    (tmp_path / "own.yaml").write_text(MODEL + "heads: 1\n", encoding="utf-8")
    outer, inner = check_configs(["c.yaml"])
    assert outer == []
    assert [(each.file, each.span.line) for each in inner] == [("own.yaml", 6)]
    assert len(list(check_configs(["c.yaml", str(tmp_path / "own.yaml")]))) == 2
    assert find_request(read_config("c.yaml")).document.file == "own.yaml"


def test_a_file_that_names_itself_describes_no_model(found, tmp_path):
    found("{_target_: terraregistry.from_config, config: c.yaml}")

    assert list(check_configs(["c.yaml"])) == [[]]
    with pytest.raises(ConfigError, match=r"c\.yaml:1:1: no model is described here: a config has either"):
        find_request(read_config("c.yaml"))


@pytest.mark.parametrize("name", ["secret.txt", "../../etc/passwd", "/dev/stdin", "a\0.yaml", "x" * 5000 + ".yaml"])
def test_only_yaml_files_are_opened(found, tmp_path, name):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")

    (said,) = found(
        f"{{_target_: terraregistry.from_config, config: {name!r}}}".replace("\\x00", "\\0").replace("'", '"')
    )
    assert "there is no YAML file" in said


@pytest.mark.parametrize("name", ["transformers.AutoModel.from_config", "from_config", "terraregistry.to_config"])
def test_other_functions_are_left_alone(found, name, run):
    (said,) = found(f"network:\n  _target_: {name}\n  config: {{backbone: x}}\n")

    assert "there is no `model_factory`" in said
    assert run("validate", "--skip-others", "c.yaml").stdout.startswith("0 configs")


def test_the_hook_and_the_build_read_calls(run, found):
    found(lightning(MODEL + "decoder_chanels: 8\n"))
    assert "c.yaml:12:9" in run("validate", "--skip-others", ".").stderr
    found(lightning(MODEL))
    assert run("validate", "--skip-others", ".").exit_code == 0
    assert run("build", "--dry-run", "--image-size", "32", "c.yaml").exit_code == 0
