"""The batch: its shape follows the options, the arguments of the backbone, what it says, then the defaults."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.components.factories.batches import batch_shape

JUNK = (
    st.none() | st.booleans() | st.integers(-5, 0) | st.floats() | st.text(max_size=3) | st.lists(st.none(), max_size=3)
)


def model_of(**attributes):
    return SimpleNamespace(encoder=SimpleNamespace(**attributes))


@pytest.mark.parametrize(
    ("arguments", "attributes", "shape"),
    [
        ({}, {}, (2, 3, 224, 224)),
        ({}, {"in_channels": 6}, (2, 6, 224, 224)),
        ({}, {"input_size": (4, 96, 64)}, (2, 4, 96, 64)),
        ({}, {"in_channels": 5, "input_size": (4, 96, 64)}, (2, 5, 96, 64)),
        ({"backbone_in_chans": 7}, {"in_channels": 5}, (2, 7, 224, 224)),
        ({"backbone_in_channels": 7}, {}, (2, 7, 224, 224)),
        ({"backbone_kwargs": {"in_chans": 7}}, {}, (2, 7, 224, 224)),
        ({"in_chans": 7}, {}, (2, 3, 224, 224)),
        ({"backbone_bands": ["RED", "GREEN"]}, {"in_channels": 5}, (2, 2, 224, 224)),
        ({"backbone_bands": ["RED", 4, [0, 2]]}, {}, (2, 5, 224, 224)),
        ({"backbone_bands": [[3, 1]]}, {}, (2, 1, 224, 224)),
        ({"backbone_bands": []}, {"in_channels": 5}, (2, 5, 224, 224)),
        ({"backbone_bands": {"S2": ["RED"]}}, {"in_channels": 5}, (2, 5, 224, 224)),
        ({"backbone_img_size": 64}, {"input_size": (4, 96, 96)}, (2, 4, 64, 64)),
        ({"backbone_img_size": [64, 32]}, {}, (2, 3, 64, 32)),
        ({"backbone_num_frames": 3}, {}, (2, 3, 3, 224, 224)),
        ({"backbone_num_frames": 1}, {}, (2, 3, 224, 224)),
        ({"bands": ["RED", "NIR"], "num_frames": 3}, {}, (2, 2, 3, 224, 224)),
        ({"in_channels": 6}, {}, (2, 6, 224, 224)),
        ({}, {"in_chans": 6, "img_size": (32, 64)}, (2, 6, 32, 64)),
        ({"backbone_use_temporal": True}, {}, (2, 3, 2, 224, 224)),
        ({"backbone_use_temporal": True, "backbone_temporal_n_timestamps": 4}, {}, (2, 3, 4, 224, 224)),
    ],
)
def test_the_shape_follows_the_backbone(arguments, attributes, shape):
    assert batch_shape(arguments, model_of(**attributes), 2) == shape


@given(st.integers(1, 9), st.integers(1, 9), st.tuples(st.integers(1, 99), st.integers(1, 99)))
def test_options_come_first(batch, channels, size):
    arguments = {"backbone_in_chans": 70, "backbone_img_size": 640}

    assert batch_shape(arguments, model_of(in_channels=50), batch, size, channels) == (batch, channels, *size)


@given(
    st.fixed_dictionaries(
        {},
        optional={f"backbone_{name}": JUNK for name in ("in_chans", "bands", "img_size", "num_frames", "kwargs")},
    ),
    st.fixed_dictionaries({}, optional={"in_channels": JUNK, "input_size": JUNK}),
)
def test_what_makes_no_sense_is_passed_over(arguments, attributes):
    batch, channels, height, width = batch_shape(arguments, model_of(**attributes), 2)

    assert (batch, height, width) == (2, 224, 224)
    bands = arguments.get("backbone_bands")
    assert channels == (len(bands) if isinstance(bands, list) and bands else 3)


def test_a_model_without_an_encoder_speaks_for_itself():
    assert batch_shape({}, SimpleNamespace(in_channels=4), 1) == (1, 4, 224, 224)
