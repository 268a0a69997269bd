"""Random choice of the patches seen by a masked autoencoder (He et al., 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MaskedTokens", "keep_at_random"]


class MaskedTokens(NamedTuple):
    """Part of the tokens of each image, and their places.

    Attributes:
        tokens: The tokens kept, `(B, K, D)`.
        mask: 1 for each patch left out and 0 for each kept, `(B, N)`.
        ids_restore: For each patch its place among the patches kept, followed by those left out, `(B, N)`.
    """

    tokens: Tensor
    mask: Tensor
    ids_restore: Tensor


def keep_at_random(tokens: Tensor, mask_ratio: float, noise: Tensor | None = None) -> MaskedTokens:
    """Keep part of the tokens of each image.

    Args:
        tokens: `(B, N, D)`.
        mask_ratio: The share left out, above 0 and below 1; of N tokens, `floor(N * (1 - mask_ratio))` are kept.
        noise: A number for each token, `(B, N)`: the tokens with the smallest are kept. Random by default.

    Returns:
        The tokens kept, and their places.

    Raises:
        ValueError: The share is out of range, or too small to leave anything out.
    """
    batch, count, width = tokens.shape
    keep = int(count * (1 - mask_ratio))
    if not 0 < mask_ratio < 1 or keep == count:
        raise ValueError(
            f"mask_ratio: expected a share between 0 and 1 that leaves out a patch of {count}, got {mask_ratio}"
        )
    if noise is None:
        noise = torch.rand(batch, count, device=tokens.device)
    order = noise.argsort(dim=1)
    restore = order.argsort(dim=1)
    kept = tokens.gather(1, order[:, :keep, None].expand(-1, -1, width))
    return MaskedTokens(kept, (restore >= keep).to(tokens.dtype), restore)
