"""A Ctrl-C at any moment of a change leaves all of it, or nothing; and a scope that it ends is not open any more."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .interrupting import CALLS, SCOPES

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that ring within microseconds")

PROGRAM = Path(__file__).with_name("interrupting.py")
NAMES = [call.__name__ for call in CALLS]
SCOPE_NAMES = [block.__name__ for block in SCOPES]
FEW = dict.fromkeys(NAMES, 225) | dict.fromkeys(SCOPE_NAMES, 400)


def interrupted(counts: dict[str, int], seed: int, timeout: float) -> dict[str, Any]:
    """Interrupt operations so many times, in a process of their own; the report of each."""
    arguments = [str(each) for pair in counts.items() for each in pair]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(seed), *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr == ""
    reports: dict[str, Any] = json.loads(done.stdout)
    return reports


def check_left(report: dict[str, Any], deviations: float) -> None:
    """Check that at most 3 % of interrupted scopes left something behind; of few, so many standard deviations more."""
    most = 0.03 * report["interrupted"]
    assert report["left"] <= most + deviations * math.sqrt(most), report


def check(report: dict[str, Any], count: int) -> None:
    assert "error" not in report, report
    assert report["interrupted"] == count, report
    assert not report["half_done"], report
    assert not report["open"], report
    assert not report["locked"], report
    assert report["swallowed"] <= 0.01 * report["calls"], report


@pytest.fixture(scope="module")
def few() -> dict[str, Any]:
    return interrupted(FEW, 14, 300)


@pytest.mark.parametrize("name", FEW)
def test_an_interrupted_call_does_all_or_nothing(few: dict[str, Any], name: str) -> None:
    check(few[name], FEW[name])


@pytest.mark.parametrize("name", FEW)
def test_the_interruptions_fall_all_over_the_call(few: dict[str, Any], name: str) -> None:
    assert few[name]["late"] > 0.1 * few[name]["calls"], few[name]
    assert few[name]["places"] >= 3, few[name]


@pytest.mark.parametrize("name", SCOPE_NAMES)
def test_an_interrupted_scope_undoes_its_changes(few: dict[str, Any], name: str) -> None:
    check_left(few[name], 3)


# 100,000 in all, in as many processes as there are tests at a time.


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_of_thousands_of_interrupted_calls_none_is_half_done(name: str) -> None:
    check(interrupted({name: 8_000}, 1_400, 600)[name], 8_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCOPE_NAMES)
def test_of_thousands_of_interrupted_scopes_hardly_one_leaves_something(name: str) -> None:
    report = interrupted({name: 12_000}, 1_400, 600)[name]
    check(report, 12_000)
    check_left(report, 0)
