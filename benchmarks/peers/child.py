"""What answers in a peer's process: a figure at a time over pipes, or one program from a fresh start.

A request is a line of JSON, `{"figure": ..., "calls": ...}`; so is the answer: `{"seconds": ...}` of one call, `{"lacking": ...}`
where the library does not do this, or `{"failed": ...}`. A program prints the line `done` when it has its answer, and then its peak
memory.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

__all__ = ["DONE", "Figure", "Lacking", "answer", "peak_kib", "run"]

S = TypeVar("S")
DONE: Final = "done"


class Lacking(Exception):  # noqa: N818 - it is an answer, no error
    """A library does not do what is asked for; the text says so in a few words."""


class Figure(NamedTuple):
    """Something to measure.

    Attributes:
        prepare: Makes ready what is timed, checks that it does what it should, and returns it; given the library's adapter.
        each: Of how many of what the figure is given for one call is.
        anew: Whether a call is possible only once, so that each is prepared.
    """

    prepare: Callable[[Any], Callable[[], object]]  # adapters of several kinds
    each: float = 1
    anew: bool = False


def run(
    subject: Callable[[], S],
    figures: Mapping[str, Figure],
    programs: Mapping[str, Callable[[S], object]],
    request: str,
) -> None:
    """Do what the process was started for.

    Args:
        subject: Makes the adapter.
        figures: What can be measured, by name.
        programs: What can be run from a fresh start, by name.
        request: The name of a program, or `serve`.
    """
    # What libraries print is not an answer.
    out, sys.stdout = sys.stdout, sys.stderr
    if request == "serve":
        answer(subject(), figures, sys.stdin, out)
        return
    try:
        programs[request](subject())
    except Lacking as lacking:
        print(f"lacking {lacking}", file=out)
        return
    print(DONE, file=out, flush=True)
    print(peak_kib(), file=out)


def peak_kib() -> int:
    """Return the largest amount of memory that this process has had, in KiB.

    What the system counts for a process begins with what its parent had; Linux says in `/proc` what it is without that.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - pathlib is loaded for nothing else
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most // 1024 if sys.platform == "darwin" else most


def answer(subject: object, figures: Mapping[str, Figure], requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more.

    Args:
        subject: The adapter.
        figures: What can be measured, by name.
        requests: Where they are read.
        answers: Where the answers go.
    """
    import json

    ready: dict[str, Callable[[], object]] = {}
    for line in requests:
        request = json.loads(line)
        reply: dict[str, object]
        try:
            reply = {"seconds": _time(subject, request["figure"], figures, ready, request["calls"])}
        except Lacking as lacking:
            reply = {"lacking": str(lacking)}
        except Exception as error:  # noqa: BLE001 - whatever a library raises is reported, and the others go on
            reply = {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        print(json.dumps(reply), file=answers, flush=True)


def _time(
    subject: object, name: str, figures: Mapping[str, Figure], ready: dict[str, Callable[[], object]], calls: int
) -> float:
    """Time one call, in seconds."""
    from time import perf_counter

    figure = figures[name]
    if figure.anew:
        taken = 0.0
        for _ in range(calls):
            work = figure.prepare(subject)
            start = perf_counter()
            work()
            taken += perf_counter() - start
        return taken / calls / figure.each
    work = ready.get(name) or ready.setdefault(name, figure.prepare(subject))
    start = perf_counter()
    for _ in range(calls):
        work()
    return (perf_counter() - start) / calls / figure.each
