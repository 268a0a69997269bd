"""The masked autoencoder."""

from __future__ import annotations

import copy
import itertools
import pickle
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from terraregistry.components.backbones.prithvi.encoder import keep_at_random
from terraregistry.components.backbones.prithvi.mae import PrithviMAE
from terraregistry.components.backbones.prithvi.patches import from_patches, grid_of, to_patches
from terraregistry.errors import InvalidArgumentsError

quick = settings(deadline=None, max_examples=25)
SMALL = {
    "img_size": 16,
    "patch_size": (1, 4, 4),
    "num_frames": 2,
    "in_chans": 3,
    "embed_dim": 32,
    "depth": 2,
    "num_heads": 2,
    "decoder_embed_dim": 16,
    "decoder_depth": 1,
    "decoder_num_heads": 2,
}


def small(**more) -> PrithviMAE:
    torch.manual_seed(0)
    return PrithviMAE(**{**SMALL, **more}).eval()


@quick
@given(st.tuples(*[st.integers(1, 3)] * 3), st.tuples(*[st.integers(1, 3)] * 3), st.integers(1, 3), st.integers(1, 2))
def test_patches_are_cut_and_laid_out_again(grid, patch, channels, batch) -> None:
    size = [g * p for g, p in zip(grid, patch, strict=True)]
    images = torch.randn(batch, channels, *size)
    patches = to_patches(images, patch)
    assert torch.equal(from_patches(patches, patch, grid_of(size, patch)), images)
    (t, h, w), (s, p, q) = grid, patch
    for n, (i, j, k) in enumerate(itertools.product(range(t), range(h), range(w))):
        one = images[:, :, i * s : (i + 1) * s, j * p : (j + 1) * p, k * q : (k + 1) * q]
        assert torch.equal(patches[:, n], one.permute(0, 2, 3, 4, 1).flatten(1))


@quick
@given(st.integers(2, 40), st.floats(0.05, 0.95))
def test_the_tokens_with_the_smallest_noise_are_kept(count, ratio) -> None:
    tokens, noise = torch.randn(2, count, 4), torch.rand(2, count)
    keep = int(count * (1 - ratio))
    if keep == count:
        return
    kept = keep_at_random(tokens, ratio, noise)
    assert kept.tokens.shape == (2, keep, 4)
    for image in range(2):
        order = noise[image].argsort()
        assert torch.equal(kept.tokens[image], tokens[image, order[:keep]])
        assert set(kept.mask[image].nonzero().flatten().tolist()) == set(order[keep:].tolist())
    filled = torch.cat([kept.tokens, torch.zeros(2, count - keep, 4)], dim=1)
    restored = filled.gather(1, kept.ids_restore[..., None].expand(-1, -1, 4))
    assert torch.equal(restored, tokens * (1 - kept.mask[..., None]))


def test_results_have_the_shapes_of_the_images() -> None:
    mae = small(coords_encoding=["time", "location"])
    losses, images, mask = mae(torch.randn(2, 3, 2, 16, 16), torch.rand(2, 2, 2), torch.rand(2, 2))
    assert list(losses) == ["loss"]
    assert losses["loss"].shape == ()
    assert images.shape == (2, 3, 2, 16, 16)
    assert mask.shape == (2, 2, 16, 16)
    assert mask.mean() == pytest.approx(0.75)
    assert mae.out_channels == mae.encoder.out_channels == [64, 64]
    assert [feature.shape for feature in mae.forward_features(torch.randn(1, 3, 2, 16, 16))] == [(1, 33, 32)] * 2


def test_images_without_time_give_results_without_time() -> None:
    _, images, mask = small(num_frames=1)(torch.randn(2, 3, 16, 16))
    assert images.shape == (2, 3, 16, 16)
    assert mask.shape == (2, 16, 16)


def test_images_of_another_size_and_number_of_frames() -> None:
    _, images, mask = small()(torch.randn(1, 3, 3, 20, 12))
    assert images.shape == (1, 3, 3, 20, 12)
    assert mask.shape == (1, 3, 20, 12)
    with pytest.warns(UserWarning, match="the border is left out"):
        _, images, _ = small()(torch.randn(1, 3, 2, 18, 16))
    assert images.shape == (1, 3, 2, 16, 16)


