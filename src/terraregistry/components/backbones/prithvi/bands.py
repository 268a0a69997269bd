"""The bands of satellite images, how people name the channels of an image, and the values that a backbone always refuses.

It is read without torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.problems import Replace, shorten
from terraregistry.suggest import is_misspelling, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from inspect import Parameter

    from terraregistry.problems import KeyPath

__all__ = [
    "BAND_NAMES",
    "PRITHVI_BANDS",
    "Band",
    "GivenBand",
    "GivenBands",
    "HLSBands",
    "SARBands",
    "band_problems",
    "new_bands",
    "read_bands",
    "read_model_bands",
    "refused_values",
    "takes_bands",
]


class HLSBands(StrEnum):
    """The bands of the Harmonized Landsat and Sentinel-2 product (HLS), by TerraTorch's names.

    TerraTorch misspells the two thermal bands (`THEMRAL_INFRARED_1`); its spelling is accepted as well.
    """

    COASTAL_AEROSOL = "COASTAL_AEROSOL"
    BLUE = "BLUE"
    GREEN = "GREEN"
    RED = "RED"
    RED_EDGE_1 = "RED_EDGE_1"
    RED_EDGE_2 = "RED_EDGE_2"
    RED_EDGE_3 = "RED_EDGE_3"
    NIR_BROAD = "NIR_BROAD"
    NIR_NARROW = "NIR_NARROW"
    SWIR_1 = "SWIR_1"
    SWIR_2 = "SWIR_2"
    WATER_VAPOR = "WATER_VAPOR"
    CIRRUS = "CIRRUS"
    THERMAL_INFRARED_1 = "THERMAL_INFRARED_1"
    THERMAL_INFRARED_2 = "THERMAL_INFRARED_2"

    @classmethod
    def _missing_(cls, value: object) -> HLSBands | None:
        if isinstance(value, str) and value.startswith("THEMRAL_"):
            return cls(value.replace("THEMRAL_", "THERMAL_"))
        return None


class SARBands(StrEnum):
    """The polarisations of radar images such as Sentinel-1's, by TerraTorch's names; also of one orbit's direction."""

    VV = "VV"
    VH = "VH"
    ASC_VV = "ASC_VV"
    ASC_VH = "ASC_VH"
    DSC_VV = "DSC_VV"
    DSC_VH = "DSC_VH"
    VV_VH = "VV_VH"


BAND_NAMES: Final[tuple[str, ...]] = (*map(str, HLSBands), *map(str, SARBands))
"""The names of all known bands."""

Band: TypeAlias = HLSBands | SARBands | int | str
"""One channel of an image: a known band, or another channel by its number, its number as text, or a name of its own."""

GivenBand: TypeAlias = HLSBands | SARBands | str | int | tuple[int, int] | Enum
"""How people name channels: a band, a name, a number, the first and the last of a range of numbers, or an enum of these."""

GivenBands: TypeAlias = Sequence[GivenBand] | None
"""The channels of an image, in order; by default those of the weights."""

PRITHVI_BANDS: Final[tuple[Band, ...]] = (
    HLSBands.BLUE,
    HLSBands.GREEN,
    HLSBands.RED,
    HLSBands.NIR_NARROW,
    HLSBands.SWIR_1,
    HLSBands.SWIR_2,
)
"""The training bands of every published Prithvi, in order."""


def read_bands(given: Sequence[GivenBand], component: str, parameter: str = "bands") -> tuple[Band, ...]:
    """Read the channels of an image.

    Args:
        given: The channels in order; a range `(first, last)` stands for all numbers from the first to the last. A member of an
            enum counts by its value.
        component: The component, for the error.
        parameter: The parameter, for the error.

    Returns:
        One entry a channel.

    Raises:
        InvalidArgumentsError: There are none, a name is nearly that of a known band, or a range is none; lists all such
            mistakes.

    Examples:
        >>> read_bands(["RED", (3, 5), "NDVI"], "a backbone")
        (<HLSBands.RED: 'RED'>, 3, 4, 5, 'NDVI')
    """
    plain = _plain(given)
    coded = _coded(plain)
    problems = [*_numbered(coded, parameter)]
    bands: list[Band] = []
    for index, band in enumerate(plain):
        where = (parameter, index)
        if isinstance(band, str):
            bands += [] if coded.get(band) else _named(band, where, problems)
        elif isinstance(band, int):
            bands.append(band)
        else:
            bands += _range(band, where, problems)
    if not plain:
        problems.append(Problem(parameter, ProblemKind.INVALID, detail="expected at least one band, got none"))
    if problems:
        raise InvalidArgumentsError(component, "terraregistry", tuple(problems))
    return tuple(bands)


