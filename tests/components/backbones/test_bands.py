"""Reading the channels of an image."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.components.backbones.prithvi.bands import (
    PRITHVI_BANDS,
    HLSBands,
    SARBands,
    read_bands,
    read_model_bands,
)
from terraregistry.errors import InvalidArgumentsError

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
        read_bands(["RED", "BLEU", "SWIR1", "xyzzy", "THEMRAL_INFRARED_3", (5, 2), (1, 2, 3)], "prithvi_eo_tiny")
    error = caught.value
    assert error.component == "prithvi_eo_tiny"
    assert [problem.path for problem in error.problems] == [f"bands[{at}]" for at in range(1, 7)]
    blue, swir, nonsense, _, backwards, triple = [problem.message for problem in error.problems]
    assert blue == "there is no HLS band 'BLEU'; did you mean 'BLUE'?"
    assert "did you mean 'SWIR_1'" in swir
    assert nonsense == "there is no HLS band 'xyzzy'; a channel that is none is given by its number"
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
