"""Prithvi Swin, against timm's own Swin and against direct computations."""

from __future__ import annotations

import copy
import pickle
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from timm.models.swin_transformer import PatchMerging as TimmMerging
from timm.models.swin_transformer import SwinTransformer, SwinTransformerBlock, get_relative_position_index
from torch import nn
from torch.nn import functional

from terraregistry.components.backbones.prithvi.bands import read_bands
from terraregistry.components.backbones.prithvi.checkpoint import BandChoice
from terraregistry.components.backbones.prithvi.swin import PrithviSwin, swin_state, unfold_order
from terraregistry.components.backbones.prithvi.swin_layers import (
    BlockSettings,
    PatchEmbed2d,
    PatchMerging,
    ShiftedWindowAttention,
    SwinBlock,
    WindowAttention,
    merge_windows,
    relative_positions,
    split_windows,
)
from terraregistry.components.backbones.weight_files import load_exactly
from terraregistry.errors import InvalidArgumentsError, WeightsError

quick = settings(deadline=None, max_examples=20)
SMALL = {
    "in_chans": 3,
    "embed_dim": 16,
    "depths": (2, 1, 2),
    "num_heads": (1, 2, 4),
    "window_size": 4,
    "num_classes": 5,
}
RGB = read_bands(["RED", "GREEN", "BLUE"], "it")


def small(**more) -> PrithviSwin:
    torch.manual_seed(0)
    return PrithviSwin(**{**SMALL, **more}).eval()


def choice(model=RGB, theirs=RGB, *, allow_mismatch=False) -> BandChoice:
    return BandChoice(model, theirs, "a swin", allow_mismatch=allow_mismatch)


def stage_features(swin: PrithviSwin, images: torch.Tensor) -> list[torch.Tensor]:
    x, features = swin.patch_embed(images), []
    for stage in swin.stages:
        x = stage(x)
        features.append(x[0])
    return features


@quick
@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_windows_are_split_and_merged_again(side, rows, columns, batch) -> None:
    maps = torch.randn(batch, rows * side, columns * side, 2)
    windows = split_windows(maps, side)
    assert windows.shape == (batch * rows * columns, side * side, 2)
    assert torch.equal(windows[0], maps[0, :side, :side].reshape(-1, 2))
    assert torch.equal(merge_windows(windows, side, rows * side, columns * side), maps)


@pytest.mark.parametrize("side", [1, 2, 7])
def test_relative_positions_are_timms(side) -> None:
    assert torch.equal(relative_positions(side), get_relative_position_index(side, side))


@pytest.mark.parametrize(("shifted", "size"), [(False, (8, 8)), (False, (10, 13)), (False, (5, 7)), (True, (8, 12))])
def test_a_block_computes_what_timms_does(shifted, size) -> None:
    torch.manual_seed(1)
    timms = SwinTransformerBlock(24, size, 3, window_size=4, shift_size=2 if shifted else 0).eval()
    ours = SwinBlock(24, 3, BlockSettings(window_size=4), shifted=shifted, drop_path=0.0).eval()
    renamed = {_ours(f".{key}")[1:]: tensor for key, tensor in timms.state_dict().items() if key != "attn_mask"}
    renamed["attn.w_msa.relative_position_index"] = relative_positions(4)
    ours.load_state_dict(renamed)
    maps = torch.randn(2, *size, 24)
    torch.testing.assert_close(ours(maps), timms(maps), atol=1e-5, rtol=1e-5)


