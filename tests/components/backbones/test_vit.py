"""Prithvi as a backbone, against what it promises and against timm's own transformer."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from timm.models.vision_transformer import Block
from torch import nn

from terraregistry.components.backbones.prithvi.vit import PrithviViT
from terraregistry.errors import InvalidArgumentsError
from terraregistry.protocols import Backbone, DescribesFeatures, FeatureSpec, Layout

quick = settings(deadline=None, max_examples=20)
SMALL = {"img_size": 32, "in_chans": 2, "embed_dim": 48, "depth": 3, "num_heads": 3, "patch_size": 8}


def small(**more) -> PrithviViT:
    torch.manual_seed(0)
    return PrithviViT(**{**SMALL, **more}).eval()


def test_it_is_a_backbone_that_describes_its_features() -> None:
    vit = small(num_frames=2, out_indices=[0, -1])
    assert isinstance(vit, Backbone)
    assert isinstance(vit, DescribesFeatures)
    assert vit.out_indices == [0, 2]
    assert vit.out_channels == [96, 96]
    assert vit.feature_specs == [FeatureSpec(96, 8, Layout.TOKENS)] * 2


@quick
@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(8, 45),
    st.integers(8, 45),
    st.integers(1, 2),
    st.lists(st.integers(-3, 2), min_size=1, max_size=4),
)
def test_features_are_as_described_for_images_of_any_size(built, frames, height, width, batch, indices) -> None:
    vit = small(num_frames=built, out_indices=indices)
    images = torch.randn(batch, 2, frames, height, width)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        features = vit(images)
        everything = vit.forward_features(images)
    rows, columns = height // 8, width // 8
    assert [feature.shape for feature in features] == [(batch, 1 + frames * rows * columns, 48)] * len(indices)
    assert len(vit.out_channels) == len(vit.feature_specs) == len(indices)
    for feature, index in zip(features, indices, strict=True):
        assert torch.equal(feature, everything[index])
    if frames == built:
        maps = vit.prepare_features_for_image_model(features, (height, width))
        assert [each.shape for each in maps] == [(batch, c, rows, columns) for c in vit.out_channels]


def test_it_computes_what_its_parts_compute_one_by_one() -> None:
    vit = small(num_frames=2)
    images = torch.randn(2, 2, 2, 32, 32)
    patches = nn.functional.unfold(images.transpose(1, 2).flatten(0, 1), 8, stride=8)
    weight = vit.patch_embed.proj.weight[:, :, 0].flatten(1)
    tokens = (patches.transpose(1, 2) @ weight.T + vit.patch_embed.proj.bias).reshape(2, 32, 48)
    tokens = torch.cat([vit.cls_token.expand(2, -1, -1), tokens], dim=1) + vit.pos_embed
    features = vit(images)
    for block, state, feature in zip(range(3), vit.blocks, features, strict=True):
        timms = Block(48, 3, 4.0, qkv_bias=True).eval()
        timms.norm1, timms.norm2 = nn.LayerNorm(48), nn.LayerNorm(48)
        timms.load_state_dict(state.state_dict())
        tokens = timms(tokens)
        expected = vit.norm(tokens) if block == 2 else tokens
        torch.testing.assert_close(feature, expected, atol=1e-5, rtol=1e-5)


def test_time_is_major_in_the_channels_of_a_map() -> None:
    vit = small(num_frames=3)
    grid = torch.arange(3 * 4 * 4).reshape(3, 4, 4).float()
    tokens = torch.cat([torch.full((1,), -1.0), grid.flatten()])[None, :, None].expand(1, -1, 48)
    (maps,) = vit.prepare_features_for_image_model([tokens])
    for time in range(3):
        assert torch.equal(maps[0, time * 48], grid[time])


def test_maps_of_another_size_need_the_size_of_the_image() -> None:
    vit = small()
    (tokens, *_) = vit(torch.randn(1, 2, 16, 32))
    assert vit.prepare_features_for_image_model([tokens], (16, 32))[0].shape == (1, 48, 2, 4)
    with pytest.raises(ValueError, match=r"8 tokens in 1 time step\(s\) are not those of a square; give image_size"):
        vit.prepare_features_for_image_model([tokens])
    with pytest.raises(ValueError, match="are not those of an image 32x32"):
        vit.prepare_features_for_image_model([tokens], (32, 32))
    (larger, *_) = vit(torch.randn(1, 2, 40, 40))
    assert vit.prepare_features_for_image_model([larger])[0].shape == (1, 48, 5, 5)


def test_images_that_hold_no_whole_number_of_patches_lose_their_border_with_a_warning() -> None:
    vit = small()
    images = torch.randn(1, 2, 35, 33)
    with pytest.warns(UserWarning, match=re.escape("[1, 35, 33] hold no whole number of patches of (1, 8, 8)")):
        (feature, *_) = vit(images)
    assert torch.equal(feature, vit(images[..., :32, :32])[0])


def test_images_without_time_are_taken_by_a_model_of_one_frame_only() -> None:
    images = torch.randn(1, 2, 32, 32)
    assert torch.equal(small()(images)[-1], small()(images[:, :, None])[-1])
    message = "built with num_frames=2 takes images (B, C, T, H, W), got the shape [1, 2, 32, 32]"
    with pytest.raises(ValueError, match=re.escape(message)):
        small(num_frames=2)(images)
    with pytest.raises(ValueError, match=re.escape("takes images (B, C, H, W) or (B, C, T, H, W)")):
        small()(images[0])


def test_a_patch_may_be_several_frames_long() -> None:
    vit = small(num_frames=4, patch_size=(2, 8, 16))
    assert vit.effective_time_dim == 2
    assert vit.out_channels == [96] * 3
    assert vit.feature_specs[0].stride == 8
    assert vit(torch.randn(1, 2, 4, 32, 32))[0].shape == (1, 1 + 2 * 4 * 2, 48)


def test_coordinates_are_added_to_the_patches_they_belong_to() -> None:
    vit = small(num_frames=2, coords_encoding=["time", "location"], coords_scale_learn=True)
    images, times = torch.randn(2, 2, 2, 32, 32), torch.tensor([[[2020.0, 1], [2021, 1]], [[2020, 1], [2022, 1]]])
    plain = torch.cat(vit.embed(images), dim=1)
    with_times = torch.cat(vit.embed(images, times), dim=1)
    added = with_times - plain
    assert not added[:, 0].any()
    torch.testing.assert_close(added[0, 1:17], added[1, 1:17], atol=1e-5, rtol=0)
    torch.testing.assert_close(added[0, 17:], vit.temporal_embed_enc(times)[0, 1].expand(16, -1), atol=1e-5, rtol=0)
    places = torch.cat(vit.embed(images, location_coords=torch.tensor([[10.0, 50], [20, 60]])), dim=1) - plain
    torch.testing.assert_close(places[0, 1], places[0, 32], atol=1e-5, rtol=0)
    assert not torch.allclose(places[0, 1], places[1, 1], atol=1e-3)
    assert not torch.equal(vit(images, times)[0], vit(images)[0])
    three = vit(torch.randn(1, 2, 3, 32, 32), torch.rand(1, 3, 2))
    assert three[0].shape == (1, 49, 48)


def test_coordinates_of_a_wrong_shape_are_refused() -> None:
    vit = small(num_frames=2, coords_encoding=["time", "location"])
    images = torch.randn(1, 2, 2, 32, 32)
    with pytest.raises(ValueError, match=re.escape("temporal_coords: expected the shape [1, 2, 2], got [1, 3, 2]")):
        vit(images, torch.zeros(1, 3, 2))
    with pytest.raises(ValueError, match=re.escape("location_coords: expected the shape [1, 2], got [2]")):
        vit(images, location_coords=torch.zeros(2))


def test_coordinates_are_not_read_where_nothing_encodes_them() -> None:
    vit = small()
    images = torch.randn(1, 2, 32, 32)
    assert torch.equal(vit(images, torch.zeros(9), torch.zeros(9))[0], vit(images)[0])


@pytest.mark.parametrize("scale_learn", [True, False])
def test_state_dict_keys(scale_learn) -> None:
    vit = small(coords_encoding=["time", "location"], coords_scale_learn=scale_learn, vpt=True, vpt_n_tokens=2)
    parts = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"]
    expected = {f"blocks.{i}.{part}.{kind}" for i in range(3) for part in parts for kind in ("weight", "bias")}
    expected |= {
        "cls_token",
        "pos_embed",
        "patch_embed.proj.weight",
        "patch_embed.proj.bias",
        "norm.weight",
        "norm.bias",
    }
    expected |= {"temporal_embed_enc.scale", "location_embed_enc.scale"}
    expected |= {f"vpt_prompt_embeddings.{i}" for i in range(3)}
    state = vit.state_dict()
    assert set(state) == expected
    assert state["patch_embed.proj.weight"].shape == (48, 2, 1, 8, 8)
    assert state["pos_embed"].shape == (1, 17, 48)
    assert state["vpt_prompt_embeddings.2"].shape == (1, 2, 48)
    learned = {name for name, _ in vit.named_parameters()}
    assert "pos_embed" not in learned
    assert ("temporal_embed_enc.scale" in learned) is scale_learn


def test_prompts_take_part_and_leave_no_token_behind() -> None:
    plain, prompted = small(), small(vpt=True, vpt_n_tokens=5, vpt_dropout=0.5)
    prompted.load_state_dict(plain.state_dict(), strict=False)
    images = torch.randn(2, 2, 32, 32)
    for without, feature in zip(plain(images), prompted(images), strict=True):
        assert without.shape == feature.shape
        assert not torch.allclose(without, feature)
    bound = (6 / (3 * 8 * 8 + 48)) ** 0.5
    assert all(prompt.abs().max() <= bound for prompt in prompted.vpt_prompt_embeddings)


def test_prompts_stand_between_the_class_token_and_the_patches_of_their_own_block() -> None:
    vit = small(vpt=True, vpt_n_tokens=3)
    images = torch.randn(2, 2, 32, 24)
    tokens = torch.cat(vit.embed(images), dim=1)
    for index, feature in enumerate(vit(images)):
        prompts = vit.vpt_prompt_embeddings[index].repeat(2, 1, 1)
        output = vit.blocks[index](torch.cat([tokens[:, [0]], prompts, tokens[:, 1:]], dim=1))
        tokens = output[:, [0, *range(4, output.shape[1])]]
        expected = vit.norm(tokens) if index == 2 else tokens
        torch.testing.assert_close(feature, expected, atol=1e-5, rtol=1e-5)


def test_prompts_drop_out_in_training_only() -> None:
    vit = small(vpt=True, vpt_n_tokens=3, vpt_dropout=0.5)
    images = torch.randn(1, 2, 32, 32)
    assert torch.equal(vit(images)[-1], vit(images)[-1])
    vit.train()
    assert not torch.equal(vit(images)[-1], vit(images)[-1])


def test_prompts_alone_can_be_trained() -> None:
    vit = small(vpt=True, vpt_n_tokens=2)
    vit.freeze()
    images, before = torch.randn(1, 2, 32, 32), {name: each.clone() for name, each in vit.state_dict().items()}
    optimizer = torch.optim.SGD([each for each in vit.parameters() if each.requires_grad], lr=0.1)
    losses, target = [], torch.randn(1, 17, 48)
    for _ in range(3):
        optimizer.zero_grad()
        loss = (vit(images)[-1] - target).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    changed = {name for name, each in vit.state_dict().items() if not torch.equal(each, before[name])}
    assert changed == {f"vpt_prompt_embeddings.{index}" for index in range(3)}


def test_bfloat16_is_float32_with_less_precision() -> None:
    vit = small(num_frames=3, coords_encoding=["time", "location"])
    images, times = torch.randn(1, 2, 3, 24, 40), torch.tensor([[[2020.0, 12], [2021, 200], [2021, 201]]])
    places = torch.tensor([[47.0, 8.0]])
    expected = vit(images, times, places)
    given = vit.to(torch.bfloat16)(images.to(torch.bfloat16), times, places)
    for one, other in zip(given, expected, strict=True):
        assert (one.float() - other).abs().max() < 0.05 * other.abs().max()


def test_freezing_leaves_the_prompts_to_be_trained() -> None:
    vit = small(vpt=True, vpt_n_tokens=1)
    vit.freeze()
    assert {name for name, parameter in vit.named_parameters() if parameter.requires_grad} == {
        f"vpt_prompt_embeddings.{index}" for index in range(3)
    }
    plain = small()
    plain.freeze()
    assert not any(parameter.requires_grad for parameter in plain.parameters())


def test_blocks_are_skipped_in_training_only() -> None:
    vit = small(drop_path=0.5)
    assert [block.drop_path1.drop_prob for block in vit.blocks] == [0.5] * 3
    images = torch.randn(2, 2, 32, 32)
    assert torch.equal(vit(images)[-1], vit(images)[-1])
    vit.train()
    assert not torch.equal(vit(images)[-1], vit(images)[-1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_parameter_gets_a_gradient(dtype) -> None:
    vit = small(num_frames=2, coords_encoding=["time", "location"], coords_scale_learn=True, vpt=True, vpt_n_tokens=1)
    vit = vit.to(dtype)
    features = vit(torch.randn(1, 2, 2, 40, 24, dtype=dtype), torch.rand(1, 2, 2), torch.rand(1, 2))
    assert {feature.dtype for feature in features} == {dtype}
    sum(feature.float().square().sum() for feature in features).backward()
    for name, parameter in vit.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


def test_blocks_after_the_last_feature_are_not_computed() -> None:
    vit = small(out_indices=[0])
    vit.blocks[1].register_forward_hook(lambda *_: pytest.fail("computed"))
    assert len(vit(torch.randn(1, 2, 32, 32))) == 1


def test_a_copy_computes_with_its_own_weights() -> None:
    vit = small()
    images = torch.randn(1, 2, 32, 32)
    before = vit(images)
    copied, pickled = copy.deepcopy(vit), pickle.loads(pickle.dumps(vit))
    assert all(torch.equal(one, other) for one, other in zip(pickled(images), before, strict=True))
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.zero_()
    assert not torch.equal(copied(images)[0], before[0])
    assert not copied(images)[-1].any()
    assert torch.equal(vit(images)[-1], before[-1])


def test_it_can_be_exported() -> None:
    vit = small(num_frames=2)
    images = torch.randn(2, 2, 2, 32, 32)
    exported = torch.export.export(vit, (images,)).module()
    for one, other in zip(exported(images), vit(images), strict=True):
        torch.testing.assert_close(one, other)


def test_it_can_be_traced() -> None:
    vit = small()
    images = torch.randn(1, 2, 32, 32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(vit, images)
    torch.testing.assert_close(traced(images)[-1], vit(images)[-1])


# TorchScript is deprecated, and old models are deployed with it still.
@pytest.mark.filterwarnings(r"ignore:`torch\.jit\.script` is deprecated")
@pytest.mark.parametrize(
    "more",
    [
        {"num_frames": 2, "coords_encoding": ["time", "location"], "coords_scale_learn": True, "out_indices": [-1, 0]},
        {"vpt": True, "vpt_n_tokens": 2},
    ],
)
def test_it_can_be_scripted(more) -> None:
    vit = small(**more)
    scripted = torch.jit.script(vit)
    for batch, frames, height, width in [(2, 2, 32, 32), (1, 3, 32, 32), (2, 1, 40, 24), (1, 3, 8, 64)]:
        coords = torch.rand(batch, frames, 2), torch.rand(batch, 2)
        images = torch.randn(batch, 2, frames, height, width)
        for inputs in ((images,), (images, *coords)):
            for one, other in zip(scripted(*inputs), vit(*inputs), strict=True):
                torch.testing.assert_close(one, other)
    with pytest.raises(torch.jit.Error, match=re.escape("got the shape [1, 2]")):
        scripted(torch.randn(1, 2))


def compiled_like_eager(vit: PrithviViT, size: tuple[int, int], backend: str) -> None:
    images, times, places = torch.randn(2, 2, 2, *size), torch.rand(2, 2, 2), torch.rand(2, 2)
    compiled = torch.compile(vit, fullgraph=True, backend=backend, dynamic=False)
    for one, other in zip(compiled(images, times, places), vit(images, times, places), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", [(24, 40), pytest.param((32, 32), marks=pytest.mark.slow)])
def test_it_compiles_to_one_graph(size) -> None:
    compiled_like_eager(small(num_frames=2, coords_encoding=["time", "location"]), size, "aot_eager")


@pytest.mark.slow
def test_its_graph_compiles_to_machine_code() -> None:
    compiled_like_eager(small(num_frames=2, coords_encoding=["time", "location"], depth=1), (32, 32), "inductor")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"embed_dim": 40}, "embed_dim: the position embedding needs a multiple of 16, got 40"),
        ({"num_heads": 5}, "num_heads: expected a divisor of embed_dim, which is 48, got 5"),
        ({"depth": 0}, "depth: expected at least 1, got 0"),
        ({"num_frames": 0}, "num_frames: expected at least 1, got 0"),
        ({"in_chans": 0}, "in_chans: expected at least 1, got 0"),
        ({"out_indices": [3]}, "out_indices: expected indices from -3 to 2 of 3 blocks, got [3]"),
        ({"out_indices": []}, "out_indices: expected indices from -3 to 2 of 3 blocks, got []"),
        ({"img_size": (32, 32, 32)}, "img_size: expected a number of pixels or (height, width), got (32, 32, 32)"),
        ({"patch_size": (8, 8)}, "patch_size: expected a number of pixels or (time, height, width), got (8, 8)"),
        ({"patch_size": 64}, "patch_size: a patch (1, 64, 64) does not fit into 1 frame(s) of 32x32 pixels"),
        ({"patch_size": (2, 8, 8)}, "patch_size: a patch (2, 8, 8) does not fit into 1 frame(s)"),
        (
            {"patch_size": (2, 8, 8), "num_frames": 2, "coords_encoding": ["time"]},
            "patch_size: times are encoded frame by frame: expected 1 for time, got (2, 8, 8)",
        ),
        ({"vpt": True}, "vpt_n_tokens: expected the number of prompts for each block with vpt=True, got None"),
        ({"vpt_n_tokens": 3}, "vpt_n_tokens: there are prompts only with vpt=True, got 3 without it"),
        ({"vpt": True, "vpt_n_tokens": 0}, "vpt_n_tokens: expected at least 1, got 0"),
    ],
)
def test_what_fits_nothing_is_refused_with_what_was_expected(wrong, message) -> None:
    with pytest.raises(InvalidArgumentsError, match=re.escape(message)):
        PrithviViT(**{**SMALL, **wrong})
