"""The layouts: what a config asks for, and where each argument of it stands in the file."""

from __future__ import annotations

import string
from textwrap import dedent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.errors import ConfigError, Problem, ProblemKind
from terraregistry.tools.config import find_request, parse_config
from terraregistry.tools.config.layouts import TASKS, WITHOUT_TASK

KNOWN = ", ".join(sorted((*TASKS, *WITHOUT_TASK)))

LAYOUTS = (
    "a config has either `model_factory: EncoderDecoderFactory` with the arguments of its build_model as keys beside "
    "it, or `model.init_args.model_factory` and `model.init_args.model_args` (TerraTorch's training configs)"
)

PLAIN = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_resnet18
backbone_out_indices: [1, 2, 3]
necks:
  - name: SelectIndices
    indices: [0, 1]
decoder: FCNDecoder
decoder_kwargs:
  channels: 32
num_classes: 3
"""

TRAINING = """\
seed_everything: 0
trainer:
  max_epochs: 1
  callbacks: [{class_path: RichProgressBar}]
data:
  class_path: GenericNonGeoSegmentationDataModule
  init_args: {batch_size: 4, dataset_bands: {0: BLUE}}
model:
  class_path: terratorch.tasks.SemanticSegmentationTask
  init_args:
    model_args:
      backbone: timm_resnet18
      backbone_out_indices:
        - 1
        - 2
      necks:
        - name: SelectIndices
          indices: [0, 1]
      decoder: FCNDecoder
      num_classes: 2
    loss: dice
    aux_heads:
      - name: aux
        decoder: FCNDecoder
        decoder_args:
          decoder_channels: 8
    model_factory: EncoderDecoderFactory
optimizer:
  class_path: torch.optim.Adam
  init_args: {lr: 1.5e-5}
