"""The layouts: what a config asks for, and where each argument of it stands in the file."""

from __future__ import annotations

import string
import warnings
from textwrap import dedent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.errors import ConfigError, Problem, ProblemKind
from terraregistry.tools.checking import check_config
from terraregistry.tools.config import find_request, find_requests, parse_config, read_requests
from terraregistry.tools.config.layouts import TASKS, WITHOUT_TASK
from terraregistry.tools.trial import build_requested, make_factory

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


def warned(text):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make_factory(request(text), fit=False)
    return [str(each.message) for each in caught]


HPARAMS = """\
_class_path: terratorch.tasks.SemanticSegmentationTask
_instantiator: lightning.pytorch.cli.instantiate_module
model_args: {backbone: timm_test_resnet, decoder: FCNDecoder, num_classes: 2}
model_factory: EncoderDecoderFactory
loss: dice
freeze_backbone: true
aux_heads: null
"""
ARGUMENTS = {"backbone": "timm_test_resnet", "decoder": "FCNDecoder", "num_classes": 2, "task": "segmentation"}


def test_the_hparams_of_lightning_are_read():
    found = request(HPARAMS)

    assert (found.factory, found.arguments) == ("EncoderDecoderFactory", ARGUMENTS)
    assert place(found, ("decoder",)) == "3:42: model_args.decoder: wrong"
    assert place(found, ("task",)) == "1:1: _class_path: wrong"


def test_hparams_without_the_class_need_a_task():
    text = HPARAMS.partition("\n")[2]

    assert messages(text) == [
        f"1:1: _class_path: missing; the known ones are {KNOWN}; for another, add the `task` to model_args"
    ]
    assert request(text.replace("{backbone", "{task: segmentation, backbone")).arguments == ARGUMENTS


HYDRA = HPARAMS.replace("_class_path", "_target_")


@pytest.mark.parametrize(("indent", "head", "path"), [("", "", ""), ("  ", "seed: 1\nmodel:\n", "model.")])
def test_the_layout_of_hydra_is_read(indent, head, path):
    found = request(head + indent + HYDRA.replace("\n", f"\n{indent}"))

    assert (found.factory, found.arguments) == ("EncoderDecoderFactory", ARGUMENTS)
    assert place(found, ("backbone",)).endswith(f" {path}model_args.backbone: wrong")
    assert place(found, ("task",)).endswith(f" {path}_target_: wrong")


def test_interpolations_are_left_to_hydra_and_the_rest_is_checked():
    text = HYDRA.replace("num_classes: 2", "num_classes: '${data.classes}', decoder_channels: '???'")

    assert warned(text) == [
        (
            "c.yaml:3:63: not checked: model_args.num_classes: ${data.classes} is left to Hydra\n"
            "c.yaml:3:95: not checked: model_args.decoder_channels: ??? is left to Hydra"
        )
    ]
    with pytest.raises(ConfigError) as caught:
        warned(text.replace("decoder_channels", "decoder_chanels").replace("test_resnet", "test_resnett"))
    assert [(each.path, each.kind) for each in caught.value.problems] == [
        ("model_args.backbone", ProblemKind.NOT_FOUND),
        ("model_args.num_classes", ProblemKind.UNCHECKED),
        ("model_args.decoder_chanels", ProblemKind.UNKNOWN),
        ("model_args.decoder_chanels", ProblemKind.UNCHECKED),
    ]


def test_a_model_with_interpolations_is_not_built():
    found = request(HYDRA.replace("num_classes: 2", "num_classes: 2, backbone_pretrained_cfg: '${cfg}'"))

    with pytest.raises(ConfigError, match=r"model_args\.backbone_pretrained_cfg: \$\{cfg\} is left to Hydra"):
        build_requested(found, make_factory(request(HYDRA), fit=False))


