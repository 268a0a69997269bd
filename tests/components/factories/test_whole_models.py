"""The factories of whole models: smp's, timm's, those by name, and those on Prithvi."""

from __future__ import annotations

import copy
from contextlib import nullcontext

import pytest
import segmentation_models_pytorch as smp
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry import FULL_MODEL_REGISTRY, MODEL_FACTORY_REGISTRY, TERRATORCH_BACKBONE_REGISTRY
from terraregistry.errors import InvalidArgumentsError, ProblemKind, UnusedArgumentWarning, WeightsError
from terraregistry.library import TERRATORCH_FULL_MODEL_REGISTRY
from terraregistry.protocols import ModelFactory

SMP, TIMM, FULL, PRITHVI = (
    MODEL_FACTORY_REGISTRY.build(name)
    for name in ("SMPModelFactory", "TimmModelFactory", "FullModelFactory", "PrithviModelFactory")
)
X = torch.randn(2, 3, 64, 64)
FOR_SMP = {"task": "segmentation", "backbone": "resnet18", "model": "Unet", "num_classes": 3, "pretrained": False}
FOR_TIMM = {
    "task": "classification",
    "backbone": "test_resnet",
    "in_channels": 3,
    "num_classes": 5,
    "pretrained": False,
}
FOR_PRITHVI = {
    "task": "segmentation",
    "backbone": "prithvi_eo_tiny",
    "decoder": "FCNDecoder",
    "decoder_channels": 4,
    "decoder_num_convs": 1,
    "num_classes": 2,
    "pretrained": False,
}

needs_prithvi = pytest.mark.skipif(
    "prithvi_eo_tiny" not in TERRATORCH_BACKBONE_REGISTRY, reason="Prithvi is not registered"
)


def problems(factory, **arguments) -> dict[str, str]:
    found = []
    for call in (factory.validate_model, factory.build_model):
        with pytest.raises(InvalidArgumentsError) as caught:
            call(**arguments)
        error = caught.value
        assert (error.component, error.registry) == (f"{type(factory).__name__}.build_model", "MODEL_FACTORY_REGISTRY")
        found.append({problem.path: problem.message for problem in error.problems})
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("factory", [SMP, TIMM, FULL, PRITHVI])
def test_they_are_model_factories(factory) -> None:
    assert isinstance(factory, ModelFactory)


