"""Make first calls and print what disagrees with a warm process: `python -m tests.first_calls [--all] [--only TEXT]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, Queue

from .cases import STATES, chosen, every, sample
from .harness import Case, Harness, index_file


def main() -> None:
    """Make the cases in two processes, and print a table of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.first_calls", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every operation on every name in every state")
    parser.add_argument("--sample", action="store_true", help="only those of the default tests")
    parser.add_argument("--only", default="", help="only cases in whose description this is")
    parser.add_argument(
        "--one-in", type=int, default=1, metavar="N", help="leave out all but one of N operations and names"
    )
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    source = every if options.all else sample if options.sample else chosen
    cases = [case for case in source() if options.only in str(case)]
    work: Queue[list[Case]] = Queue()
    for on in _by_subject(cases)[:: options.one_in]:
        work.put(on)
    found: list[tuple[Case, str]] = []
    spent: Counter[str] = Counter()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.processes) as pool:
        index = index_file(Path(folder))
        for made in [
            pool.submit(_make, work, Path(folder) / str(number), index) for number in range(options.processes)
        ]:
            done, seconds = made.result()
            found += done
            spent += seconds
    _report(found, spent, time.monotonic() - begun)


def _by_subject(cases: list[Case]) -> list[list[Case]]:
    """Group the cases that have one answer, which is made once."""
    grouped: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        grouped.setdefault((case.operation, case.registry, case.name), []).append(case)
    return [*grouped.values()]


def _make(work: Queue[list[Case]], folder: Path, index: Path) -> tuple[list[tuple[Case, str]], Counter[str]]:
    found: list[tuple[Case, str]] = []
    folder.mkdir()
    harness = Harness(folder, index)
    try:
        while True:
            found += harness.disagreements(work.get_nowait())
            if sys.stderr.isatty():
                print(f"{work.qsize()} left", end="\r", file=sys.stderr)
    except Empty:
        return found, harness.spent
    finally:
        harness.close()


def _report(found: list[tuple[Case, str]], spent: Counter[str], seconds: float) -> None:
    wrong = [(case, fault) for case, fault in found if fault]
    for case, fault in sorted(wrong):
        print(case, *(f"    {line[:400]}" for line in fault.splitlines()[:8]), sep="\n")
    print(f"\n{'operation':42} {'cases':>6} {'disagree':>8} {'CPU':>6}")
    made = Counter(case.operation for case, _ in found)
    disagree = Counter(case.operation for case, _ in wrong)
    for operation, count in made.items():
        print(f"{operation:42} {count:6} {disagree[operation]:8} {spent[operation]:5.0f}s")
    print(f"\n{'imported before; index':42} {'cases':>6} {'disagree':>8}")
    for imports, index in STATES:
        count, faults = (
            sum((case.imports, case.index) == (imports, index) for case, _ in each) for each in (found, wrong)
        )
        print(f"{f'{imports}; {index}':42} {count:6} {faults:8}")
    print(f"\n{'all':42} {len(found):6} {len(wrong):8} {spent.total():5.0f}s, in {seconds:.0f} s")


if __name__ == "__main__":
    main()
