"""The decoder of SatMAE: what is masked, what is not, and in which order."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from terraregistry.components.decoders.satmae import SatMAEHead
from terraregistry.errors import InvalidArgumentsError

quick = settings(deadline=None, max_examples=20)
ARGUMENTS: dict[str, Any] = {
    "num_heads": 2,
    "mlp_ratio": 2.0,
    "patch_size": 2,
    "num_patches": 6,
    "depth": 1,
    "in_chans": 3,
}


def decoder_for(**other: Any) -> SatMAEHead:
    decoder = SatMAEHead([5], 8, **(ARGUMENTS | other)).eval()
    nn.init.normal_(decoder.decoder_pos_embed)
    return decoder


def test_it_has_terratorchs_keys_shapes_and_order() -> None:
    decoder = SatMAEHead(5, 8, **ARGUMENTS)
    expected = {
        "mask_token": (1, 1, 8),
        "decoder_pos_embed": (1, 7, 8),
        "decoder_embed.weight": (8, 5),
        "decoder_embed.bias": (8,),
    }
    block = {"norm1": (8,), "attn.qkv": (24, 8), "attn.proj": (8, 8), "norm2": (8,)}
    for name, shape in (block | {"mlp.fc1": (16, 8), "mlp.fc2": (8, 16)}).items():
        expected[f"decoder_blocks.0.{name}.weight"] = shape
        expected[f"decoder_blocks.0.{name}.bias"] = shape[:1]
    expected |= {"decoder_norm.weight": (8,), "decoder_norm.bias": (8,)}
    expected |= {"decoder_pred.weight": (12, 8), "decoder_pred.bias": (12,)}
    state = decoder.state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == expected
    assert list(state) == list(expected)
    assert not decoder.decoder_pos_embed.requires_grad
    assert decoder.decoder_pos_embed.abs().sum() == 0
    assert decoder.out_channels == 3


def test_without_bias_the_projections_have_none() -> None:
    decoder = decoder_for(bias=False)
    assert decoder.decoder_embed.bias is None
    assert decoder.decoder_pred.bias is None


def test_the_norm_can_be_chosen() -> None:
    decoder = decoder_for(norm_layer=nn.RMSNorm)
    assert isinstance(decoder.decoder_norm, nn.RMSNorm)
    assert isinstance(decoder.decoder_blocks[0].norm1, nn.RMSNorm)


@quick
@given(st.permutations(range(6)), st.integers(0, 6), st.integers(1, 2))
def test_masked_tokens_take_their_places(order, kept, batch) -> None:
    decoder = decoder_for()
    tokens = torch.randn(batch, 7, 5)
    shuffle = torch.tensor([list(order)] * batch)
    left = torch.cat([tokens[:, :1], tokens[:, 1:].gather(1, shuffle[:, :kept, None].expand(-1, -1, 5))], 1)
    result = decoder(left, shuffle.argsort(1))
    x = decoder.decoder_embed(tokens)
    for at in order[kept:]:
        x[:, 1 + at] = decoder.mask_token[0, 0]
    x = decoder.decoder_blocks[0](x + decoder.decoder_pos_embed)
    expected = decoder.decoder_pred(decoder.decoder_norm(x))[:, 1:]
    torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5)


def test_without_ids_the_tokens_are_complete_and_in_order() -> None:
    decoder = decoder_for()
    tokens = torch.randn(2, 7, 5)
    in_order = torch.arange(6).expand(2, -1)
    torch.testing.assert_close(decoder(tokens), decoder(tokens, in_order))


def by_hand(decoder: SatMAEHead, feature: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Each patch's pixels, put in their place one by one."""
    batch, _, rows, columns = feature.shape
    tokens = torch.stack([feature[:, :, row, column] for row in range(rows) for column in range(columns)], dim=1)
    x = decoder.decoder_blocks[0](decoder.decoder_embed(tokens) + positions)
    pixels = decoder.decoder_pred(decoder.decoder_norm(x)).reshape(batch, rows, columns, 2, 2, 3)
    image = torch.empty(batch, 3, 2 * rows, 2 * columns)
    for row in range(2 * rows):
        for column in range(2 * columns):
            image[:, :, row, column] = pixels[:, row // 2, column // 2, row % 2, column % 2]
    return image


@pytest.mark.parametrize("grid", [(2, 3), (3, 2), (1, 6)])
def test_the_last_map_becomes_an_image(grid) -> None:
    decoder = decoder_for()
    feature = torch.randn(2, 5, *grid)
    expected = by_hand(decoder, feature, decoder.decoder_pos_embed[:, 1:])
    torch.testing.assert_close(decoder([torch.zeros(2, 9, 4, 4), feature]), expected, rtol=1e-4, atol=1e-5)


@quick
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 5))
def test_positions_are_interpolated_for_maps_of_other_sizes(patches, rows, columns) -> None:
    decoder = decoder_for(num_patches=patches)
    feature = torch.randn(1, 5, rows, columns)
    sides = {1: 1, 2: 1, 3: 1, 4: 2, 5: 1, 6: 2, 7: 1, 8: 2, 9: 3, 10: 2, 11: 1, 12: 3}
    side = sides[patches]
    built = decoder.decoder_pos_embed[0, 1:].reshape(side, patches // side, 8).permute(2, 0, 1)[None]
    wanted = nn.functional.interpolate(built, (rows, columns), mode="bicubic", align_corners=True)
    positions = decoder.decoder_pos_embed[:, 1:] if rows * columns == patches else wanted.flatten(2).mT
    torch.testing.assert_close(decoder([feature]), by_hand(decoder, feature, positions), rtol=1e-4, atol=1e-5)


def test_the_mask_token_learns_where_there_are_masked_tokens() -> None:
    decoder = decoder_for()
    decoder(torch.randn(1, 3, 5), torch.tensor([[5, 4, 3, 2, 1, 0]])).square().sum().backward()
    assert decoder.mask_token.grad.abs().sum() > 0
    assert decoder.decoder_pos_embed.grad is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embed_dim": []}, "embed_dim: expected the channels of at least one feature, got an empty list"),
        ({"embed_dim": 0}, "embed_dim: expected at least 1, got 0"),
        ({"out_channels": 0}, "out_channels: expected at least 1, got 0"),
        ({"out_channels": 9}, "out_channels: expected a multiple of num_heads=2, got 9"),
        ({"num_heads": 0}, "num_heads: expected at least 1, got 0"),
        ({"patch_size": 0}, "patch_size: expected at least 1, got 0"),
        ({"num_patches": 0}, "num_patches: expected at least 1, got 0"),
        ({"depth": 0}, "depth: expected at least 1, got 0"),
        ({"in_chans": 0}, "in_chans: expected at least 1, got 0"),
        ({"mlp_ratio": 0.0}, "mlp_ratio: expected more than 0, got 0.0"),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(arguments, message) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        SatMAEHead(**({"embed_dim": [5], "out_channels": 8} | ARGUMENTS | arguments))
    assert [str(problem) for problem in caught.value.problems] == [message]


MADE_FOR = "SatMAEHead was made for 6 patches and a class token"


@pytest.mark.parametrize(
    ("shape", "ids", "message"),
    [
        ((1, 6, 5), None, f"{MADE_FOR}, got 6 tokens"),
        ((1, 8, 5), torch.zeros(1, 6, dtype=torch.long), f"{MADE_FOR}, got 8 tokens and ids_restore for 6"),
        ((1, 3, 5), torch.zeros(1, 5, dtype=torch.long), f"{MADE_FOR}, got 3 tokens and ids_restore for 5"),
        ((1, 5, 4, 4), None, "SatMAEHead expects tokens (B, N, C), got the shape (1, 5, 4, 4)"),
    ],
)
def test_tokens_that_do_not_fit_are_refused(shape, ids, message) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        decoder_for()(torch.zeros(shape), ids)


def test_a_list_of_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^SatMAEHead expects maps \(B, C, H, W\), got the shape \(1, 7, 5\)$"):
        decoder_for()([torch.zeros(1, 7, 5)])
