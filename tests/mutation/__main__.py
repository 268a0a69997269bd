"""Mutation testing of the core: `uv run --group mutation python -m tests.mutation [FILE ...]`."""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("HYPOTHESIS_PROFILE", "mutation")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from tests.mutation.running import CORE, PACKAGE, Outcome, Runner

if TYPE_CHECKING:
    from tests.mutation.mutants import Mutant

LEAST = 95.0
KILLED = (Outcome.KILLED, Outcome.TIMED_OUT)


def main() -> int:
    """Try the mutants; fail where too many survive, one survives that is not listed as equivalent, or cannot be put in place."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=main.__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="files of the core; all of it where none are named")
    parser.add_argument("--every", type=int, default=1, help="try one mutant in so many")
    parser.add_argument("--jobs", type=int, default=1, help="so many at once")
    parser.add_argument("--tests", type=int, default=1000, help="ask so many tests of each at most")
    parser.add_argument(
        "--kept", type=Path, help="a file to keep in what each test runs, which takes a minute to measure"
    )
    options = parser.parse_args()
    listed = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text("utf-8"))["equivalent"]
    equivalent = {(each["file"], each["function"], each["was"], each["now"]) for each in listed}
    files = [file.resolve() for file in options.files] or CORE
    counts = {file: Counter[Outcome]() for file in files}
    unlisted = 0

    def report(mutant: Mutant, outcome: Outcome) -> None:
        nonlocal unlisted
        counts[mutant.path][outcome] += 1
        if outcome is Outcome.NOT_PUT_IN:
            print(f"{outcome.value}: {mutant}", flush=True)
        elif outcome in (Outcome.SURVIVED, Outcome.UNTESTED):
            known = (str(mutant.path.relative_to(PACKAGE)), mutant.function, *mutant.change) in equivalent
            unlisted += not known
            print(f"{outcome.value}{', as listed' if known else ''}: {mutant}", flush=True)

    runner = Runner(files, report, every=options.every, jobs=options.jobs, tests=options.tests, kept=options.kept)
    arguments = ["-n0", "-q", "-s", "--tb=native", "-p", "no:cacheprovider", "tests/registry", "tests/laws"]
    if pytest.main(arguments, plugins=[runner]) not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        return 2
    for file, count in counts.items():
        print(f"{file.relative_to(PACKAGE)}: {_words(count)}")
    total = sum(counts.values(), Counter[Outcome]())
    print(f"in all: {_words(total)}; {unlisted} survivors are not listed in equivalent.toml")
    return int(_score(total) < LEAST or unlisted > 0 or total[Outcome.NOT_PUT_IN] > 0)


def _score(count: Counter[Outcome]) -> float:
    mutants = count.total() - count[Outcome.NONE] - count[Outcome.NOT_PUT_IN]
    return 100 * sum(count[outcome] for outcome in KILLED) / mutants if mutants else 100.0


def _words(count: Counter[Outcome]) -> str:
    return f"{_score(count):.1f} % killed ({', '.join(f'{count[each]} {each.value}' for each in Outcome)})"


sys.exit(main())