@pytest.mark.parametrize("normalise", [False, True])
def test_the_loss_is_the_mean_square_over_what_is_masked(normalise) -> None:
    mae = small(norm_pix_loss=normalise)
    images = torch.randn(2, 3, 2, 16, 16)
    noise = torch.rand(2, 32)
    losses, predicted, mask = mae(images, noise=noise)
    squares = []
    for b, t, y, x in itertools.product(range(2), range(2), range(4), range(4)):
        place = (b, slice(None), t, slice(4 * y, 4 * y + 4), slice(4 * x, 4 * x + 4))
        if mask[b, t, 4 * y, 4 * x]:
            truth = images[place]
            if normalise:
                truth = (truth - truth.mean()) / (truth.var() + 1e-6).sqrt()
            squares.append((predicted[place] - truth).square().mean())
    assert len(squares) == 2 * 24
    torch.testing.assert_close(losses["loss"], torch.stack(squares).mean())


def test_what_is_masked_is_not_seen() -> None:
    mae = small()
    images, noise = torch.randn(1, 3, 2, 16, 16), torch.rand(1, 32)
    _, predicted, mask = mae(images, noise=noise)
    changed = images + 100 * mask[:, None]
    assert torch.equal(mae(changed, noise=noise)[1], predicted)


def test_it_learns() -> None:
    mae = small().train()
    optimizer = torch.optim.Adam(mae.parameters(), 1e-2)
    images = torch.rand(4, 3, 2, 1, 1).expand(-1, -1, -1, 16, 16)
    history = []
    for _ in range(30):
        loss = mae(images)[0]["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    assert history[-1] < history[0] / 3
    assert all(parameter.grad is not None for parameter in mae.parameters())


def test_it_runs_in_bfloat16() -> None:
    mae = small(coords_encoding=["time", "location"], coords_scale_learn=True).bfloat16()
    losses, images, _ = mae(torch.randn(1, 3, 2, 16, 16, dtype=torch.bfloat16), torch.rand(1, 2, 2), torch.rand(1, 2))
    losses["loss"].backward()
    assert images.dtype == torch.bfloat16


def test_state_dict_keys() -> None:
    keys = set(small(coords_encoding=["time", "location"]).state_dict())
    parts = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"]
    expected = {f"decoder.decoder_blocks.0.{part}.{kind}" for part in parts for kind in ("weight", "bias")}
    expected |= {
        f"decoder.{name}.{kind}"
        for name in ("decoder_embed", "decoder_norm", "decoder_pred")
        for kind in ("weight", "bias")
    }
    expected |= {"decoder.mask_token", "decoder.decoder_pos_embed"}
    expected |= {"decoder.temporal_embed_dec.scale", "decoder.location_embed_dec.scale"}
    assert {key for key in keys if not key.startswith("encoder.")} == expected
    assert small().state_dict()["decoder.decoder_pred.weight"].shape == (4 * 4 * 3, 16)
    assert small().state_dict()["decoder.decoder_pos_embed"].shape == (1, 33, 16)


def test_copies_are_their_own() -> None:
    mae = small()
    images, noise = torch.randn(1, 3, 2, 16, 16), torch.rand(1, 32)
    expected = mae(images, noise=noise)[1]
    copied, pickled = copy.deepcopy(mae), pickle.loads(pickle.dumps(mae))
    assert torch.equal(pickled(images, noise=noise)[1], expected)
    with torch.no_grad():
        copied.decoder.decoder_pred.bias.add_(1)
    torch.testing.assert_close(copied(images, noise=noise)[1], expected + 1)


@pytest.mark.parametrize("ratio", [0, 0.0, 1, 1.5, -0.5])
def test_a_share_that_masks_nothing_or_all_is_refused(ratio) -> None:
    message = f"mask_ratio: expected a share between 0 and 1 that leaves out a patch of 32, got {ratio}"
    with pytest.raises(ValueError, match=re.escape(message)):
        small()(torch.randn(1, 3, 2, 16, 16), mask_ratio=ratio)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mask_ratio": 0.0}, "mask_ratio: expected a share above 0 and below 1, got 0.0"),
        ({"mask_ratio": 1.0}, "mask_ratio: expected a share above 0 and below 1, got 1.0"),
        ({"decoder_embed_dim": 24}, "decoder_embed_dim: expected a multiple of 16 and of the 2 heads, got 24"),
        ({"decoder_num_heads": 3}, "decoder_embed_dim: expected a multiple of 16 and of the 3 heads, got 16"),
    ],
)
def test_what_fits_nothing_is_refused(wrong, message) -> None:
    with pytest.raises(InvalidArgumentsError, match=re.escape(message)):
        PrithviMAE(**{**SMALL, **wrong})
