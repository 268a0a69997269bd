"""Prompt tuning: learned tokens beside those of the image (Jia et al., 2022)."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn

from terraregistry.components.refusals import at_least, refusal

__all__ = ["prompt_embeddings", "with_prompts", "without_prompts"]


def prompt_embeddings(
    encoder: nn.Module, vpt: bool, tokens: int | None, patch_size: tuple[int, int, int], width: int, depth: int
) -> nn.ParameterList | None:
    """Make the prompts of an encoder, for each of its blocks.

    Args:
        encoder: The encoder, half made, for the error.
        vpt: True to make any.
        tokens: The number of prompts for each block.
        patch_size: The size of a patch; their initial range depends on it.
        width: The width of a token.
        depth: The number of blocks.

    Returns:
        One parameter a block, `(1, tokens, width)`; None without prompts.

    Raises:
        InvalidArgumentsError: Their number is missing, or given without prompts.
    """
    if not vpt:
        if tokens is not None:
            raise refusal(encoder, "vpt_n_tokens", f"there are prompts only with vpt=True, got {tokens} without it")
        return None
    if tokens is None:
        raise refusal(encoder, "vpt_n_tokens", "expected the number of prompts for each block with vpt=True, got None")
    shape = (1, at_least(encoder, "vpt_n_tokens", tokens), width)
    bound = sqrt(6 / (3 * patch_size[1] * patch_size[2] + width))
    return nn.ParameterList(nn.Parameter(torch.empty(shape).uniform_(-bound, bound)) for _ in range(depth))


def with_prompts(tokens: Tensor, prompts: Tensor) -> Tensor:
    """Insert prompts, `(B, P, D)`, between the class token and the others, `(B, 1 + N, D)`."""
    return torch.cat([tokens[:, :1], prompts, tokens[:, 1:]], dim=1)


def without_prompts(tokens: Tensor, count: int) -> Tensor:
    """Take a number of prompts out again: the inverse of `with_prompts`."""
    return torch.cat([tokens[:, :1], tokens[:, 1 + count :]], dim=1)
