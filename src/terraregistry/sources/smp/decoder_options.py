"""The option types shared by smp's decoders.

They are literals, so checkers, IDEs and the validation of `build` know every value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

__all__ = ["SMP_BLOCK_CHANNELS", "AttentionType", "Interpolation", "MergePolicy", "Norm", "OutputStride", "Readout"]

SMP_BLOCK_CHANNELS: Final = (256, 128, 64, 32, 16)
"""The channels of the five blocks of smp's Unet, Unet++ and MAnet."""

AttentionType: TypeAlias = Literal["scse"]
"""An attention module of smp: concurrent spatial and channel squeeze and excitation (arXiv:1803.02579)."""

Interpolation: TypeAlias = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "area"]
"""A mode of `torch.nn.functional.interpolate` applicable to maps."""

MergePolicy: TypeAlias = Literal["add", "cat"]
"""The merging of several maps: their sum, or their concatenation along the channels."""

OutputStride: TypeAlias = Literal[8, 16]
"""The stride of the last feature of a dilated backbone."""

Readout: TypeAlias = Literal["cat", "add", "ignore"]
"""The use of prefix tokens: concatenated to each position, added to it, or ignored."""

Norm: TypeAlias = bool | Literal["batchnorm", "identity", "inplace", "instancenorm"] | Mapping[str, object]
"""A normalisation of smp.

`True` is `"batchnorm"` and `False` is `"identity"`, none. A mapping has the name under `"type"` and further arguments
of the layer. `"inplace"` needs the package `inplace_abn`. smp's `"layernorm"` is missing: see `Checks.norm`.
"""