@pytest.mark.parametrize(
    ("factory", "arguments"),
    [(SMP, FOR_SMP), (TIMM, FOR_TIMM), (FULL, {"model": "prithvi_eo_tiny_mae"})],
)
@settings(max_examples=settings.default.max_examples // 12)
@given(st.sets(st.sampled_from(["zzz", "backbonne", "smp_zzz", "classs"]), min_size=1))
def test_what_nothing_reads_is_an_error_or_dropped(factory, arguments, names) -> None:
    given = arguments | dict.fromkeys(names, 1)
    assert set(problems(factory, **given)) == names
    with pytest.warns(UnusedArgumentWarning) as warned:
        model = factory.build_model(**given, unused="warn")
    assert {problem.path for problem in warned[0].message.problems} == names
    assert warned[0].filename == __file__
    assert isinstance(model, nn.Module)


# -- smp --


@settings(max_examples=settings.default.max_examples // 16)
@given(
    name=st.sampled_from(sorted(cls.__name__ for cls in smp.MODEL_ARCHITECTURES_MAPPING.values())),
    backbone=st.sampled_from(["resnet18", "mobilenet_v2", "tu-test_resnet"]),
    bands=st.none() | st.lists(st.sampled_from(["RED", 3, "NIR_NARROW"]), min_size=1, max_size=5),
    classes=st.integers(1, 3),
)
def test_smps_models_are_smps(name, backbone, bands, classes) -> None:
    arguments = FOR_SMP | {"model": name, "backbone": backbone, "num_classes": classes, "bands": bands}
    channels = len(bands) if bands else 3
    own = {"encoder_name": backbone, "encoder_weights": None, "in_channels": channels, "classes": classes}
    reference = None
    try:
        reference = getattr(smp, name)(**own)
    except (ValueError, KeyError, AssertionError) as error:
        refusal = f"smp refuses these arguments: {error}"
    except Exception:  # noqa: BLE001 - smp fails as it likes
        return
    if reference is None:
        assert problems(SMP, **arguments) == {"backbone": refusal}
        return
    SMP.validate_model(**arguments)
    model = SMP.build_model(**arguments).eval()
    reference.load_state_dict({key.removeprefix("smp_model."): value for key, value in model.state_dict().items()})
    x = torch.randn(1, channels, 128, 128)
    with torch.no_grad():
        torch.testing.assert_close(model(x).output, reference.eval()(x))


def test_smps_arguments_have_two_spellings() -> None:
    for spelling in (
        {"encoder_depth": 4, "decoder_channels": [32, 16, 8, 8]},
        {"smp_encoder_depth": 4, "smp_decoder_channels": [32, 16, 8, 8]},
    ):
        model = SMP.build_model(**FOR_SMP, **spelling)
        assert model.smp_model.segmentation_head[0].in_channels == 8
        assert model(X).output.shape == (2, 3, 64, 64)


def test_results_are_brought_to_the_size_of_the_images() -> None:
    given = FOR_SMP | {"model": "FPN", "upsampling": 1}
    assert SMP.build_model(**given)(X).output.shape == (2, 3, 64, 64)
    assert SMP.build_model(**given, rescale=False)(X).output.shape == (2, 3, 16, 16)
    assert SMP.build_model(**(FOR_SMP | {"num_classes": 1}))(X).output.shape == (2, 1, 64, 64)


@pytest.mark.parametrize(
    "given",
    [
        {"aux_params": {"classes": 5, "pooling": "max"}},
        {"aux_classes": 5, "aux_pooling": "max", "aux_dropout": 0.5},
        {"smp_aux_classes": 5},
        {"model": "DPT", "backbone": "tu-test_vit", "aux_classes": 5, "dynamic_img_size": True},
    ],
)
def test_smps_auxiliary_output_is_an_auxiliary_head(given) -> None:
    arguments = FOR_SMP | given
    if "model" in given:
        arguments |= {"encoder_depth": 3, "decoder_intermediate_channels": [8, 8, 8]}
    model = SMP.build_model(**arguments).eval()
    result = model(X)
    assert result.output.shape == (2, 3, 64, 64)
    assert {name: tuple(scores.shape) for name, scores in result.auxiliary_heads.items()} == {
        "classification_head": (2, 5)
    }
    model.freeze_head()
    assert not any(each.requires_grad for each in model.smp_model.classification_head.parameters())


def test_encoders_of_timm_take_its_arguments() -> None:
    given = FOR_SMP | {"backbone": "tu-test_resnet", "drop_path_rate": 0.5, "output_stride": 16, "stem_width": 8}
    model = SMP.build_model(**given)
    rates = {module.drop_prob for module in model.modules() if type(module).__name__ == "DropPath"}
    assert max(rates) == 0.5
    assert model.smp_model.encoder.model.feature_info.reduction()[-1] == 16
    assert model(X).output.shape == (2, 3, 64, 64)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "given",
    [
        {"backbone": "timm-resnest14d"},
        {"decoder_use_batchnorm": False},
        {"model": "PSPNet", "psp_use_batchnorm": False},
    ],
)
def test_what_smp_has_deprecated_still_works(given) -> None:
    model = SMP.build_model(**FOR_SMP | given)
    if "backbone" not in given:
        assert not any(isinstance(each, nn.BatchNorm2d) for each in model.smp_model.decoder.modules())
    assert model.eval()(X).output.shape == (2, 3, 64, 64)


def test_parts_of_smps_models_are_frozen() -> None:
    model = SMP.build_model(**FOR_SMP)
    model.freeze_encoder()
    assert {name.split(".")[1] for name, each in model.named_parameters() if each.requires_grad} == {
        "decoder",
        "segmentation_head",
    }
    model.freeze_decoder()
    model.freeze_head()
    assert not any(each.requires_grad for each in model.parameters())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"task": "regression", "num_classes": 0, "in_channels": 4, "bands": ["RED"]},
            {
                "task": "SMPModelFactory builds models for segmentation, not 'regression'",
                "num_classes": "expected at least 1, got 0",
                "in_channels": "expected 1, one a band, got 4",
            },
        ),
        (
            {"task": "segmentatoin"},
            {
                "task": "SMPModelFactory builds models for segmentation, not 'segmentatoin'; "
                "did you mean 'segmentation'?"
            },
        ),
        (
            {"backbone": "resnt18", "model": "Unett"},
            {
                "backbone": "smp has no encoder 'resnt18'; did you mean 'resnet18'?",
                "model": "smp has no model 'Unett'; did you mean 'Unet'?",
            },
        ),
        ({"backbone": "my.package.Encoder"}, {"backbone": "smp has no encoder 'my.package.Encoder'"}),
        ({"backbone": "test_vit"}, {"backbone": "smp has no encoder 'test_vit'; did you mean 'tu-test_vit'?"}),
        (
            {"pretrained": "imagnet"},
            {"pretrained": "resnet18 has no weights 'imagnet'; expected one of imagenet, ssl, swsl, or false"},
        ),
        (
            {"decoder_chanels": [1], "encoder_weights": "imagenet", "smp_classes": 3, "smp_encoder_name": "x"},
            {
                "decoder_chanels": "unknown argument; did you mean 'decoder_channels'?",
                "encoder_weights": "nothing reads this: write pretrained",
                "smp_classes": "num_classes says this already; give one of them",
                "smp_encoder_name": "backbone says this already; give one of them",
            },
        ),
        (
            {"encoder_depth": 4, "smp_encoder_depth": 4},
            {"smp_encoder_depth": "encoder_depth says this already; give one of them"},
        ),
        (
            {"backbone": "tu-test_resnet", "drop_path_rat": 0.1, "drop_rate": "x", "decoder_chanels": 1},
            {
                "drop_path_rat": "unknown argument; did you mean 'drop_path_rate'?",
                "drop_rate": "expected float | None, got str 'x'",
                "decoder_chanels": "unknown argument; did you mean 'decoder_channels'?",
            },
        ),
        ({"drop_path_rate": 0.1}, {"drop_path_rate": "unknown argument"}),
        (
            {"backbone": "tu-test_resnet", "act_layer": "geluu"},
            {"act_layer": "smp refuses these arguments: 'geluu'"},
        ),
        (
            {"backbone": "timm-resnest50dd"},
            {"backbone": "smp has no encoder 'timm-resnest50dd'; did you mean 'tu-resnest50d' or 'tu-resnet50d'?"},
        ),
        (
            {"aux_params": {"clases": 5}},
            {
                "aux_params.classes": "missing; expected int",
                "aux_params.clases": "unknown argument; did you mean 'classes'?",
            },
        ),
        (
            {"aux_classes": "5", "smp_aux_pooling": "mean"},
            {
                "aux_classes": "expected int, got str '5'; did you mean 5?",
                "smp_aux_pooling": "expected Literal['max', 'avg'], got str 'mean'",
            },
        ),
        ({"aux_dropout": 0.5}, {"aux_classes": "missing; expected int"}),
        (
            {"aux_params": {"classes": 5}, "aux_classes": 5},
            {"aux_classes": "aux_params is given as well: write it in there"},
        ),
        ({"smp_encoder_depth": "4"}, {"smp_encoder_depth": "expected int, got str '4'; did you mean 4?"}),
        (
            {"decoder_channels": [8, 8]},
            {
                "decoder_channels": "smp refuses these arguments: Model depth is 5, "
                "but you provide `decoder_channels` for 2 blocks."
            },
        ),
    ],
)
def test_what_is_wrong_with_smps_arguments_is_named(given, expected) -> None:
    assert problems(SMP, **(FOR_SMP | given)) == expected


