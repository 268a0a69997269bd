"""Prithvi in timm's registry, through timm's own `create_model`."""

from __future__ import annotations

import copy
import pickle
import re
import threading
import warnings
from pathlib import Path

import pytest
import timm
import torch
from timm.models.vision_transformer import VisionTransformer

from terraregistry import BACKBONE_REGISTRY
from terraregistry.components.backbones.prithvi import timm_models
from terraregistry.components.backbones.prithvi.mae import PrithviMAE
from terraregistry.components.backbones.prithvi.swin import PrithviSwin
from terraregistry.components.backbones.prithvi.variants import prithvi_eo_tiny
from terraregistry.errors import InvalidArgumentsError, WeightsError
from terraregistry.protocols import Layout
from terraregistry.registry.signatures import OPAQUE
from terraregistry.sources.timm import TimmRegistry, loaded_timm
from terraregistry.sources.timm.loaded_timm import ADDITIONS, added_entrypoint, load_timm

load_timm()

NAMES = ["prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny"]
PARAMETERS = {"prithvi_swin_B": 86_751_160, "prithvi_swin_L": 195_007_380, "prithvi_vit_100": 86_237_184}
TINY = {"embed_dim": 32, "depth": 2, "num_heads": 2, "img_size": 32}
TINY_SWIN = {"embed_dim": 16, "depths": (1, 2, 1, 1), "num_heads": (1, 2, 2, 4)}


