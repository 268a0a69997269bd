"""Every decoder runs on the pyramids that suit it, and uses every feature that it can."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

from terraregistry.protocols import Decoder
from terraregistry.sources.smp.decoders import DPT, SMP_DECODERS, Segformer, Unet, UnetPlusPlus, UPerNet

NAMES = [
    "Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PSPNet", "DeepLabV3", "DeepLabV3Plus", "PAN", "UPerNet",
    "Segformer", "DPT",
]  # fmt: skip


def test_there_are_twelve_by_the_names_of_smp() -> None:
    assert list(SMP_DECODERS) == NAMES
    assert all(cls.__name__ == name for name, cls in SMP_DECODERS.items())


@pytest.mark.parametrize("assumed", [False, True], ids=["given", "assumed"])
def test_runs_forward_and_backward_and_uses_what_it_says(suitable, make_maps, small, assumed) -> None:
    assumed = assumed and suitable.name != "DPT"  # whose layers are made for the strides
    strides = None if assumed else suitable.strides
    decoder = SMP_DECODERS[suitable.name](
        suitable.channels, strides=strides, **small(suitable.name, len(suitable.strides))
    )
    maps = make_maps(suitable.channels, suitable.strides, size=suitable.size, grad=True)
    result = decoder(maps)
    result.square().mean().backward()
    used = tuple(i for i, m in enumerate(maps) if m.grad is not None and m.grad.abs().sum() > 0)
    assert used == decoder.used_features
    assert isinstance(decoder, Decoder)
    assert type(decoder.out_channels) is int
    assert decoder.includes_head is False
    assert result.shape[:2] == (2, decoder.out_channels)
    if not assumed:
        side = suitable.size // suitable.reduction
        assert used == suitable.used
        assert decoder.reduction == suitable.reduction
        assert result.shape[2:] == (side, side)
    for parameter in decoder.parameters():
        assert parameter.numel() > 0


def test_a_tuple_will_do_and_a_list_stays_as_it_is(suitable, make_maps, small) -> None:
    options = small(suitable.name, len(suitable.strides))
    decoder = SMP_DECODERS[suitable.name](suitable.channels, strides=suitable.strides, **options).eval()
    maps = make_maps(suitable.channels, suitable.strides, size=suitable.size)
    before, values = list(maps), [m.clone() for m in maps]
    with torch.no_grad():
        from_list, from_tuple = decoder(maps), decoder(tuple(maps))
    assert len(maps) == len(before)
    assert all(a is b for a, b in zip(maps, before, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(maps, values, strict=True))
    assert torch.equal(from_list, from_tuple)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))], ids=["deepcopy", "pickle"])
def test_copies_and_pickles(name, again, make_maps, small) -> None:
    strides = (4, 8, 16, 16) if name == "DeepLabV3Plus" else (2, 4, 8, 16)
    channels = (16, 20, 24, 28)
    decoder = SMP_DECODERS[name](channels, strides=strides, **small(name, 4)).eval()
    other = again(decoder)
    maps = make_maps(channels, strides, size=128 if name == "PAN" else 64)
    with torch.no_grad():
        assert torch.equal(decoder(maps), other(maps))
    assert (other.out_channels, other.reduction, other.used_features, repr(other)) == (
        decoder.out_channels,
        decoder.reduction,
        decoder.used_features,
        repr(decoder),
    )
    assert next(other.parameters()).data_ptr() != next(decoder.parameters()).data_ptr()


@pytest.mark.parametrize("name", NAMES)
def test_other_types_and_memory_formats(name, make_maps, small) -> None:
    strides = (4, 8, 16, 16) if name == "DeepLabV3Plus" else (2, 4, 8, 16)
    channels = (16, 20, 24, 28)
    decoder = SMP_DECODERS[name](channels, strides=strides, **small(name, 4)).double().eval()
    maps = [m.double() for m in make_maps(channels, strides, size=128 if name == "PAN" else 64)]
    last = [m.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) for m in maps]
    views = [torch.cat([m, m], dim=3)[..., : m.shape[3]] for m in maps]
    with torch.no_grad():
        plain = decoder(maps)
        assert plain.dtype == torch.float64
        torch.testing.assert_close(decoder(last), plain)
        torch.testing.assert_close(decoder(views), plain)


@pytest.mark.parametrize("norm", [True, False, "identity", "instancenorm", {"type": "batchnorm", "affine": False}])
def test_every_norm_initialises_and_runs(norm, make_maps) -> None:
    decoder = Unet((16, 20), strides=(2, 4), use_norm=norm)
    assert decoder(make_maps((16, 20), (2, 4), size=8)).shape == (2, 128, 8, 8)


def test_a_norm_may_be_any_mapping(make_maps) -> None:
    from types import MappingProxyType

    decoder = Unet((16, 20), strides=(2, 4), use_norm=MappingProxyType({"type": "batchnorm", "momentum": 0.5}))
    norms = [m for m in decoder.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert {m.momentum for m in norms} == {0.5}


@pytest.mark.parametrize("cls", [Unet, UnetPlusPlus])
def test_attention(cls, make_maps) -> None:
    narrowest = 8 if cls is Unet else 16  # Unet++ has blocks as wide as each of its features
    decoder = cls((narrowest, 16, 20, 24), attention_type="scse", decoder_channels=(16,) * 5)
    assert any("cSE" in name for name in decoder.state_dict())
    assert decoder(make_maps((narrowest, 16, 20, 24), (4, 8, 16, 32))).shape == (2, 16, 64, 64)


def test_unet_resizes_odd_maps_and_aims_at_the_image() -> None:
    decoder = Unet([16, 20, 24], strides=(4, 8, 16))
    maps = [torch.randn(2, c, h, w) for c, h, w in ((16, 25, 19), (20, 13, 10), (24, 7, 5))]
    assert decoder(maps).shape == (2, 32, 100, 76)


def test_unet_of_a_patch_of_14() -> None:
    decoder = Unet([16, 16], strides=(14, 14))
    assert decoder.reduction == 1
    assert decoder([torch.randn(2, 16, 3, 5), torch.randn(2, 16, 3, 5)]).shape[2:] == (42, 70)


@pytest.mark.parametrize("cls", [Unet, UPerNet, Segformer])
def test_assumed_strides_do_not_bind_a_decoder_that_resizes(cls, make_maps) -> None:
    decoder = cls([16, 16, 16, 16])
    assert decoder(make_maps((16, 16, 16, 16), (1, 1, 1, 1), size=5)).shape[2:] == ((20, 20) if cls is Unet else (5, 5))


def test_dpt_takes_prefix_tokens_where_it_was_asked_to(make_maps) -> None:
    channels, strides = (16, 16), (16, 16)
    maps, tokens = make_maps(channels, strides), [torch.randn(2, 3, 16, requires_grad=True) for _ in range(2)]
    for readout in ("cat", "add"):
        decoder = DPT(channels, strides=strides, encoder_has_prefix_tokens=True, readout=readout)
        decoder(maps, tokens).square().mean().backward()
        assert all(t.grad is not None and t.grad.abs().sum() > 0 for t in tokens)
        for t in tokens:
            t.grad = None
    assert DPT(channels, strides=strides, encoder_has_prefix_tokens=True, readout="add")(maps).shape[1] == 256


def test_repr_tells_the_pyramid() -> None:
    assert "channels=(16, 20), strides=(16, 32), out_channels=16" in repr(Unet([16, 20]))
