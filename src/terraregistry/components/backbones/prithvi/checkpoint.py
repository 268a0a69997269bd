"""From a checkpoint of Prithvi, in the layouts there are, to the state dict of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from terraregistry.components.backbones.prithvi.encoder import PrithviEncoder
    from terraregistry.components.backbones.prithvi.mae import PrithviMAE
    from terraregistry.components.backbones.prithvi.patch_weights import BandChoice

__all__ = ["encoder_state", "mae_state"]

_PATCHES: Final = "patch_embed.proj.weight"
_ENCODER: Final = "encoder."
_CODES: Final = ("temporal_embed", "location_embed")


def encoder_state(
    checkpoint: Mapping[str, Tensor], encoder: PrithviEncoder, bands: BandChoice, origin: str
) -> dict[str, Tensor]:
    """Extract the state dict of an encoder from a checkpoint.

    The checkpoint may be of an encoder, of a masked autoencoder (with the prefixes `encoder.` and `decoder.`, or
    without any, as that of Prithvi-EO-1.0) or of a larger model; tensors of other parts are left out. Position
    embeddings and prompts are kept from the encoder; the weight of a code missing in the encoder is left out.

    Args:
        checkpoint: The tensors of the checkpoint.
        encoder: The encoder.
        bands: The bands of the encoder and of the checkpoint.
        origin: The source of the checkpoint, for errors.

    Returns:
        A state dict with the encoder's keys, as far as the checkpoint has them.
    """
    cleaned = _cleaned(checkpoint)
    prefix = _prefix(cleaned)
    inside = {key.removeprefix(prefix): tensor for key, tensor in cleaned.items() if key.startswith(prefix)}
    state = {key: tensor for key, tensor in inside.items() if not _of_decoder(key)}
    return _of_encoder(state, encoder, bands, origin)


def mae_state(checkpoint: Mapping[str, Tensor], mae: PrithviMAE, bands: BandChoice, origin: str) -> dict[str, Tensor]:
    """Extract the state dict of a masked autoencoder from a checkpoint.

    Args:
        checkpoint: The tensors of the checkpoint, with the prefixes `encoder.` and `decoder.` or without any.
        mae: The masked autoencoder.
        bands: The bands of the masked autoencoder and of the checkpoint.
        origin: The source of the checkpoint, for errors.

    Returns:
        A state dict with the masked autoencoder's keys, as far as the checkpoint has them.
    """
    cleaned = _cleaned(checkpoint)
    prefix = _prefix(cleaned)
    outer = prefix.removesuffix(_ENCODER)
    inside = {key.removeprefix(outer): tensor for key, tensor in cleaned.items() if key.startswith(outer)}
    if prefix.endswith(_ENCODER):
        encoder = {key.removeprefix(_ENCODER): each for key, each in inside.items() if key.startswith(_ENCODER)}
        rest = {key: tensor for key, tensor in inside.items() if not key.startswith(_ENCODER)}
    else:
        encoder = {key: tensor for key, tensor in inside.items() if not _of_decoder(key)}
        rest = {f"decoder.{key}": tensor for key, tensor in inside.items() if _of_decoder(key)}
    encoder = _of_encoder(encoder, mae.encoder, bands, origin)
    state = {f"{_ENCODER}{key}": tensor for key, tensor in encoder.items()}
    state |= _without_codes(rest, mae.encoder)
    return state | {"decoder.decoder_pos_embed": mae.decoder.decoder_pos_embed}


def _cleaned(checkpoint: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Remove the prefixes of wrappers: older TerraTorch's around timm's models, and `torch.compile`'s."""
    return {key.replace("_timm_module.", "").replace("_orig_mod.", ""): each for key, each in checkpoint.items()}


def _prefix(checkpoint: Mapping[str, Tensor]) -> str:
    """Find the prefix of the encoder's keys."""
    found = [key.removesuffix(_PATCHES) for key in checkpoint if key.endswith(_PATCHES)]
    return min(found, key=len, default="")


def _of_decoder(key: str) -> bool:
    return "decoder" in key or "_dec" in key or key == "mask_token"


def _of_encoder(
    state: Mapping[str, Tensor], encoder: PrithviEncoder, bands: BandChoice, origin: str
) -> dict[str, Tensor]:
    own: dict[str, Tensor] = encoder.state_dict()
    kept = {key: own[key] for key in own if "vpt_prompt_embeddings" in key} | _without_codes(state, encoder)
    kept["pos_embed"] = own["pos_embed"]
    if _PATCHES in kept:
        kept[_PATCHES] = bands.apply(kept[_PATCHES], own[_PATCHES], origin)
    return kept


def _without_codes(state: Mapping[str, Tensor], encoder: PrithviEncoder) -> dict[str, Tensor]:
    has = (encoder.temporal_encoding, encoder.location_encoding)
    lacking = tuple(code for code, present in zip(_CODES, has, strict=True) if not present)
    return {key: tensor for key, tensor in state.items() if not any(code in key for code in lacking)}
