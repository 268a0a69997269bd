"""`terraregistry validate`: findings with their lines, replacements that mend, and the formats of other programs."""

from __future__ import annotations

import json
import random
import re
import string

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry import MODEL_FACTORY_REGISTRY, from_config, to_config
from terraregistry.errors import ConfigError, FitWarning, InvalidArgumentsError, Problem, ProblemKind
from terraregistry.problems import Span
from terraregistry.tools.checking import Finding, check_config, describes_model, find_files
from terraregistry.tools.cli.validating import as_github, as_json, as_sarif, as_text
from terraregistry.tools.config import Edit
from terraregistry.wording import one_line

from ..npm import install

RIGHT = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnet
backbone_in_chans: 6
necks:
  - name: SelectIndices
    indices: [0, 2]
decoder: FCNDecoder
decoder_channels: 8
num_classes: 3
"""
WRONG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_test_resnt
decoder: FCNDecoder
decoder_chanels: 8
num_classes: "3"
"""
TEXT = """\
wrong.yaml:3:11: backbone: BACKBONE_REGISTRY has no component 'timm_test_resnt' (sources searched: terratorch, timm); \
did you mean 'timm_test_resnet'?
    3 | backbone: timm_test_resnt
      |           ^^^^^^^^^^^^^^^
      | backbone: timm_test_resnet
wrong.yaml:5:1: decoder_chanels: unknown argument; did you mean 'decoder_channels'?
    5 | decoder_chanels: 8
      | ^^^^^^^^^^^^^^^
      | decoder_channels: 8
wrong.yaml:6:14: num_classes: expected int | None, got str '3'; did you mean 3?
    6 | num_classes: "3"
      |              ^^^
      | num_classes: 3
1 of 2 configs is wrong
"""
ONE_IS_VALID = "1 config is valid (--fit also checks that the parts fit each other)\n"
MISFIT = RIGHT.replace("indices: [0, 2]", "indices: [0, 9]")
"""Every argument is right, and one value does not suit the backbone."""
MISFIT_TEXT = """\
c.yaml:7:18: necks[0].indices[1]: expected -5 to 4 with 5 features, got 9; backbone ('timm_test_resnet') gives 5 features, \
maps (B, C, H, W) of 32, 32, 48, 192 and 96 channels at strides 2, 4, 8, 16 and 32
    7 |     indices: [0, 9]
      |                  ^
1 of 1 config is wrong
"""


@pytest.fixture
def configs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.yaml").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    return tmp_path


def test_each_mistake_has_its_line_and_what_to_write_instead(run, configs):
    result = run("validate", "right.yaml", "wrong.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", TEXT)


def test_right_configs_are_counted(run, configs):
    result = run("validate", "right.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, ONE_IS_VALID, "")


def test_a_folder_stands_for_the_configs_in_it(run, configs):
    (configs / "deep").mkdir()
    (configs / "deep" / "again.yml").write_text(RIGHT, encoding="utf-8")
    (configs / "deep" / "notes.txt").write_text("not YAML: [", encoding="utf-8")

    assert [*find_files([".", "right.yaml"])] == ["deep/again.yml", "right.yaml", "wrong.yaml"]
    assert run("validate", ".").stderr.endswith("1 of 3 configs is wrong\n")


def test_a_folder_without_configs_is_a_mistake(run, configs):
    (configs / "empty").mkdir()
    result = run("validate", "empty")
    assert (result.exit_code, result.stderr) == (2, "there is no .yaml or .yml file in empty\n")


def test_other_files_are_passed_over_where_that_is_asked_for(run, configs):
    (configs / "compose.yaml").write_text("services: {web: {image: nginx}}\n", encoding="utf-8")
    (configs / "wrong.yaml").unlink()

    assert run("validate", "--skip-others", ".").stdout == ONE_IS_VALID
    assert run("validate", "--skip-others", "compose.yaml").stdout == "0 configs are valid\n"
    result = run("validate", ".")
    assert result.exit_code == 2
    assert "compose.yaml:1:1: there is no `model_factory`" in result.stderr
    assert describes_model("no_such_file.yaml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("comment", "# model_factory: EncoderDecoderFactory\nservices: {}\n"),
        ("broken", "services: [  # model_factory\n"),
        ("quoted", "run: |\n  model_factory: EncoderDecoderFactory\nabout: [model_factory]\n"),
        ("tags", "services: {web: !reset []}  # model_factory\n"),
    ],
)
def test_a_file_that_only_mentions_a_model_is_passed_over(run, configs, name, text):
    (configs / f"{name}.yaml").write_text(text, encoding="utf-8")

    assert run("validate", "--skip-others", f"{name}.yaml", "right.yaml").stdout == ONE_IS_VALID
    assert run("validate", f"{name}.yaml").exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "experiments: [{model_factory: EncoderDecoderFactory}]\n",
        "model_factory: [\n",
        "model: {class_path: terratorch.tasks.EmbeddingGenerationTask, init_args: {}}\n",
    ],
)
def test_what_may_be_a_config_of_a_model_is_not_passed_over(run, configs, text):
    (configs / "near.yaml").write_text(text, encoding="utf-8")
    assert run("validate", "--skip-others", "near.yaml").exit_code == 2


