"""Timing that survives a noisy machine: the contestants take turns, and the medians are compared."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["interleaved", "median_of"]


def interleaved(
    contestants: dict[str, Callable[[], object]], *, rounds: int = 41, calls: int = 2000
) -> dict[str, float]:
    """Time several calls in turns.

    Args:
        contestants: What to call, by name.
        rounds: How many turns each has.
        calls: How many calls a turn makes.

    Returns:
        The median of the time of one call, in seconds, by name.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            start = time.perf_counter()
            for _ in range(calls):
                call()
            times[name].append((time.perf_counter() - start) / calls)
    return {name: statistics.median(each) for name, each in times.items()}


def median_of(make: Callable[[], Callable[[], object]], *, rounds: int = 15) -> float:
    """Time something that can be done once only, such as a first call.

    Args:
        make: Prepares it, and returns what is timed.
        rounds: How often.

    Returns:
        The median, in seconds.
    """
    times: list[float] = []
    for _ in range(rounds):
        call = make()
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