def test_the_names_are_registered_once_by_however_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded_timm, "_loaded", set())
    for name in NAMES:
        monkeypatch.delitem(timm.models._registry._model_entrypoints, name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        threads = [threading.Thread(target=load_timm) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert timm.list_models("prithvi_*") == NAMES
    assert timm.list_models("prithvi_*", pretrained=True) == ["prithvi_vit_100", "prithvi_vit_300"]
    assert all(timm.model_entrypoint(name) is getattr(timm_models, name) for name in NAMES)
    assert timm_models.__all__ == sorted(timm_models.__all__) == [*ADDITIONS] == NAMES
    assert all(added_entrypoint(name) is getattr(timm_models, name) for name in NAMES)


@pytest.mark.parametrize("name", PARAMETERS)
def test_sizes(name) -> None:
    with torch.device("meta"):
        net = timm.create_model(name, features_only=True)
        whole = timm.create_model(name)
    assert sum(parameter.numel() for parameter in net.parameters()) == PARAMETERS[name]
    if "swin" in name:
        width = whole.patch_embed.projection.out_channels
        assert (len(net.state_dict()), len(whole.state_dict())) == (357, 359)
        assert net.feature_info.channels() == [width, 2 * width, 4 * width, 8 * width]
        assert net.feature_info.reduction() == [4, 8, 16, 32]
        assert "stages_2.blocks.17.attn.w_msa.relative_position_index" in net.state_dict()
        assert "stages.2.blocks.17.ffn.layers.0.0.weight" in whole.state_dict()


def test_every_default_of_every_prithvi_is_shown() -> None:
    names = [name for name in BACKBONE_REGISTRY if "prithvi" in name]
    assert len(names) == 8 + len(NAMES)
    for name in names:
        parameters = BACKBONE_REGISTRY.describe(name).signature.parameters.values()
        assert [each.name for each in parameters if each.default is OPAQUE] == [], name


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_that_are_shown_are_those_of_the_model(name) -> None:
    parameters = TimmRegistry().signature(name).parameters
    defaults = {each: parameter.default for each, parameter in parameters.items()}
    sizes = {"prithvi_vit_300": (1024, 24), "prithvi_vit_100": (768, 12), "prithvi_vit_tiny": (256, 4)}
    assert (defaults["embed_dim"], defaults.get("depth")) == sizes.get(name, (128 if name[-1] == "B" else 192, None))
    with torch.device("meta"):
        given, plain = timm.create_model(name, **defaults), timm.create_model(name, features_only=True)
    assert str(given) == str(plain)
    assert given.feature_info.channels() == plain.feature_info.channels()


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("indices", [None, (0, 1), [-2], 1])
def test_the_pyramid_of_a_vision_transformer_is_of_maps(frames, indices) -> None:
    more = {} if indices is None else {"out_indices": indices}
    torch.manual_seed(0)
    net = timm.create_model("prithvi_vit_tiny", features_only=True, num_frames=frames, **TINY, **more).eval()
    images = torch.randn(2, 6, frames, 32, 48)
    features = net(images)
    blocks = {None: [0, 1], 1: [1]}.get(indices) if not isinstance(indices, (tuple, list)) else indices
    assert net.feature_info.channels() == [32 * frames] * len(blocks)
    assert net.feature_info.reduction() == [16] * len(blocks)
    torch.manual_seed(0)
    vit = prithvi_eo_tiny(num_frames=frames, out_indices=blocks, **TINY).eval()
    vit.load_state_dict({key.removeprefix("model."): each for key, each in net.state_dict().items()}, strict=False)
    expected = vit.prepare_features_for_image_model(vit(images), (32, 48))
    for one, other in zip(features, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_blocks_that_are_not_needed_are_taken_away() -> None:
    net = timm.create_model("prithvi_vit_tiny", features_only=True, out_indices=(0,), **TINY)
    assert not any(key.startswith(("model.blocks.1", "model.norm")) for key in net.state_dict())
    whole = timm.create_model("prithvi_vit_tiny", features_only=True, **TINY)
    net(torch.randn(1, 6, 32, 32))[0].sum().backward()
    whole(torch.randn(1, 6, 32, 32))[-1].square().sum().backward()
    for module in (net, whole):
        assert all(parameter.grad is not None for parameter in module.parameters())


def test_without_a_pyramid_it_gives_tokens() -> None:
    model = timm.create_model("prithvi_vit_tiny", **TINY)
    images = torch.randn(2, 6, 32, 32)
    assert model(images).shape == (2, 5, 32)
    assert model.num_features == 32
    assert model.forward_intermediates(images, [0], output_fmt="NLC")[1][0].shape == (2, 4, 32)
    last, (first, second) = model.forward_intermediates(images, norm=True)
    torch.testing.assert_close(last[:, 1:].transpose(1, 2).reshape(2, 32, 2, 2), second)
    assert first.mean(1).abs().max() < 1e-5
    model.reset_classifier(0)
    assert list(model.get_classifier().parameters()) == []
    with pytest.raises(ValueError, match="output_fmt: expected 'NCHW' or 'NLC', got 'NHWC'"):
        model.forward_intermediates(images, output_fmt="NHWC")
    with pytest.raises(InvalidArgumentsError, match="num_classes: there is no classifier: expected 0, got 3"):
        model.reset_classifier(3)
    with pytest.raises(InvalidArgumentsError, match="num_classes: there is no classifier"):
        timm.create_model("prithvi_vit_tiny", num_classes=10, **TINY)


def test_it_takes_the_features_that_timms_own_transformer_takes() -> None:
    """The two ways of asking for features mean the same blocks."""
    ours = timm.create_model("prithvi_vit_tiny", features_only=True, out_indices=2, **TINY)
    timms = VisionTransformer(img_size=32, embed_dim=32, depth=2, num_heads=2)
    assert ours.out_indices == timms.prune_intermediate_layers(2) == [0, 1]


@pytest.mark.parametrize("size", [(64, 64), (50, 37)])
def test_the_pyramid_of_a_swin_is_of_maps_with_channels_last(size) -> None:
    net = timm.create_model("prithvi_swin_B", features_only=True, out_indices=(0, 2), bands=["RED", 3], **TINY_SWIN)
    features = net(torch.randn(2, 2, *size))
    rows, columns = (-(-length // 4) for length in size)
    assert features[0].shape == (2, rows, columns, 16)
    assert features[1].shape == (2, -(-rows // 4), -(-columns // 4), 64)
    assert net.feature_info.channels() == [16, 64]


# TorchScript is deprecated, and old models are deployed with it still.
@pytest.mark.filterwarnings(r"ignore:`torch\.jit\.script` is deprecated")
def test_they_can_be_scripted_where_timms_can() -> None:
    """A vision transformer without a pyramid, and the pyramid of a Swin."""
    model = timm.create_model("prithvi_vit_tiny", num_frames=2, **TINY).eval()
    images = torch.randn(2, 6, 2, 32, 48)
    torch.testing.assert_close(torch.jit.script(model)(images), model(images))
    pyramid = timm.create_model("prithvi_swin_B", features_only=True, **TINY_SWIN).eval()
    for one, other in zip(torch.jit.script(pyramid)(images[:, :, 0]), pyramid(images[:, :, 0]), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", ["prithvi_vit_tiny", "prithvi_swin_B"])
def test_pyramids_are_copied_pickled_and_exported(name) -> None:
    sizes = TINY_SWIN if "swin" in name else TINY
    net = timm.create_model(name, features_only=True, **sizes).eval()
    images = torch.randn(1, 6, 32, 32)
    expected = net(images)
    exported = torch.export.export(net, (images,)).module()
    for other in (pickle.loads(pickle.dumps(net)), exported):
        for one, two in zip(other(images), expected, strict=True):
            torch.testing.assert_close(one, two)
    copied = copy.deepcopy(net)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.zero_()
    assert not copied(images)[-1].any()
    assert torch.equal(net(images)[-1], expected[-1])


@pytest.mark.slow
@pytest.mark.parametrize("size", [(32, 32), (48, 32)])
@pytest.mark.parametrize("name", ["prithvi_vit_tiny", "prithvi_swin_B"])
def test_pyramids_compile_to_one_graph(name, size) -> None:
    net = timm.create_model(name, features_only=True, **(TINY_SWIN if "swin" in name else TINY)).eval()
    images = torch.randn(1, 6, *size)
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager", dynamic=False)
    for one, other in zip(compiled(images), net(images), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def checkpoint_of(tmp_path, randomise, **more):
    torch.manual_seed(4)
    sizes = {**TINY, "patch_size": (1, 16, 16), "decoder_embed_dim": 16, "decoder_depth": 1, "decoder_num_heads": 2}
    mae = randomise(PrithviMAE(**{**sizes, "num_frames": 3, **more}))
    torch.save(mae.state_dict(), tmp_path / "weights.pt")
    return mae, str(tmp_path / "weights.pt")


def test_weights_are_loaded_from_a_file_through_timm(tmp_path, randomise) -> None:
    mae, file = checkpoint_of(tmp_path, randomise)
    overlay = {"file": file}
    backbone = TimmRegistry().build(
        "prithvi_vit_tiny", num_frames=1, pretrained=True, pretrained_cfg_overlay=overlay, bands=["RED", "BLUE"], **TINY
    )
    state, expected = backbone.state_dict(), mae.encoder.state_dict()
    assert torch.equal(state["model.blocks.1.mlp.fc2.weight"], expected["blocks.1.mlp.fc2.weight"])
    chosen = expected["patch_embed.proj.weight"][:, [2, 0]]
    assert torch.equal(state["model.patch_embed.proj.weight"], chosen)


def test_weights_are_loaded_from_the_hub_through_timm(tmp_path, randomise, hub) -> None:
    mae, file = checkpoint_of(tmp_path, randomise)
    Path(file).rename(tmp_path / "Prithvi_EO_V1_100M.pt")
    hub("ibm-nasa-geospatial/Prithvi-EO-1.0-100M", tmp_path / "Prithvi_EO_V1_100M.pt")
    net = timm.create_model("prithvi_vit_100", pretrained=True, **TINY)
    assert torch.equal(net.blocks[1].attn.qkv.weight, mae.encoder.blocks[1].attn.qkv.weight)


def test_what_does_not_fit_is_an_error_unless_allowed(tmp_path, randomise) -> None:
    _, file = checkpoint_of(tmp_path, randomise, depth=1)
    given = {"pretrained": True, "pretrained_cfg_overlay": {"file": file}, **TINY}
    with pytest.raises(WeightsError, match=r"missing: blocks\.1\.norm1\.weight") as caught:
        timm.create_model("prithvi_vit_tiny", **given)
    assert caught.value.origin == file
    with pytest.warns(UserWarning, match=r"missing: blocks\.1\.norm1\.weight"):
        timm.create_model("prithvi_vit_tiny", pretrained_strict=False, **given)


def test_weights_of_a_swin_are_loaded_from_a_file(tmp_path, randomise) -> None:
    swin = randomise(PrithviSwin(in_chans=6, num_classes=0, **TINY_SWIN))
    torch.save({"state_dict": {f"backbone.{key}": each for key, each in swin.state_dict().items()}}, tmp_path / "w.pth")
    given = {"pretrained": True, "pretrained_cfg_overlay": {"file": str(tmp_path / "w.pth")}, **TINY_SWIN}
    for net in (
        timm.create_model("prithvi_swin_B", features_only=True, **given),
        timm.create_model("prithvi_swin_B", **given),
    ):
        stage = net.stages_3 if hasattr(net, "stages_3") else net.stages[3]
        assert torch.equal(stage.norm.weight, swin.stages[3].norm.weight)


@pytest.mark.parametrize("name", ["prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_tiny"])
def test_a_model_without_published_weights_says_so(name) -> None:
    message = f"no weights for '{name}': none are published\ngive a file with pretrained_cfg_overlay={{'file': ...}}"
    with pytest.raises(WeightsError, match=re.escape(message)), torch.device("meta"):
        timm.create_model(name, pretrained=True)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(WeightsError, match="no weights from /nowhere for 'prithvi_vit_300': there is no such file"):
        timm.create_model("prithvi_vit_300", pretrained=True, pretrained_cfg_overlay={"file": "/nowhere"})


def test_without_network_the_error_says_what_was_tried(hub) -> None:
    with pytest.raises(WeightsError) as caught:
        timm.create_model("prithvi_vit_100", pretrained=True, **TINY)
    text = str(caught.value)
    assert "Prithvi-EO-1.0-100M/Prithvi_EO_V1_100M.pt for 'prithvi_vit_100'" in text
    assert "cannot be downloaded: LocalEntryNotFoundError" in text
    assert "pretrained_cfg_overlay={'file': ...}" in text


def test_a_state_dict_can_be_given_itself(randomise, tmp_path) -> None:
    mae, _ = checkpoint_of(tmp_path, randomise)
    overlay = {"state_dict": mae.state_dict()}
    net = timm.create_model("prithvi_vit_tiny", pretrained=True, pretrained_cfg_overlay=overlay, **TINY)
    assert torch.equal(net.norm.weight, mae.encoder.norm.weight)


def test_the_source_of_timm_lists_and_validates_them() -> None:
    source = TimmRegistry()
    assert [name for name in source if "prithvi" in name] == NAMES
    with pytest.raises(InvalidArgumentsError, match="bans: unknown argument; did you mean 'bands'"):
        source.build("prithvi_vit_tiny", bans=["RED"])
    with pytest.raises(InvalidArgumentsError, match=r"bands\[0\]: there is no HLS band 'RAD'; did you mean 'RED'"):
        source.build("prithvi_vit_tiny", bands=["RAD"])
    parameters = source.signature("prithvi_swin_B").parameters
    assert {"bands", "frozen_stages", "pretrained_cfg_overlay", "out_indices"} <= set(parameters)
    assert not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    vit = source.build("prithvi_vit_tiny", num_frames=2, **TINY)
    assert vit.out_channels == [64, 64]
    assert vit.feature_specs[0] == (64, 16, Layout.NCHW)
    swin = source.build("prithvi_swin_L", out_indices=(1, 3), **TINY_SWIN)
    assert swin.out_channels == [32, 128]
    assert swin.feature_specs[0] == (32, 8, Layout.NHWC)


def test_what_has_no_effect_is_refused() -> None:
    with pytest.raises(InvalidArgumentsError, match="out_indices: has no effect without features_only=True"):
        timm.create_model("prithvi_vit_tiny", out_indices=(0,))
    with pytest.raises(
        InvalidArgumentsError, match="num_frames: the Swin takes images of one frame: expected 1, got 3"
    ):
        timm.create_model("prithvi_swin_B", num_frames=3)
    with torch.device("meta"):
        assert isinstance(timm.create_model("prithvi_swin_B", num_frames=1), PrithviSwin)
    with pytest.raises(InvalidArgumentsError, match="in_chans: 4 channels need names"):
        timm.create_model("prithvi_vit_tiny", in_chans=4)
    with pytest.raises(TypeError, match="zz_not_an_argument"):
        timm.create_model("prithvi_swin_B", zz_not_an_argument=1)