# -- timm --


@settings(max_examples=settings.default.max_examples // 12)
@given(
    name=st.sampled_from(["test_resnet", "test_vit", "test_convnext", "test_efficientnet"]),
    channels=st.integers(1, 4),
    classes=st.integers(1, 5),
)
def test_timms_classifiers_are_timms(name, channels, classes) -> None:
    given = FOR_TIMM | {"backbone": name, "in_channels": channels, "num_classes": classes}
    model = TIMM.build_model(**given, backbone_drop_rate=0.1).eval()
    reference = timm.create_model(name, in_chans=channels, num_classes=classes).eval()
    reference.load_state_dict({key.removeprefix("timm_model."): value for key, value in model.state_dict().items()})
    x = torch.randn(1, channels, 160, 160)
    with torch.no_grad():
        torch.testing.assert_close(model(x).output, reference(x))
    assert copy.deepcopy(model)(x).output.shape == (1, classes)


def test_parts_of_timms_classifiers_are_frozen() -> None:
    model = TIMM.build_model(**FOR_TIMM)
    model.freeze_encoder()
    model.freeze_decoder()
    assert [name for name, each in model.named_parameters() if each.requires_grad] == [
        "timm_model.fc.weight",
        "timm_model.fc.bias",
    ]
    model.freeze_head()
    assert not any(each.requires_grad for each in model.parameters())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"task": "segmentation", "in_channels": 0, "backbone": "test_resnt"},
            {
                "task": "TimmModelFactory builds models for classification, not 'segmentation'",
                "in_channels": "expected at least 1, got 0",
                "backbone": "TIMM_BACKBONE_REGISTRY has no component 'test_resnt'; did you mean 'test_resnet'?",
            },
        ),
        (
            {"backbone_drop_rat": 0.1, "drop_rate": 0.1, "backbone_num_classes": 3, "backbone_features_only": True},
            {
                "backbone_drop_rat": "unknown argument; did you mean 'backbone_drop_rate'?",
                "drop_rate": "unknown argument (the backbone's is written 'backbone_drop_rate')",
                "backbone_num_classes": "num_classes says this already; give one of them",
                "backbone_features_only": "nothing reads this: a classifier is no feature pyramid",
            },
        ),
        ({"num_classes": "5"}, {"num_classes": "expected int, got str '5'; did you mean 5?"}),
        ({"backbone_global_pool": 5}, {"backbone_global_pool": "expected str | None, got int 5"}),
    ],
)
def test_what_is_wrong_with_timms_arguments_is_named(given, expected) -> None:
    assert problems(TIMM, **(FOR_TIMM | given)) == expected


