"""The rule of the decoders doubling their maps on the way up: each feature exactly twice as large as the next."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.sources.smp.pyramid import Pyramid
    from terraregistry.sources.smp.smp_checks import Checks

__all__ = ["check_sizes_double", "check_strides_double"]


def check_strides_double(checks: Checks, pyramid: Pyramid, first: int = 0) -> None:
    """Note a problem if the strides given do not double, or do not double from the image on.

    Args:
        checks: The collector of problems.
        pyramid: The features.
        first: The index of the first feature required to be half of the next.
    """
    strides = pyramid.strides[first:]
    below = strides[0] if pyramid.placeholders else 1
    start = ", the first a power of two" if pyramid.placeholders else ""
    if below & (below - 1) or any(coarse != 2 * fine for fine, coarse in pairwise(strides)):
        checks.refuse(
            "strides",
            f"needs each stride to be twice the one before{start}, such as (4, 8, 16, 32), got {pyramid.strides}; "
            "make a pyramid of the features with a neck, or choose Unet, UPerNet or Segformer, which resize them",
        )


def check_sizes_double(component: str, sizes: Sequence[tuple[int, int]], used: Sequence[int]) -> None:
    """Check the heights and widths of the features.

    Args:
        component: The name of the decoder.
        sizes: The height and width of each feature.
        used: The indices of the features fused by the decoder.

    Raises:
        ValueError: If one is not exactly twice as high and wide as the next.
    """
    for fine, coarse in pairwise(used):
        height, width = sizes[coarse]
        if sizes[fine] != (2 * height, 2 * width):
            raise ValueError(
                f"{component} needs each feature exactly twice as high and wide as the next: feature {fine} is "
                f"{sizes[fine][0]}x{sizes[fine][1]}, feature {coarse} is {height}x{width}; pad the image to a multiple "
                "of the largest stride, or make a pyramid of the features with a neck"
            )
