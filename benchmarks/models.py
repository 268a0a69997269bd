"""The registries of models beside TerraTorch's, and the bars that they have to reach."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import yaml

from benchmarks.comparing import OURS, TERRATORCH
from benchmarks.measuring import Measured, measure_running, measure_starts, telling
from benchmarks.peers.compositions import BACKBONES, as_config, compositions
from benchmarks.peers.models import FIGURES
from benchmarks.reports import Cell, Section, amount, compared, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from benchmarks.comparing import Peer
    from benchmarks.measuring import Programs

__all__ = ["models", "write_configs"]

# What a user would type, and no more, since it is to take a tenth of a second.
_ANSWER: Final = 'from {}.registry import BACKBONE_REGISTRY\nassert "resnet18" in BACKBONE_REGISTRY'
_LIST: Final = "from {}.registry import BACKBONE_REGISTRY\nassert len(list(BACKBONE_REGISTRY)) > 1_000"
_END: Final = 'print("done", flush=True)\nfrom benchmarks.peers.child import peak_kib\nprint(peak_kib())'
# The command as it is installed, with its answer told from what it prints.
_COMMAND: Final = """\
import contextlib, sys
from terraregistry.__main__ import main
sys.argv[1:] = ["validate", {folder!r}]
with contextlib.redirect_stdout(sys.stderr):
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
"""
_PROGRAMS: Final = {
    "decoder": "start to a built FCNDecoder",
    "backbone": "start to a built resnet18",
    "validate": "start to 1,000 checked configs of 24 backbones",
    "validate many": "start to 1,000 checked configs of 1,000 backbones",
}
_ASKED: Final = "start to 'resnet18' in BACKBONE_REGISTRY"
_LISTED: Final = "start to all names"
_FILES: Final = "`terraregistry validate`, 1,000 files"


class _Bar(NamedTuple):
    what: str
    measured: float | None
    most: float
    unit: str


def models(pythons: Mapping[Peer, Path], rounds: int, progress: Callable[[str], None]) -> list[Section]:
    """Measure the registries of models.

    Args:
        pythons: This library, and TerraTorch where it is installed, and the Pythons of their environments.
        rounds: How many turns each has.
        progress: Is told what is being done.

    Returns:
        The bars, the figures from a fresh start, and those of a running process.
    """
    started = _started(pythons, rounds, progress)
    running = measure_running(
        {peer.name: _adapter(peer, python, "serve") for peer, python in pythons.items()}, FIGURES, 3 * rounds, progress
    )
    return [_bars(started), _starts(started), _running(running)]


def write_configs(folder: Path, count: int = 1_000) -> None:
    """Write configs that are all different, and right.

    Args:
        folder: Where.
        count: How many.
    """
    for number, composition in enumerate(compositions(BACKBONES, count)):
        text = yaml.safe_dump(as_config(composition), sort_keys=False)
        (folder / f"{number:04}.yaml").write_text(text, encoding="utf-8")


def _adapter(peer: Peer, python: Path, program: str) -> list[str]:
    return [str(python), "-m", "benchmarks.peers.models", peer.module, program]


def _started(pythons: Mapping[Peer, Path], rounds: int, progress: Callable[[str], None]) -> dict[str, Programs]:
    progress("the index of components, where it is not in the cache yet")
    subprocess.run([sys.executable, "-c", "from terraregistry.index import load_index; load_index()"], check=True)
    started: dict[str, Programs] = {}
    for what, code in {_ASKED: _ANSWER, _LISTED: _LIST}.items():
        commands = {
            peer.name: [str(python), "-c", f"{code.format(peer.module)}\n{_END}"] for peer, python in pythons.items()
        }
        started[what] = measure_starts(commands, rounds, telling(progress, what))
    for program, what in _PROGRAMS.items():
        commands = {peer.name: _adapter(peer, python, program) for peer, python in pythons.items()}
        started[what] = measure_starts(commands, rounds, telling(progress, what))
    with tempfile.TemporaryDirectory() as folder:
        write_configs(Path(folder))
        command = [sys.executable, "-c", f"{_COMMAND.format(folder=folder)}{_END}"]
        started[_FILES] = measure_starts({OURS.name: command}, rounds, telling(progress, _FILES))
    return started


def _bars(started: Mapping[str, Programs]) -> Section:
    answer, listing = started[_ASKED], started[_LISTED]
    ours = OURS.name
    bars = [
        _Bar('fresh process to the answer of "resnet18" in BACKBONE_REGISTRY', answer[ours][0].median, 0.15, "s"),
        _Bar("the same, on the processor", answer[ours][1].median, 0.15, "s"),
        _Bar("fresh process to a list of all names", listing[ours][0].median, 0.2, "s"),
        _Bar("the same, on the processor", listing[ours][1].median, 0.2, "s"),
    ]
    for what, of in (
        ("1,000 configs of 24 backbones, by `validate` of the registries", started[_PROGRAMS["validate"]]),
        ("1,000 configs of 1,000 backbones, in the same way", started[_PROGRAMS["validate many"]]),
        ("1,000 files, by `terraregistry validate`", started[_FILES]),
    ):
        bars += [
            _Bar(f"{what}: a process", of[ours][0].median, 2.0, "s"),
            _Bar("the same, on the processor", of[ours][1].median, 2.0, "s"),
            _Bar("the same: peak memory", of[ours][2].median, 120 * 1024, "KiB"),
        ]
    section = Section("Bars", ["", "measured", "bar", ""])
    for number, bar in enumerate(bars, 1):
        cells = [
            Cell("not measured" if bar.measured is None else amount(bar.measured, bar.unit), bar.measured),
            Cell(f"≤ {amount(bar.most, bar.unit)}"),
            Cell("" if bar.measured is None else "reached" if bar.measured <= bar.most else "short"),
        ]
        section.rows[f"{number}. {bar.what}"] = cells
    section.rows[f"{len(bars) + 1}. TerraTorch's answer, as a multiple of ours"] = _beside(answer)
    return section


def _beside(answer: Programs) -> list[Cell]:
    ours, theirs = (answer[name][0] if name in answer else Measured() for name in (OURS.name, TERRATORCH.name))
    if ours.median is None or theirs.median is None:
        return [Cell("not measured"), Cell("≥ 80 x"), Cell("")]
    ratio = theirs.median / ours.median
    return [
        Cell(f"{ratio:.0f} x ({seconds(theirs.median)})", ratio),
        Cell("≥ 80 x"),
        Cell("reached" if ratio >= 80 else "short"),
    ]


def _starts(started: Mapping[str, Programs]) -> Section:
    section = Section("The registries of models, a fresh process", ["", *_names(started.values())])
    for what, of in started.items():
        for index, (suffix, unit) in enumerate((("", "s"), (", processor", "s"), (", memory", "KiB"))):
            section.rows[what + suffix] = _row({peer: each[index] for peer, each in of.items()}, unit, section.columns)
    section.notes.append("Memory is the peak of the process. The index of components is in the cache already.")
    return section


def _running(running: Mapping[str, Mapping[str, Measured]]) -> Section:
    section = Section("The registries of models, a running process", ["", *_names(running.values())])
    for what, of in running.items():
        section.rows[what] = _row(of, "s", section.columns)
    section.notes.append("Unknown is drop_raet for resnet18; wrong is the text 'x' for the channels of FCNDecoder.")
    return section


def _names(columns: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(peer for column in columns for peer in column))


def _row(of: Mapping[str, Measured], unit: str, columns: list[str]) -> list[Cell]:
    return [compared(of.get(peer, Measured(note="-")), of[OURS.name], unit) for peer in columns[1:]]