def read_model_bands(
    bands: GivenBands, in_chans: int | None, pretrained_bands: tuple[Band, ...], component: str
) -> tuple[Band, ...]:
    """Read the channels of a model's images, by default the training channels of its weights.

    Raises:
        InvalidArgumentsError: The bands are wrong in themselves, or their number is not `in_chans`.
    """
    channels = pretrained_bands if bands is None else read_bands(bands, component)
    if in_chans is None or in_chans == len(channels):
        return channels
    if bands is None:
        detail = f"{in_chans} channels need names: say which they are with bands=[...], numbers where they are no bands"
    else:
        detail = f"the number of channels follows from bands, which are {len(channels)}, not {in_chans}"
    raise InvalidArgumentsError(component, "terraregistry", (Problem("in_chans", ProblemKind.INVALID, detail=detail),))


def _plain(given: Sequence[GivenBand]) -> list[str | int | tuple[int, int]]:
    return [each.value if isinstance(each, Enum) else each for each in given]


_SENTINEL_2: Final[Mapping[str, HLSBands]] = {
    **{f"B{number}": band for number, band in enumerate(list(HLSBands)[:7], 1)},
    "B8": HLSBands.NIR_BROAD,
    "B8A": HLSBands.NIR_NARROW,
    "B9": HLSBands.WATER_VAPOR,
    "B10": HLSBands.CIRRUS,
    "B11": HLSBands.SWIR_1,
    "B12": HLSBands.SWIR_2,
}
"""The bands by the numbers of Sentinel-2."""
_LANDSAT: Final[Mapping[str, HLSBands]] = {
    **{f"B{number}": band for number, band in enumerate(list(HLSBands)[:4], 1)},
    "B5": HLSBands.NIR_NARROW,
    "B6": HLSBands.SWIR_1,
    "B7": HLSBands.SWIR_2,
    "B9": HLSBands.CIRRUS,
    "B10": HLSBands.THERMAL_INFRARED_1,
    "B11": HLSBands.THERMAL_INFRARED_2,
}
"""The bands by the numbers of Landsat 8 and 9."""
_CODE: Final = re.compile(r"(S[RT]_)?B0*(\d+A?)", re.IGNORECASE | re.ASCII)
"""A number of a band: `B02`, `B8A`, or `SR_B2` in Landsat's own products."""


def _coded(given: Sequence[object]) -> dict[str, list[HLSBands]]:
    """Find the band of each number, the one of Sentinel-2 first; none for a number that neither satellite has."""
    codes = {name: code for name in given if isinstance(name, str) and (code := _CODE.fullmatch(name))}
    numbers = {name: f"B{code[2].upper()}" for name, code in codes.items()}
    of_one = any(number in _SENTINEL_2.keys() - _LANDSAT.keys() for number in numbers.values())
    usual = (_SENTINEL_2,) if of_one else (_SENTINEL_2, _LANDSAT)
    meant = {name: (_LANDSAT,) if code[1] else usual for name, code in codes.items()}
    return {
        name: [*dict.fromkeys(table[number] for table in meant[name] if number in table)]
        for name, number in numbers.items()
    }


def _numbered(coded: Mapping[str, list[HLSBands]], parameter: str) -> Iterator[Problem]:
    """Report the numbers of satellites among the bands, all in one problem."""
    meant = {name: bands for name, bands in coded.items() if bands}
    if meant:
        known = ", ".join(
            f"{name} is {bands[0]}{''.join(f' (Landsat: {other})' for other in bands[1:])}"
            for name, bands in meant.items()
        )
        is_broad = [HLSBands.NIR_BROAD] in meant.values()
        near = "; the near infrared of Prithvi's weights is NIR_NARROW" if is_broad else ""
        yield Problem(parameter, ProblemKind.INVALID, detail=f"bands have names, not numbers: {known}{near}")