def attend_by_definition(attention: ShiftedWindowAttention, maps: torch.Tensor) -> torch.Tensor:
    """Attention among all places of a padded map at once, where those of other windows are left out.

    timm shifts before it pads; MMSegmentation, which Prithvi follows, pads before it shifts.
    """
    side, shift, inner = attention.window_size, attention.shift, attention.w_msa
    padded = functional.pad(maps, (0, 0, 0, -maps.shape[2] % side, 0, -maps.shape[1] % side))
    rows, columns, channels = padded.shape[1:]
    y, x = (axis.flatten() for axis in torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"))
    shifted_y, shifted_x = (y - shift) % rows, (x - shift) % columns
    window = shifted_y // side * columns + shifted_x // side
    edge = 2 * (y < shift) + (x < shift)  # what the shift brings round from the opposite edge
    down = shifted_y[:, None] % side - shifted_y % side + side - 1
    right = shifted_x[:, None] % side - shifted_x % side + side - 1
    bias = inner.relative_position_bias_table[down * (2 * side - 1) + right].permute(2, 0, 1)
    bias = bias.masked_fill(edge[:, None] != edge, -100.0) if shift else bias
    bias = bias.masked_fill(window[:, None] != window, -torch.inf)
    query, key, value = inner.qkv(padded.flatten(1, 2)).reshape(-1, rows * columns, 3, inner.num_heads, 8).unbind(2)
    scores = torch.einsum("bnhc,bmhc->bhnm", query, key) / 8**0.5 + bias
    mixed = torch.einsum("bhnm,bmhc->bnhc", scores.softmax(-1), value).reshape(padded.shape[0], rows, columns, channels)
    return inner.proj(mixed)[:, : maps.shape[1], : maps.shape[2]]


@quick
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.booleans())
def test_attention_is_its_definition_for_maps_of_any_size(height, width, side, shifted) -> None:
    attention = ShiftedWindowAttention(
        WindowAttention(16, 2, BlockSettings(window_size=side)), side, side // 2 if shifted else 0
    )
    nn.init.normal_(attention.w_msa.relative_position_bias_table)
    maps = torch.randn(2, height, width, 16)
    torch.testing.assert_close(attention(maps), attend_by_definition(attention, maps), atol=1e-5, rtol=1e-4)


