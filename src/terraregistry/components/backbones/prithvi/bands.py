"""The bands of satellite images, how people name the channels of an image, and the values that a backbone always refuses.

It is read without torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from inspect import Parameter

    from terraregistry.problems import KeyPath

__all__ = [
    "PRITHVI_BANDS",
    "Band",
    "GivenBand",
    "GivenBands",
    "HLSBands",
    "SARBands",
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


Band: TypeAlias = HLSBands | SARBands | int | str
"""One channel of an image: a band of HLS or of radar, or the number of another channel, as a number or as text."""

GivenBand: TypeAlias = HLSBands | SARBands | str | int | tuple[int, int]
"""How people name channels: a band, its name, a number, a number as text, or the first and the last of a range of numbers."""

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
        given: The channels in order; a range `(first, last)` stands for all numbers from the first to the last.
        component: The component, for the error.
        parameter: The parameter, for the error.

    Returns:
        One entry a channel.

    Raises:
        InvalidArgumentsError: There are none, a name is no band, or a range is none; all such mistakes are listed.

    Examples:
        >>> read_bands(["RED", (3, 5)], "a backbone")
        (<HLSBands.RED: 'RED'>, 3, 4, 5)
    """
    problems = [*_numbered(given, parameter)]
    bands: list[Band] = []
    for index, band in enumerate(given):
        where = (parameter, index)
        if isinstance(band, str):
            bands += _named(band, where, problems)
        elif isinstance(band, int):
            bands.append(band)
        else:
            bands += _range(band, where, problems)
    if not given:
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


def _number(name: str) -> str:
    """Write the number of a band of Sentinel-2 without zeros in front: `B2` for `b02`."""
    return name[:1].upper() + name[1:].upper().lstrip("0")


def _numbered(given: Sequence[GivenBand], parameter: str) -> Iterator[Problem]:
    """Report the numbers of Sentinel-2 among the bands, all in one problem."""
    names = [band for band in given if isinstance(band, str)]
    meant = {name: _SENTINEL_2[_number(name)] for name in names if _number(name) in _SENTINEL_2}
    if meant:
        known = ", ".join(f"{name} is {band}" for name, band in meant.items())
        near = "; the near infrared of Prithvi's weights is NIR_NARROW" if HLSBands.NIR_BROAD in meant.values() else ""
        yield Problem(parameter, ProblemKind.INVALID, detail=f"bands have names, not numbers: {known}{near}")


def _named(name: str, where: KeyPath, problems: list[Problem]) -> list[Band]:
    for bands in (HLSBands, SARBands):
        with suppress(ValueError):
            return [bands(name)]
    if _number(name) in _SENTINEL_2:
        return []  # reported once for all
    if name.isascii() and name.isdecimal():
        return [name]  # TerraTorch's configs count channels in quotes
    detail = f"there is no HLS band {name!r}"
    choices = [str(each) for each in nearest(name, [*HLSBands, *SARBands])]
    if not choices:
        detail += "; a channel that is none is given by its number"
    problems.append(Problem(where, ProblemKind.NOT_FOUND, given=name, detail=detail, choices=choices))
    return []


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


def refused_values(component: str, given: Mapping[str, Any]) -> list[Problem]:  # arguments are any objects
    """Find what a backbone refuses among arguments of the right types."""
    problems: list[Problem] = []
    for name in _BANDS:
        bands: object = given.get(name)
        if isinstance(bands, Sequence) and not isinstance(bands, str):
            try:
                read_bands(cast("Sequence[str]", bands), component, name)
            except InvalidArgumentsError as error:
                problems += error.problems
    if given.get("vit_adapter"):
        reason = (
            "the adapter needs an extension for deformable attention that is compiled for CUDA, which is not supported"
        )
        problems.append(Problem("vit_adapter", ProblemKind.INVALID, detail=reason))
    if not given.get("encoder_only", True):
        reason = f"a backbone is an encoder; the masked autoencoder is called '{component}_mae'"
        problems.append(Problem("encoder_only", ProblemKind.INVALID, detail=reason))
    return problems
