"""The heads that need mmdet, where that is installed as well."""

from __future__ import annotations

import importlib.util
import pickle

import pytest
import torch

from terraregistry import MMSEG_DECODER_REGISTRY
from terraregistry.errors import InvalidArgumentsError
from terraregistry.sources.mmseg import is_installed
from terraregistry.sources.mmseg.mmseg_heads import load_module

pytestmark = [
    pytest.mark.skipif(
        not is_installed() or importlib.util.find_spec("mmdet") is None,
        reason="mmsegmentation and mmdet are not both installed",
    ),
    pytest.mark.filterwarnings("ignore:torch.meshgrid"),  # mmdet calls it in the old way
]

CHANNELS = [8, 16, 24, 32]
CLASSES = 5
ATTENTION = {"embed_dims": 16, "num_heads": 2, "batch_first": True}
FFN = {"embed_dims": 16, "feedforward_channels": 16, "num_fcs": 2, "act_cfg": {"type": "ReLU", "inplace": True}}
POSITION = {"num_feats": 8, "normalize": True}
PLAIN = {"norm_cfg": {"type": "GN", "num_groups": 4}, "act_cfg": {"type": "ReLU"}}
COMMON = {
    "feat_channels": 16,
    "out_channels": 16,
    "num_things_classes": 0,
    "num_stuff_classes": CLASSES,
    "num_queries": 6,
    "positional_encoding": POSITION,
    "transformer_decoder": {
        "return_intermediate": True,
        "num_layers": 2,
        "layer_cfg": {"self_attn_cfg": ATTENTION, "cross_attn_cfg": ATTENTION, "ffn_cfg": FFN},
        "init_cfg": None,
    },
    "loss_cls": {"type": "mmdet.CrossEntropyLoss", "class_weight": [1.0] * CLASSES + [0.1]},
    "loss_mask": {"type": "mmdet.CrossEntropyLoss", "use_sigmoid": True},
    "loss_dice": {"type": "mmdet.DiceLoss"},
}
DEFORMABLE = {**ATTENTION, "num_levels": 3, "num_points": 2}
PIXEL_DECODERS = {
    "MaskFormerHead": {"type": "mmdet.PixelDecoder", **PLAIN},
    "Mask2FormerHead": {
        "type": "mmdet.MSDeformAttnPixelDecoder",
        "num_outs": 3,
        **PLAIN,
        "encoder": {"num_layers": 1, "layer_cfg": {"self_attn_cfg": DEFORMABLE, "ffn_cfg": FFN}, "init_cfg": None},
        "positional_encoding": POSITION,
        "init_cfg": None,
    },
}
every_head = pytest.mark.parametrize("name", PIXEL_DECODERS)


def build(name: str):
    return MMSEG_DECODER_REGISTRY.build(
        name, CHANNELS, num_classes=CLASSES, pixel_decoder=PIXEL_DECODERS[name], **COMMON
    )


def make_features(*, grad: bool = False) -> list[torch.Tensor]:
    sizes = [(32, 24), (16, 12), (8, 6), (4, 3)]
    return [torch.randn(2, width, *size, requires_grad=grad) for width, size in zip(CHANNELS, sizes, strict=True)]


@every_head
def test_it_gives_one_map_a_class_forward_and_backward(name: str) -> None:
    decoder = build(name)
    assert (decoder.includes_head, decoder.out_channels) == (True, CLASSES)
    for training in (True, False):
        features = make_features(grad=True)
        result = decoder.train(training)(features)
        assert result.shape == (2, CLASSES, 32, 24)
        (result * torch.randn_like(result)).sum().backward()
        assert all(feature.grad is not None and feature.grad.any() for feature in features)


@every_head
def test_it_gives_what_mmsegmentation_predicts(name: str) -> None:
    decoder = build(name).eval()
    features = make_features()
    images = [{"img_shape": (32, 24), "batch_input_shape": (32, 24), "pad_shape": (32, 24)}] * 2
    with torch.no_grad():
        torch.testing.assert_close(decoder(features), decoder.decoder.predict(tuple(features), images, {}))


@every_head
def test_a_pickle_computes_the_same(name: str) -> None:
    decoder = build(name).eval()
    features = make_features()
    assert torch.equal(pickle.loads(pickle.dumps(decoder))(features), decoder(features))


@every_head
def test_what_mmdet_needs_and_what_it_would_swallow_is_told(name: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        MMSEG_DECODER_REGISTRY.build(name, CHANNELS, num_classes=CLASSES, out_channels=16, strides=[4, 8, 16, 32])
    found = [str(problem) for problem in caught.value.problems]
    assert [each.partition(":")[0] for each in found] == [
        *("feat_channels", "pixel_decoder", "transformer_decoder"),
        "strides",
    ]
    assert all(each.partition(": ")[2].startswith("missing") for each in found[:3])


def test_mmdet_is_found_by_mmsegmentation() -> None:
    assert load_module("mmseg.models.decode_heads").MaskFormerHead.__mro__[1].__module__.startswith("mmdet.")
