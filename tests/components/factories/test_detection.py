"""Object detectors: torchvision's on any backbone, in training and in evaluation, and each mistake with its message."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sampling import rest_slow
from torch import nn

from terraregistry import BACKBONE_REGISTRY, MODEL_FACTORY_REGISTRY, NECK_REGISTRY
from terraregistry.components.factories.detection import FRAMEWORK_REGISTRY
from terraregistry.errors import FitWarning, InvalidArgumentsError, ProblemKind, UnusedArgumentWarning
from terraregistry.protocols import ModelFactory

FACTORY = MODEL_FACTORY_REGISTRY.build("ObjectDetectionModelFactory")
PYRAMID = [{"name": "FeaturePyramidNetworkNeck", "out_channel": 32}]
USUAL = {
    "task": "object_detection",
    "backbone": "timm_test_resnet",
    "framework": "faster-rcnn",
    "num_classes": 4,
    "necks": PYRAMID,
}
TOKENS = [{"name": "ReshapeTokensToImage"}, {"name": "LearnedInterpolateToPyramidal"}, *PYRAMID]
IMAGES = torch.randn(2, 3, 64, 64)
TARGETS = [
    {
        "boxes": torch.tensor([[5.0, 5.0, 40.0, 40.0]]),
        "labels": torch.tensor([1]),
        "masks": torch.ones(1, 64, 64, dtype=torch.uint8),
    }
] * 2
TOP = "torchvision_model."
LOSSES = {
    "faster-rcnn": {"loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"},
    "mask-rcnn": {"loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg", "loss_mask"},
    "fcos": {"classification", "bbox_regression", "bbox_ctrness"},
    "retinanet": {"classification", "bbox_regression"},
}
KEYS = {  # of TerraTorch 1.2.11, with the number of keys
    "faster-rcnn": (
        ["rpn.head.conv.0.0.weight", "roi_heads.box_head.fc6.weight", "roi_heads.box_predictor.bbox_pred.bias"],
        14,
    ),
    "mask-rcnn": (
        [
            "rpn.head.conv.1.0.weight",
            "roi_heads.box_head.0.1.running_mean",
            "roi_heads.box_head.5.weight",
            "roi_heads.mask_head.3.1.bias",
            "roi_heads.mask_predictor.mask_fcn_logits.weight",
        ],
        66,
    ),
    "fcos": (["head.classification_head.conv.10.weight", "head.regression_head.bbox_ctrness.bias"], 38),
    "retinanet": (["head.classification_head.conv.3.1.weight", "head.regression_head.bbox_reg.bias"], 28),
}


def build(**arguments) -> nn.Module:
    return FACTORY.build_model(**{**USUAL, "backbone_pretrained": False, **arguments})


def problems(**arguments) -> dict[str, str]:
    complete = {name: value for name, value in {**USUAL, **arguments}.items() if value is not ...}
    found = []
    for call in (FACTORY.validate_model, FACTORY.build_model):
        with pytest.raises(InvalidArgumentsError) as caught:
            call(**complete)
        assert caught.value.component == "ObjectDetectionModelFactory.build_model"
        found.append({problem.path: problem.message for problem in caught.value.problems})
    assert found[0] == found[1]
    return found[0]


def test_it_is_a_model_factory() -> None:
    assert isinstance(FACTORY, ModelFactory)
    assert set(FRAMEWORK_REGISTRY) == set(LOSSES)


@pytest.mark.parametrize("framework", rest_slow(LOSSES, "faster-rcnn", "fcos"))
def test_a_detector_is_trained_and_finds_boxes(framework) -> None:
    FACTORY.validate_model(**{**USUAL, "framework": framework})
    model = build(framework=framework)

    losses = model(IMAGES, TARGETS).output
    assert set(losses) == LOSSES[framework]
    sum(losses.values()).backward()
    assert all(each.grad is not None for name, each in model.named_parameters() if "backbone.backbone" not in name)

    model.eval()
    with torch.no_grad():
        found = model(IMAGES)
    assert (len(found.output), found.auxiliary_heads, model.model_name) == (2, {}, framework)
    for image in found.output:
        count = len(image["scores"])
        assert image["boxes"].shape == (count, 4)
        assert image["labels"].shape == (count,)
        if framework == "mask-rcnn":
            assert image["masks"].shape == (count, 1, 64, 64)


@pytest.mark.parametrize("framework", KEYS)
def test_the_state_dict_has_the_keys_of_terratorch(framework) -> None:
    model = build(framework=framework)
    keys = model.state_dict().keys()
    backbone = BACKBONE_REGISTRY.build("timm_test_resnet", pretrained=False)
    neck = NECK_REGISTRY.build("FeaturePyramidNetworkNeck", backbone.out_channels, out_channel=32)
    encoder = [f"{TOP}backbone.backbone.{key}" for key in backbone.state_dict()]
    encoder += [f"{TOP}backbone.necks.0.{key}" for key in neck.state_dict()]
    own, count = KEYS[framework]

    assert [*keys][: len(encoder)] == encoder
    assert len(keys) == len(encoder) + count
    assert {TOP + key for key in own} <= keys


COUNTS = {
    "faster-rcnn": [
        "rpn_post_nms_top_n_test",
        "rpn_pre_nms_top_n_train",
        "box_detections_per_img",
        "box_batch_size_per_image",
    ],
    "mask-rcnn": ["rpn_batch_size_per_image"],
    "fcos": ["detections_per_img", "topk_candidates"],
    "retinanet": ["detections_per_img"],
}


@pytest.mark.parametrize(("framework", "name"), [(each, name) for each in COUNTS for name in COUNTS[each]])
def test_a_number_of_boxes_is_positive(framework, name) -> None:
    for value in (0, -5):
        wrong = {**USUAL, "framework": framework, f"framework_{name}": value}
        with pytest.raises(InvalidArgumentsError) as caught:
            FACTORY.check_arguments(**wrong)
        (problem,) = caught.value.problems
        assert str(problem) == f"framework_{name}: expected at least 1, got {value}"
    FACTORY.check_arguments(**{**USUAL, "framework": framework, f"framework_{name}": 1})


@pytest.mark.parametrize(
    ("name", "value"), [("box_score_thresh", 5), ("rpn_nms_thresh", -0.5), ("box_positive_fraction", 2.0)]
)
def test_a_threshold_beyond_all_scores_is_doubtful(name, value) -> None:
    with pytest.warns(FitWarning) as caught:
        FACTORY.check_arguments(**USUAL, **{f"framework_{name}": value})
    (problem,) = caught[0].message.problems
    assert problem.kind is ProblemKind.DOUBTFUL
    assert str(problem) == f"framework_{name}: scores, overlaps and fractions are from 0 to 1, got {value}"
    for right in (0, 0.0, 1, 0.5):
        FACTORY.check_arguments(**USUAL, **{f"framework_{name}": right})


def test_freezing_stops_the_gradients_of_a_half() -> None:
    model = build(framework="mask-rcnn")
    model.freeze_encoder()
    assert {name.split(".")[1] for name, each in model.named_parameters() if each.requires_grad} == {"rpn", "roi_heads"}
    model.freeze_decoder()
    assert not any(each.requires_grad for each in model.parameters())


def test_images_are_taken_as_they_are_and_may_differ_in_size() -> None:
    model = build().eval()
    batch, targets = model.torchvision_model.transform([torch.ones(3, 64, 32), torch.ones(3, 32, 48)], TARGETS)
    assert batch.tensors.shape == (2, 3, 64, 48)
    assert batch.image_sizes == [(64, 32), (32, 48)]
    assert batch.tensors.sum() == 3 * 64 * 32 + 3 * 32 * 48
    assert targets is TARGETS
    with torch.no_grad():
        assert len(model([torch.randn(3, 64, 32), torch.randn(3, 32, 48)]).output) == 2


def test_tokens_and_time_series_and_modules_are_backbones() -> None:
    prithvi = {
        "backbone": "prithvi_eo_tiny",
        "backbone_bands": ["RED", "BLUE"],
        "backbone_img_size": 64,
        "necks": TOKENS,
    }
    images = torch.randn(1, 2, 64, 64)
    assert len(build(**prithvi, in_channels=2).eval()(images).output) == 1
    series = build(**prithvi, backbone_use_temporal=True, backbone_temporal_pooling="mean").eval()
    assert len(series(torch.randn(1, 2, 3, 64, 64)).output) == 1

    own = BACKBONE_REGISTRY.build("timm_test_resnet", pretrained=False)
    neck = NECK_REGISTRY.build("FeaturePyramidNetworkNeck", own.out_channels, output_ordered_dict=False)
    model = FACTORY.build_model("object_detection", own, "fcos", 2, [neck])
    assert model.encoder is own
    assert [*model.neck] == [neck]
    assert len(model.eval()(IMAGES).output) == 2


def test_channels_last_maps_are_turned() -> None:
    model = build(backbone="timm_swin_tiny_patch4_window7_224", backbone_img_size=64).eval()
    assert len(model(IMAGES).output) == 2


def test_the_channels_reach_the_backbone() -> None:
    model = build(in_channels=5).eval()
    assert len(model(torch.randn(1, 5, 64, 64)).output) == 1
    assert len(build(in_channels=5, backbone_in_chans=5).eval()(torch.randn(1, 5, 64, 64)).output) == 1


def test_numbers_of_a_framework_reach_it() -> None:
    heads = build(framework_box_score_thresh=0.4, framework_box_detections_per_img=7).torchvision_model.roi_heads
    assert (heads.score_thresh, heads.detections_per_img) == (0.4, 7)
    retina = build(framework="retinanet", framework_topk_candidates=9, framework_min_size=64).torchvision_model
    assert retina.topk_candidates == 9


@settings(max_examples=settings.default.max_examples // 12)
@given(
    st.sampled_from(sorted(LOSSES)),
    st.lists(st.integers(0, 4), min_size=1, max_size=7),
)
def test_any_number_of_features_is_run_or_refused(framework, indices) -> None:
    arguments = {**USUAL, "framework": framework, "necks": [{"name": "SelectIndices", "indices": indices}, *PYRAMID]}
    most = 6 if framework in ("fcos", "retinanet") else 5
    if len(indices) > most:
        message = f"it takes at most {most} features, got {len(indices)}; the neck SelectIndices takes some of them"
        assert problems(**arguments) == {"framework": message}
        return
    FACTORY.validate_model(**arguments)
    model = build(**arguments).eval()
    with torch.no_grad():
        assert len(model(IMAGES).output) == 2


MISTAKES = {
    "framework": (
        {"framework": "retinnet"},
        (
            "there is no framework 'retinnet'; expected "
            "faster-rcnn, fcos, mask-rcnn, retinanet; did you mean 'retinanet'?"
        ),
    ),
    "of another": (
        {"framework": "detr"},
        "TerraTorch 1.2.13 has 'detr', terraregistry does not: it is none of torchvision",
    ),
    "at least one": ({"num_classes": 0}, "expected at least 1, got 0"),
    "task": (
        {"task": "segmentation"},
        "ObjectDetectionModelFactory builds models for object_detection, not 'segmentation'",
    ),
    "necks": (
        {"necks": None},
        (
            "a detector takes features of equal channels, got 32, 32, 48, 192, 96; "
            "the neck FeaturePyramidNetworkNeck, as the last, makes them equal"
        ),
    ),
    "groups": (
        {"framework": "fcos", "necks": [{"name": "FeaturePyramidNetworkNeck", "out_channel": 48}]},
        ("its group norms take features of a multiple of 32 channels, got 48"),
    ),
    "tokens": (
        {"backbone": "prithvi_eo_tiny", "necks": []},
        (
            "framework ('faster-rcnn') fails on images: ValueError: a detector takes maps (B, 256, H, W), "
            "and feature 0 has the shape (2, 197, 256); the neck ReshapeTokensToImage makes maps of tokens"
        ),
    ),
    "threshold": (
        {"framework_rpn_fg_iou_thresh": 0.1},
        (
            "framework ('faster-rcnn') cannot be made with this: "
            "AssertionError: low_threshold should be <= high_threshold"
        ),
    ),
    "type": ({"framework_box_score_thresh": "x"}, "expected float, got str 'x'"),
    "normalised": ({"framework_image_mean": [1.0]}, "unknown argument"),
    "channels": ({"in_channels": 6, "backbone_in_chans": 3}, "expected 3, as backbone_in_chans says, got 6"),
    "channels of bands": (
        {"backbone": "prithvi_eo_tiny", "backbone_bands": ["RED"], "in_channels": 3, "necks": TOKENS},
        ("the number of channels follows from bands, which are 1, not 3"),
    ),
    "channels of nothing": (
        {"backbone": "IdentityBackbone", "backbone_out_channels": [32], "in_channels": 32, "necks": None},
        ("nothing reads this: the backbone is told no channels"),
    ),
    "a number of a band": (
        {"backbone": "prithvi_eo_tiny", "backbone_bands": ["B04"], "necks": TOKENS},
        ("bands have names, not numbers: B04 is RED"),
    ),
    "retired": ({"in_chans": 3}, "unknown argument (the backbone's is written 'backbone_in_chans')"),
    "of the backbone": (
        {"pretrained_cfg": "x"},
        ("unknown argument (the backbone's is written 'backbone_pretrained_cfg')"),
    ),
    "padding": ({"backbone_padding": "reflect"}, "nothing reads this: the images of a detector are not padded"),
    "order": (
        {"necks": [*PYRAMID, {"name": "SelectIndices", "indices": [1]}]},
        (
            "it gives its features in a dictionary, "
            "and what comes after it takes a list; write output_ordered_dict: false"
        ),
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_each_mistake_has_its_message(case) -> None:
    arguments, message = MISTAKES[case]
    assert [*problems(**arguments).values()] == [message]


def test_missing_arguments_are_listed() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        FACTORY.validate_model(foo=1)
    found = {problem.path: problem.message for problem in caught.value.problems}
    assert found == {
        "task": "missing; expected str",
        "backbone": "missing; expected str | Module",
        "framework": "missing; expected str",
        "num_classes": "missing; expected int",
        "foo": "unknown argument",
    }


def test_all_mistakes_are_in_one_report() -> None:
    found = problems(
        num_classes=0,
        framework_foo=1,
        backbone_foo=2,
        foo=3,
        framework_min_size="x",
        necks=[{"name": "SelectIndex"}, 3],
    )
    assert set(found) == {
        *("num_classes", "framework_foo", "backbone_foo", "foo", "framework_min_size"),
        *("necks[0].name", "necks[1]"),
    }


def test_unused_arguments_are_dropped_with_a_warning() -> None:
    with pytest.warns(UnusedArgumentWarning, match="backbone_padding"):
        model = build(backbone_padding="reflect", foo=1, unused="warn")
    assert type(model).__name__ == "ObjectDetectionModel"


def test_a_detector_runs_without_data() -> None:
    model = build(framework="mask-rcnn").to("meta").eval()
    found = model(torch.empty(2, 3, 64, 64, device="meta")).output
    assert found["scores"].shape == (2, 4)
    assert found["masks"].shape == (2, 4, 14, 14)
