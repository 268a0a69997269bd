"""Measuring several peers in turns: a round of each, then the next round, and the medians in the end."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.processes import Answering, FailedError, LackingError, Run, run_afresh

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.peers.child import Figure

__all__ = ["Measured", "Programs", "measure_running", "measure_starts", "telling"]

_TURN: Final = 0.005
"""Seconds that one turn of a figure takes at least, so that the clock is fine enough."""
_PATIENCE: Final = 45.0
"""Seconds that one figure of one peer takes at most, once it has had three turns."""
_FEWEST: Final = 3


@dataclass
class Measured:
    """What was measured of one figure of one peer.

    Attributes:
        values: One of each turn, in seconds or in KiB.
        note: Why there are none.
    """

    values: list[float] = field(default_factory=list[float])
    note: str = ""

    @property
    def median(self) -> float | None:
        """The median, or None where there is nothing."""
        return statistics.median(self.values) if self.values else None

    def is_done(self, spent: float) -> bool:
        """Say whether another turn is too much."""
        return bool(self.note) or (spent > _PATIENCE and len(self.values) >= _FEWEST)


Programs = dict[str, tuple[Measured, Measured, Measured]]
"""By peer: seconds on the wall, seconds on the processor, and KiB."""


def measure_starts(commands: Mapping[str, Sequence[str]], rounds: int, progress: Callable[[str], None]) -> Programs:
    """Time processes from their start, in turns.

    Args:
        commands: The commands, by peer.
        rounds: How many turns each has.
        progress: Is told what is being done.

    Returns:
        For each, seconds on the wall, seconds on the processor, and peak memory in KiB.
    """
    measured = {peer: (Measured(), Measured(), Measured()) for peer in commands}
    for turn in range(rounds):
        for peer, command in commands.items():
            wall, processor, memory = measured[peer]
            if wall.is_done(sum(wall.values)):
                continue
            progress(f"turn {turn + 1} of {rounds}: {peer}")
            try:
                run: Run = run_afresh(command)
            except (LackingError, FailedError) as reason:
                wall.note = processor.note = memory.note = _noted(reason)
                continue
            wall.values.append(run.seconds)
            processor.values.append(run.processor)
            memory.values.append(run.peak_kib)
    return measured


def measure_running(
    commands: Mapping[str, Sequence[str]], figures: Mapping[str, Figure], rounds: int, progress: Callable[[str], None]
) -> dict[str, dict[str, Measured]]:
    """Have running processes measure themselves, in turns: while one does, the others wait.

    Args:
        commands: What starts them, by peer.
        figures: What is measured.
        rounds: How many turns each has.
        progress: Is told what is being done.

    Returns:
        The figures by name, and in there by peer.
    """
    processes = {peer: Answering(command) for peer, command in commands.items()}
    try:
        return {name: _measure(name, figure, processes, rounds, progress) for name, figure in figures.items()}
    finally:
        for process in processes.values():
            process.close()


def _measure(
    name: str, figure: Figure, processes: Mapping[str, Answering], rounds: int, progress: Callable[[str], None]
) -> dict[str, Measured]:
    measured = {peer: Measured() for peer in processes}
    calls: dict[str, int] = {}
    spent = dict.fromkeys(processes, 0.0)
    for turn in range(rounds):
        for peer, process in processes.items():
            each = measured[peer]
            if each.is_done(spent[peer]):
                continue
            progress(f"{name}, turn {turn + 1} of {rounds}: {peer}")
            try:
                if peer not in calls:
                    calls[peer] = _calls(process, name, figure)
                seconds = process.ask(name, calls[peer])
            except (LackingError, FailedError) as reason:
                each.note = _noted(reason)
                continue
            each.values.append(seconds)
            spent[peer] += seconds * figure.each * calls[peer]
    return measured


def _calls(process: Answering, name: str, figure: Figure) -> int:
    """Find out how many calls make a turn; the first are the warming up."""
    process.ask(name, 1)
    calls = 1
    while not figure.anew and calls < 1_000_000:
        taken = process.ask(name, calls) * figure.each * calls
        if taken >= _TURN:
            break
        calls = min(calls * 10, int(calls * 1.2 * _TURN / max(taken, 1e-9)) + 1)
    return calls


def telling(progress: Callable[[str], None], what: str) -> Callable[[str], None]:
    """Tell what is being done as a part of something.

    Args:
        progress: Is told.
        what: What it is a part of.

    Returns:
        What can be told the part.
    """
    return lambda text: progress(f"{what}, {text}")


def _noted(reason: Exception) -> str:
    return str(reason) if isinstance(reason, LackingError) else f"failed: {reason}"
