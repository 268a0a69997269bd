"""The rules shared by smp's decoders going up step by step: their blocks, and features that double in size."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from terraregistry.sources.smp.decoder_options import SMP_BLOCK_CHANNELS
from terraregistry.sources.smp.pyramid import read_pyramid, up_to_image
from terraregistry.sources.smp.smp_checks import Argument, Checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.sources.smp.pyramid import Pyramid

__all__ = [
    "block_channels",
    "check_scse",
    "check_sizes_double",
    "check_strides_double",
    "coarsest_block",
    "default_block_channels",
    "read_u_shape",
]

_SCSE_REDUCTION: Final = 16


def default_block_channels(count: int) -> tuple[int, ...]:
    """Return smp's default for five blocks, cut or extended to another number.

    Fewer blocks take its first entries, as smp's users write it for a smaller depth; more repeat the 256 in front.

    >>> default_block_channels(4), default_block_channels(6)
    ((256, 128, 64, 32), (256, 256, 128, 64, 32, 16))
    """
    extra = (SMP_BLOCK_CHANNELS[0],) * max(0, count - len(SMP_BLOCK_CHANNELS))
    return extra + SMP_BLOCK_CHANNELS[:count]


def read_u_shape(
    checks: Checks,
    channels: Sequence[int],
    strides: Sequence[int] | None,
    *,
    drop_first_features: bool,
    entries: int = 2,
    placeholders: int | None = None,
) -> Pyramid:
    """Read the features of a decoder that ignores its first entry, the image.

    Args:
        checks: The collector of problems.
        channels: The channels of each feature.
        strides: Their strides, if given.
        drop_first_features: If True, do without placeholders.
        entries: The required length of smp's list.
        placeholders: The most placeholders smp can take, if limited; the result is then coarser than the image.
    """
    pyramid = read_pyramid(checks, channels, strides)
    if not drop_first_features:
        levels = up_to_image(pyramid.strides)
        pyramid = pyramid.behind(levels if placeholders is None else levels[-placeholders:])
    if pyramid.depth + 1 < entries:
        checks.stop(
            "channels",
            f"needs a pyramid that makes {entries} levels or more together with the image's, such as "
            f"(64, 128, 256, 512) at strides (4, 8, 16, 32); got {pyramid}",
        )
    return pyramid


def block_channels(checks: Checks, given: Sequence[int] | None, pyramid: Pyramid) -> tuple[int, ...]:
    """Return the channels of each block, one block for each step of the pyramid.

    Args:
        checks: The collector of problems.
        given: The channels given by the caller, if any.
        pyramid: The features with their placeholders.
    """
    if given is None:
        return default_block_channels(pyramid.depth)
    widths = checks.positives(Argument("decoder_channels", given))
    if widths is None:
        return ()
    if len(widths) != pyramid.depth:
        older = len(pyramid.channels) - 1
        hint = (
            f" ({older} are right with drop_first_features=True)"
            if pyramid.placeholders and older == len(widths)
            else ""
        )
        checks.refuse(
            "decoder_channels",
            f"needs {pyramid.depth} entries, one a block, for {pyramid} (from stride {pyramid.strides[-1]} up to "
            f"{pyramid.output_stride}), got {len(widths)}{hint}",
        )
    return widths


def coarsest_block(pyramid: Pyramid) -> int:
    """Return the channels of the first block's input: those of the coarsest entry and of the one before it."""
    return sum(pyramid.smp_channels[1:][-2:])


def check_scse(checks: Checks, path: str, widths: Sequence[int]) -> None:
    """Note a problem if smp's attention would squeeze a block to nothing: it divides the channels by 16.

    Args:
        checks: The collector of problems.
        path: The argument asking for attention.
        widths: The channels of the maps under attention.
    """
    narrowest = min(widths, default=_SCSE_REDUCTION)
    if narrowest < _SCSE_REDUCTION:
        checks.refuse(
            path, f"'scse' needs at least {_SCSE_REDUCTION} channels in every block; one would have {narrowest}"
        )


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
