"""Processes of peers: those that answer over pipes, and those that are timed from their start."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.peers.child import DONE

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import IO

__all__ = ["Answering", "FailedError", "LackingError", "Run", "run_afresh"]

_ROOT: Final = Path(__file__).parent.parent
_LIMIT: Final = 600.0
"""Seconds after which a process is given up."""


class LackingError(Exception):
    """A peer does not do what was asked for; the text says so in a few words."""


class FailedError(Exception):
    """A peer's process has failed; the text is its last word."""


class Run(NamedTuple):
    """What a process took from its start to its answer.

    Attributes:
        seconds: On the clock on the wall.
        processor: On the processor, until its end.
        peak_kib: The most memory that it had, in KiB.
    """

    seconds: float
    processor: float
    peak_kib: int


def run_afresh(command: Sequence[str]) -> Run:
    """Start a process, and time it until it prints that it is done.

    Args:
        command: The Python of its environment, and its arguments.

    Returns:
        What it took.

    Raises:
        LackingError: The peer does not do this.
        FailedError: The process failed.
    """
    before = os.times()
    start = time.perf_counter()
    with _started(command, answers_only=True) as (process, errors):
        first = process.stdout.readline()
        seconds = time.perf_counter() - start
        rest = process.stdout.read()
        process.wait()
        after = os.times()
        if first.startswith("lacking "):
            raise LackingError(first.removeprefix("lacking ").strip())
        if first.strip() != DONE:
            raise FailedError(_last_line(errors) or f"ended with {process.returncode}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(seconds, processor, int(rest))


class Answering:
    """A process that answers requests, and waits otherwise.

    Args:
        command: The Python of its environment, and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._open = contextlib.ExitStack()
        self._process, self._errors = self._open.enter_context(_started(command, answers_only=False))

    def ask(self, figure: str, calls: int) -> float:
        """Have a figure measured.

        Args:
            figure: Its name.
            calls: How many calls to take together.

        Returns:
            The seconds of one.

        Raises:
            LackingError: The peer does not do this.
            FailedError: It failed, or its process has ended.
        """
        try:
            print(json.dumps({"figure": figure, "calls": calls}), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise FailedError(_last_line(self._errors) or "its process has ended")
        answer: dict[str, Any] = json.loads(line)  # of one of three forms
        if "lacking" in answer:
            raise LackingError(answer["lacking"])
        if "failed" in answer:
            raise FailedError(answer["failed"])
        return float(answer["seconds"])

    def close(self) -> None:
        """End the process."""
        self._open.close()


@contextlib.contextmanager
def _started(command: Sequence[str], *, answers_only: bool) -> Generator[tuple[Any, IO[str]]]:  # a process with pipes
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL if answers_only else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
        )
        limit = threading.Timer(_LIMIT if answers_only else 10 * _LIMIT, process.kill)
        limit.start()
        try:
            yield process, errors
        finally:
            limit.cancel()
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=10)
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _last_line(errors: IO[str]) -> str:
    errors.seek(0)
    lines = errors.read().strip().splitlines()
    return lines[-1][:200] if lines else ""
