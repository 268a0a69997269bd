"""Reading the channels of an image."""

from __future__ import annotations

from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.components.backbones.prithvi.bands import (
    BAND_NAMES,
    PRITHVI_BANDS,
    HLSBands,
    SARBands,
    new_bands,
    read_bands,
    read_model_bands,
)
from terraregistry.errors import InvalidArgumentsError, ProblemKind

ranges = st.tuples(st.integers(0, 20), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(st.sampled_from(HLSBands) | st.integers(0, 30) | ranges, min_size=1))
def test_each_channel_is_read_in_order_however_it_is_named(wanted) -> None:
    expected = []
    named = []
    for channel in wanted:
        expected += range(channel[0], channel[1] + 1) if isinstance(channel, tuple) else [channel]
        named.append(list(channel) if isinstance(channel, tuple) else getattr(channel, "value", channel))
    assert read_bands(wanted, "it") == read_bands(named, "it") == tuple(expected)


@pytest.mark.parametrize("number", [1, 2])
def test_terratorchs_spelling_of_the_thermal_bands_is_understood(number) -> None:
    meant = HLSBands(f"THERMAL_INFRARED_{number}")
    assert read_bands([f"THEMRAL_INFRARED_{number}"], "it") == (meant,)


def test_all_that_is_wrong_is_said_at_once_with_what_was_meant() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        read_bands(["RED", "BLEU", "SWIR1", "?!", "THEMRAL_INFRARED_3", (5, 2), (1, 2, 3)], "prithvi_eo_tiny")
    error = caught.value
    assert error.component == "prithvi_eo_tiny"
    assert [problem.path for problem in error.problems] == [f"bands[{at}]" for at in range(1, 7)]
    blue, swir, nonsense, _, backwards, triple = [problem.message for problem in error.problems]
    assert blue == "there is no HLS band 'BLEU'; did you mean 'BLUE'?"
    assert "did you mean 'SWIR_1'" in swir
    assert nonsense == (
        f"there is no HLS band '?!'; the names are {', '.join(BAND_NAMES)}; another channel has a name of its own, or a number"
    )
    assert backwards == "expected the first and the last of a range of channels, got (5, 2)"
    assert triple.endswith("got (1, 2, 3)")


def test_numbers_of_sentinel_2_are_named_once() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        read_bands(["B02", "b3", "RED", "B08", "B8A", "B12", "BLEU"], "it")
    first, other = caught.value.problems
    assert str(first) == (
        "bands: bands have names, not numbers: B02 is BLUE, b3 is GREEN, B08 is NIR_BROAD, B8A is NIR_NARROW, "
        "B12 is SWIR_2; the near infrared of Prithvi's weights is NIR_NARROW"
    )
    assert other.path == "bands[6]"
    with pytest.raises(InvalidArgumentsError, match="there is no HLS band 'B13'"):
        read_bands(["B13"], "it")


def test_no_bands_are_refused() -> None:
    with pytest.raises(InvalidArgumentsError, match="bands: expected at least one band, got none"):
        read_bands([], "it")


def test_the_number_of_channels_follows_from_the_bands() -> None:
    assert read_model_bands(None, None, PRITHVI_BANDS, "it") == PRITHVI_BANDS
    assert read_model_bands(None, 6, PRITHVI_BANDS, "it") == PRITHVI_BANDS
    assert read_model_bands([(0, 3)], 4, PRITHVI_BANDS, "it") == (0, 1, 2, 3)
    with pytest.raises(InvalidArgumentsError, match=r"in_chans: .* follows from bands, which are 1, not 4"):
        read_model_bands(["RED"], 4, PRITHVI_BANDS, "it")
    with pytest.raises(InvalidArgumentsError, match="in_chans: 4 channels need names"):
        read_model_bands(None, 4, PRITHVI_BANDS, "it")


def test_radar_and_counted_channels_are_read() -> None:
    assert read_bands(["VV", "RED", "0", "11"], "it") == (SARBands.VV, HLSBands.RED, "0", "11")
    with pytest.raises(InvalidArgumentsError, match="there is no HLS band '-1'"):
        read_bands(["-1"], "it")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NARROW_NIR", ["NIR_NARROW"]),
        ("nirNarrow", ["NIR_NARROW"]),
        ("Red", ["RED"]),
        ("red edge 1", ["RED_EDGE_1"]),
        ("RedEdge1", ["RED_EDGE_1"]),
        ("SWIR-2", ["SWIR_2"]),
        ("NIR", ["NIR_NARROW", "NIR_BROAD"]),
        ("SWIR", ["SWIR_1", "SWIR_2"]),
        ("GREN", ["GREEN"]),
        ("vv", ["VV"]),
        ("VH_VV", ["VV_VH"]),
        ("VV ASC", ["ASC_VV"]),
    ],
)
def test_a_name_near_a_known_band_is_refused_with_that(name, meant) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        read_bands([name], "it")
    (problem,) = caught.value.problems
    assert problem.path == "bands[0]"
    assert problem.message.startswith(f"there is no HLS band {name!r}; did you mean ")
    assert [*problem.suggestions] == meant


OWN = ["DEM", "NDVI", "MNDWI", "NBR", "VV_ratio", "VV_VH_ratio", "HH", "Hillshade"]


def test_own_names_are_read_as_they_are() -> None:
    assert read_bands([*OWN, "RED"], "it") == (*OWN, HLSBands.RED)


def test_own_names_are_said_to_be_new_unless_the_weights_have_them() -> None:
    (problem,) = new_bands({"bands": ["RED", "DEM", 3, "7", (4, 5), "NDVI", "DEM", "VV"]})
    assert (problem.path, problem.kind) == ("bands", ProblemKind.DOUBTFUL)
    assert problem.message == (
        "no known bands, so the weights of their channels are new and random: 'DEM', 'NDVI'; "
        f"the names known are {', '.join(BAND_NAMES)}"
    )
    assert not [*new_bands({"bands": ["DEM"], "pretrained_bands": ["RED", "DEM"]})]
    assert not [*new_bands({"bands": None})]
    assert not [*new_bands({})]


def test_a_member_of_any_enum_counts_by_its_value() -> None:
    class Channel(Enum):
        RED = "RED"
        HEIGHT = "DEM"
        REST = (3, 4)
        CODE = "B12"

    assert read_bands([Channel.RED, Channel.HEIGHT, Channel.REST], "it") == (HLSBands.RED, "DEM", 3, 4)
    with pytest.raises(InvalidArgumentsError, match="B12 is SWIR_2"):
        read_bands([Channel.CODE], "it")


@pytest.mark.parametrize(
    ("codes", "meant"),
    [
        (["B04", "B05"], "B04 is RED, B05 is RED_EDGE_1 (Landsat: NIR_NARROW)"),
        (["B05", "B8A"], "B05 is RED_EDGE_1, B8A is NIR_NARROW"),
        (["SR_B5", "sr_b7", "ST_B10"], "SR_B5 is NIR_NARROW, sr_b7 is SWIR_2, ST_B10 is THERMAL_INFRARED_1"),
        (["B9", "b10"], "B9 is WATER_VAPOR (Landsat: CIRRUS), b10 is CIRRUS (Landsat: THERMAL_INFRARED_1)"),
    ],
)
def test_numbers_of_landsat_are_named_where_they_differ(codes, meant) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        read_bands(codes, "it")
    (problem,) = caught.value.problems
    assert problem.message == f"bands have names, not numbers: {meant}"
