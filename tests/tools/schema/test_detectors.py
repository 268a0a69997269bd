"""Configs of detectors and U-Nets: validation, schema and the command line agree on them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from terraregistry.tools.checking import check_config

from .test_agreement import refusal

EXAMPLE = Path(__file__).parents[3] / "examples" / "detection.yaml"
PLAIN = {
    "model_factory": "ObjectDetectionModelFactory",
    "task": "object_detection",
    "backbone": "timm_test_resnet",
    "framework": "retinanet",
    "num_classes": 3,
    "necks": [{"name": "FeaturePyramidNetworkNeck", "out_channel": 32}],
}
UNET = {
    "model_factory": "GenericUnetModelFactory",
    "task": "segmentation",
    "backbone": "UNet",
    "backbone_out_channels": 8,
    "decoder": "ASPPSegmentationHead",
    "num_classes": 3,
}
RIGHT = {
    "plain": PLAIN,
    "sizes": {**PLAIN, "framework_min_size": 512, "framework_max_size": 512},
    "numbers": {
        **PLAIN,
        "framework": "faster-rcnn",
        "framework_box_nms_thresh": 0.4,
        "framework_rpn_pre_nms_top_n_test": 9,
    },
    "channels": {**PLAIN, "backbone_in_chans": 4, "in_channels": 4},
    "time": {**PLAIN, "backbone_use_temporal": True, "backbone_temporal_pooling": "max"},
    "U-Net": UNET,
    "regression": {
        **UNET,
        "task": "regression",
        "decoder": "ASPPRegressionHead",
        "num_classes": None,
        "regression_relu": True,
    },
}
WRONG = {
    "framework": {**PLAIN, "framework": "yolo"},
    "argument of another framework": {**PLAIN, "framework_box_nms_thresh": 0.4},
    "argument of no framework": {**PLAIN, "framework_image_mean": [0.5]},
    "number as text": {**PLAIN, "framework_score_thresh": "0.5"},
    "no classes": {name: value for name, value in PLAIN.items() if name != "num_classes"},
    "too few": {**PLAIN, "num_classes": 0},
    "task": {**PLAIN, "task": "segmentation"},
    "neck": {**PLAIN, "necks": [{"name": "FeaturePyramidNetworkNek"}]},
    "backbone's": {**PLAIN, "backbone_foo": 1},
    "padding": {**PLAIN, "backbone_padding": "reflect"},
    "decoder": {**PLAIN, "decoder": "FCNDecoder"},
    "dictionary": {**PLAIN, "backbone_kwargs": {"in_chans": 3}},
    "stages": {**UNET, "backbone_num_stages": "5"},
    "auxiliary": {**UNET, "aux_decoders": []},
}


@pytest.mark.parametrize("case", [*RIGHT, *WRONG])
def test_the_schema_takes_what_the_validation_takes(case, validator) -> None:
    config = {**RIGHT, **WRONG}[case]
    errors = [*validator.iter_errors(config)]
    assert bool(errors) == bool(refusal(yaml.safe_dump(config))) == (case in WRONG)


def test_the_example_is_valid_for_the_schema(validator) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert not refusal(text)
    assert not [*validator.iter_errors(yaml.safe_load(text))]
    assert check_config(str(EXAMPLE)) == []


def test_another_task_class_is_refused(tmp_path, validator) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("ObjectDetectionTask", "SemanticSegmentationTask")
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    (finding,) = check_config(str(file))
    assert "ObjectDetectionModelFactory builds models for object_detection, not 'segmentation'" in finding.message
    assert [*validator.iter_errors(yaml.safe_load(text))]


def test_mistakes_are_reported_at_their_lines(tmp_path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for right, wrong in (
        ("out_channel:", "out_channels:"),
        ("box_detections", "box_detection"),
        ("num_classes: 2", "num_classes: 0"),
    ):
        assert right in text
        text = text.replace(right, wrong)
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    found = {finding.problem.steps[-1]: finding.message for finding in check_config(str(file))}
    assert {*found} == {"out_channels", "framework_box_detection_per_img", "num_classes"}
    assert "did you mean 'framework_box_detections_per_img'" in found["framework_box_detection_per_img"]


EMBEDDINGS = """\
model:
  class_path: terratorch.tasks.EmbeddingGenerationTask
  init_args:
    model_args:
      backbone: timm_test_resnet
      necks:
        - {name: SelectIndices, indices: [1, 2]}
    output_dir: embeddings
    layers: [-1]
"""


def test_embeddings_need_no_factory(tmp_path, validator) -> None:
    file = tmp_path / "c.yaml"
    for text, wrong in ((EMBEDDINGS, False), (EMBEDDINGS.replace("indices: [1, 2]", "indexes: [1]"), True)):
        file.write_text(text, encoding="utf-8")
        assert bool(check_config(str(file))) == bool([*validator.iter_errors(yaml.safe_load(text))]) == wrong
    file.write_text(EMBEDDINGS.replace("Embedding", "Embeding"), encoding="utf-8")
    assert "did you mean 'EmbeddingGenerationTask'" in " ".join(each.message for each in check_config(str(file)))
