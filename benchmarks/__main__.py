"""Measure this library, beside its peers: `uv run python -m benchmarks`; `--help` says what can be left out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from benchmarks import comparing, core
from benchmarks.environments import default_folder
from benchmarks.growth import grow
from benchmarks.models import models
from benchmarks.reports import as_json, as_markdown, as_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.reports import Section

PARTS: Final = ("models", "peers", "growth", "core")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and print the report.

    Args:
        arguments: Those of the command line; by default those that were given.

    Returns:
        0, or 1 where a peer's process has failed.
    """
    asked = _parser().parse_args(arguments)
    console = Console(stderr=True)
    with console.status("benchmarks") as status:
        sections = _measure(asked, status.update)
    shown = Console(width=max(Console().width, 160))
    for table in as_tables(sections):
        shown.print(table)
    if asked.output is not None:
        asked.output.write_text(as_markdown(sections), encoding="utf-8")
    if asked.json is not None:
        asked.json.write_text(as_json(sections), encoding="utf-8")
    failed = comparing.failures(sections)
    for each in failed:
        console.print(each, style="red", markup=False)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument(
        "--peer", action="append", metavar="NAME", help="a peer to compare with, again for more; by default all"
    )
    parser.add_argument("--environments", type=Path, default=default_folder(), help="where their environments are kept")
    parser.add_argument(
        "--rounds", type=int, default=7, help="turns of each fresh process; running ones have three times as many"
    )
    parser.add_argument("--output", type=Path, help="a Markdown file for the report")
    parser.add_argument("--json", type=Path, help="a JSON file for the report")
    return parser


def _measure(asked: argparse.Namespace, progress: Callable[[str], None]) -> list[Section]:
    parts = asked.parts or PARTS
    unknown = sorted({*parts} - {*PARTS})
    if unknown:
        sys.exit(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    peers = _peers(asked.peer)
    asked.environments.mkdir(parents=True, exist_ok=True)
    sections: list[Section] = []
    if "models" in parts or "peers" in parts:
        pythons, missing = comparing.install(peers, asked.environments, progress)
        if "models" in parts:
            both = {peer: python for peer, python in pythons.items() if peer in (comparing.OURS, comparing.TERRATORCH)}
            sections += models(both, asked.rounds, progress)
        if "peers" in parts:
            sections += comparing.compare(pythons, asked.rounds, progress)
        sections.append(comparing.versions(peers, missing))
    if "growth" in parts:
        sections.append(grow(progress))
    if "core" in parts:  # the last, since it imports timm, and what grows is better seen without
        progress("core")
        sections.append(core.figures())
    return sections


def _peers(names: Sequence[str] | None) -> list[comparing.Peer]:
    """Choose peers; this library is always the first."""
    known = {peer.name.lower(): peer for peer in comparing.PEERS}
    unknown = [name for name in names or () if name.lower() not in known]
    if unknown:
        sys.exit(f"there is no peer {', '.join(unknown)}; there are {', '.join(peer.name for peer in comparing.PEERS)}")
    chosen = {name.lower() for name in names} if names else {*known}
    return [peer for name, peer in known.items() if peer is comparing.OURS or name in chosen]


if __name__ == "__main__":
    sys.exit(main())
