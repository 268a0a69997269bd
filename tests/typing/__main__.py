"""The two rates: `python -m tests.typing` says how many mistakes are caught, how many right calls are refused, and how fast."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from terraregistry.index import load_index

from .cases import Mistake, right_cases, wrong_cases
from .checking import pyright, right_program, wrong_program


def main() -> None:
    """Check a corpus with basedpyright and print the rates."""
    parser = argparse.ArgumentParser(prog="python -m tests.typing", description=__doc__)
    parser.add_argument("--right", type=int, default=450, help="how many right calls")
    parser.add_argument("--wrong", type=int, default=100, help="how many calls with each mistake")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mode", default="strict")
    options = parser.parse_args()
    index = load_index()
    with tempfile.TemporaryDirectory() as folder:
        _report(index, options, Path(folder))


def _report(index, options, folder: Path) -> None:
    empty = pyright("import terraregistry.library\n", folder / "empty", mode=options.mode)
    cases = right_cases(index, options.right, options.seed)
    program, lines = right_program(cases)
    checked = pyright(program, folder / "right", mode=options.mode)
    refused = [(lines.get(line), messages) for line, messages in checked.reports.items()]
    names = len({case.name for case in cases})
    print(f"right calls refused: {len(refused)} of {len(cases)} ({names} names)")
    for case, messages in refused:
        print(f"    {case.call if case else '?'}\n        {messages[0]}")
    spent = checked.seconds - empty.seconds
    print(f"pyright: {1000 * spent / len(cases):.0f} ms a call, {empty.seconds:.1f} s without any")
    for mistake in Mistake:
        program, lines = wrong_program(wrong_cases(index, mistake, options.wrong, options.seed))
        checked = pyright(program, folder / mistake.name, mode=options.mode)
        missed = [case for line, case in lines.items() if line not in checked.reports]
        spent = checked.seconds - empty.seconds
        print(
            f"{mistake}: {len(lines) - len(missed)} of {len(lines)} caught, {1000 * spent / len(lines):.0f} ms a call"
        )
        for case in missed:
            print(f"    {case.call}")
        for line in checked.reports.keys() - lines.keys():
            print(f"    line {line}: {checked.reports[line]}")


if __name__ == "__main__":
    main()
