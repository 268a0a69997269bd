"""The transformer shared by Prithvi's backbone, masked autoencoder and timm model, and the masking of its tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence  # noqa: TC003 - read at run time
from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from terraregistry.components.backbones.prithvi.patches import (
    Coordinate,
    CoordinateCode,
    Grid,
    PatchEmbed,
    PatchSize,
    grid_of,
    position_embedding,
    positions_for,
    read_image_size,
    read_patch_size,
)
from terraregistry.components.refusals import at_least, refusal

if TYPE_CHECKING:
    from terraregistry.components.backbones.prithvi.bands import Band

__all__ = ["MaskedTokens", "PrithviEncoder", "initialise", "keep_at_random"]


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
    """Keep part of the tokens `(B, N, D)` of each image.

    Args:
        tokens: `(B, N, D)`.
        mask_ratio: The share left out, above 0 and below 1; of N tokens, `floor(N * (1 - mask_ratio))` are kept.
        noise: A number for each token, `(B, N)`: the tokens with the smallest are kept. Random by default.

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


class PrithviEncoder(nn.Module):
    """A vision transformer over patches of images, with their places and times added.

    Source: Prithvi-EO (Jakubik et al., 2023) and Prithvi-EO-2.0 (Szwarcman et al., 2024); the blocks are timm's.

    Args: as `PrithviViT`.

    Attributes:
        num_frames: The number of frames it was built for.
        effective_time_dim: The number of time steps among its tokens for `num_frames`: frames by patch.
        temporal_encoding: True if it encodes times.
        location_encoding: True if it encodes places.

    Raises:
        InvalidArgumentsError: A size does not fit another.
    """

    def __init__(
        self,
        img_size: int | Sequence[int] = 224,
        patch_size: PatchSize = (1, 16, 16),
        num_frames: int = 1,
        in_chans: int = 3,
        embed_dim: int = 1024,
        depth: int = 24,
        num_heads: int = 16,
        mlp_ratio: float = 4.0,
        norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
        coords_encoding: Sequence[Coordinate] | None = None,
        coords_scale_learn: bool = False,
        drop_path: float = 0.0,
        vpt: bool = False,
        vpt_n_tokens: int | None = None,
        vpt_dropout: float = 0.0,
        out_indices: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.in_chans: int = at_least(self, "in_chans", in_chans)
        self.num_frames: int = at_least(self, "num_frames", num_frames)
        self.embed_dim: int = _width(self, embed_dim, num_heads)
        self.depth: int = at_least(self, "depth", depth)
        self.img_size: tuple[int, int] = read_image_size(self, img_size)
        patch = read_patch_size(self, patch_size, (num_frames, *self.img_size))
        self.patch_embed: PatchEmbed = PatchEmbed((num_frames, *self.img_size), patch, in_chans, embed_dim)
        self.effective_time_dim: int = self.patch_embed.grid.time

        coords = tuple(coords_encoding or ())
        self.temporal_encoding: bool = "time" in coords
        self.location_encoding: bool = "location" in coords
        if self.temporal_encoding and patch[0] != 1:
            raise refusal(self, "patch_size", f"times are encoded frame by frame: expected 1 for time, got {patch}")
        self.temporal_embed_enc: CoordinateCode | None = (
            CoordinateCode(embed_dim, coords_scale_learn) if self.temporal_encoding else None
        )
        self.location_embed_enc: CoordinateCode | None = (
            CoordinateCode(embed_dim, coords_scale_learn) if self.location_encoding else None
        )

        self.cls_token: nn.Parameter = nn.Parameter(torch.zeros(1, 1, embed_dim))
        positions = position_embedding(embed_dim, self.patch_embed.grid).to(self.cls_token.device)
        self.pos_embed: Tensor  # declared here: TorchScript cannot read what a class declares
        self.register_buffer("pos_embed", positions)
        # timm wants a class; any function that makes a module from a width does.
        layer = cast("type[nn.Module]", norm_layer)
        self.blocks: nn.ModuleList = nn.ModuleList(
            Block(embed_dim, num_heads, mlp_ratio, qkv_bias=True, norm_layer=layer, drop_path=drop_path)
            for _ in range(depth)
        )
        self.norm: nn.Module = norm_layer(embed_dim)
        initialise(self)
        nn.init.xavier_uniform_(self.patch_embed.proj.weight.detach().view(embed_dim, -1))
        nn.init.normal_(self.cls_token, std=0.02)
        self.vpt_prompt_embeddings: nn.ParameterList | None = _prompts(self, vpt, vpt_n_tokens, patch, embed_dim, depth)
        self.vpt_dropout: nn.Dropout = nn.Dropout(vpt_dropout)
        self.out_indices: Final[list[int]] = _indices(self, out_indices)
        self.model_bands: tuple[Band, ...] | None = None
        self.pretrained_bands: tuple[Band, ...] | None = None

    def grid_for(self, images: Tensor) -> Grid:
        """Count the patches along each axis of images, `(B, C, H, W)` or `(B, C, T, H, W)`."""
        _, _, time, height, width = self.frames(images).shape
        return grid_of((time, height, width), self.patch_embed.patch_size)

    def frames(self, images: Tensor) -> Tensor:
        """Return images `(B, C, T, H, W)`, with an axis of time added to `(B, C, H, W)` for a model built for one frame.

        Raises:
            ValueError: They have other axes.
        """
        if images.dim() == 4 and self.num_frames == 1:
            return images.unsqueeze(2)
        if images.dim() != 5:
            accepted = "(B, C, H, W) or (B, C, T, H, W)" if self.num_frames == 1 else "(B, C, T, H, W)"
            raise ValueError(
                f"a model that was built with num_frames={self.num_frames} takes images {accepted}, "
                f"got the shape {list(images.shape)}"
            )
        return images

    def embed(
        self, images: Tensor, temporal_coords: Tensor | None = None, location_coords: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Compute the input of the first block.

        Args:
            images: `(B, C, T, H, W)`, or `(B, C, H, W)` for a model built for one frame.
            temporal_coords: Year and day of the year of each frame, `(B, T, 2)`.
            location_coords: Latitude and longitude, `(B, 2)`.

        Returns:
            The class token, `(B, 1, D)`, and one token a patch, `(B, N, D)`.
        """
        images = self.frames(images)
        grid = self.grid_for(images)
        tokens: Tensor = self.patch_embed(images)
        built = Grid(*self.patch_embed.grid)  # to TorchScript, an attribute is a plain tuple
        positions = positions_for(self.pos_embed, built, grid).to(tokens.dtype)
        tokens = tokens + positions[:, 1:]
        if self.temporal_embed_enc is not None and temporal_coords is not None:
            times = _coordinates(temporal_coords, [images.shape[0], images.shape[2], 2], "temporal_coords")
            per_frame = grid.rows * grid.columns
            tokens = tokens + self.temporal_embed_enc(times).repeat_interleave(per_frame, dim=1)
        if self.location_embed_enc is not None and location_coords is not None:
            places = _coordinates(location_coords, [images.shape[0], 2], "location_coords")
            tokens = tokens + self.location_embed_enc(places[:, None])
        class_token = (self.cls_token + positions[:, :1]).expand(tokens.shape[0], -1, -1)
        return class_token, tokens

    def through_blocks(self, tokens: Tensor, last: int | None = None) -> list[Tensor]:
        """Send tokens, the class token first, through the blocks.

        Args:
            tokens: `(B, 1 + N, D)`.
            last: The index of the last block needed; by default the very last.

        Returns:
            The output of each block, `(B, 1 + N, D)`; the very last block's after the final norm.
        """
        outputs: list[Tensor] = []
        needed = self.depth if last is None else last + 1
        prompts: list[Tensor] = [] if self.vpt_prompt_embeddings is None else list(self.vpt_prompt_embeddings)
        for index, block in enumerate(self.blocks):
            if index < needed:  # TorchScript has no break among modules
                if prompts:
                    beside = self.vpt_dropout(prompts[index].expand(tokens.shape[0], -1, -1))
                    seen: Tensor = block(torch.cat([tokens[:, :1], beside, tokens[:, 1:]], dim=1))
                    tokens = torch.cat([seen[:, :1], seen[:, 1 + beside.shape[1] :]], dim=1)
                else:
                    tokens = block(tokens)
                outputs.append(tokens)
        if needed == self.depth:
            outputs[-1] = self.norm(outputs[-1])
        return outputs

    def freeze(self) -> None:
        """Stop training everything but the prompts."""
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name.startswith("vpt_prompt_embeddings."))


def initialise(module: nn.Module) -> None:
    """Give every linear layer Xavier's uniform weights and no bias, as masked autoencoders are initialised."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)


def _width(encoder: nn.Module, embed_dim: int, num_heads: int) -> int:
    if embed_dim % 16 or embed_dim < 16:
        raise refusal(encoder, "embed_dim", f"the position embedding needs a multiple of 16, got {embed_dim}")
    if num_heads < 1 or embed_dim % num_heads:
        raise refusal(encoder, "num_heads", f"expected a divisor of embed_dim, which is {embed_dim}, got {num_heads}")
    return embed_dim


def _indices(encoder: PrithviEncoder, given: Sequence[int] | None) -> list[int]:
    depth = encoder.depth
    if given is None:
        return list(range(depth))
    if not given or any(not -depth <= index < depth for index in given):
        detail = f"expected indices from {-depth} to {depth - 1} of {depth} blocks, got {list(given)}"
        raise refusal(encoder, "out_indices", detail)
    return [index % depth for index in given]


def _coordinates(given: Tensor, shape: list[int], name: str) -> Tensor:
    if list(given.shape) != shape:
        raise ValueError(f"{name}: expected the shape {shape}, got {list(given.shape)}")
    return given


def _prompts(
    encoder: nn.Module, vpt: bool, tokens: int | None, patch_size: tuple[int, int, int], width: int, depth: int
) -> nn.ParameterList | None:
    """Make the prompts of each block, `(1, tokens, width)`, for prompt tuning (Jia et al., 2022); None without."""
    if not vpt:
        if tokens is not None:
            raise refusal(encoder, "vpt_n_tokens", f"there are prompts only with vpt=True, got {tokens} without it")
        return None
    if tokens is None:
        raise refusal(encoder, "vpt_n_tokens", "expected the number of prompts for each block with vpt=True, got None")
    shape = (1, at_least(encoder, "vpt_n_tokens", tokens), width)
    bound = sqrt(6 / (3 * patch_size[1] * patch_size[2] + width))
    return nn.ParameterList(nn.Parameter(torch.empty(shape).uniform_(-bound, bound)) for _ in range(depth))
