"""Broken configs at scale: each is refused at its place, at once, and nothing is written or executed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import bad_configs
from .test_bad_calls import in_a_child

if TYPE_CHECKING:
    from pathlib import Path


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.randoms(use_true_random=False))
def test_a_broken_config_is_refused_at_its_place(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    file = tmp_path_factory.getbasetemp() / "broken.yaml"
    for bad in bad_configs.bad_configs(random, 1):
        bad_configs.hold(bad, file)


def test_what_is_held_can_fail(tmp_path: Path) -> None:
    right = bad_configs.yaml.safe_dump(bad_configs.PLAIN).encode()
    assert bad_configs.hold(bad_configs.BadConfig(right, "not at all", certain=False), tmp_path / "c.yaml") is False
    with pytest.raises(AssertionError, match="not at all is accepted"):
        bad_configs.hold(bad_configs.BadConfig(right, "not at all"), tmp_path / "c.yaml")


def imported() -> None:
    """Import torch and the libraries first: what is watched is what a broken config does, not what an import does."""
    from terraregistry.tools.trial import make_factory

    for config in (bad_configs.PLAIN, bad_configs.TRAINING):
        make_factory(bad_configs.find_request(bad_configs.parse_config(bad_configs.yaml.safe_dump(config))))


def test_twenty_configs_whose_arguments_do_not_fit(tmp_path: Path) -> None:
    random = Random(0)
    imported()
    for _ in range(20):
        assert bad_configs.hold(bad_configs.refused_by_the_factory(random), tmp_path / "c.yaml", build=True)


@pytest.mark.slow
def test_two_thousand_configs_whose_arguments_do_not_fit(tmp_path: Path) -> None:
    random = Random(1)
    imported()
    for _ in range(2_000):
        assert bad_configs.hold(bad_configs.refused_by_the_factory(random), tmp_path / "c.yaml", build=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_two_thousand_broken_configs(seed: int, tmp_path: Path) -> None:
    assert "of 1000 refused" in in_a_child("bad_configs", tmp_path, 1_000, seed)
