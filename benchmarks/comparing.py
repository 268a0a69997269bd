"""This library beside its peers: each registers the same component, and builds and checks it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.environments import NotInstalledError, environment
from benchmarks.measuring import Measured, measure_running, measure_starts, telling
from benchmarks.peers.asking import FIGURES, SIZE
from benchmarks.reports import Cell, Section, compared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["OURS", "PEERS", "TERRATORCH", "Peer", "compare", "failures", "install", "versions"]


class Peer(NamedTuple):
    """A library to compare with.

    Attributes:
        name: What the report calls it.
        module: Its adapter in `benchmarks.peers`.
        requirements: What is installed for it, exactly; nothing for what needs no more than is here.
    """

    name: str
    module: str
    requirements: tuple[str, ...] = ()


OURS: Final = Peer("terraregistry", "terraregistry")
TERRATORCH: Final = Peer(
    "TerraTorch",
    "terratorch",
    (
        "terratorch==1.2.11",
        "torch==2.15.0",
        "torchvision==0.29.2",
        "timm==1.0.31",
        "segmentation-models-pytorch==0.6.0",
    ),
)
PEERS: Final = (
    OURS,
    Peer("bare dict", "plain_dict"),
    Peer("bare pydantic", "bare_pydantic", ("pydantic==2.14.3",)),
    TERRATORCH,
    Peer("mmengine", "mmengine", ("mmengine==0.10.7",)),
    Peer("hydra", "hydra", ("hydra-core==1.3.8",)),
    Peer("hydra-zen", "hydra_zen", ("hydra-zen==0.17.2", "hydra-core==1.3.8", "pydantic==2.14.3")),
    Peer("jsonargparse", "jsonargparse", ("jsonargparse[signatures]==4.53.0",)),
    Peer("confection", "confection", ("confection==1.3.4", "catalogue==2.0.10")),
    Peer("tango", "tango", ("ai2-tango==1.3.2",)),
    Peer("conscribe", "conscribe", ("conscribe==2.1.0", "pydantic==2.14.3")),
)
_STARTS: Final = {
    "answer": "start to the first answer",
    "build": "start to the first component",
    "validate": "start to 1,000 checked configs",
}


def install(
    peers: Sequence[Peer], folder: Path, progress: Callable[[str], None]
) -> tuple[dict[Peer, Path], dict[str, str]]:
    """Make the peers' environments.

    Args:
        peers: The peers.
        folder: Where environments are kept.
        progress: Is told what is being done.

    Returns:
        Their Pythons; and why some have none.
    """
    pythons: dict[Peer, Path] = {}
    missing: dict[str, str] = {}
    for peer in peers:
        progress(f"installing {peer.name}")
        try:
            pythons[peer] = environment(peer.module, peer.requirements, folder)
        except NotInstalledError as reason:
            missing[peer.name] = str(reason)
    return pythons, missing


def versions(peers: Sequence[Peer], missing: Mapping[str, str]) -> Section:
    """Say what was compared.

    Args:
        peers: The peers.
        missing: Why some are not here.

    Returns:
        Their versions, and why some could not be installed.
    """
    section = Section("The peers", ["", "installed", ""])
    for peer in peers:
        what = ", ".join(peer.requirements) or "nothing: in the environment of this project"
        reason = missing.get(peer.name)
        section.rows[peer.name] = [Cell(what), Cell("" if reason is None else f"could not be installed: {reason}")]
    return section


def compare(pythons: Mapping[Peer, Path], rounds: int, progress: Callable[[str], None]) -> list[Section]:
    """Measure peers, and compare them with this library.

    Args:
        pythons: The peers, this library first, and the Pythons of their environments.
        rounds: How many turns each has.
        progress: Is told what is being done.

    Returns:
        The figures from a fresh start, and those of a running process.
    """
    commands = {peer.name: [str(python), "-m", f"benchmarks.peers.{peer.module}"] for peer, python in pythons.items()}
    return [_starts(commands, rounds, progress), *_running(commands, rounds, progress)]


def _starts(commands: Mapping[str, Sequence[str]], rounds: int, progress: Callable[[str], None]) -> Section:
    columns: dict[str, dict[str, Measured]] = {}
    units: dict[str, str] = {}
    for program, what in _STARTS.items():
        measured = measure_starts(
            {peer: [*command, program] for peer, command in commands.items()},
            rounds,
            telling(progress, what),
        )
        columns[what] = {peer: each[0] for peer, each in measured.items()}
        if program != "answer":
            memory = f"memory, {'a first component' if program == 'build' else '1,000 checked configs'}"
            columns[memory] = {peer: each[2] for peer, each in measured.items()}
            units[memory] = "KiB"
    notes = [
        "The first answer is whether one registered name is there. A component has eight keyword arguments.",
        "A config is a backbone, two necks and a decoder, of 36 classes in all. Memory is the peak of the process.",
    ]
    return _section("A fresh process, beside its peers", columns, units, notes)


def _running(commands: Mapping[str, Sequence[str]], rounds: int, progress: Callable[[str], None]) -> list[Section]:
    serving = {peer: [*command, "serve"] for peer, command in commands.items()}
    measured = measure_running(serving, FIGURES, 3 * rounds, progress)
    names = [name for name in measured if not name.startswith(("first", "build", "refus", "valid"))]
    asking = _section(
        f"Names in a running process, {SIZE:,} registered, beside its peers",
        {name: measured.pop(name) for name in names},
        {},
        ["Each through one method of an adapter, which costs the same for all."],
    )
    building = _section(
        "Building and checking in a running process, beside its peers",
        measured,
        {},
        ["The wrong type is the text 'four' for an int; an error is read, as a user would."],
    )
    return [asking, building]


def _section(
    title: str, columns: Mapping[str, Mapping[str, Measured]], units: Mapping[str, str], notes: Sequence[str]
) -> Section:
    section = Section(title, ["", *columns], notes=list(notes))
    for peer in next(iter(columns.values())):
        section.rows[peer] = [
            compared(of[peer], of.get(OURS.name, Measured()), units.get(what, "s")) for what, of in columns.items()
        ]
    section.notes.insert(
        0, "Figures are multiples of ours (more than 1 is slower, or more memory), with the amount in parentheses."
    )
    return section


def failures(sections: Sequence[Section]) -> list[str]:
    """List what went wrong, which is no figure.

    Args:
        sections: The report.

    Returns:
        Each with its table and row.
    """
    cells: list[tuple[str, str, Cell]] = [
        (section.title, row, cell) for section in sections for row, cells in section.rows.items() for cell in cells
    ]
    return [f"{title}: {row}: {cell.text}" for title, row, cell in cells if cell.text.startswith("failed")]