def _known(name: str) -> Band | None:
    """Return the band of a name, or the number of a channel in text, as TerraTorch's configs have them."""
    for bands in (HLSBands, SARBands):
        with suppress(ValueError):
            return bands(name)
    return name if name.isascii() and name.isdecimal() else None


def _named(name: str, where: KeyPath, problems: list[Problem]) -> list[Band]:
    known = _known(name)
    if known is not None:
        return [known]
    choices = _near(name)
    if not choices and any(map(str.isalpha, name)) and not _CODE.fullmatch(name):
        return [name]  # a name of its own
    detail = f"there is no HLS band {shorten(repr(name))}"
    if not choices:
        detail += f"; the names are {', '.join(BAND_NAMES)}; another channel has a name of its own, or a number"
    fix = Replace(choices[0]) if len(choices) == 1 else None
    problems.append(Problem(where, ProblemKind.NOT_FOUND, given=name, detail=detail, choices=choices, fix=fix))
    return []


_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")


def _words(name: str) -> frozenset[str]:
    """Split a name into words and numbers: case, order and separators count for nothing."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def _near(name: str) -> list[str]:
    """List the bands that a name is near to: of the same words, of nearly the same letters, or continuing it."""
    words = _words(name)
    if same := [band for band in BAND_NAMES if _words(band) == words]:
        return same
    # One letter is much of a radar band: HH is another channel than VH.
    if misspelt := [band for band in nearest(name, map(str, HLSBands)) if is_misspelling(name, band)]:
        return misspelt
    continued = [band for band in BAND_NAMES if any(map(str.isalpha, words)) and words < _words(band)]
    return sorted(continued, key=lambda band: band not in PRITHVI_BANDS)


def _range(given: Sequence[int], where: KeyPath, problems: list[Problem]) -> list[Band]:
    if len(given) == 2 and given[0] <= given[1]:
        return list(range(given[0], given[1] + 1))
    detail = f"expected the first and the last of a range of channels, got {tuple(given)}"
    problems.append(Problem(where, ProblemKind.INVALID, detail=detail))
    return []


_BANDS: Final = ("bands", "pretrained_bands")


def takes_bands(parameters: Mapping[str, Parameter]) -> bool:
    """True if the `bands` among a component's parameters are those of this library."""
    bands = parameters.get(_BANDS[0])
    return bands is not None and HLSBands.__module__ in str(bands.annotation)


def band_problems(given: Mapping[str, Any]) -> Iterator[Problem]:  # arguments are any objects
    """Find wrong bands among arguments of the right types."""
    for name in _BANDS:
        if given.get(name) is not None:
            try:
                read_bands(given[name], "", name)
            except InvalidArgumentsError as error:
                yield from error.problems


def new_bands(given: Mapping[str, Any]) -> Iterator[Problem]:  # as above
    """Report the bands with names of their own, all in one problem: no published weights have them."""
    of_weights = _plain(given.get("pretrained_bands") or ())
    names = [each for each in _plain(given.get("bands") or ()) if isinstance(each, str) and _known(each) is None]
    new = ", ".join(shorten(repr(name)) for name in dict.fromkeys(names) if name not in of_weights)
    if new:
        detail = f"no known bands, so the weights of their channels are new and random: {new}"
        yield Problem("bands", ProblemKind.DOUBTFUL, detail=f"{detail}; the names known are {', '.join(BAND_NAMES)}")


def refused_values(component: str, given: Mapping[str, Any]) -> list[Problem]:  # as above
    """Find values that every backbone of Prithvi refuses."""
    problems: list[Problem] = []
    if given.get("vit_adapter"):
        reason = (
            "the adapter needs an extension for deformable attention that is compiled for CUDA, which is not supported"
        )
        problems.append(Problem("vit_adapter", ProblemKind.INVALID, detail=reason))
    if not given.get("encoder_only", True):
        reason = f"a backbone is an encoder; the masked autoencoder is called '{component}_mae'"
        problems.append(Problem("encoder_only", ProblemKind.INVALID, detail=reason))
    return problems
