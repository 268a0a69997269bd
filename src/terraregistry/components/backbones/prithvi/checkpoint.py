"""From a file of weights to the state dict of a Prithvi: finding the file, converting its layout, matching its bands."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from torch import nn

from terraregistry.components.backbones.weight_files import download, load_exactly, read_weights
from terraregistry.errors import WeightsError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from terraregistry.components.backbones.prithvi.architectures import Architecture
    from terraregistry.components.backbones.prithvi.bands import Band
    from terraregistry.components.backbones.prithvi.encoder import PrithviEncoder
    from terraregistry.components.backbones.prithvi.mae import PrithviMAE

__all__ = [
    "REMEDY",
    "BandChoice",
    "Convert",
    "WeightsFile",
    "encoder_state",
    "find_weights",
    "load_weights",
    "mae_state",
]

M = TypeVar("M", bound="nn.Module")
Convert: TypeAlias = "Callable[[Mapping[str, Tensor], M, BandChoice, str], dict[str, Tensor]]"
"""Takes the state dict of a module out of a checkpoint, for some bands; the last argument is its source, for errors."""

REMEDY: Final = "give a file with ckpt_path=..., or build with pretrained=False for random weights"
_PATCHES: Final = "patch_embed.proj.weight"
_ENCODER: Final = "encoder."
_CODES: Final = ("temporal_embed", "location_embed")


class WeightsFile(NamedTuple):
    """A file of weights, and its name in errors."""

    path: str | os.PathLike[str]
    origin: str


def find_weights(
    architecture: Architecture, pretrained: bool, path: str | os.PathLike[str] | None
) -> WeightsFile | None:
    """Find the file of the weights requested, before anything is built; None if none are requested.

    Raises:
        WeightsError: There are no such weights, or they are unavailable.
    """
    if path is not None:
        return WeightsFile(path, str(path))
    if not pretrained:
        return None
    if architecture.weights is None:
        raise WeightsError(architecture.name, "", "none are published", remedy=REMEDY)
    return WeightsFile(download(architecture.weights, architecture.name, REMEDY), str(architecture.weights))


def load_weights(module: M, weights: WeightsFile, bands: BandChoice, convert: Convert[M]) -> None:
    """Load weights into a module.

    Raises:
        WeightsError: They cannot be read, or do not fit.
    """
    checkpoint = read_weights(weights.path, bands.component)
    state = convert(checkpoint, module, bands, weights.origin)
    load_exactly(module, state, bands.component, weights.origin, allow_mismatch=bands.allow_mismatch)


class BandChoice:
    """The bands of a model's images, and the training bands of its weights.

    Args:
        model: The bands of the model's images.
        pretrained: The bands of the weights.
        component: The name of the model, for the error.
        allow_mismatch: Warn of mismatched weights instead of raising an error.
    """

    def __init__(
        self, model: Sequence[Band], pretrained: Sequence[Band], component: str, *, allow_mismatch: bool
    ) -> None:
        self._model = list(model)
        self._pretrained = list(pretrained)
        self.component = component
        self.allow_mismatch = allow_mismatch

    def apply(self, weight: Tensor, wanted: Tensor, origin: str) -> Tensor:
        """Make the weight of a model's patch embedding from the pretrained one.

        Bands in both are matched by name, in any order; bands missing from the weights get new random ones (Xavier,
        uniform), with a warning. Channels only counted, in text ("0", "1", ...), get the weights in order, with a
        warning, if they are as many.

        Args:
            weight: The pretrained weight, `(D, C, ...)`.
            wanted: One of the model's shape.
            origin: The source of the weights, for the error.

        Returns:
            A tensor of the model's shape; the weight itself if it cannot be of this shape, an error left to the caller.

        Raises:
            WeightsError: The weights have another number of channels than bands, or none of the model's bands, and
                mismatches are not allowed.
        """
        if weight.dim() != wanted.dim() or (weight.shape[0], *weight.shape[2:]) != (wanted.shape[0], *wanted.shape[2:]):
            return weight
        if weight.shape[1] != len(self._pretrained):
            reason = f"their patch embedding has {weight.shape[1]} channels, pretrained_bands has {self._of_weights()}"
            return self._refused(reason, origin, weight)
        known = [band for band in self._model if band in self._pretrained]
        if not known and len(self._model) == len(self._pretrained) and all(map(_is_count, self._model)):
            warnings.warn(
                f"{self.component!r}: bands only counts the channels ({self._words(self._model)}), so they get the weights "
                f"of {origin} in order: {self._words(self._pretrained)}",
                stacklevel=5,
            )
            return weight
        if not known:
            reason = f"they have {self._of_weights()}, of which none is among bands, {self._words(self._model)}"
            return self._refused(reason, origin, weight)
        if self._model == self._pretrained:
            return weight
        if len(known) < len(self._model):
            new = self._words([band for band in self._model if band not in self._pretrained])
            warnings.warn(
                f"{self.component!r}: {origin} has no weights for {new}; theirs are new and random", stacklevel=5
            )
        chosen = nn.init.xavier_uniform_(weight.new_empty(wanted.shape).flatten(1)).view(wanted.shape)
        for channel, band in enumerate(self._model):
            if band in self._pretrained:
                chosen[:, channel] = weight[:, self._pretrained.index(band)]
        return chosen

    def _refused(self, reason: str, origin: str, weight: Tensor) -> Tensor:
        remedy = "name the bands of the weights with pretrained_bands and those of the images with bands"
        error = WeightsError(self.component, origin, reason, remedy=remedy)
        if not self.allow_mismatch:
            raise error
        warnings.warn(f"{error} (allowed)", stacklevel=5)
        return weight[:, :0]  # fits no module: what loads it leaves it out

    def _of_weights(self) -> str:
        return f"{len(self._pretrained)} ({self._words(self._pretrained)})"

    @staticmethod
    def _words(bands: Sequence[Band]) -> str:
        return ", ".join(str(band) for band in bands)


def _is_count(band: Band) -> bool:
    return isinstance(band, str) and band.isdecimal()


def encoder_state(
    checkpoint: Mapping[str, Tensor], encoder: PrithviEncoder, bands: BandChoice, origin: str
) -> dict[str, Tensor]:
    """Extract the state dict of an encoder from a checkpoint.

    The checkpoint may be of an encoder, of a masked autoencoder (with the prefixes `encoder.` and `decoder.`, or
    without any, as that of Prithvi-EO-1.0) or of a larger model; tensors of other parts are left out. Position
    embeddings and prompts are kept from the encoder; the weight of a code missing in the encoder is left out.

    Returns:
        A state dict with the encoder's keys, as far as the checkpoint has them.
    """
    cleaned = _cleaned(checkpoint)
    prefix = _prefix(cleaned)
    inside = {key.removeprefix(prefix): tensor for key, tensor in cleaned.items() if key.startswith(prefix)}
    state = {key: tensor for key, tensor in inside.items() if not _of_decoder(key)}
    return _of_encoder(state, encoder, bands, origin)


def mae_state(checkpoint: Mapping[str, Tensor], mae: PrithviMAE, bands: BandChoice, origin: str) -> dict[str, Tensor]:
    """Extract the state dict of a masked autoencoder from a checkpoint, as far as it has the keys."""
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