# -- whole models by name --


def test_masked_autoencoders_are_whole_models() -> None:
    assert "terratorch_prithvi_eo_v2_300_tl_mae" in set(FULL_MODEL_REGISTRY)
    model = FULL.build_model(model="prithvi_eo_tiny_mae", num_frames=1, img_size=32)
    assert type(model).__name__ == "PrithviMAE"
    assert FULL.build_model(model=model) is model


def test_what_is_wrong_with_whole_models_is_named() -> None:
    assert problems(FULL, model="prithvi_eo_tiny_mea", rescale=False, padding="constant") == {
        "model": "FULL_MODEL_REGISTRY has no component 'prithvi_eo_tiny_mea' (sources searched: terratorch); "
        "did you mean 'terratorch_prithvi_eo_tiny_mae'?",
        "rescale": "nothing reads this: a whole model gives what it gives",
        "padding": "nothing reads this: a whole model gives what it gives",
    }
    assert problems(FULL, model="prithvi_eo_tiny_mae", num_frame=3, padding="mirror") == {
        "num_frame": "unknown argument; did you mean 'num_frames'?",
        "padding": "expected Literal['reflect', 'replicate', 'circular', 'constant'], got str 'mirror'",
    }
    assert problems(FULL, model=nn.Identity(), width=3) == {
        "width": "nothing reads this: model is a module that is made already"
    }
    with pytest.raises(InvalidArgumentsError, match=r"model: missing; expected str \| Module"):
        FULL.validate_model()


