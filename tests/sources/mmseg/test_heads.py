"""Every head of the real mmsegmentation: it builds and runs forward and backward, or it is refused with the reason."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import pytest
import torch

from terraregistry import DECODER_REGISTRY, MMSEG_DECODER_REGISTRY, Decoder
from terraregistry.errors import SourceUnavailableError
from terraregistry.sources.mmseg import is_installed
from terraregistry.sources.mmseg.mmseg_heads import HEADS, LEFT_OUT, load_module

pytestmark = pytest.mark.skipif(not is_installed(), reason="mmsegmentation is not installed")

CLASSES = 5
OPERATORS = (
    "the source 'mmseg' is unavailable: PSAHead needs the compiled operators of mmcv, which mmcv-lite does not have; "
    "install mmcv 2.1.0, compiled for the torch that is installed, in the place of mmcv-lite, or give compact=True"
)
MMDET = (
    "the source 'mmseg' is unavailable: {} needs mmdet, which is not installed; install it: pip install mmdet==3.3.0"
)
REFUSED = {"PSAHead": OPERATORS} | {name: MMDET.format(name) for name in ("Mask2FormerHead", "MaskFormerHead")}


def test_each_head_that_mmsegmentation_exports_is_listed_or_left_out_for_a_reason() -> None:
    exported = set(load_module("mmseg.models.decode_heads").__all__)
    assert set(HEADS) | set(LEFT_OUT) == exported
    assert not set(HEADS) & set(LEFT_OUT)
    assert list(MMSEG_DECODER_REGISTRY) == sorted(HEADS)


def test_each_head_that_is_listed_is_tried_here(cases) -> None:
    assert {case.name for case in cases} | set(REFUSED) == set(MMSEG_DECODER_REGISTRY)


@pytest.mark.parametrize("method", ["build", "validate"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_head_that_needs_more_than_is_installed_is_refused_with_what_it_needs(name: str, method: str) -> None:
    with pytest.raises(SourceUnavailableError) as caught:
        getattr(DECODER_REGISTRY, method)(f"mmseg_{name}", [8, 16], num_classes=2, mask_size=(4, 4), channels=8)
    assert str(caught.value) == REFUSED[name]


def test_a_head_is_a_decoder_that_includes_its_head(case, build_case) -> None:
    decoder = build_case(case)
    assert isinstance(decoder, Decoder)
    assert decoder.includes_head is True
    assert decoder.out_channels == CLASSES
    assert decoder.used_features == case.used
    assert type(decoder.decoder).__name__ == case.name


@pytest.mark.parametrize("training", [True, False])
def test_a_head_runs_forward_and_backward_on_what_suits_it(case, training, build_case, features_of) -> None:
    decoder = build_case(case).train(training)
    with torch.no_grad():  # some layers begin at zero, which hides what is before them
        for parameter in decoder.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    features = features_of(case, grad=True)
    result = decoder(tuple(features))
    assert result.shape == (2, CLASSES, case.result, case.result + (not case.square))
    assert result.isfinite().all()
    (result * torch.randn_like(result)).sum().backward()
    reached = [index for index, feature in enumerate(features) if feature.grad is not None and feature.grad.any()]
    assert reached == list(case.used)
    assert any(parameter.grad is not None and parameter.grad.any() for parameter in decoder.parameters())
    assert all(parameter.grad.isfinite().all() for parameter in decoder.parameters() if parameter.grad is not None)


def test_a_head_computes_what_mmsegmentations_own_class_does(case, build_case, features_of) -> None:
    if case.extra is None:
        pytest.skip("its arguments are those of the head that it holds")
    decoder = build_case(case).eval()
    options = {key: tuple(value) if key == "branch_channels" else value for key, value in case.options.items()}
    own_class = getattr(load_module("mmseg.models.decode_heads"), case.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its losses
        own = own_class(num_classes=CLASSES, **options, **case.extra).eval()
    own.load_state_dict(decoder.decoder.state_dict())
    features = features_of(case)
    given = {
        "DPTHead": [(feature, feature.mean((2, 3))) for feature in features],
        "DDRHead": features[-1],
        "PIDHead": features[-1],
    }.get(case.name, features)
    torch.manual_seed(1)  # for the one that draws its bases anew each time
    expected = own(given)
    torch.manual_seed(1)
    result = decoder(features)
    torch.testing.assert_close(result, expected[0] if isinstance(expected, tuple) else expected, rtol=0, atol=0)


def test_keys_of_the_state_dict_are_mmsegmentations_behind_decoder(case, build_case) -> None:
    decoder = build_case(case)
    assert list(decoder.state_dict()) == [f"decoder.{key}" for key in decoder.decoder.state_dict()]


def test_weights_begin_as_mmsegmentations_do() -> None:
    torch.manual_seed(0)
    decoder = DECODER_REGISTRY.build("mmseg_FCNHead", [64], channels=64, num_classes=40)
    assert decoder.decoder.conv_seg.weight.std().item() == pytest.approx(0.01, rel=0.1)
    assert not decoder.decoder.conv_seg.bias.any()


def test_init_cfg_has_an_effect() -> None:
    cfg = {"type": "Constant", "val": 0.5, "layer": "Conv2d"}
    decoder = DECODER_REGISTRY.build("mmseg_FCNHead", [8], channels=4, num_classes=3, init_cfg=cfg)
    assert (decoder.decoder.conv_seg.weight == 0.5).all()


def test_a_copy_and_a_pickle_compute_the_same(case, build_case, features_of) -> None:
    decoder = build_case(case).eval()
    features = features_of(case)
    results = []
    for each in (decoder, copy.deepcopy(decoder), pickle.loads(pickle.dumps(decoder))):
        torch.manual_seed(1)
        results.append(each(features))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


def test_a_pickle_is_read_in_a_process_that_has_not_imported_mmsegmentation(tmp_path, in_a_process) -> None:
    decoder = MMSEG_DECODER_REGISTRY.build("UPerHead", [8, 16], channels=4, num_classes=3).eval()
    features = [torch.randn(1, 8, 4, 4), torch.randn(1, 16, 2, 2)]
    (tmp_path / "decoder.pickle").write_bytes(pickle.dumps((decoder, features, decoder(features))))
    printed = in_a_process(f"""
        import pathlib, pickle, torch
        decoder, features, expected = pickle.loads(pathlib.Path({str(tmp_path / "decoder.pickle")!r}).read_bytes())
        print(torch.equal(decoder(features), expected))
        """)
    assert printed == "True\n"


def test_features_that_it_was_not_built_for_are_refused_in_words() -> None:
    decoder = MMSEG_DECODER_REGISTRY.build("UPerHead", [8, 16], channels=4, num_classes=3)
    with pytest.raises(ValueError, match=re.escape("UPerHead was built for 2 features of [8, 16] channels, got 1")):
        decoder([torch.zeros(1, 8, 4, 4)])
    message = "UPerHead was built for 16 channels in feature 1, whose shape is (1, 8, 4, 4)"
    with pytest.raises(ValueError, match=re.escape(message)):
        decoder([torch.zeros(1, 8, 4, 4), torch.zeros(1, 8, 4, 4)])
    message = "UPerHead needs maps (B, C, H, W); feature 1 has the shape (1, 4, 16)"
    with pytest.raises(ValueError, match=re.escape(message)):
        decoder([torch.zeros(1, 8, 4, 4), torch.zeros(1, 4, 16)])