TRAINING = """\
{before}
model:
  class_path: terratorch.tasks.SemanticSegmentationTask
  init_args:
    {beside}
    model_factory: EncoderDecoderFactory
    model_args:
      {inside}
      backbone: timm_test_resnet
      decoder: FCNDecoder
      decoder_channels: 8
      num_classes: 3
"""
UNREAD = [
    "x: !include other.yaml",
    "x: !ENV ${HOME}",
    "x: !!python/tuple [1, 2]",
    "x: {<<: !include other.yaml}",
    "x: {[1]: 2}",
    "!key x: 1",
    "x: {<<: 3}",
    "x: !!int three",
    "{x: 1, x: 2}",
]


def training(before="a: 1", beside="lr: 1", inside="task: segmentation"):
    return TRAINING.format(before=before, beside=beside, inside=inside)


@pytest.mark.parametrize("text", UNREAD)
def test_what_only_others_read_may_be_written_in_any_way(tmp_path, text):
    text = f"y: {text}" if text.startswith("{") else text
    (tmp_path / "c.yaml").write_text(training(before=text, beside=text), encoding="utf-8")
    assert check_config(str(tmp_path / "c.yaml")) == []


@pytest.mark.parametrize("text", UNREAD)
def test_the_same_in_the_model_is_one_error(tmp_path, text):
    text = f"y: {text}" if text.startswith("{") else text
    (tmp_path / "c.yaml").write_text(training(inside=text), encoding="utf-8")
    (*_, found) = [each for each in check_config(str(tmp_path / "c.yaml")) if "unknown argument" not in each.message]
    assert (found.span.line, found.is_warning) == (8, False)