@pytest.mark.parametrize(
    ("replaced", "by", "path", "kind"),
    [
        ("{backbone: timm_test_resnet, decoder: FCNDecoder, num_classes: 2}", "${m}", "model_args", "unchecked"),
        ("EncoderDecoderFactory", "${m}", "model_factory", "unchecked"),
        ("EncoderDecoderFactory", "'{{ m }}'", "model_factory", "invalid"),
    ],
)
def test_what_hydra_makes_of_a_whole_part_is_unknown(replaced, by, path, kind):
    with pytest.raises(ConfigError) as caught:
        request(HYDRA.replace(replaced, by))

    assert [(each.path, each.kind.value) for each in caught.value.problems] == [(path, kind)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${ch}", "${ch} is an interpolation that is not resolved; write the value itself"),
        ("???", "??? is an interpolation that is not resolved; write the value itself"),
        ("'{{ ch }}'", "{{ ch }} is a template that is not rendered; write the value itself"),
    ],
)
@pytest.mark.parametrize("key", ["num_classes", "backbone", "backbone_features_only"])
def test_elsewhere_an_interpolation_is_one_error(value, expected, key):
    given = {"backbone": "timm_test_resnet", "decoder": "FCNDecoder", "num_classes": "2", key: value}
    text = "".join(f"{name}: {each}\n" for name, each in given.items())

    with pytest.raises(ConfigError) as caught:
        warned(f"model_factory: EncoderDecoderFactory\ntask: segmentation\n{text}")
    about = [each for each in caught.value.problems if each.kind is ProblemKind.INVALID]
    assert [str(each) for each in about] == [f"{key}: {expected}"]
    assert {each.kind for each in caught.value.problems} - {ProblemKind.INVALID} <= {ProblemKind.UNUSED}


ITERATE = """\
defaults:
  trainer_args: {max_epochs: 3}
  terratorch_task:
    model_factory: EncoderDecoderFactory
    model_args:
      backbone: timm_test_resnet
      backbone_in_chans: 6
      decoder: FCNDecoder
      decoder_kwargs: {channels: 8, num_convs: 2}
    aux_heads: [{name: aux, decoder: FCNDecoder}]
tasks:
  - name: floods
    type: segmentation
    terratorch_task:
      loss: ce
      model_args:
        num_classes: 7
        decoder_kwargs: {channels: 16}
  - name: biomass
    type: regression
"""


def requests(text):
    return find_requests(parse_config(text, "c.yaml"))


def test_each_task_of_terratorch_iterate_is_merged_over_the_defaults():
    floods, biomass = requests(ITERATE)
    shared = {
        "backbone": "timm_test_resnet",
        "backbone_in_chans": 6,
        "decoder": "FCNDecoder",
        "aux_decoders": [{"name": "aux", "decoder": "FCNDecoder"}],
    }

    assert (floods.name, biomass.name) == ("floods", "biomass")
    assert floods.factory == biomass.factory == "EncoderDecoderFactory"
    merged = {"channels": 16, "num_convs": 2}
    assert floods.arguments == {**shared, "task": "segmentation", "num_classes": 7, "decoder_kwargs": merged}
    assert biomass.arguments == {
        **shared,
        "task": "regression",
        "decoder_kwargs": {"channels": 8, "num_convs": 2},
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("backbone",), "6:7: defaults.terratorch_task.model_args.backbone: wrong"),
        (("num_classes",), "17:9: tasks[0].terratorch_task.model_args.num_classes: wrong"),
        (("decoder_kwargs", "channels"), "18:26: tasks[0].terratorch_task.model_args.decoder_kwargs.channels: wrong"),
        (("decoder_kwargs", "num_convs"), "9:37: defaults.terratorch_task.model_args.decoder_kwargs.num_convs: wrong"),
        (("aux_decoders", 0, "decoder"), "10:29: defaults.terratorch_task.aux_heads[0].decoder: wrong"),
        (("task",), "13:5: tasks[0].type: wrong"),
        (("absent",), "16:7: tasks[0].terratorch_task.model_args.absent: wrong"),
    ],
)
def test_a_problem_gets_its_place_in_the_task_or_the_defaults(path, expected):
    assert place(requests(ITERATE)[0], path) == expected


def test_of_several_models_none_is_built():
    assert messages(ITERATE) == [
        "11:1: tasks: 2 models (floods, biomass); `terraregistry validate` checks them all, but one is built at a time"
    ]
    assert request(ITERATE.partition("  - name: biomass")[0]).name == "floods"