"""


def request(text):
    return find_request(parse_config(dedent(text), "c.yaml"))


def messages(text):
    with pytest.raises(ConfigError) as caught:
        request(text)
    return [line.removeprefix("c.yaml:") for line in str(caught.value).split("\n")]


def place(found, path):
    problem = Problem(path, ProblemKind.INVALID, detail="wrong")
    return str(found.error([problem])).removeprefix("c.yaml:")


def test_the_plain_layout_has_the_arguments_beside_the_factory():
    found = request(PLAIN)

    assert found.factory == "EncoderDecoderFactory"
    assert found.arguments == {key: value for key, value in yaml.safe_load(PLAIN).items() if key != "model_factory"}
    assert list(found.arguments) == [key for key in yaml.safe_load(PLAIN) if key != "model_factory"]


def test_the_training_layout_has_task_and_auxiliary_heads_elsewhere():
    found = request(TRAINING)
    init_args = yaml.safe_load(TRAINING)["model"]["init_args"]

    assert found.factory == "EncoderDecoderFactory"
    assert found.arguments == {
        **init_args["model_args"],
        "task": "segmentation",
        "aux_decoders": init_args["aux_heads"],
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("backbone",), "3:1: backbone: wrong"),
        (("necks",), "5:1: necks: wrong"),
        (("necks", 0), "6:5: necks[0]: wrong"),
        (("necks", 0, "indices"), "7:5: necks[0].indices: wrong"),
        (("necks", 0, "indices", 1), "7:18: necks[0].indices[1]: wrong"),
        (("necks", 0, "missing"), "6:5: necks[0].missing: wrong"),
        (("necks", 7, "indices"), "5:1: necks[7].indices: wrong"),
        (("decoder_kwargs", "channels"), "10:3: decoder_kwargs.channels: wrong"),
        (("decoder_kwargs", "missing"), "9:1: decoder_kwargs.missing: wrong"),
        (("backbone_out_indices", 2), "4:30: backbone_out_indices[2]: wrong"),
        (("backbone_kwargs", "missing"), "1:1: backbone_kwargs.missing: wrong"),
        (("missing",), "1:1: missing: wrong"),
        ((), "1:1: wrong"),
    ],
)
def test_a_problem_gets_its_place_in_the_plain_layout(path, expected):
    assert place(request(PLAIN), path) == expected


def test_a_key_that_is_wrong_is_told_from_what_is_under_it():
    found = request(PLAIN)
    problem = Problem(("decoder_kwargs", "channels"), ProblemKind.INVALID, detail="wrong", of_key=True)
    assert str(found.error([problem])) == "c.yaml:10:3: decoder_kwargs key: wrong"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("task",), "9:3: model.class_path: wrong"),
        (("backbone",), "12:7: model.init_args.model_args.backbone: wrong"),
        (("backbone_out_indices", 1), "15:11: model.init_args.model_args.backbone_out_indices[1]: wrong"),
        (("necks", 0, "indices"), "18:11: model.init_args.model_args.necks[0].indices: wrong"),
        (("num_outputs",), "11:5: model.init_args.model_args.num_outputs: wrong"),
        (("aux_decoders", 0, "decoder"), "24:9: model.init_args.aux_heads[0].decoder: wrong"),
        (
            ("aux_decoders", 0, "decoder_args", "decoder_channels"),
            "26:11: model.init_args.aux_heads[0].decoder_args.decoder_channels: wrong",
        ),
        ((), "11:5: model.init_args.model_args: wrong"),
    ],
)
def test_a_problem_gets_its_place_in_the_training_layout(path, expected):
    assert place(request(TRAINING), path) == expected


WORDS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
NOT_ARGUMENTS = {"model_factory", "model", "task", "aux_decoders"}


@given(st.dictionaries(WORDS.filter(lambda word: word not in NOT_ARGUMENTS), VALUES), st.sampled_from(sorted(TASKS)))
def test_both_layouts_ask_for_the_same(arguments, task_class):
    plain = yaml.safe_dump({"model_factory": "F", "task": TASKS[task_class], **arguments}, sort_keys=False)
    model = {
        "class_path": f"terratorch.tasks.{task_class}",
        "init_args": {"model_factory": "F", "model_args": arguments},
    }
    training = yaml.safe_dump({"trainer": {}, "model": model})

    assert request(plain).factory == request(training).factory == "F"
    assert request(plain).arguments == request(training).arguments


@given(VALUES)
def test_any_data_gives_a_request_or_an_error_with_its_place(data):
    for text in (
        yaml.safe_dump({"model_factory": data}),
        yaml.safe_dump({"model": data}),
        yaml.safe_dump({"model": {"init_args": data}}),
        yaml.safe_dump({"model": {"class_path": data, "init_args": {"model_args": data, "model_factory": data}}}),
    ):
        try:
            found = request(text)
        except ConfigError as error:
            places = error.problems
        else:
            assert isinstance(found.factory, str)
            places = ()
        assert all(each.span.line >= 1 and each.span.column >= 1 and str(each) for each in places)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 2]", [f"1:1: expected a mapping, got list [1, 2]; {LAYOUTS}"]),
        ("hello", [f"1:1: expected a mapping, got str 'hello'; {LAYOUTS}"]),
        ("backbone: x", [f"1:1: there is no `model_factory`: {LAYOUTS}"]),
        ("backbone: x\nmodel_factry: F", ["2:1: model_factry: unknown key; did you mean 'model_factory'?"]),
        ("trainer: {}\nmodle: {init_args: {}}", ["2:1: modle: unknown key; did you mean 'model'?"]),
        ("modle: resnet", [f"1:1: there is no `model_factory`: {LAYOUTS}"]),
        ("model: resnet", [f"1:1: there is no `model_factory`: {LAYOUTS}"]),
        ("model_factory:\nbackbone: x", ["1:1: model_factory: expected the name of a model factory, got None"]),
        ("model_factory: [F]", ["1:1: model_factory: expected the name of a model factory, got list ['F']"]),
        (
            "model_factory: F\nmodel: {init_args: {}}",
            ["2:9: model.init_args: the config describes a model here, and by `model_factory` in line 1"],
        ),
        (
            "model_factory: F\non: 1\n3: x\n~: y",
            [
                (
                    "2:1: [True]: the name of an argument is text, not bool True "
                    "(YAML reads yes, no, on and off as one); put it in quotes"
                ),
                "3:1: [3]: the name of an argument is text, not int 3; put it in quotes",
                "4:1: [None]: the name of an argument is text, not None; put it in quotes",
            ],
        ),
        (
            "model_factory: F\nnecks: [{name: N, 1: x}]\ndecoder_kwargs: {2: x}\nbands: {0: RED}",
            [
                "2:19: necks[0][1]: the name of an argument is text, not int 1; put it in quotes",
                "3:18: decoder_kwargs[2]: the name of an argument is text, not int 2; put it in quotes",
            ],
        ),
        ("model: {class_path: SemanticSegmentationTask}", [f"1:1: model.init_args: missing: {LAYOUTS}"]),
        (
            "model:\n  class_path: x\n  init_arg: {}",
            ["3:3: model.init_arg: unknown key; did you mean 'init_args'?"],
        ),
        ("model: {init_args: 3}", ["1:9: model.init_args: expected a mapping, got int 3"]),
    ],
)
def test_a_config_without_a_request_says_what_is_missing(text, expected):
    assert messages(text) == expected


@pytest.mark.parametrize(
    ("init_args", "expected"),
    [
        (
            "{model_factory: F}",
            [f"3:3: model.init_args.model_args: missing: {LAYOUTS}"],
        ),
        (
            "{model_args: {}}",
            [f"3:3: model.init_args.model_factory: missing: {LAYOUTS}"],
        ),
        (
            "{model_facory: F, model_arg: {}}",
            [
                "3:15: model.init_args.model_facory: unknown key; did you mean 'model_factory'?",
                "3:32: model.init_args.model_arg: unknown key; did you mean 'model_args'?",
            ],
        ),
        (
            "{model_factory: 3, model_args: [1]}",
            [
                "3:15: model.init_args.model_factory: expected the name of a model factory, got int 3",
                "3:33: model.init_args.model_args: expected a mapping, got list [1]",
            ],
        ),
        (
            "{model_factory: F, model_args: {task: regression}}",
            [
                (
                    "3:46: model.init_args.model_args.task: str 'regression', "
                    "but SemanticSegmentationTask (class_path) is 'segmentation'"
                )
            ],
        ),
        (
            "{model_factory: F, model_args: {aux_decoders: []}, aux_heads: []}",
            ["3:65: model.init_args.aux_heads: given twice: here and as model.init_args.model_args.aux_decoders"],
        ),
        (
            "{model_factory: F, model_args: {}, aux_heads: [{decoder_args: {1: 2}}]}",
            [
                (
                    "3:77: model.init_args.aux_heads[0].decoder_args[1]: the name of an argument is text, "
                    "not int 1; put it in quotes"
                )
            ],
        ),
    ],
)
def test_a_training_config_says_all_that_is_wrong(init_args, expected):
    assert messages(f"model:\n  class_path: SemanticSegmentationTask\n  init_args: {init_args}\n") == expected


@pytest.mark.parametrize(
    ("class_path", "expected"),
    [
        (
            "class_path: terratorch.tasks.SemanticSegmentatonTask",
            (
                "2:3: model.class_path: str 'terratorch.tasks.SemanticSegmentatonTask' is none of TerraTorch's tasks; "
                "did you mean 'SemanticSegmentationTask'?"
            ),
        ),
        (
            "class_path: my.OwnModule",
            (
                "2:3: model.class_path: str 'my.OwnModule' is none of TerraTorch's tasks; the known ones are "
                f"{KNOWN}; for another, add the `task` to model.init_args.model_args"
            ),
        ),
        (
            "class_path: terratorch.tasks.WxCTask",
            (
                "2:3: model.class_path: TerraTorch 1.2.13 has this task, terraregistry does not; for its model alone, "
                "add the `task` to model.init_args.model_args"
            ),
        ),
        (
            "seed: 1",
            (
                f"1:1: model.class_path: missing; the known ones are {KNOWN}; "
                "for another, add the `task` to model.init_args.model_args"
            ),
        ),
    ],
)
def test_the_task_must_be_known(class_path, expected):
    text = f"model:\n  {class_path}\n  init_args: {{model_factory: F, model_args: {{backbone: x}}}}\n"

    assert messages(text) == [expected]
    assert request(text.replace("{backbone", "{task: segmentation, backbone")).arguments == {
        "task": "segmentation",
        "backbone": "x",
    }


def test_a_reconstruction_has_no_task():
    text = "model: {class_path: terratorch.tasks.ReconstructionTask, init_args: {model_factory: F, model_args: {a: 1}}}"

    assert request(text).arguments == {"a": 1}


def test_the_task_may_be_said_twice_when_it_is_the_same():
    text = "model: {class_path: ClassificationTask, init_args: {model_factory: F, model_args: {task: classification}}}"

    assert request(text).arguments == {"task": "classification"}
    assert place(request(text), ("task",)) == "1:84: model.init_args.model_args.task: wrong"


def test_anchors_and_merges_work_across_the_config():
    text = """\
        decoders:
          small: &small {decoder: FCNDecoder, decoder_channels: 8}
        model:
          class_path: SemanticSegmentationTask
          init_args:
            model_factory: F
            model_args:
              <<: *small
              backbone: x
    """

    assert request(text).arguments == {
        "backbone": "x",
        "decoder": "FCNDecoder",
        "decoder_channels": 8,
        "task": "segmentation",
    }
    assert place(request(text), ("decoder_channels",)) == "2:39: model.init_args.model_args.decoder_channels: wrong"
