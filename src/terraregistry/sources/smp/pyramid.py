"""The channels and strides of a decoder's features, the placeholders in front of them, and the plan of a decoder on them.

smp's decoders expect a list starting with the image (stride 1) and the map at stride 2; most ignore the first entry or
the first two. A backbone's list starts later, so smp would ignore real features. Placeholders with zero channels take
those places: they cost nothing, carry nothing, and keep every real feature in use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from terraregistry.sources.smp.smp_checks import Checks

__all__ = [
    "QUARTER",
    "Plan",
    "Pyramid",
    "assumed_strides",
    "check_levels",
    "check_strides_double",
    "plan_of",
    "read_pyramid",
    "up_to_image",
    "up_to_quarter",
]

QUARTER: Final = 4
"""The stride of the finest feature used by many decoders."""
_LEVELS: Final = 6  # of strides 1, 2, 4, 8, 16 and 32


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The features of a backbone, from the finest to the coarsest.

    Attributes:
        channels: The number of channels of each.
        strides: The input pixels for each step along H and W.
        assumed: True if the strides are assumed rather than given.
        placeholders: The strides of the placeholders in front.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    assumed: bool
    placeholders: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Return the channels and the strides in words."""
        return f"{len(self.channels)} feature(s) with channels {self.channels} at strides {self.strides}"

    @property
    def smp_channels(self) -> list[int]:
        """The channels of smp's list, placeholders included."""
        return [0] * len(self.placeholders) + list(self.channels)

    @property
    def depth(self) -> int:
        """The depth in smp's sense: the length of its list without the image."""
        return len(self.smp_channels) - 1

    @property
    def output_stride(self) -> int:
        """The stride of the first entry of smp's list."""
        return (self.placeholders + self.strides)[0]

    def from_entry(self, first: int) -> tuple[int, ...]:
        """Return the indices of the features from an entry of smp's list on."""
        return tuple(range(max(0, first - len(self.placeholders)), len(self.channels)))

    def fill(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Return a new list of the features, `(B, C_i, H_i, W_i)`, behind the placeholders, `(B, 0, H, W)`."""
        first = features[0]
        size = (first.shape[2], first.shape[3])
        empty = [first.new_empty(first.shape[0], 0, *self.size_at(stride, size)) for stride in self.placeholders]
        return [*empty, *features]

    def size_at(self, stride: int, first: tuple[int, int]) -> tuple[int, int]:
        """Return the height and width of a map of some stride, for those of the first feature."""
        height, width = first
        return math.ceil(height * self.strides[0] / stride), math.ceil(width * self.strides[0] / stride)


def assumed_strides(count: int) -> tuple[int, ...]:
    """Return the default strides of features: the last 32, each before it half of the next.

    More than six features are assumed to start at stride 1.

    >>> assumed_strides(4)
    (4, 8, 16, 32)
    """
    first = max(0, _LEVELS - count)
    return tuple(2 ** (first + i) for i in range(count))


def read_pyramid(
    checks: Checks, levels: Callable[[Sequence[int]], tuple[int, ...]] | None = None, most: int | None = None
) -> Pyramid:
    """Check the arguments `channels` and `strides`; raise an InvalidArgumentsError if they make no pyramid.

    Args:
        checks: The arguments.
        levels: Returns the placeholders for some strides; unused with `drop_first_features`.
        most: The most placeholders that smp can take, if limited.

    Returns:
        The features, behind the placeholders.
    """
    widths = checks.positives("channels")
    given = checks["strides"]
    steps = assumed_strides(len(widths or ())) if given is None else checks.positives("strides")
    if widths is None or steps is None:
        checks.fail()
    if not widths:
        checks.stop("channels", "needs at least one feature, got an empty list")
    if len(steps) != len(widths):
        checks.stop("strides", f"needs one stride for each of the {len(widths)} features, got {len(steps)}")
    if list(steps) != sorted(steps):
        checks.stop("strides", f"must go from the finest feature to the coarsest, got {steps}")
    placeholders = () if levels is None or checks["drop_first_features"] else levels(steps)
    return Pyramid(widths, steps, given is None, placeholders if most is None else placeholders[-most:])


def up_to_image(strides: Sequence[int]) -> tuple[int, ...]:
    """Return the strides of all levels between the image and the first feature, the image included.

    >>> up_to_image((8, 16, 32))
    (1, 2, 4)
    """
    return tuple(2**i for i in range(round(math.log2(strides[0]))))


def up_to_quarter(strides: Sequence[int]) -> tuple[int, ...]:
    """Return the strides of the missing levels finer than 4; with these, smp finds stride 4 third.

    >>> up_to_quarter((4, 8, 16, 32)), up_to_quarter((2, 4, 8)), up_to_quarter((16, 16))
    ((1, 2), (1,), (1, 2))
    """
    finer = sum(stride < QUARTER for stride in strides)
    return (1, 2)[: max(0, 2 - finer)]


class Plan(NamedTuple):
    """The decoder to make.

    Attributes:
        arguments: The arguments of smp's class.
        pyramid: The features.
        out_channels: The number of channels of the result.
        reduction: Input pixels for each step along H and W of the result.
        used: The indices of the features with an effect on the result.
    """

    arguments: dict[str, Any]  # of several types
    pyramid: Pyramid
    out_channels: int
    reduction: int
    used: tuple[int, ...]

    @property
    def is_certain(self) -> bool:
        """False if only making it shows whether smp can: a norm with arguments of its own, or of another package."""
        norm = self.arguments.get("use_norm")
        return not isinstance(norm, dict) and norm != "inplace"


def plan_of(
    pyramid: Pyramid, used: tuple[int, ...], width: int, reduction: int, /, **arguments: Any
) -> Plan:  # as above
    """Return the plan of a decoder, with the arguments of smp's class by name."""
    return Plan(arguments, pyramid, width, reduction, used)


def check_levels(checks: Checks, pyramid: Pyramid, entries: int) -> None:
    """Stop if a pyramid has too few levels, the image's among them."""
    if pyramid.depth + 1 < entries:
        checks.stop(
            "channels",
            f"needs a pyramid that makes {entries} levels or more together with the image's, such as "
            f"(64, 128, 256, 512) at strides (4, 8, 16, 32); got {pyramid}",
        )


def check_strides_double(checks: Checks, pyramid: Pyramid, first: int = 0) -> None:
    """Note a problem if the strides do not double from the feature `first` on, or not from the image on."""
    strides = pyramid.strides[first:]
    below = strides[0] if pyramid.placeholders else 1
    start = ", the first a power of two" if pyramid.placeholders else ""
    if below & (below - 1) or any(coarse != 2 * fine for fine, coarse in pairwise(strides)):
        checks.refuse(
            "strides",
            f"needs each stride to be twice the one before{start}, such as (4, 8, 16, 32), got {pyramid.strides}; "
            "make a pyramid of the features with a neck, or choose Unet, UPerNet or Segformer, which resize them",
        )