def test_errors_say_which_task_has_them(tmp_path):
    file = tmp_path / "c.yaml"
    wrong = ITERATE.replace("num_classes: 7", "num_clases: 7").replace("decoder: FCNDecoder\n", "decoder: FCNDecodr\n")
    file.write_text(wrong.replace("channels: 16", "channels: sixteen"), encoding="utf-8")
    found = [each.problem for each in check_config(str(file)) if each.problem.steps[-1] != "decoder_kwargs"]

    assert [(each.path, each.message.partition("(")[2].partition(")")[0]) for each in found] == [
        ("defaults.terratorch_task.model_args.decoder", "sources searched: terratorch, smp"),
        ("tasks[0].terratorch_task.model_args.num_classes", "task floods"),
        ("tasks[0].terratorch_task.model_args.num_clases", "task floods"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "type: regression",
            "type: regresion",
            (
                "20:5: tasks[1].type: str 'regresion' is no type of task: segmentation, regression, classification, "
                "multilabel_classification, object_detection; did you mean 'regression'?"
            ),
        ),
        (
            "  - name: biomass\n    type: regression",
            "  - biomass",
            "19:5: tasks[1]: expected a mapping, got str 'biomass'",
        ),
        (
            "type: regression",
            "type: regression\n    terratorch_task: 3",
            "21:5: tasks[1].terratorch_task: expected a mapping, got int 3",
        ),
        (
            ITERATE.partition("tasks:")[0],
            "defaults: {terratorch_task: 3}\n",
            "1:12: defaults.terratorch_task: expected a mapping, got int 3",
        ),
    ],
)
def test_tasks_of_terratorch_iterate_that_cannot_be_read(old, new, expected):
    with pytest.raises(ConfigError) as caught:
        requests(ITERATE.replace(old, new))

    assert str(caught.value) == f"c.yaml:{expected}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "model: {class_path: C, model_factory: F, model_args: {backbone: x}}",
            (
                "1:24: model.model_factory: `model_factory` and `model_args` cannot be read here; indent them under "
                "`init_args:`, beside `class_path: terratorch.tasks.SemanticSegmentationTask` or another task"
            ),
        ),
        (
            "model: {model_factory: F, backbone: x}",
            (
                "1:9: model.model_factory: `model_factory` cannot be read here; write it and the keys beside it at the top "
                "level, without `model:`"
            ),
        ),
        (
            "model: {class_path: ClassificationTask, init_args: {model_factory: F, backbone: x, decoder_channels: 3}}",
            (
                "1:71: model.init_args.backbone: indent the arguments of the model (`backbone`, `decoder_channels`) under "
                "`model_args:`"
            ),
        ),
        (
            "class_path: ClassificationTask\ninit_args: {model_factory: F, model_args: {}}",
            "2:1: init_args: indent `class_path` and `init_args` under `model:`, as TerraTorch has them",
        ),
        (
            "model: {class_path: ClassificationTask, init_args: {model_args: {model_factory: F}}}",
            "1:66: model.init_args.model_args.model_factory: belongs beside `model_args`, not inside",
        ),
        (
            "experiment:\n  lr: 1\n  network: {model_factory: F, backbone: x}",
            (
                "3:13: experiment.network.model_factory: a model is described here, deeper than it is looked for; make a "
                f"file of its own from the keys in experiment.network: {LAYOUTS}"
            ),
        ),
    ],
)
def test_a_layout_that_is_nearly_one_says_how_to_nest_it(text, expected):
    assert messages(text) == [expected]


def test_too_many_choices_of_an_optimization_are_said_to_be_unchecked():
    text = """\
defaults: {terratorch_task: {model_factory: EncoderDecoderFactory, model_args: {backbone: timm_resnet18}}}
tasks: [{name: a, type: segmentation}, {name: b, type: regression}]
"""
    few, many = (f"optimization_space: {{model_args: {{head_dropout: {[0.1] * count}}}}}\n" for count in (151, 152))
    requests, error = read_requests(parse_config(text + few))
    assert (len(requests), error) == (302, None)
    requests, error = read_requests(parse_config(text + many))
    assert len(requests) == 2
    assert error is not None
    [problem] = error.problems
    assert (problem.kind, problem.steps) == (ProblemKind.UNCHECKED, ("optimization_space", "model_args"))
    assert problem.detail == "more than 300 choices for all tasks together: only the first ones were checked"


def test_a_task_with_choices_is_built_with_the_first_ones():
    text = """\
defaults: {terratorch_task: {model_factory: EncoderDecoderFactory, model_args: {backbone: timm_resnet18}}}
tasks: [{name: a, type: segmentation}]
optimization_space: {model_args: {decoder: [FCNDecoder, UNetDecoder], head_dropout: {min: 0.1, max: 0.5}, other: 3}}
"""
    request = find_request(parse_config(text))
    assert request.arguments == {
        "backbone": "timm_resnet18",
        "decoder": "FCNDecoder",
        "head_dropout": 0.1,
        "task": "segmentation",
    }
