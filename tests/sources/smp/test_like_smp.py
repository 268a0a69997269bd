"""The decoders compute what smp's own classes compute, and hold the same weights under the same names."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
import segmentation_models_pytorch as smp
import torch
from segmentation_models_pytorch.base.initialization import initialize_decoder
from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3Decoder, DeepLabV3PlusDecoder
from segmentation_models_pytorch.decoders.dpt.decoder import DPTDecoder
from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder
from segmentation_models_pytorch.decoders.linknet.decoder import LinknetDecoder
from segmentation_models_pytorch.decoders.manet.decoder import MAnetDecoder
from segmentation_models_pytorch.decoders.pan.decoder import PANDecoder
from segmentation_models_pytorch.decoders.pspnet.decoder import PSPDecoder
from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder
from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder

from terraregistry.sources.smp.decoders import SMP_DECODERS, Unet

WIDTHS = (256, 128, 64, 32, 16)
RATES = (12, 24, 36)
SMP_CLASSES = {
    "Unet": UnetDecoder,
    "UnetPlusPlus": UnetPlusPlusDecoder,
    "MAnet": MAnetDecoder,
    "Linknet": LinknetDecoder,
    "FPN": FPNDecoder,
    "PSPNet": PSPDecoder,
    "DeepLabV3": DeepLabV3Decoder,
    "DeepLabV3Plus": DeepLabV3PlusDecoder,
    "PAN": PANDecoder,
    "UPerNet": UPerNetDecoder,
    "Segformer": SegformerDecoder,
    "DPT": DPTDecoder,
}
# The same by hand, as smp's own models call them: from the list that smp gets, and its depth.
BY_HAND = {
    "Unet": lambda c, d: UnetDecoder(c, WIDTHS[:d], d),
    "UnetPlusPlus": lambda c, d: UnetPlusPlusDecoder(c, WIDTHS[:d], d),
    "MAnet": lambda c, d: MAnetDecoder(c, WIDTHS[:d], d),
    "Linknet": lambda c, d: LinknetDecoder(c, n_blocks=d),
    "FPN": lambda c, d: FPNDecoder(c, encoder_depth=d),
    "PSPNet": lambda c, d: PSPDecoder(c),
    "DeepLabV3": lambda c, d: DeepLabV3Decoder(c[-1], 256, RATES, False, 0.5),
    "DeepLabV3Plus": lambda c, d: DeepLabV3PlusDecoder(c, d, 256, RATES, 16, True, 0.5),
    "PAN": lambda c, d: PANDecoder(c, d, 32),
    "UPerNet": lambda c, d: UPerNetDecoder(c, encoder_depth=d),
    "Segformer": lambda c, d: SegformerDecoder(c, encoder_depth=d),
}
FOUR, FIVE = (4, 8, 16, 32), (2, 4, 8, 16, 32)


def weights_of(decoder):
    prefix = "_smp_decoder."
    state = decoder.state_dict()
    assert all(key.startswith(prefix) for key in state)
    return {key.removeprefix(prefix): value for key, value in state.items()}


def assert_same(ours, theirs, maps, theirs_maps) -> None:
    state = weights_of(ours)
    assert list(state) == list(theirs.state_dict())
    theirs.load_state_dict(state)
    with torch.no_grad():
        assert torch.equal(ours.eval()(maps), theirs.eval()(theirs_maps))


@pytest.mark.parametrize("strides", [FOUR, FIVE], ids=["four", "five"])
@pytest.mark.parametrize("name", BY_HAND)
def test_without_placeholders_it_is_smps_own_decoder(name, strides, make_maps) -> None:
    channels = [16 + 4 * i for i in range(len(strides))]
    ours = SMP_DECODERS[name](channels, drop_first_features=True)
    maps = make_maps(channels, strides, size=256)
    assert_same(ours, BY_HAND[name](channels, len(channels) - 1), maps, list(maps))
    with torch.no_grad():
        assert ours(maps).shape[1:] == (ours.out_channels, 256 // ours.reduction, 256 // ours.reduction)


@pytest.mark.parametrize("name", BY_HAND)
def test_placeholders_are_the_entries_that_are_missing(name, make_maps) -> None:
    strides = (4, 8, 16, 16) if name == "DeepLabV3Plus" else FOUR
    channels = [16, 20, 24, 28]
    ours = SMP_DECODERS[name](channels, strides=strides)
    maps = make_maps(channels, strides, size=256)
    front = [maps[0].new_empty(2, 0, side, side) for side in (256, 128)]
    theirs = BY_HAND[name]([28] if name == "DeepLabV3" else channels if name == "FPN" else [0, 0, *channels], 5)
    assert_same(ours, theirs, maps, [*front, *maps])


def test_dpt_is_smps_own_decoder(make_maps) -> None:
    channels, strides = [16] * 4, [16] * 4
    for drop in (False, True):
        ours = SMP_DECODERS["DPT"](channels, strides=strides, drop_first_features=drop, fusion_channels=16)
        theirs = DPTDecoder(channels, strides, encoder_has_prefix_tokens=False, fusion_channels=16)
        state = weights_of(ours)
        assert list(state) == list(theirs.state_dict())
        theirs.load_state_dict(state)
        maps = make_maps(channels, strides)
        with torch.no_grad():
            assert torch.equal(ours.eval()(maps), theirs.eval()(maps, [None] * 4))


@pytest.mark.parametrize("skip", [0, 1], ids=["six", "five"])
@pytest.mark.parametrize("name", BY_HAND)
def test_the_decoder_of_a_whole_model_of_smp(name, skip) -> None:
    # The encoder's list begins with the image, which is no feature: ours takes the list with it and without it.
    dilated = name in {"DeepLabV3Plus", "PAN"}
    model = getattr(smp, name)("resnet18", encoder_weights=None, encoder_depth=5).eval()
    strides = (1, 2, 4, 8, 16, 16) if dilated else (1, 2, 4, 8, 8, 8) if name == "DeepLabV3" else (1, 2, 4, 8, 16, 32)
    ours = SMP_DECODERS[name](model.encoder.out_channels[skip:], strides=strides[skip:]).eval()
    ours.load_state_dict({f"_smp_decoder.{key}": value for key, value in model.decoder.state_dict().items()})
    with torch.no_grad():
        features = model.encoder(torch.randn(1, 3, 128, 128))
        expected = model.decoder(list(features))
        assert torch.equal(ours(features[skip:]), expected)
    assert expected.shape[1] == ours.out_channels
    assert expected.shape[2] * ours.reduction == 128


def test_initialised_as_smp_does() -> None:
    torch.manual_seed(3)
    theirs = UnetDecoder([0, 0, 16, 20, 24, 28], WIDTHS)
    initialize_decoder(theirs)
    torch.manual_seed(3)
    ours = Unet([16, 20, 24, 28])
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


def test_nothing_of_smp_is_changed() -> None:
    encoders = dict(smp.encoders.encoders)
    for name, cls in SMP_DECODERS.items():
        cls([16, 20, 24, 28], strides=(4, 8, 16, 16) if name == "DeepLabV3Plus" else FOUR)
    assert smp.encoders.encoders == encoders


DERIVED = {"encoder_channels", "encoder_depth", "n_blocks", "in_channels"}
DERIVED |= {"encoder_out_channels", "encoder_output_strides"}
ADAPTED = {"decoder_channels", "intermediate_channels"}  # their default depends on the pyramid


@pytest.mark.parametrize("name", SMP_CLASSES)
def test_takes_every_argument_of_smps_decoder(name) -> None:
    ours = inspect.signature(SMP_DECODERS[name]).parameters
    theirs = inspect.signature(SMP_CLASSES[name]).parameters
    assert set(theirs) - DERIVED <= set(ours)
    for parameter in theirs.values():
        mine = ours.get(parameter.name)
        if mine is not None and parameter.default is not parameter.empty and parameter.name not in ADAPTED:
            differs = (name, parameter.name) == ("DPT", "encoder_has_prefix_tokens")
            assert (mine.default == parameter.default) is not differs


@pytest.mark.parametrize("name", SMP_CLASSES)
def test_takes_every_argument_of_smps_model_that_is_the_decoders(name) -> None:
    cls = SMP_DECODERS[name]
    ours, theirs = inspect.signature(cls).parameters, inspect.signature(getattr(smp, name).__init__).parameters
    names = [n for n in theirs if n.startswith(("decoder_", "psp_"))]
    assert names
    for other in names:
        assert other in ours
        own = cls.model_names.get(other, other)
        if own not in ADAPTED or ours[own].default is not None:
            assert ours[own].default == theirs[other].default


@pytest.mark.parametrize(("name", "other"), [(n, o) for n, c in SMP_DECODERS.items() for o in c.model_names])
def test_both_names_of_an_argument_mean_the_same(name, other, monkeypatch) -> None:
    values = {"use_norm": False, "attention_type": "scse", "interpolation_mode": "area", "merge_policy": "cat",
              "dropout": 0.125, "aspp_dropout": 0.125, "aspp_separable": name == "DeepLabV3", "readout": "ignore",
              "atrous_rates": (1, 2, 3), "output_stride": 8, "intermediate_channels": (9, 8, 7, 6)}  # fmt: skip
    cls = SMP_DECODERS[name]
    own = cls.model_names[other]
    value = values.get(own, 96)
    seen = []
    original = SMP_CLASSES[name].__init__

    def spy(self, **kwargs):
        seen.append(kwargs)
        original(self, **kwargs)

    monkeypatch.setattr(SMP_CLASSES[name], "__init__", spy)
    for argument in (own, other):
        cls([32, 32, 32, 32], **{argument: value})
    assert seen[0] == seen[1]
    assert seen[0][own] == value


@pytest.mark.parametrize("cls", SMP_CLASSES.values(), ids=SMP_CLASSES)
def test_the_stubs_say_what_smp_says(cls) -> None:
    path = Path(__file__).parents[3].joinpath("typings", *cls.__module__.split(".")).with_suffix(".pyi")
    (stub,) = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ClassDef) and n.name == cls.__name__]
    methods = {node.name: node.args for node in stub.body if isinstance(node, ast.FunctionDef)}
    for name, arguments in methods.items():
        real = inspect.signature(getattr(cls, name)).parameters
        assert [argument.arg for argument in arguments.args] == list(real)
        defaults = [parameter.default for parameter in real.values() if parameter.default is not parameter.empty]
        assert [ast.literal_eval(default) for default in arguments.defaults] == defaults