@quick
@given(st.integers(1, 7), st.integers(1, 7))
def test_merging_is_torchs_unfold(height, width) -> None:
    merging = PatchMerging(3, nn.LayerNorm)
    maps = torch.randn(2, height, width, 3)
    padded = functional.pad(maps.permute(0, 3, 1, 2), (0, width % 2, 0, height % 2))
    unfolded = functional.unfold(padded, 2, stride=2).transpose(1, 2)
    expected = merging.reduction(merging.norm(unfolded)).unflatten(1, ((height + 1) // 2, (width + 1) // 2))
    torch.testing.assert_close(merging(maps), expected)


def test_merging_weights_of_the_original_are_reordered_to_unfold() -> None:
    torch.manual_seed(0)
    timms, ours = TimmMerging(5), PatchMerging(5, nn.LayerNorm)
    nn.init.normal_(timms.norm.weight)
    ours.load_state_dict({key: unfold_order(tensor) for key, tensor in timms.state_dict().items()})
    maps = torch.randn(2, 6, 4, 5)
    torch.testing.assert_close(ours(maps), timms(maps))
    numbers = torch.arange(12)  # four places with three channels each
    assert unfold_order(numbers).tolist() == [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11]


@quick
@given(st.integers(1, 11), st.integers(1, 11))
def test_images_are_continued_by_their_last_row_and_column(height, width) -> None:
    embed = PatchEmbed2d(2, 8, 4, nn.LayerNorm, 0.0)
    images = torch.randn(1, 2, height, width)
    rows = [min(at, height - 1) for at in range(-(-height // 4) * 4)]
    columns = [min(at, width - 1) for at in range(-(-width // 4) * 4)]
    expected = embed.norm(embed.projection(images[:, :, rows][..., columns]).permute(0, 2, 3, 1))
    torch.testing.assert_close(embed(images), expected)


def _ours(key: str) -> str:
    return (
        key.replace(".attn.", ".attn.w_msa.")
        .replace(".mlp.fc1.", ".ffn.layers.0.0.")
        .replace(".mlp.fc2.", ".ffn.layers.1.")
    )


def original_checkpoint() -> tuple[SwinTransformer, dict[str, torch.Tensor]]:
    """A Swin of timm, and its weights as the original has them: merging at the end of a stage, all under `encoder.`."""
    torch.manual_seed(2)
    timms = SwinTransformer(
        64, 4, 3, 0, embed_dim=16, depths=(2, 1, 2), num_heads=(1, 2, 4), window_size=2, global_pool=""
    ).eval()
    for parameter in timms.parameters():
        nn.init.normal_(parameter, std=0.1)
    checkpoint = {}
    for key, tensor in timms.state_dict().items():
        name = re.sub(r"layers\.(\d+)\.downsample", lambda found: f"layers.{int(found[1]) - 1}.downsample", key)
        checkpoint[f"encoder.{name}"] = tensor
        if key.endswith("relative_position_bias_table"):
            index = name.replace("bias_table", "index")
            checkpoint[f"encoder.{index}"] = get_relative_position_index(2, 2)
    return timms, checkpoint


def test_a_checkpoint_of_the_original_is_converted_so_that_it_computes_the_same() -> None:
    timms, checkpoint = original_checkpoint()
    checkpoint |= {"decoder.0.weight": torch.zeros(1), "encoder.head.weight": torch.zeros(1)}
    checkpoint["encoder.layers.0.blocks.1.attn_mask"] = torch.zeros(1)
    ours = small(window_size=2)
    load_exactly(ours, swin_state(checkpoint, ours, choice(), "a file"), "a swin", "a file")
    images = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(ours.forward_features(images), timms.forward_features(images), atol=1e-4, rtol=1e-4)


def test_a_checkpoint_of_mmsegmentation_is_taken_as_it_is() -> None:
    theirs, ours = small(), small()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    state = {key: each for key, each in theirs.state_dict().items() if not key.startswith("head")}
    named = {"backbone." + re.sub(r"^stages.([012]).norm", r"norm\1", key): each for key, each in state.items()}
    for checkpoint in (state, {f"module.{key}": each for key, each in state.items()}, named):
        load_exactly(ours, swin_state(checkpoint, ours, choice(), "a file"), "a swin", "a file")
        for key, tensor in ours.state_dict().items():
            assert torch.equal(tensor, theirs.state_dict()[key]) or key.startswith("head.")


def test_the_classifier_of_a_checkpoint_is_loaded_where_it_fits() -> None:
    theirs, ours = small(), small()
    nn.init.normal_(theirs.head.fc.weight)
    load_exactly(ours, swin_state(theirs.state_dict(), ours, choice(), "a file"), "a swin", "a file")
    assert torch.equal(ours.head.fc.weight, theirs.head.fc.weight)


def test_bands_are_chosen_by_name() -> None:
    theirs, ours = small(), small(in_chans=2)
    nn.init.normal_(theirs.patch_embed.projection.weight)
    state = swin_state(theirs.state_dict(), ours, choice(RGB[:0:-1]), "a file")
    assert torch.equal(state["patch_embed.projection.weight"], theirs.patch_embed.projection.weight[:, [2, 1]])


@pytest.mark.parametrize("window", [2, 5])
def test_biases_are_resized_to_windows_of_another_size(window) -> None:
    theirs, ours = small(), small(window_size=window)
    state = swin_state(theirs.state_dict(), ours, choice(), "a file")
    key = "stages.2.blocks.1.attn.w_msa.relative_position_bias_table"
    maps = theirs.state_dict()[key].T.reshape(1, 4, 7, 7)
    side = 2 * window - 1
    expected = functional.interpolate(maps, size=(side, side), mode="bicubic").reshape(4, -1).T
    torch.testing.assert_close(state[key], expected)


def test_a_table_with_another_number_of_heads_is_an_error() -> None:
    ours = small(num_heads=(2, 2, 4))
    with pytest.raises(
        WeightsError, match=r"misshapen: stages\.0\.blocks\.0\.attn\.w_msa\.relative_position_bias_table"
    ):
        load_exactly(ours, swin_state(small().state_dict(), ours, choice(), "f"), "a swin", "f")


@quick
@given(st.integers(1, 40), st.integers(1, 40))
def test_images_of_any_size_give_features_of_each_stage(height, width) -> None:
    swin = small(depths=(1, 2), num_heads=(1, 2))
    first, second = stage_features(swin, torch.randn(2, 3, height, width))
    rows, columns = -(-height // 4), -(-width // 4)
    assert first.shape == (2, rows, columns, 16)
    assert second.shape == (2, -(-rows // 2), -(-columns // 2), 32)


def test_each_feature_is_normalised_and_the_next_stage_is_given_what_is_not() -> None:
    swin = small()
    images = torch.randn(1, 3, 32, 32)
    before = stage_features(swin, images)
    with torch.no_grad():
        swin.stages[0].norm.weight.mul_(3)
    after = stage_features(swin, images)
    torch.testing.assert_close(after[0], before[0] * 3)
    assert torch.equal(after[2], before[2])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("with_cp", [False, True])
def test_every_parameter_gets_a_gradient(dtype, with_cp) -> None:
    swin = small(with_cp=with_cp).train().to(dtype)
    images = torch.randn(2, 3, 40, 28, dtype=dtype)
    features = stage_features(swin, images)
    loss = sum(feature.float().square().sum() for feature in features) + swin(images).float().square().sum()
    loss.backward()
    for name, parameter in swin.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


def test_bfloat16_is_float32_with_less_precision() -> None:
    swin = small()
    images = torch.randn(1, 3, 40, 28)
    expected = stage_features(swin, images)
    given = stage_features(swin.to(torch.bfloat16), images.to(torch.bfloat16))
    for one, other in zip(given, expected, strict=True):
        assert (one.float() - other).abs().max() < 0.05 * other.abs().max()


def test_frozen_stages_stay_as_they_are() -> None:
    swin = small(frozen_stages=2, drop_path_rate=0.9).train()
    trained = {name.split(".")[0] + name.split(".")[1] for name, each in swin.named_parameters() if each.requires_grad}
    assert trained == {"stages2", "headfc"}
    assert [stage.training for stage in swin.stages] == [False, False, True]
    assert all(parameter.requires_grad for parameter in small().parameters())
    only_patches = small(frozen_stages=0)
    frozen = [name for name, parameter in only_patches.named_parameters() if not parameter.requires_grad]
    assert {name.split(".")[0] for name in frozen} == {"patch_embed"}


def test_blocks_are_skipped_the_more_the_deeper_they_are() -> None:
    swin = small(drop_path_rate=0.4)
    rates = [block.drop_path.drop_prob for stage in swin.stages for block in stage.blocks]
    assert rates == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_state_dict_keys_of_a_stage() -> None:
    state = small().state_dict()
    block = [
        "norm1.weight",
        "norm1.bias",
        "attn.w_msa.relative_position_bias_table",
        "attn.w_msa.relative_position_index",
        *(f"attn.w_msa.{name}.{kind}" for name in ("qkv", "proj") for kind in ("weight", "bias")),
        "norm2.weight",
        "norm2.bias",
        *(f"ffn.layers.{name}.{kind}" for name in ("0.0", "1") for kind in ("weight", "bias")),
    ]
    expected = {f"stages.1.blocks.0.{name}" for name in block}
    expected |= {f"stages.1.{name}" for name in ("downsample.norm.weight", "downsample.norm.bias")}
    expected |= {f"stages.1.{name}" for name in ("downsample.reduction.weight", "norm.weight", "norm.bias")}
    assert {key for key in state if key.startswith("stages.1.")} == expected
    assert state["stages.1.downsample.reduction.weight"].shape == (64, 128)
    assert {"head.fc.weight", "patch_embed.projection.weight", "patch_embed.norm.bias"} <= set(state)
    assert not any(key.startswith("stages.2.downsample") for key in state)


def test_copies_are_their_own() -> None:
    swin = small()
    images = torch.randn(1, 3, 32, 32)
    expected = swin(images)
    copied, pickled = copy.deepcopy(swin), pickle.loads(pickle.dumps(swin))
    assert torch.equal(pickled(images), expected)
    with torch.no_grad():
        copied.head.fc.bias.add_(1)
    torch.testing.assert_close(copied(images), expected + 1)


# TorchScript is deprecated, and old models are deployed with it still.
@pytest.mark.filterwarnings(r"ignore:`torch\.jit\.script` is deprecated")
@pytest.mark.parametrize("with_cp", [True, False])
def test_it_can_be_scripted(with_cp) -> None:
    swin = small(with_cp=with_cp, num_classes=5)
    scripted = torch.jit.script(swin)
    for size in [(32, 32), (50, 37)]:
        images = torch.randn(2, 3, *size)
        torch.testing.assert_close(scripted(images), swin(images))


def test_its_classifier_can_be_replaced() -> None:
    swin = small()
    swin.reset_classifier(3)
    assert swin.get_classifier().out_features == 3
    assert swin(torch.randn(1, 3, 16, 16)).shape == (1, 3)
    assert swin.forward_head(torch.randn(1, 4, 4, 64), pre_logits=True).shape == (1, 64)
    assert all(name.endswith("bias_table") for name in swin.no_weight_decay())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"depths": (1, 1)},
            "depths: expected a number of blocks and of heads for each stage, got [1, 1] and [1, 2, 4]",
        ),
        ({"depths": (1, 0, 1)}, "depths: expected a number of blocks and of heads for each stage"),
        ({"num_heads": (1, 3, 4)}, "num_heads: expected a divisor of the 32 channels, got 3"),
        ({"frozen_stages": 4}, "frozen_stages: expected -1 to 3 for 3 stages, got 4"),
        ({"window_size": 0}, "window_size: expected at least 1, got 0"),
    ],
)
def test_what_fits_nothing_is_refused(wrong, message) -> None:
    with pytest.raises(InvalidArgumentsError, match=re.escape(message)):
        small(**wrong)
