"""The two stages of checking a model: its arguments, which needs no torch, and whether its parts fit each other."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from textwrap import dedent

import pytest
from torch import nn

from terraregistry import MODEL_FACTORY_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.errors import (
    FitWarning,
    InvalidArgumentsError,
    ProblemKind,
    SourceUnavailableError,
    UnusedArgumentWarning,
)

HEAVY = ("torch", "timm", "segmentation_models_pytorch", "peft", "numpy", "pydantic", "torchvision", "huggingface_hub")
COMPOSED = {
    "task": "segmentation",
    "backbone": "timm_test_resnet",
    "necks": [{"name": "SelectIndices", "indices": [0, 2]}],
    "decoder": "FCNDecoder",
    "num_classes": 3,
    "aux_decoders": [{"name": "aux", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": 4}}],
}
RIGHT = {
    "EncoderDecoderFactory": COMPOSED,
    "FullModelFactory": {"model": "prithvi_eo_tiny_mae", "pretrained": False},
    "PrithviModelFactory": {
        "task": "classification",
        "backbone": "prithvi_eo_tiny",
        "decoder": "FCNDecoder",
        "num_classes": 2,
        "pretrained": False,
    },
    "SMPModelFactory": {"task": "segmentation", "backbone": "resnet18", "model": "Unet", "pretrained": "imagenet"},
    "TimmModelFactory": {"task": "classification", "backbone": "test_resnet", "in_channels": 3, "num_classes": 5},
}
FACTORIES = {name: MODEL_FACTORY_REGISTRY.build(name) for name in RIGHT}


def aux(name):
    return [{"name": name, "decoder": "FCNDecoder"}]


WRONG_ARGUMENTS = [
    (
        "EncoderDecoderFactory",
        {"task": "segmentaton"},
        "task",
        "there is no task 'segmentaton'; did you mean 'segmentation'?",
    ),
    ("EncoderDecoderFactory", {"num_classes": None}, "num_classes", "missing; expected int"),
    ("EncoderDecoderFactory", {"num_classes": 0}, "num_classes", "expected at least 1, got 0"),
    ("EncoderDecoderFactory", {"decoder": None}, "decoder", "missing; expected str | Module"),
    (
        "EncoderDecoderFactory",
        {"decoder_chanels": 1},
        "decoder_chanels",
        "unknown argument; did you mean 'decoder_channels'?",
    ),
    ("EncoderDecoderFactory", {"head_dropout": "a"}, "head_dropout", "expected float, got str 'a'"),
    (
        "EncoderDecoderFactory",
        {"aux_decoders": aux("a.b")},
        "aux_decoders[0].name",
        "invalid head name 'a.b'",
    ),
    (
        "EncoderDecoderFactory",
        {"necks": [{"name": "SelectIndices"}]},
        "necks[0].indices",
        "missing; expected list[int]",
    ),
    ("EncoderDecoderFactory", {"backbone_use_temporal": 1}, "backbone_use_temporal", "expected bool, got int 1"),
    (
        "EncoderDecoderFactory",
        {"backbone_use_temporal": True, "backbone_temporal_poling": "max"},
        "backbone_temporal_poling",
        "unknown argument; did you mean 'backbone_temporal_pooling'?",
    ),
    ("EncoderDecoderFactory", {"peft_config": {"method": 3}}, "peft_config.method", "expected str, got int 3"),
    ("EncoderDecoderFactory", {"peft_config": {}}, "peft_config.method", "missing; expected str"),
    (
        "EncoderDecoderFactory",
        {"decoder": "LinearDecoder", "decoder_upsampling_size": 1, "head_dropout": 0.1},
        "head_dropout",
        "nothing reads this: the decoder includes its head",
    ),
    ("FullModelFactory", {"rescale": False}, "rescale", "nothing reads this: a whole model gives what it gives"),
    ("PrithviModelFactory", {"backbone": "timm_resnet18"}, "backbone", "'timm_resnet18' is no Prithvi backbone"),
    ("PrithviModelFactory", {"backbone_bands": []}, "backbone_bands", "nothing reads this: write bands"),
    ("SMPModelFactory", {"bands": ["NARROW_NIR"]}, "bands[0]", "there is no HLS band 'NARROW_NIR'; did you mean 'NIR_"),
    ("SMPModelFactory", {"in_chans": 3}, "in_chans", "unknown argument (it is written 'in_channels')"),
    ("SMPModelFactory", {"features_only": True}, "features_only", "unknown argument (whether there are features is"),
    (
        "TimmModelFactory",
        {"backbone": "prithvi_vit_tiny", "backbone_bands": ["B02", "DEM"]},
        "backbone_bands",
        "bands have names, not numbers: B02 is BLUE",
    ),
    ("TimmModelFactory", {"in_chans": 3}, "in_chans", "unknown argument (it is written 'in_channels')"),
    (
        "PrithviModelFactory",
        {"pretrained_cfg_overlay": {"file": "a"}},
        "pretrained_cfg_overlay",
        "unknown argument (a file of weights is written 'backbone_ckpt_path: FILE')",
    ),
    (
        "PrithviModelFactory",
        {"img_size": 64},
        "img_size",
        "unknown argument (the backbone's is written 'backbone_img_size')",
    ),
    ("PrithviModelFactory", {"in_chans": 6}, "in_chans", "unknown argument (it is written 'in_channels')"),
    (
        "EncoderDecoderFactory",
        {"backbone": "prithvi_eo_tiny", "backbone_pretrained_cfg_overlay": {}},
        "backbone_pretrained_cfg_overlay",
        "unknown argument (a file of weights is written 'backbone_ckpt_path: FILE')",
    ),
    (
        "EncoderDecoderFactory",
        {"backbone": "prithvi_eo_tiny", "backbone_kwargs": {"pretrain_img_size": 3}},
        "backbone_kwargs.pretrain_img_size",
        "unknown argument (it is written 'img_size')",
    ),
    (
        "EncoderDecoderFactory",
        {"backbone": "prithvi_eo_tiny", "backbone_features_only": True},
        "backbone_features_only",
        "unknown argument (whether there are features is settled: leave it out)",
    ),
    (
        "EncoderDecoderFactory",
        {"backbone_in_channels": 4},
        "backbone_in_channels",
        "unknown argument (the backbone's is written 'backbone_in_chans')",
    ),
    ("PrithviModelFactory", {"bands": ["RDE"]}, "bands[0]", "there is no HLS band 'RDE'; did you mean 'RED'?"),
    (
        "EncoderDecoderFactory",
        {"backbone": "prithvi_eo_tiny", "backbone_vit_adapter": True},
        "backbone_vit_adapter",
        "the adapter needs an extension for deformable attention",
    ),
    ("SMPModelFactory", {"model": "Unt"}, "model", "smp has no model 'Unt'; did you mean 'Unet'?"),
    ("SMPModelFactory", {"backbone": "resnet81"}, "backbone", "smp has no encoder 'resnet81'; did you mean"),
    (
        "SMPModelFactory",
        {"pretrained": "ssssl"},
        "pretrained",
        "resnet18 has no weights 'ssssl'; expected one of imagenet, ssl",
    ),
    ("SMPModelFactory", {"encoder_dept": 4}, "encoder_dept", "unknown argument; did you mean 'encoder_depth'?"),
    ("TimmModelFactory", {"in_channels": 0}, "in_channels", "expected at least 1, got 0"),
    (
        "TimmModelFactory",
        {"backbone_drop_rat": 0.1},
        "backbone_drop_rat",
        "unknown argument; did you mean 'backbone_drop_rate'",
    ),
]
OF_ITS_OWN = {
    "EncoderDecoderFactory": (
        {"backbone": "prithvi_eo_tiny", "necks": [], "aux_decoders": [], "backbone_bands": ["RED", "DEM"]},
        "backbone_bands",
    ),
    "FullModelFactory": ({"bands": ["RED", "DEM"]}, "bands"),
    "PrithviModelFactory": ({"bands": ["RED", "DEM"]}, "bands"),
    "SMPModelFactory": ({"bands": ["RED", "DEM"]}, ""),
    "TimmModelFactory": (
        {"backbone": "prithvi_vit_tiny", "in_channels": 2, "pretrained": False, "backbone_bands": ["RED", "DEM"]},
        "backbone_bands",
    ),
}
"""The path warned of; none where only the number of bands is read."""


@pytest.mark.parametrize("name", OF_ITS_OWN)
def test_bands_of_own_names_are_accepted_with_a_warning(name: str) -> None:
    arguments, path = OF_ITS_OWN[name]
    if not path:
        FACTORIES[name].check_arguments(**RIGHT[name], **arguments)
        return
    with pytest.warns(FitWarning) as caught:
        FACTORIES[name].check_arguments(**{**RIGHT[name], **arguments})
    ((problem,),) = [each.message.problems for each in caught]
    assert (problem.path, problem.kind) == (path, ProblemKind.DOUBTFUL)
    assert problem.message.startswith("no known bands, so the weights of their channels are new and random: 'DEM'; ")


MISFITS = [
    (
        "EncoderDecoderFactory",
        {"necks": [{"name": "SelectIndices", "indices": [0, 9]}]},
        "necks[0].indices[1]",
        "expected -5 to 4 with 5 features, got 9; backbone ('timm_test_resnet') gives 5 features",
    ),
    (
        "EncoderDecoderFactory",
        {"aux_decoders": aux("keys")},
        "aux_decoders[0].name",
        "invalid head name 'keys': nn.ModuleDict has an attribute of this name",
    ),
    ("EncoderDecoderFactory", {"decoder_channels": 0}, "decoder_channels", "expected at least 1, got 0"),
    (
        "EncoderDecoderFactory",
        {"backbone_use_temporal": True, "backbone_temporal_pooling": "concat"},
        "backbone_temporal_n_timestamps",
        "missing (pooling='concat' multiplies the channels by it)",
    ),
    ("SMPModelFactory", {"decoder_channels": [8]}, "decoder_channels", "smp refuses these arguments: "),
]


def found(check, arguments):
    """What is wrong with arguments, as a check says."""
    try:
        check(**arguments)
    except InvalidArgumentsError as error:
        return {problem.path: problem.message for problem in error.problems}
    return {}


def both(name, changes):
    factory, arguments = FACTORIES[name], {**RIGHT[name], **changes}
    return found(factory.check_arguments, arguments), found(factory.validate_model, arguments)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_passes_both_stages(name):
    assert both(name, {}) == ({}, {})


@pytest.mark.parametrize(("name", "changes", "path", "message"), WRONG_ARGUMENTS)
def test_what_is_wrong_in_the_arguments_is_said_by_the_first_stage(name, changes, path, message):
    arguments, everything = both(name, changes)
    assert list(arguments) == [path]
    assert arguments[path].startswith(message)
    assert everything[path] == arguments[path]


@pytest.mark.parametrize(("name", "changes", "path", "message"), MISFITS)
def test_what_does_not_fit_is_said_by_the_second_stage(name, changes, path, message):
    arguments, everything = both(name, changes)
    assert arguments == {}
    assert list(everything) == [path]
    assert everything[path].startswith(message)


def test_both_stages_are_reported_together():
    arguments, everything = both("EncoderDecoderFactory", {**MISFITS[0][1], "decoder_chanels": 1})
    assert list(arguments) == ["decoder_chanels"]
    assert set(everything) == {"decoder_chanels", "necks[0].indices[1]"}


@pytest.mark.skipif(importlib.util.find_spec("peft") is not None, reason="peft is installed")
@pytest.mark.parametrize("name", ["EncoderDecoderFactory", "FullModelFactory"])
def test_the_library_of_adapters_is_needed_by_the_second_stage_alone(name):
    arguments = {**RIGHT[name], "peft_config": {"method": "LORA"}}
    FACTORIES[name].check_arguments(**arguments)
    with pytest.raises(SourceUnavailableError):
        FACTORIES[name].validate_model(**arguments)


def test_a_part_that_is_made_already_is_no_argument_to_check():
    backbone = TIMM_BACKBONE_REGISTRY.build("test_resnet")
    assert both("EncoderDecoderFactory", {"backbone": backbone}) == ({}, {})
    arguments, everything = both("EncoderDecoderFactory", {"backbone": nn.Identity()})
    assert arguments == everything
    assert arguments["backbone"].startswith("Identity is no Backbone: it lacks ")


def test_the_first_stage_drops_what_nothing_reads_where_that_is_wanted():
    with pytest.warns(UnusedArgumentWarning) as warned:
        FACTORIES["EncoderDecoderFactory"].check_arguments(**COMPOSED, decoder_num_conv=1, unused="warn")
    assert [each.path for each in warned[0].message.problems] == ["decoder_num_conv"]
    assert warned[0].message.problems[0].kind is ProblemKind.UNKNOWN
    assert warned[0].filename == __file__


# -- without imports --


def in_a_fresh_process(code, given=None):
    """Run code, and give what it prints as JSON."""
    script = f"import json, sys\ngiven = json.loads(sys.argv[1])\nHEAVY = {HEAVY!r}\n" + dedent(code)
    command = [sys.executable, "-W", "error", "-c", script, json.dumps(given)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("module", ["encoder_decoder_factory", "full_model", "prithvi", "smp", "timm"])
def test_the_module_of_a_factory_imports_nothing_heavy(module):
    code = f"""
    import terraregistry.components.factories.{module}
    print(json.dumps([name for name in HEAVY if name in sys.modules]))
    """
    assert in_a_fresh_process(code) == []


def test_the_first_stage_says_the_same_without_imports(index):
    """With the index, each factory answers for right and wrong arguments in one process, and imports nothing heavy."""
    code = """
    from terraregistry import MODEL_FACTORY_REGISTRY
    from terraregistry.errors import InvalidArgumentsError
    said = []
    for name, arguments in given:
        try:
            MODEL_FACTORY_REGISTRY.build(name).check_arguments(**arguments)
            said.append({})
        except InvalidArgumentsError as error:
            said.append({problem.path: problem.message for problem in error.problems})
    print(json.dumps([said, [name for name in HEAVY if name in sys.modules]]))
    """
    cases = [(name, {}) for name in RIGHT] + [(name, changes) for name, changes, *_ in (*WRONG_ARGUMENTS, *MISFITS)]
    said, loaded = in_a_fresh_process(code, [(name, {**RIGHT[name], **changes}) for name, changes in cases])
    assert loaded == []
    assert said == [both(name, changes)[0] for name, changes in cases]


@pytest.fixture(scope="module")
def asked_twice(index):
    """What is answered from the index, and the same once all is imported, in one process."""
    code = """
    from terraregistry import DECODER_REGISTRY
    from terraregistry.components.factories.branches import includes_head
    names = [name for name in DECODER_REGISTRY if not name.startswith("mmseg_")]
    known = [name for name in names if includes_head(DECODER_REGISTRY, name)]
    from terraregistry.components.factories.smp_library import smp_encoders, smp_models
    from terraregistry.registry.signatures import render_signature
    def told():
        models = smp_models()
        return [{name: render_signature(models.signature(name)) for name in models}, [*smp_encoders().items()]]
    first, before = told(), [name for name in HEAVY if name in sys.modules]
    import warnings
    warnings.simplefilter("ignore")
    import segmentation_models_pytorch as smp
    made = [getattr(DECODER_REGISTRY.find_class(name), "includes_head", False) is True for name in names]
    live = [name for name in names if includes_head(DECODER_REGISTRY, name)]
    made = [name for name, whole in zip(names, made) if whole]
    classes = [cls.__name__ for cls in smp.MODEL_ARCHITECTURES_MAPPING.values()]
    print(json.dumps([before, [known, live, made], [first, told(), classes]]))
    """
    return in_a_fresh_process(code)


@pytest.mark.slow
def test_the_index_knows_which_decoders_include_their_head(asked_twice):
    loaded, (known, live, made), _ = asked_twice
    assert loaded == []
    assert known == live == made
    assert "terratorch_LinearDecoder" in known


@pytest.mark.slow
def test_smp_is_known_from_the_index_as_it_is(asked_twice):
    loaded, _, (first, then, classes) = asked_twice
    assert loaded == []
    assert first == then
    assert list(first[0]) == classes
