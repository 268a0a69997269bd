"""Loading weights: the layouts they are published in, and what is said where they do not fit."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import subprocess
import sys
import warnings

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from terraregistry.components.backbones.prithvi.bands import PRITHVI_BANDS, HLSBands
from terraregistry.components.backbones.prithvi.checkpoint import BandChoice
from terraregistry.components.backbones.prithvi.mae import PrithviMAE
from terraregistry.components.backbones.prithvi.variants import (
    prithvi_eo_tiny,
    prithvi_eo_tiny_mae,
    prithvi_eo_v2_300,
    prithvi_eo_v2_tiny_tl,
    prithvi_eo_v2_tiny_tl_mae,
)
from terraregistry.components.backbones.prithvi.vit import PrithviViT
from terraregistry.components.backbones.weight_files import load_exactly, read_weights, unwrapped
from terraregistry.errors import WeightsError

SIZES = {"embed_dim": 32, "depth": 2, "num_heads": 2, "img_size": 32, "patch_size": (1, 16, 16)}
TINY_TL = "ibm-nasa-geospatial/Prithvi-EO-2.0-tiny-TL"
PATCHES = "patch_embed.proj.weight"


def published(randomise, **more) -> PrithviMAE:
    """A masked autoencoder as it is published: built for four frames and larger images than those of the tests."""
    torch.manual_seed(3)
    sizes = {**SIZES, "img_size": 64, "num_frames": 4, "decoder_embed_dim": 16, "decoder_depth": 1}
    with_codes = {"coords_encoding": ["time", "location"], "coords_scale_learn": True}
    return randomise(PrithviMAE(**{**sizes, "decoder_num_heads": 2, **with_codes, **more}))


def save(tmp_path, state, name="weights.pt"):
    file = tmp_path / name
    if name.endswith(".safetensors"):
        save_file({key: tensor.contiguous() for key, tensor in state.items()}, file)
    else:
        torch.save(state, file)
    return file


def flat(state):
    """The keys of Prithvi-EO-1.0: without the prefixes of encoder and decoder."""
    return {key.removeprefix("encoder.").removeprefix("decoder."): tensor for key, tensor in state.items()}


LAYOUTS = {
    "as published": lambda state: state,
    "as version 1": flat,
    "encoder alone": lambda state: {
        key.removeprefix("encoder."): each for key, each in state.items() if key.startswith("encoder.")
    },
    "through timm": lambda state: {f"_timm_module.{key}": tensor for key, tensor in flat(state).items()},
    "of a whole model": lambda state: {
        "state_dict": {
            **{f"model.encoder._timm_module.{key}": each for key, each in flat(state).items()},
            "model.head.weight": torch.zeros(1),
            "model.decoder.convs.0.weight": torch.zeros(1),
        },
        "epoch": 3,
    },
    "compiled and wrapped": lambda state: {
        "model": {f"module._orig_mod.{key}": tensor for key, tensor in state.items()},
        "optimizer_state_dict": {"state": {0: {"step": torch.zeros(1)}}, "param_groups": []},
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("frames", [1, 4])
def test_every_layout_loads_with_nothing_missing(tmp_path, randomise, layout, frames) -> None:
    mae = published(randomise)
    file = save(tmp_path, LAYOUTS[layout](mae.state_dict()))
    own = prithvi_eo_v2_tiny_tl(**SIZES).pos_embed
    vit = prithvi_eo_v2_tiny_tl(ckpt_path=file, num_frames=frames, **SIZES)
    expected = mae.encoder.state_dict()
    for key, tensor in vit.state_dict().items():
        if key == "pos_embed":
            assert tensor.shape == (1, 1 + 4 * frames, 32)
            assert frames != 1 or torch.equal(tensor, own)
        else:
            assert torch.equal(tensor, expected[key]), key


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pt", "weights.bin"])
def test_both_formats_are_read(tmp_path, randomise, name) -> None:
    mae = published(randomise)
    vit = prithvi_eo_v2_tiny_tl(ckpt_path=str(save(tmp_path, mae.state_dict(), name)), **SIZES)
    assert torch.equal(vit.cls_token, mae.encoder.cls_token)


def test_a_loaded_backbone_computes_what_the_autoencoders_encoder_does(tmp_path, randomise) -> None:
    mae = published(randomise, img_size=32).eval()
    vit = prithvi_eo_v2_tiny_tl(ckpt_path=save(tmp_path, mae.state_dict()), num_frames=4, **SIZES).eval()
    images, times, places = torch.randn(2, 6, 4, 32, 32), torch.rand(2, 4, 2), torch.rand(2, 2)
    for one, other in zip(vit(images, times, places), mae.forward_features(images, times, places), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    "bands",
    [["RED"], [HLSBands.SWIR_2, "BLUE"], ["SWIR_1", "NIR_NARROW", "RED", "GREEN", "BLUE", "SWIR_2"], ["RED", "RED"]],
)
def test_channels_are_chosen_by_their_bands(tmp_path, randomise, bands) -> None:
    mae = published(randomise)
    vit = prithvi_eo_v2_tiny_tl(bands=bands, ckpt_path=save(tmp_path, mae.state_dict()), **SIZES)
    assert vit.in_chans == len(bands)
    assert vit.model_bands == tuple(map(HLSBands, bands))
    theirs = mae.encoder.state_dict()[PATCHES]
    for channel, band in enumerate(bands):
        assert torch.equal(vit.state_dict()[PATCHES][:, channel], theirs[:, PRITHVI_BANDS.index(HLSBands(band))])


def test_bands_that_the_weights_lack_are_new_with_a_warning(tmp_path, randomise) -> None:
    mae = published(randomise)
    file = save(tmp_path, mae.state_dict())
    with pytest.warns(UserWarning, match="has no weights for WATER_VAPOR, 7; theirs are new and random"):
        vit = prithvi_eo_v2_tiny_tl(bands=["WATER_VAPOR", "RED", 7], ckpt_path=file, **SIZES)
    weight, theirs = vit.state_dict()[PATCHES], mae.encoder.state_dict()[PATCHES]
    assert torch.equal(weight[:, 1], theirs[:, 2])
    bound = (6 / (32 + 3 * 256)) ** 0.5
    assert 0 < weight[:, [0, 2]].abs().max() <= bound


def test_weights_of_other_bands_are_described_by_pretrained_bands(tmp_path, randomise) -> None:
    mae = published(randomise, in_chans=3)
    file = save(tmp_path, mae.state_dict())
    theirs = mae.encoder.state_dict()[PATCHES]
    vit = prithvi_eo_v2_tiny_tl(pretrained_bands=["RED", 11, "BLUE"], bands=[11, "BLUE"], ckpt_path=file, **SIZES)
    assert torch.equal(vit.state_dict()[PATCHES], theirs[:, 1:])
    same = prithvi_eo_v2_tiny_tl(pretrained_bands=[(0, 2)], ckpt_path=file, **SIZES)
    assert torch.equal(same.state_dict()[PATCHES], theirs)
    with pytest.raises(WeightsError, match=r"their patch embedding has 3 channels, pretrained_bands has 6 \(BLUE, "):
        prithvi_eo_v2_tiny_tl(ckpt_path=file, **SIZES)


def test_weights_of_none_of_the_bands_are_an_error_unless_allowed(tmp_path, randomise) -> None:
    file = save(tmp_path, published(randomise).state_dict())
    message = "of which none is among bands, 0, 1, 2, 3, 4, 5\nname the bands of the weights"
    with pytest.raises(WeightsError, match=re.escape(message)):
        prithvi_eo_v2_tiny_tl(bands=[(0, 5)], ckpt_path=file, **SIZES)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prithvi_eo_v2_tiny_tl(bands=[(0, 5)], ckpt_path=file, allow_mismatch=True, **SIZES)
    assert any("of which none is among bands" in str(warning.message) for warning in caught)


def test_channels_that_are_only_counted_get_the_weights_in_order(tmp_path, randomise) -> None:
    mae = published(randomise)
    file = save(tmp_path, mae.state_dict())
    with pytest.warns(UserWarning, match="bands only counts the channels .* in order: BLUE, GREEN"):
        vit = prithvi_eo_v2_tiny_tl(bands=["0", "1", "2", "3", "4", "5"], ckpt_path=file, **SIZES)
    assert torch.equal(vit.state_dict()[PATCHES], mae.encoder.state_dict()[PATCHES])
    with pytest.raises(WeightsError, match="of which none is among bands, 0, 1"):
        prithvi_eo_v2_tiny_tl(bands=["0", "1"], ckpt_path=file, **SIZES)


def test_what_does_not_fit_is_listed(tmp_path, randomise) -> None:
    state = published(randomise).state_dict()
    del state["encoder.norm.bias"]
    state["encoder.extra.weight"] = torch.zeros(1)
    state["encoder.blocks.0.mlp.fc1.weight"] = torch.zeros(5, 32)
    file = save(tmp_path, state)
    with pytest.raises(WeightsError) as caught:
        prithvi_eo_v2_tiny_tl(ckpt_path=file, **SIZES)
    error = caught.value
    assert isinstance(error, RuntimeError)
    assert (error.component, error.origin) == ("prithvi_eo_v2_tiny_tl", str(file))
    assert error.missing == ("norm.bias",)
    assert error.surplus == ("extra.weight",)
    assert error.misshapen == ("blocks.0.mlp.fc1.weight: (5, 32) in the file, (128, 32) in the module",)
    lines = str(error).splitlines()
    assert lines[0] == f"no weights from {file} for 'prithvi_eo_v2_tiny_tl': they do not fit"
    assert lines[1:4] == [
        "  missing: norm.bias",
        "  surplus: extra.weight",
        "  misshapen: blocks.0.mlp.fc1.weight: (5, 32) in the file, (128, 32) in the module",
    ]
    assert "allow_mismatch=True" in lines[4]
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.missing, again.remedy) == (str(error), error.missing, error.remedy)
    with pytest.warns(UserWarning, match=r"missing: norm\.bias"):
        vit = prithvi_eo_v2_tiny_tl(ckpt_path=file, allow_mismatch=True, **SIZES)
    assert torch.equal(vit.norm.weight, state["encoder.norm.weight"])
    assert not vit.norm.bias.any()


def test_long_lists_are_cut_short(tmp_path) -> None:
    with pytest.raises(WeightsError) as caught:
        load_exactly(nn.Sequential(*(nn.Linear(1, 1) for _ in range(15))), {}, "it", "there")
    assert len(caught.value.missing) == 30
    assert str(caught.value).splitlines()[11] == "  missing: 20 more"


def test_nothing_is_loaded_where_something_does_not_fit() -> None:
    module = nn.Linear(2, 2)
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    with pytest.raises(WeightsError):
        load_exactly(module, {"weight": torch.zeros(2, 2)}, "it", "there")
    assert all(torch.equal(tensor, before[key]) for key, tensor in module.state_dict().items())


def test_another_size_of_patch_is_an_error(tmp_path, randomise) -> None:
    file = save(tmp_path, published(randomise).state_dict())
    with pytest.raises(WeightsError, match=re.escape("patch_embed.proj.weight: (32, 6, 1, 16, 16) in the file")):
        prithvi_eo_v2_tiny_tl(ckpt_path=file, **{**SIZES, "patch_size": 8})


def test_codes_of_times_and_places(tmp_path, randomise) -> None:
    file = save(tmp_path, published(randomise).state_dict())
    vit = prithvi_eo_v2_tiny_tl(ckpt_path=file, coords_encoding=["time"], **SIZES)
    assert vit.location_embed_enc is None
    plain = prithvi_eo_v2_tiny_tl(ckpt_path=file, coords_encoding=[], **SIZES)
    assert not any("embed_enc" in key for key in plain.state_dict())
    without = save(tmp_path, published(randomise, coords_encoding=None).state_dict(), "without.pt")
    with pytest.raises(WeightsError) as caught:
        prithvi_eo_v2_tiny_tl(ckpt_path=without, **SIZES)
    assert caught.value.missing == ("temporal_embed_enc.scale", "location_embed_enc.scale")


def test_prompts_are_the_models_own_unless_the_weights_have_some(tmp_path, randomise) -> None:
    file = save(tmp_path, published(randomise).state_dict())
    vit = prithvi_eo_v2_tiny_tl(ckpt_path=file, vpt=True, vpt_n_tokens=2, **SIZES)
    tuned = randomise(vit)
    again = prithvi_eo_v2_tiny_tl(
        ckpt_path=save(tmp_path, tuned.state_dict(), "tuned.pt"), vpt=True, vpt_n_tokens=2, **SIZES
    )
    for key, tensor in again.state_dict().items():
        assert torch.equal(tensor, tuned.state_dict()[key]), key


@pytest.mark.parametrize("layout", ["as published", "as version 1", "compiled and wrapped"])
def test_a_masked_autoencoder_is_loaded_whole(tmp_path, randomise, layout) -> None:
    mae = published(randomise)
    file = save(tmp_path, LAYOUTS[layout](mae.state_dict()))
    sizes = {**SIZES, "decoder_embed_dim": 16, "decoder_depth": 1, "decoder_num_heads": 2}
    loaded = prithvi_eo_v2_tiny_tl_mae(ckpt_path=file, num_frames=2, **sizes)
    for key, tensor in loaded.state_dict().items():
        if not key.endswith("pos_embed"):
            assert torch.equal(tensor, mae.state_dict()[key]), key
    assert loaded.decoder.decoder_pos_embed.shape == (1, 9, 16)
    plain = prithvi_eo_v2_tiny_tl_mae(ckpt_path=file, coords_encoding=[], **sizes)
    assert not any("scale" in key for key in plain.state_dict())


def test_a_masked_autoencoder_of_other_bands_says_that_its_decoder_does_not_fit(tmp_path, randomise) -> None:
    file = save(tmp_path, published(randomise).state_dict())
    sizes = {**SIZES, "decoder_embed_dim": 16, "decoder_depth": 1, "decoder_num_heads": 2}
    with pytest.raises(WeightsError) as caught:
        prithvi_eo_v2_tiny_tl_mae(bands=["RED"], ckpt_path=file, **sizes)
    assert [entry.partition(":")[0] for entry in caught.value.misshapen] == [
        "decoder.decoder_pred.weight",
        "decoder.decoder_pred.bias",
    ]


class Payload:
    def __reduce__(self):
        return os.system, ("echo pwned",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path, capfd) -> None:
    file = tmp_path / "weights.pt"
    torch.save({"state_dict": {"weight": Payload()}}, file)
    with pytest.raises(WeightsError, match="it holds more than a state dict, and reading it could run code"):
        prithvi_eo_tiny(ckpt_path=file)
    file.write_bytes(pickle.dumps(Payload()))
    with pytest.raises(WeightsError):
        prithvi_eo_tiny(ckpt_path=file)
    assert "pwned" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": 1}, "it holds no state dict, but a mapping without tensors"),
        ([torch.zeros(1)], "it holds no state dict, but list"),
        ({"state_dict": {}}, "it holds no state dict, but a mapping without tensors"),
    ],
)
def test_a_file_without_a_state_dict(tmp_path, content, message) -> None:
    file = tmp_path / "weights.pt"
    torch.save(content, file)
    with pytest.raises(WeightsError, match=message):
        read_weights(file, "it")


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_a_broken_file(tmp_path, name) -> None:
    file = tmp_path / name
    file.write_bytes(b"\x00\x01nonsense")
    with pytest.raises(WeightsError, match=re.escape(f"no weights from {file} for 'it': it")):
        read_weights(file, "it")
    file.write_bytes(b"")
    with pytest.raises(WeightsError, match="it cannot be read"):
        read_weights(file, "it")


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(WeightsError, match="there is no such file"):
        prithvi_eo_tiny(ckpt_path=tmp_path / "nowhere.pt")
    with pytest.raises(WeightsError, match="there is no such file"):
        prithvi_eo_tiny(ckpt_path=tmp_path)


@pytest.mark.parametrize("build", [prithvi_eo_tiny, prithvi_eo_tiny_mae])
def test_a_variant_without_published_weights_says_so(build) -> None:
    message = "no weights for 'prithvi_eo_tiny': none are published\ngive a file with ckpt_path=..."
    with pytest.raises(WeightsError, match=re.escape(message)):
        build(pretrained=True)


def test_weights_are_taken_from_the_hubs_cache(tmp_path, randomise, hub) -> None:
    mae = published(randomise)
    hub(TINY_TL, save(tmp_path, mae.state_dict(), "Prithvi_EO_V2_tiny_TL.pt"))
    vit = prithvi_eo_v2_tiny_tl(pretrained=True, bands=["BLUE", "RED"], **SIZES)
    assert torch.equal(vit.blocks[1].attn.qkv.weight, mae.encoder.blocks[1].attn.qkv.weight)
    sizes = {**SIZES, "decoder_embed_dim": 16, "decoder_depth": 1, "decoder_num_heads": 2}
    assert torch.equal(prithvi_eo_v2_tiny_tl_mae(True, **sizes).decoder.mask_token, mae.decoder.mask_token)


def test_a_file_comes_before_the_hub(tmp_path, randomise, hub) -> None:
    file = save(tmp_path, published(randomise).state_dict())
    assert isinstance(prithvi_eo_v2_tiny_tl(pretrained=True, ckpt_path=file, **SIZES), PrithviViT)


def test_without_network_the_error_says_what_was_tried_and_what_to_do(hub) -> None:
    with pytest.raises(WeightsError) as caught:
        prithvi_eo_v2_300(pretrained=True)
    text = str(caught.value)
    assert "ibm-nasa-geospatial/Prithvi-EO-2.0-300M/Prithvi_EO_V2_300M.pt for 'prithvi_eo_v2_300'" in text
    assert "not in the local cache and cannot be downloaded: LocalEntryNotFoundError" in text
    assert text.endswith("give a file with ckpt_path=..., or build with pretrained=False for random weights")
    assert isinstance(caught.value.__cause__, FileNotFoundError)


@pytest.mark.slow
def test_the_hubs_own_settings_are_heeded(tmp_path, randomise, cache_layout) -> None:
    mae = published(randomise)
    cache_layout(tmp_path / "hub", TINY_TL, save(tmp_path, mae.state_dict(), "Prithvi_EO_V2_tiny_TL.pt"))
    module = "terraregistry.components.backbones.prithvi.variants"
    code = (
        f"from {module} import prithvi_eo_v2_tiny_tl as build; print(build(True, **{SIZES!r}).cls_token.sum().item())"
    )
    settings = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path / "hub")}
    result = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=True)
    assert float(result.stdout) == pytest.approx(mae.encoder.cls_token.sum().item(), rel=1e-4)


def test_a_choice_of_bands_leaves_weights_of_another_kind_alone() -> None:
    choice = BandChoice(PRITHVI_BANDS, PRITHVI_BANDS, "it", allow_mismatch=False)
    weight = torch.zeros(4, 6, 2, 2)
    assert choice.apply(weight, torch.zeros(4, 6, 1, 2, 2), "there") is weight
    assert choice.apply(weight, torch.zeros(5, 6, 2, 2), "there") is weight
    assert choice.apply(weight, torch.zeros(4, 6, 2, 2), "there") is weight


# -- damaged files --


def write_cut(file):
    torch.save({"weight": torch.ones(100, 100)}, file)
    file.write_bytes(file.read_bytes()[:-100])


def write_flipped(file):
    torch.save({"weight": torch.ones(100, 100)}, file)
    data = bytearray(file.read_bytes())
    data[20_000] ^= 255
    data[100] ^= 255
    file.write_bytes(data)


def write_huge_header(file):
    file.write_bytes((2**62).to_bytes(8, "little") + b"{}")


def write_header_without_tensors(file):
    header = b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
    file.write_bytes(len(header).to_bytes(8, "little") + header)


def write_pointer(file):
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")


def write_module(file):
    torch.save(nn.Linear(1, 1), file)


def write_inside_itself(file):
    content = {"epoch": 1}
    content["state_dict"] = content
    torch.save(content, file)


def write_deep(file):
    content = {"weight": torch.ones(1)}
    for _ in range(100):
        content = {"model": content}
    torch.save(content, file)


@pytest.mark.parametrize(
    ("write", "suffix", "reason"),
    [
        (write_cut, ".pt", "it cannot be read: "),
        (write_flipped, ".pt", "it "),
        (write_huge_header, ".safetensors", "it cannot be read: SafetensorError: "),
        (write_header_without_tensors, ".safetensors", "it cannot be read: SafetensorError: "),
        (
            write_pointer,
            ".pt",
            "it is a pointer of Git LFS, which stands for the file until that is fetched\nfetch the file itself: git lfs pull",
        ),
        (
            write_pointer,
            ".safetensors",
            "it is a pointer of Git LFS, which stands for the file until that is fetched\nfetch the file itself: git lfs pull",
        ),
        (
            write_module,
            ".pt",
            "it holds more than a state dict, and reading it could run code\nsave only the state dict in it, from a file",
        ),
        (write_inside_itself, ".pt", "it holds no state dict, but a mapping without tensors"),
        (write_deep, ".pt", "it holds no state dict, but a mapping without tensors"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it_and_nothing_is_built(tmp_path, write, suffix, reason) -> None:
    file = tmp_path / f"weights{suffix}"
    write(file)
    with pytest.raises(WeightsError) as caught:
        prithvi_eo_tiny(ckpt_path=file)
    assert str(caught.value).startswith(f"no weights from {file} for 'prithvi_eo_tiny': {reason}")
    assert len(str(caught.value)) < 1000
    assert caught.value.origin == str(file)


def test_a_file_with_a_wrong_byte_is_read_or_refused_as_weights(tmp_path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file({"weight": torch.ones(8, 8), "bias": torch.zeros(8)}, file)
    whole = file.read_bytes()
    for place in [*range(0, 200, 3), len(whole) - 1]:
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        file.write_bytes(data)
        with contextlib.suppress(WeightsError):
            assert all(isinstance(tensor, torch.Tensor) for tensor in read_weights(file, "it").values())


def test_wrappings_up_to_eight_are_looked_into() -> None:
    content = {"weight": torch.ones(1)}
    for _ in range(7):
        content = {"model": content}
    assert list(unwrapped(content, "it", "there")) == ["weight"]
    with pytest.raises(WeightsError, match="it holds no state dict, but a mapping without tensors"):
        unwrapped({"model": content}, "it", "there")


@pytest.mark.parametrize(
    ("bias", "words"),
    [
        (torch.zeros(2).to_sparse(), "bias: torch.sparse_coo in the file, dense in the module"),
        (torch.zeros(2, device="meta"), "bias: without data in the file"),
    ],
)
def test_a_tensor_that_cannot_be_copied_does_not_fit_and_nothing_else_is_loaded(bias, words) -> None:
    module = nn.Linear(2, 2)
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    with pytest.raises(WeightsError) as caught:
        load_exactly(module, {"weight": torch.zeros(2, 2), "bias": bias}, "it", "there")
    assert caught.value.misshapen == (words,)
    assert all(torch.equal(tensor, before[key]) for key, tensor in module.state_dict().items())


def test_keys_of_any_length_and_characters_take_one_line_each() -> None:
    keys = ["x" * 1_000_000, "new\nline", "\x1b[31mred", "plain.weight"]
    state = {"weight": torch.zeros(1, 1), "bias": torch.zeros(1), **dict.fromkeys(keys, torch.zeros(1))}
    with pytest.raises(WeightsError) as caught:
        load_exactly(nn.Linear(1, 1), state, "it", "there")
    assert caught.value.surplus == tuple(keys)
    assert str(caught.value).splitlines() == [
        "no weights from there for 'it': they do not fit",
        f"  surplus: {'x' * 98}...{'x' * 99}",
        r"  surplus: new\nline",
        r"  surplus: \x1b[31mred",
        "  surplus: plain.weight",
        "say allow_mismatch=True to load what fits; the rest keeps its random initial values",
    ]