def test_what_a_whole_model_refuses_is_named() -> None:
    from terraregistry.components.refusals import at_least

    class Whole(nn.Module):
        def __init__(self, width: int = 3) -> None:
            super().__init__()
            self.width = at_least(self, "width", width)

    with TERRATORCH_FULL_MODEL_REGISTRY.scope():
        TERRATORCH_FULL_MODEL_REGISTRY.register(Whole)
        with pytest.raises(InvalidArgumentsError) as caught:
            FULL.build_model(model="Whole", width=0)
    assert caught.value.component == "FullModelFactory.build_model"
    assert [str(problem) for problem in caught.value.problems] == ["width: expected at least 1, got 0"]


# -- Prithvi --


@needs_prithvi
@settings(max_examples=8)
@given(
    frames=st.integers(1, 2),
    bands=st.none() | st.just(["RED", "NIR_NARROW"]),
    task=st.sampled_from(["segmentation", "classification"]),
)
def test_models_on_prithvi_need_no_necks(frames, bands, task) -> None:
    arguments = FOR_PRITHVI | {"task": task, "num_frames": frames, "bands": bands, "backbone_img_size": 64}
    PRITHVI.validate_model(**arguments)
    model = PRITHVI.build_model(**arguments).eval()
    result = model(torch.randn(1, len(bands or range(6)), frames, 64, 96)).output
    assert result.shape == ((1, 2, 64, 96) if task == "segmentation" else (1, 2))


@needs_prithvi
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"num_frames": "3", "bands": ["REDD"], "decoder_chanels": 3, "foo": 1, "backbone_bands": ["RED"]},
            {
                "num_frames": "expected int, got str '3'; did you mean 3?",
                "decoder_chanels": "unknown argument",
                "foo": "unknown argument",
                "backbone_bands": "nothing reads this: write bands",
                "bands[0]": "there is no HLS band 'REDD'; did you mean 'RED'?",
            },
        ),
        ({"backbone_kwargs": {"img_size": 3}}, {"backbone_kwargs": "unknown argument"}),
        (
            {"backbone": "resnet18", "pretrained": False},
            {
                "backbone": "'resnet18' is no Prithvi backbone, such as 'prithvi_eo_v2_300'; EncoderDecoderFactory "
                "takes any"
            },
        ),
        (
            {"in_channels": 3, "bands": ["RED"]},
            {"in_channels": "the number of channels follows from bands, which are 1, not 3"},
        ),
        ({"pretrained": "yes"}, {"pretrained": "expected bool, got str 'yes'"}),
    ],
)
def test_what_is_wrong_with_prithvis_arguments_is_named(given, expected) -> None:
    assert problems(PRITHVI, **(FOR_PRITHVI | given)) == expected


@needs_prithvi
def test_a_name_that_is_not_found_is_named_once() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        PRITHVI.validate_model(**(FOR_PRITHVI | {"backbone": "prithvi_eo_tny"}))
    assert [(problem.path, problem.kind) for problem in caught.value.problems] == [("backbone", ProblemKind.NOT_FOUND)]


# -- weights of timm from a file --


@pytest.mark.parametrize("classes", [5, 3])
def test_a_classifier_takes_the_weights_of_a_file(tmp_path, classes) -> None:
    theirs = timm.create_model("test_resnet", num_classes=5)
    file = tmp_path / "weights.pt"
    torch.save(theirs.state_dict(), file)
    given = FOR_TIMM | {"pretrained": str(file), "num_classes": classes}
    with nullcontext() if classes == 5 else pytest.warns(UserWarning, match="has other classes; this one is new"):
        ours = TIMM.build_model(**given).timm_model
    state = ours.state_dict()
    differing = {key for key, value in theirs.state_dict().items() if not torch.equal(value, state[key])}
    assert differing == (set() if classes == 5 else {"fc.weight", "fc.bias"})


def test_a_file_of_weights_has_to_be_there_and_to_fit(tmp_path) -> None:
    message = "expected true, false or a file of weights, and there is no file 'ResNet18_Weights.X'"
    assert problems(TIMM, **FOR_TIMM | {"pretrained": "ResNet18_Weights.X"}) == {"pretrained": message}
    file = tmp_path / "weights.pt"
    torch.save({"other": torch.zeros(1)}, file)
    with pytest.raises(WeightsError, match="surplus: other"):
        TIMM.build_model(**FOR_TIMM | {"pretrained": str(file)})