@pytest.mark.parametrize(
    "text",
    [
        "model: !include model.yaml\nx: !foo 1\n",
        "model: {class_path: x.SemanticSegmentationTask, init_args: !include model.yaml}\nx: !foo 1\n",
        "<<: !include model.yaml\n",
        "model_factory: !include model.yaml\n",
        training(beside="aux_heads: !include heads.yaml"),
        training(beside="<<: !include heads.yaml"),
        training().replace("class_path: ", "class_path: !foo "),
    ],
)
def test_a_tag_where_the_model_would_be_is_the_only_error(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    (found,) = check_config(str(tmp_path / "c.yaml"))
    assert "is not supported here" in found.message


def test_a_key_twice_is_reported_with_everything_else(run, configs):
    (configs / "c.yaml").write_text(WRONG + "task: segmentation\n", encoding="utf-8")
    result = run("validate", "c.yaml")
    again = "c.yaml:7:1: the key 'task' is here a second time; the first is in line 2, column 1\n"

    assert result.exit_code == 2
    assert result.stderr.startswith(TEXT.replace("wrong.yaml", "c.yaml").removesuffix("1 of 2 configs is wrong\n"))
    assert again in result.stderr
    assert again in run("build", "--check", "c.yaml").stderr
    (configs / "c.yaml").write_text(training(inside="task: segmentation\n      task: regression"), encoding="utf-8")
    (configs / "d.yaml").write_text(training() + "      num_classes: 4\n", encoding="utf-8")
    assert run("validate", "c.yaml", "d.yaml").stderr.count("a second time") == 2


def test_a_key_twice_in_an_anchor_is_reported_where_the_model_has_it(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(training(before="a: &a {num_classes: 3, num_classes: 4}"), encoding="utf-8")
    assert check_config(str(file)) == []
    text = training(before="a: &a {num_classes: 3, num_classes: 4}\nb: *a", inside="<<: *a")
    file.write_text(text, encoding="utf-8")
    (found,) = check_config(str(file))
    assert found.message == "the key 'num_classes' is here a second time; the first is in line 1, column 8"


def test_the_last_of_a_key_counts_where_that_is_asked_for(run, configs):
    (configs / "c.yaml").write_text(f"num_classes: x\n{RIGHT}", encoding="utf-8")
    (configs / "d.yaml").write_text(f"{RIGHT}num_classes: x\n", encoding="utf-8")
    warning = (
        "c.yaml:11:1: warning: the key 'num_classes' is here a second time; the first is in line 1, column 1; "
        "the last counts\n"
    )
    result = run("validate", "--duplicates=last", "c.yaml")

    assert (result.exit_code, result.stdout) == (0, ONE_IS_VALID)
    assert result.stderr.startswith(warning)
    assert run("build", "--check", "--duplicates=last", "c.yaml").stderr == warning
    assert run("validate", "--duplicates=last", "d.yaml").exit_code == 2
    assert run("validate", "c.yaml").exit_code == 2
    with pytest.raises(ConfigError, match="is here a second time"):
        from_config("c.yaml")
    with pytest.warns(FitWarning, match="the last counts"):
        model = from_config("c.yaml", duplicates="last")
    assert to_config(model)["num_classes"] == 3


def test_a_file_that_is_not_there_or_no_yaml_is_one_finding_among_the_others(run, configs):
    (configs / "broken.yaml").write_text("a: [1\nb: 2\n", encoding="utf-8")
    result = run("validate", "none.yaml", "broken.yaml", "right.yaml")

    assert result.exit_code == 2
    assert "none.yaml:1:1: there is no such file\n" in result.stderr
    assert "broken.yaml:2:2: not valid YAML" in result.stderr
    assert "    2 | b: 2\n" in result.stderr
    assert result.stderr.endswith("2 of 3 configs are wrong\n")


def test_arguments_that_nothing_reads_can_be_warnings(run, configs):
    (configs / "wrong.yaml").write_text(RIGHT + "decoder_num_conv: 1\n", encoding="utf-8")
    result = run("validate", "--unused=warn", "wrong.yaml")

    assert result.exit_code == 0
    assert result.stderr.startswith("wrong.yaml:11:1: warning: decoder_num_conv: unknown argument; did you mean")
    assert "      | decoder_num_convs: 1\n" in result.stderr
    assert result.stdout == ONE_IS_VALID


def test_whether_the_parts_fit_is_checked_where_that_is_asked_for(run, configs):
    (configs / "c.yaml").write_text(MISFIT, encoding="utf-8")

    assert run("validate", "c.yaml").stdout == ONE_IS_VALID
    result = run("validate", "--fit", "c.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", MISFIT_TEXT)
    result = run("validate", "--fit", "right.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "1 config is valid\n", "")


def test_what_is_wrong_in_the_arguments_is_found_with_and_without_their_fit(run, configs):
    assert run("validate", "--fit", "wrong.yaml", "right.yaml").stderr == TEXT


def test_every_format_has_what_does_not_fit(run, configs):
    (configs / "c.yaml").write_text(MISFIT, encoding="utf-8")
    message = MISFIT_TEXT.partition(": ")[2].partition("\n")[0]

    def printed(output):
        assert run("validate", "c.yaml", "--format", output).exit_code == 0
        result = run("validate", "--fit", "c.yaml", "--format", output)
        assert (result.exit_code, result.stderr) == (2, "")
        return result.stdout

    (found,) = json.loads(printed("json"))
    assert (found["line"], found["column"], found["message"], found["suggestion"]) == (7, 18, message, None)
    (found,) = json.loads(printed("sarif"))["runs"][0]["results"]
    assert (found["message"]["text"], found["locations"][0]["physicalLocation"]["region"]["startColumn"]) == (
        message,
        18,
    )
    start = "::error file=c.yaml,line=7,endLine=7,col=18,endColumn=19,title=terraregistry::necks[0].indices[1]: "
    assert printed("github").startswith(start)


def test_a_factory_that_cannot_tell_the_stages_apart_is_asked_for_all(run, configs):
    class Whole:
        """Makes nothing."""

        def build_model(self, task: str):
            raise NotImplementedError

        def validate_model(self, **arguments):
            raise InvalidArgumentsError("Whole.build_model", "R", (Problem("task", ProblemKind.INVALID, detail="no"),))

    (configs / "c.yaml").write_text("model_factory: Whole\ntask: x\n", encoding="utf-8")
    with MODEL_FACTORY_REGISTRY.scope():
        MODEL_FACTORY_REGISTRY.register(Whole)
        result = run("validate", "c.yaml")
    assert result.stderr.startswith("c.yaml:2:1: task: no\n")


def test_a_module_is_imported_first(run, configs):
    result = run("validate", "--import", "no_such_module_here", "right.yaml")

    assert result.exit_code == 2
    assert result.stderr.startswith("--import no_such_module_here: ModuleNotFoundError: No module named")


# -- replacements --


def typos(word, chooser):
    at = chooser.randrange(1, len(word))
    letter = chooser.choice(string.ascii_lowercase)
    return chooser.choice(
        [word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[: at - 1] + letter + word[at:]]
    )


@pytest.mark.parametrize("seed", range(12))
def test_what_is_suggested_mends_what_was_mistyped(tmp_path, seed):
    """Mistype one key or name, write what is suggested, and the config is valid, unless nothing was suggested."""
    chooser = random.Random(seed)  # the same each time
    lines = RIGHT.splitlines()
    number = chooser.choice([2, 3, 5, 7, 8])
    key, colon, value = lines[number].partition(": ")
    wrong = f"{key}{colon}{typos(value, chooser)}" if number in (2, 5, 7) else f"{typos(key, chooser)}{colon}{value}"
    file = tmp_path / "c.yaml"
    file.write_text("\n".join([*lines[:number], wrong, *lines[number + 1 :]]), encoding="utf-8")

    findings = [each for each in check_config(str(file)) if each.span.line == number + 1]
    mended = [each.mended for each in findings if each.mended]
    assert findings
    assert mended, [each.message for each in findings]
    file.write_text("\n".join([*lines[:number], mended[0], *lines[number + 1 :]]), encoding="utf-8")
    assert check_config(str(file)) == []


def test_a_band_of_its_own_is_a_warning_at_its_line(tmp_path):
    file = tmp_path / "c.yaml"
    text = (
        "model_factory: EncoderDecoderFactory\ntask: segmentation\nnum_classes: 2\nbackbone: prithvi_eo_tiny\n"
        "backbone_bands: [RED, NDVI]\ndecoder: FCNDecoder\n"
    )
    file.write_text(text, encoding="utf-8")
    (found,) = check_config(str(file))
    assert (found.is_warning, found.span.line, found.problem.kind) == (True, 5, ProblemKind.DOUBTFUL)
    assert found.message.startswith(
        "backbone_bands: no known bands, so the weights of their channels are new and random: 'NDVI'"
    )
    file.write_text(text.replace("NDVI", "NARROW_NIR"), encoding="utf-8")
    (found,) = check_config(str(file))
    assert (found.is_warning, found.mended) == (False, "backbone_bands: [RED, NIR_NARROW]")


def test_an_exception_of_a_component_is_a_finding(monkeypatch, tmp_path):
    import terraregistry.tools.trial as trial

    def fail(request, *, fit):
        raise OSError("the disk is gone")

    monkeypatch.setattr(trial, "make_factory", fail)
    (tmp_path / "c.yaml").write_text(RIGHT, encoding="utf-8")
    (found,) = check_config(str(tmp_path / "c.yaml"))
    assert found.message.startswith("OSError: the disk is gone")


# -- formats --


def wrong(detail, line, column, end=None):
    return Problem((), ProblemKind.INVALID, detail=detail, span=Span(line, column, end))


ANY = st.builds(
    Finding,
    file=st.text(alphabet="ab c:%,/ü", min_size=1).filter(lambda text: not text.startswith("/")),
    problem=st.builds(wrong, st.text(max_size=30), st.integers(1, 10**6), st.just(1)),
    is_warning=st.booleans(),
    source=st.just("chanels: 8"),
    edit=st.none() | st.just(Edit(Span(1, 1, 8), "channels")),
)


def test_json_is_what_a_program_reads(run, configs):
    result = run("validate", "wrong.yaml", "right.yaml", "--format", "json")
    found = json.loads(result.stdout)

    assert (result.exit_code, result.stderr) == (2, "")
    assert [(each["line"], each["column"], each["suggestion"]) for each in found] == [
        (3, 11, "backbone: timm_test_resnet"),
        (5, 1, "decoder_channels: 8"),
        (6, 14, "num_classes: 3"),
    ]
    assert {each["severity"] for each in found} == {"error"}
    assert run("validate", "right.yaml", "--format", "json").stdout == "[]\n"


def test_github_gets_annotations(run, configs):
    result = run("validate", "wrong.yaml", "--format", "github")

    assert (result.exit_code, result.stderr) == (2, "")
    assert result.stdout.splitlines()[1] == (
        "::error file=wrong.yaml,line=5,endLine=5,col=1,endColumn=16,title=terraregistry::"
        "decoder_chanels: unknown argument; did you mean 'decoder_channels'?"
    )
    assert run("validate", "right.yaml", "--format", "github").stdout == ""


def _read(text):
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


@given(ANY)
def test_an_annotation_is_one_command_that_is_read_back(finding):
    text = as_github([finding])
    command = re.fullmatch(r"::(error|warning) ([^:\n\r]*)::([^\n\r]*)", text)

    assert command
    properties = dict(pair.split("=", 1) for pair in command[2].split(","))
    assert _read(properties["file"]) == finding.file
    assert command[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%") == finding.message


def test_sarif_says_where_and_how_to_mend(run, configs):
    result = run("validate", "wrong.yaml", "--format", "sarif")
    log = json.loads(result.stdout)
    (check,) = log["runs"]
    second = check["results"][1]

    assert result.exit_code == 2
    assert second["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "wrong.yaml"}
    region = second["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (5, 1, 16)
    change = second["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change["insertedContent"] == {"text": "decoder_channels"}


@pytest.fixture(scope="module")
def sarif_schema(tmp_path_factory):
    """The schema of SARIF 2.1.0 by its committee, which a package of Microsoft's has in it."""
    package = install("@microsoft/jest-sarif@1.0.0-beta.0", tmp_path_factory.mktemp("sarif"))
    schema = json.loads((package / "lib/schemas/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    assert schema["title"].startswith("Static Analysis Results Format (SARIF) Version 2.1.0")
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(ANY, max_size=3))
def test_any_sarif_is_valid_by_the_official_schema(sarif_schema, findings):
    log = json.loads(as_sarif(findings, "1.2.3"))
    assert [f"{each.json_path}: {each.message}" for each in sarif_schema.iter_errors(log)] == []


@pytest.mark.slow
def test_the_sarif_of_the_command_is_valid_by_the_official_schema(run, configs, sarif_schema):
    log = json.loads(run("validate", "wrong.yaml", "right.yaml", "--format", "sarif").stdout)
    assert [f"{each.json_path}: {each.message}" for each in sarif_schema.iter_errors(log)] == []
    del log["runs"][0]["tool"]["driver"]["name"]
    assert [each.json_path for each in sarif_schema.iter_errors(log)] == ["$.runs[0].tool.driver"]


@settings(max_examples=50)
@given(st.lists(ANY, max_size=3))
def test_any_sarif_has_the_structure_of_its_version(findings):
    log = json.loads(as_sarif(findings, "1.2.3"))

    assert log["version"] == "2.1.0"
    (check,) = log["runs"]
    rules = [rule["id"] for rule in check["tool"]["driver"]["rules"]]
    assert len(check["results"]) == len(findings)
    for result in check["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning"}
        assert isinstance(result["message"]["text"], str)
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9/._~%-]*", place["artifactLocation"]["uri"])
        assert 1 <= place["region"]["startColumn"] < place["region"]["endColumn"]


@given(st.lists(ANY, max_size=3))
def test_json_and_text_hold_every_finding(findings):
    assert [each["message"] for each in json.loads(as_json(findings))] == [each.message for each in findings]
    for each in findings:
        assert one_line(each.message) in as_text(each)


def test_tabs_before_the_mistake_keep_the_mark_below_it():
    text = as_text(Finding("c.yaml", wrong("wrong", 1, 2, 9), source="\tchanels: 1"))
    assert text.splitlines()[1:] == ["    1 | \tchanels: 1", "      | \t^^^^^^^"]


def test_a_very_long_line_is_not_shown():
    assert as_text(Finding("c.yaml", wrong("wrong", 1, 1), source="x" * 500)) == "c.yaml:1:1: wrong"


def test_nothing_is_shown_that_a_terminal_would_act_upon() -> None:
    text = as_text(Finding("a\x1b[2J\n.yaml", wrong("wrong \x1b[31m", 1, 2), source="a: \x1b[31mred"))
    assert text == r"a\x1b[2J\n.yaml:1:2: wrong \x1b[31m"
