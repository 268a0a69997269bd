"""The published variants of Prithvi, each under its name: as backbones, and as masked autoencoders (`_mae`).

All take `pretrained` (load the published weights) and `bands` (the channels of the images: bands of HLS, their names,
numbers, or ranges of numbers; Prithvi's six by default), then by name, backbones the arguments of `PrithviOptions` and
masked autoencoders those of `PrithviMAEOptions`. Unused arguments
(ignored by TerraTorch) and misspelt bands are errors. With `pretrained=True` the weights come from the Hugging Face hub,
with `ckpt_path` from a file; unavailable or mismatched weights are an error, never a silent fallback to random ones.

Raises:
    InvalidArgumentsError: A band, a size or an index is wrong.
    WeightsError: The weights are unavailable, or do not fit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable  # noqa: TC003 - read at run time
from typing import Final, Unpack

from terraregistry.components.backbones.prithvi.architectures import ARCHITECTURES, published_weights
from terraregistry.components.backbones.prithvi.bands import GivenBands  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.mae import PrithviMAE  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.vit import PrithviViT  # noqa: TC001 - read at run time
from terraregistry.components.backbones.prithvi.vit_building import (
    PrithviMAEOptions,
    PrithviOptions,
    build_mae,
    build_vit,
)
from terraregistry.pretrained import declare_weights

__all__ = [
    "prithvi_eo_tiny",
    "prithvi_eo_tiny_mae",
    "prithvi_eo_v1_100",
    "prithvi_eo_v1_100_mae",
    "prithvi_eo_v2_100_tl",
    "prithvi_eo_v2_100_tl_mae",
    "prithvi_eo_v2_300",
    "prithvi_eo_v2_300_mae",
    "prithvi_eo_v2_300_tl",
    "prithvi_eo_v2_300_tl_mae",
    "prithvi_eo_v2_600",
    "prithvi_eo_v2_600_mae",
    "prithvi_eo_v2_600_tl",
    "prithvi_eo_v2_600_tl_mae",
    "prithvi_eo_v2_tiny_tl",
    "prithvi_eo_v2_tiny_tl_mae",
]

_ARGUMENTS: Final = """\
Args:
    pretrained: Load the published weights.
    bands: The channels of the images: bands of HLS, their names, numbers, or ranges of numbers. Prithvi's six by default.
"""


def prithvi_eo_tiny(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """An untrained model of four blocks, for trying things out; no weights are published.

    Examples:
        >>> backbone = prithvi_eo_tiny(bands=["RED", "NIR_NARROW"], img_size=32, out_indices=[-1])
        >>> backbone.out_channels, backbone.in_chans
        ([256], 2)
    """
    return build_vit(ARCHITECTURES["prithvi_eo_tiny"], pretrained, bands, **options)


def prithvi_eo_v1_100(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """Prithvi-EO-1.0 with 100 million parameters."""
    return build_vit(ARCHITECTURES["prithvi_eo_v1_100"], pretrained, bands, **options)


def prithvi_eo_v2_tiny_tl(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """Prithvi-EO-2.0 with 5 million parameters, encoding times and places."""
    return build_vit(ARCHITECTURES["prithvi_eo_v2_tiny_tl"], pretrained, bands, **options)


def prithvi_eo_v2_100_tl(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """Prithvi-EO-2.0 with 100 million parameters, encoding times and places."""
    return build_vit(ARCHITECTURES["prithvi_eo_v2_100_tl"], pretrained, bands, **options)


def prithvi_eo_v2_300(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """Prithvi-EO-2.0 with 300 million parameters."""
    return build_vit(ARCHITECTURES["prithvi_eo_v2_300"], pretrained, bands, **options)


def prithvi_eo_v2_300_tl(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """Prithvi-EO-2.0 with 300 million parameters, encoding times and places."""
    return build_vit(ARCHITECTURES["prithvi_eo_v2_300_tl"], pretrained, bands, **options)


def prithvi_eo_v2_600(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """Prithvi-EO-2.0 with 600 million parameters."""
    return build_vit(ARCHITECTURES["prithvi_eo_v2_600"], pretrained, bands, **options)


def prithvi_eo_v2_600_tl(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviOptions]
) -> PrithviViT:
    """Prithvi-EO-2.0 with 600 million parameters, encoding times and places."""
    return build_vit(ARCHITECTURES["prithvi_eo_v2_600_tl"], pretrained, bands, **options)


def prithvi_eo_tiny_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_tiny`: an untrained model of four blocks; no weights are published."""
    return build_mae(ARCHITECTURES["prithvi_eo_tiny"], pretrained, bands, **options)


def prithvi_eo_v1_100_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_v1_100`: Prithvi-EO-1.0 with 100 million parameters."""
    return build_mae(ARCHITECTURES["prithvi_eo_v1_100"], pretrained, bands, **options)


def prithvi_eo_v2_tiny_tl_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_v2_tiny_tl`: Prithvi-EO-2.0 with 5 million parameters, encoding times and places."""
    return build_mae(ARCHITECTURES["prithvi_eo_v2_tiny_tl"], pretrained, bands, **options)


def prithvi_eo_v2_100_tl_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_v2_100_tl`: Prithvi-EO-2.0 with 100 million parameters, encoding times and places."""
    return build_mae(ARCHITECTURES["prithvi_eo_v2_100_tl"], pretrained, bands, **options)


def prithvi_eo_v2_300_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_v2_300`: Prithvi-EO-2.0 with 300 million parameters."""
    return build_mae(ARCHITECTURES["prithvi_eo_v2_300"], pretrained, bands, **options)


def prithvi_eo_v2_300_tl_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_v2_300_tl`: Prithvi-EO-2.0 with 300 million parameters, encoding times and places."""
    return build_mae(ARCHITECTURES["prithvi_eo_v2_300_tl"], pretrained, bands, **options)


def prithvi_eo_v2_600_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_v2_600`: Prithvi-EO-2.0 with 600 million parameters."""
    return build_mae(ARCHITECTURES["prithvi_eo_v2_600"], pretrained, bands, **options)


def prithvi_eo_v2_600_tl_mae(
    pretrained: bool = False, bands: GivenBands = None, **options: Unpack[PrithviMAEOptions]
) -> PrithviMAE:
    """The masked autoencoder of `prithvi_eo_v2_600_tl`: Prithvi-EO-2.0 with 600 million parameters, encoding times and places."""
    return build_mae(ARCHITECTURES["prithvi_eo_v2_600_tl"], pretrained, bands, **options)


for _name in __all__:
    _build: Callable[..., object] = globals()[_name]
    _build.__doc__ = f"{inspect.getdoc(_build)}\n\n{_ARGUMENTS}"
    declare_weights(_build, *published_weights(_name, ARCHITECTURES[_name.removesuffix("_mae")]))
