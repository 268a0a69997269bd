"""From a checkpoint of a Swin transformer, in either of the layouts there are, to the state dict of Prithvi's."""

from __future__ import annotations

import re
from math import isqrt
from typing import TYPE_CHECKING, Final

from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from terraregistry.components.backbones.prithvi.patch_weights import BandChoice
    from terraregistry.components.backbones.prithvi.swin import PrithviSwin

__all__ = ["swin_state", "unfold_order"]

_PATCHES: Final = "patch_embed.projection.weight"
_TABLE: Final = "relative_position_bias_table"
_RENAMED: Final = (
    (re.compile(r"^layers\."), "stages."),
    (re.compile(r"\.attn\."), ".attn.w_msa."),
    (re.compile(r"\.mlp\.fc1\."), ".ffn.layers.0.0."),
    (re.compile(r"\.mlp\.fc2\."), ".ffn.layers.1."),
    (re.compile(r"^patch_embed\.proj\."), "patch_embed.projection."),
)
_NORM_OF_STAGE: Final = re.compile(r"^norm(\d)\.")


def swin_state(
    checkpoint: Mapping[str, Tensor], swin: PrithviSwin, bands: BandChoice, origin: str
) -> dict[str, Tensor]:
    """Extract the state dict of a Swin from a checkpoint.

    A checkpoint with keys beginning with `encoder.` has the layout of the original Swin and is converted. The original
    normalises only the last stage's output: the norms of the other stages keep their initial values. Any other
    checkpoint has the layout of MMSegmentation, with the prefix `backbone.` or without. Tables of biases for windows of
    another size are resized (bicubic). The classifier is the model's own, unless the checkpoint has one in the model's
    layout.

    Args:
        checkpoint: The tensors of the checkpoint.
        swin: The model.
        bands: The bands of the model and of the checkpoint.
        origin: The source of the checkpoint, for errors.

    Returns:
        A state dict with the model's keys, as far as the checkpoint has them.
    """
    cleaned = {key.removeprefix("module."): tensor for key, tensor in checkpoint.items()}
    if any(key.startswith("encoder.") for key in cleaned):
        state = _of_original(cleaned, swin)
    else:
        names = {key: _NORM_OF_STAGE.sub(r"stages.\1.norm.", key.removeprefix("backbone.")) for key in cleaned}
        state = {names[key]: tensor for key, tensor in cleaned.items()}
    own: dict[str, Tensor] = swin.state_dict()
    for key, tensor in state.items():
        if key.endswith(_TABLE) and key in own:
            state[key] = _resized(tensor, own[key])
    if _PATCHES in state:
        state[_PATCHES] = bands.apply(state[_PATCHES], own[_PATCHES], origin)
    return {key: own[key] for key in own if key.startswith("head.")} | state


def unfold_order(weight: Tensor) -> Tensor:
    """Reorder the inputs of the original Swin's patch merging to the order of `torch.nn.Unfold`.

    The original lines up four places (top left, bottom left, top right, bottom right), each with all channels; unfolding
    lines up the channels, each with four places row by row.

    Args:
        weight: `(..., 4 * C)`.

    Returns:
        `(..., 4 * C)`.
    """
    places = weight.reshape(*weight.shape[:-1], 4, -1)
    by_row = places[..., [0, 2, 1, 3], :]
    return by_row.transpose(-1, -2).flatten(-2)


def _of_original(checkpoint: Mapping[str, Tensor], swin: PrithviSwin) -> dict[str, Tensor]:
    last = len(swin.stages) - 1
    norms = tuple(f"stages.{index}.norm." for index in range(last))
    state: dict[str, Tensor] = {key: each for key, each in swin.state_dict().items() if key.startswith(norms)}
    for key, tensor in checkpoint.items():
        name = key.removeprefix("encoder.")
        if name.startswith(("decoder", "head", "mask_token")):
            continue
        for pattern, replacement in _RENAMED:
            name = pattern.sub(replacement, name)
        if name.endswith("attn_mask"):
            continue  # a buffer that this model computes for each size
        if name.startswith("norm."):
            name = f"stages.{last}.{name}"
        state[name] = unfold_order(tensor) if ".downsample." in name else tensor
    return state


def _resized(table: Tensor, wanted: Tensor) -> Tensor:
    if table.dim() != wanted.dim() or table.shape[1] != wanted.shape[1] or table.shape == wanted.shape:
        return table
    old, new = isqrt(table.shape[0]), isqrt(wanted.shape[0])
    if old * old != table.shape[0]:
        return table
    maps = table.T.reshape(1, -1, old, old)
    resized = functional.interpolate(maps.float(), size=(new, new), mode="bicubic").to(table.dtype)
    return resized.reshape(-1, new * new).T.contiguous()
