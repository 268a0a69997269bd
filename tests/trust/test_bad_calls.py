"""Wrong calls at scale: each is answered by its error, at once, and nothing is registered, written or executed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import bad_calls, bad_values
from .watching import Hang, watched

if TYPE_CHECKING:
    from random import Random

ROOT = Path(__file__).parents[2]
BEFORE = bad_calls.names_now()
bad_calls.ONE.validate("Child", "x", width=1)  # what is lazy is imported when it is first asked for


def in_a_child(module: str, folder: Path, *arguments: object) -> str:
    """Run in an empty folder and with little memory."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.trust.{module}", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert [*folder.iterdir()] == []
    return done.stdout


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.randoms(use_true_random=False))
def test_a_wrong_call_is_answered_by_its_error_alone(random: Random) -> None:
    for attempt in bad_calls.attempts(random, 2):
        bad_calls.hold(attempt, BEFORE)


def test_the_right_calls_that_are_broken_are_right() -> None:
    for registry, start, _ in bad_calls.SPELLINGS:
        for name, shape in bad_calls.SHAPES.items():
            args = [bad_calls.RIGHT[shape.kinds[each]] for each in shape.only]
            given = {each: bad_calls.RIGHT[kind] for each, kind in shape.kinds.items() if each not in shape.only}
            registry.validate(start + name, *args, **given)


def hang() -> None:
    with watched(0.05):
        while True:
            pass


def test_what_is_watched_for_is_seen(tmp_path: Path) -> None:
    with watched() as events:
        (tmp_path / "x").write_text("y", encoding="utf-8")
        subprocess.run(["true"], check=True)
    assert [event.split()[0] for event in events] == ["open", "subprocess.Popen"]
    with pytest.raises(Hang):
        hang()
    with watched() as events:
        pass
    assert events == []


@pytest.mark.parametrize("how", ["accepted", "another error", "left behind", "called", "unnamed"])
def test_what_is_held_can_fail(how: str) -> None:
    one = bad_calls.ONE

    def act() -> object:
        if how == "another error":
            raise ValueError
        if how == "left behind":
            one.register(int, name="int")
        if how == "called":
            bad_calls.CALLED.append("x")
        return None if how == "accepted" else one.build("numbers", counts=1)

    broken = bad_calls.Attempt(
        act, bad_calls.InvalidArgumentsError, frozenset({"counts", "scale"} if how == "unnamed" else {"counts"})
    )
    try:
        with pytest.raises(ValueError if how == "another error" else AssertionError):
            bad_calls.hold(broken, BEFORE)
    finally:
        bad_calls.CALLED.clear()
        if "int" in one:
            one.unregister("int")


def test_two_thousand_wrong_calls_in_little_memory(tmp_path: Path) -> None:
    assert "InvalidArgumentsError" in in_a_child("bad_calls", tmp_path, 2_000, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_ten_thousand_wrong_calls(seed: int, tmp_path: Path) -> None:
    assert "InvalidArgumentsError" in in_a_child("bad_calls", tmp_path, 5_000, seed)


@pytest.mark.slow
def test_twenty_thousand_wrong_calls_of_the_library() -> None:
    import random

    import terraregistry.library as library

    draw = random.Random(0)
    registries = [library.BACKBONE_REGISTRY, library.DECODER_REGISTRY, library.NECK_REGISTRY]
    names = {id(each): draw.sample([*each], min(40, len(each))) for each in registries}
    before = [[*each] for each in registries]
    refused = 0
    for _ in range(20_000):
        registry: Any = draw.choice(registries)
        name = draw.choice(names[id(registry)])
        parameters = registry.signature(name).parameters
        open_ = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        word = draw.choice([*parameters] or ["x"])
        wrong = "zz" + bad_values.misspelt(draw, word)
        asked = registry.validate if draw.random() < 0.9 else registry.build
        if open_ or draw.random() < 0.2:
            name, error, places = name + wrong, bad_calls.ComponentNotFoundError, frozenset[str]()
        else:
            error, places = bad_calls.InvalidArgumentsError, frozenset({wrong})
        kwargs = {wrong: bad_values.misfit(draw, "int")}
        attempt = bad_calls.Attempt(
            lambda asked=asked, name=name, kwargs=kwargs: asked(name, **kwargs), error, places, name
        )
        with watched(20.0) as events, pytest.raises(error) as caught:
            attempt.ask()
        assert [event for event in events if "passwd" in event or "Popen" in event] == []
        if places:
            assert places <= {problem.parameter for problem in caught.value.problems}
        refused += 1
    assert refused == 20_000
    assert [[*each] for each in registries] == before
