"""The published variants of Prithvi: their sizes, their weights, and the statistics of the images they were trained with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from terraregistry.components.backbones.weight_files import HubFile
from terraregistry.pretrained import PretrainedWeights

if TYPE_CHECKING:
    from terraregistry.components.backbones.prithvi.patches import Coordinate

__all__ = ["ARCHITECTURES", "Architecture", "published_weights"]

_V1_MEAN: Final = (775.0, 1081.0, 1229.0, 2497.0, 2204.0, 1611.0)
_V1_STD: Final = (1282.0, 1270.0, 1399.0, 1368.0, 1292.0, 1155.0)
_V2_MEAN: Final = (1087.0, 1342.0, 1433.0, 2734.0, 1958.0, 1363.0)
_V2_STD: Final = (2248.0, 2179.0, 2178.0, 1850.0, 1242.0, 1049.0)


@dataclass(frozen=True)
class Architecture:
    """One variant.

    Attributes:
        name: Its name, as a backbone.
        embed_dim: The width of a token.
        depth: The number of blocks.
        num_heads: The number of attention heads.
        patch: Height and width of a patch; it is one frame long.
        coordinates: The coordinates encoded beside the images, with learned weights.
        decoder_embed_dim: The width of the tokens of its masked autoencoder's decoder.
        decoder_depth: The number of that decoder's blocks.
        decoder_num_heads: The number of that decoder's attention heads.
        weights: The location of its weights; None if unpublished.
        mean: The mean of each of the six bands in the training data.
        std: The standard deviation of the same.
    """

    name: str
    embed_dim: int
    depth: int
    num_heads: int
    patch: int = 16
    coordinates: tuple[Coordinate, ...] = ()
    decoder_embed_dim: int = 512
    decoder_depth: int = 8
    decoder_num_heads: int = 16
    weights: HubFile | None = None
    mean: tuple[float, ...] = _V2_MEAN
    std: tuple[float, ...] = _V2_STD

    def arguments(self) -> dict[str, object]:
        """Return the arguments of a model that are the variant's own."""
        return {
            "patch_size": (1, self.patch, self.patch),
            "embed_dim": self.embed_dim,
            "depth": self.depth,
            "num_heads": self.num_heads,
            "coords_encoding": self.coordinates,
            "coords_scale_learn": bool(self.coordinates),
            "decoder_embed_dim": self.decoder_embed_dim,
            "decoder_depth": self.decoder_depth,
            "decoder_num_heads": self.decoder_num_heads,
        }


def _weights(version: str, size: str) -> HubFile:
    words = f"V{version[0]}_{size.replace('-', '_')}"
    return HubFile(f"ibm-nasa-geospatial/Prithvi-EO-{version}-{size}", f"Prithvi_EO_{words}.pt")


_BOTH: Final[tuple[Coordinate, ...]] = ("time", "location")

ARCHITECTURES: Final = {
    each.name: each
    for each in (
        Architecture("prithvi_eo_tiny", 256, 4, 4, decoder_embed_dim=128, decoder_depth=4, decoder_num_heads=4),
        Architecture("prithvi_eo_v1_100", 768, 12, 12, weights=_weights("1.0", "100M"), mean=_V1_MEAN, std=_V1_STD),
        Architecture("prithvi_eo_v2_tiny_tl", 192, 12, 3, coordinates=_BOTH, weights=_weights("2.0", "tiny-TL")),
        Architecture("prithvi_eo_v2_100_tl", 768, 12, 12, coordinates=_BOTH, weights=_weights("2.0", "100M-TL")),
        Architecture("prithvi_eo_v2_300", 1024, 24, 16, weights=_weights("2.0", "300M")),
        Architecture("prithvi_eo_v2_300_tl", 1024, 24, 16, coordinates=_BOTH, weights=_weights("2.0", "300M-TL")),
        Architecture("prithvi_eo_v2_600", 1280, 32, 16, patch=14, weights=_weights("2.0", "600M")),
        Architecture("prithvi_eo_v2_600_tl", 1280, 32, 16, 14, _BOTH, weights=_weights("2.0", "600M-TL")),
    )
}
"""Every variant by its name."""

_APACHE: Final = frozenset(
    f"ibm-nasa-geospatial/Prithvi-EO-2.0-{size}" for size in ("300M", "300M-TL", "600M", "600M-TL")
)
"""The repositories described on the hub with `license: apache-2.0`."""


def published_weights(name: str, architecture: Architecture) -> tuple[PretrainedWeights, ...]:
    """Describe the weights of a variant for the component built with them; empty if unpublished."""
    if architecture.weights is None:
        return ()
    licence = "apache-2.0" if architecture.weights.repository in _APACHE else None
    return (PretrainedWeights(name, f"hf-hub:{architecture.weights}", licence),)
