"""What was measured, as tables: on the terminal, in Markdown and in JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from rich import box
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measuring import Measured

__all__ = ["Cell", "Section", "amount", "as_json", "as_markdown", "as_tables", "compared", "kibibytes", "seconds"]


@dataclass
class Cell:
    """One figure.

    Attributes:
        text: As people read it.
        value: The figure, in seconds or KiB; None where there is none.
    """

    text: str
    value: float | None = None


@dataclass
class Section:
    """One table of the report.

    Attributes:
        title: What it is of.
        columns: The heads of its columns; the first is that of the names of rows.
        rows: The cells of each row, by its name.
        notes: What is to be known about it.
    """

    title: str
    columns: list[str]
    rows: dict[str, list[Cell]] = field(default_factory=dict[str, list[Cell]])
    notes: list[str] = field(default_factory=list[str])


_HEAD: Final = """\
# Benchmarks

What this library takes where its users wait, beside its peers: each in an environment of its own, each registering and building the
same component. Written by `uv run python -m benchmarks --output docs/reference/benchmarks.md`, which takes up to an hour; `--help`
says what can be left out.

Each figure is the median of runs in turns, one of each peer, then the next of each, so that a machine that is busy for a while
delays all of them alike. Times are those on the wall, unless it says processor. Compare ratios rather than times: a machine
twice as fast halves the times, and keeps the ratios.
"""
_UNITS: Final = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (0.0, "ns"))


def seconds(value: float) -> str:
    """Write a time down, with two digits or three.

    Args:
        value: In seconds.

    Returns:
        The text, such as `12 µs`.
    """
    scale, unit = next((scale, unit) for scale, unit in _UNITS if value >= scale)
    return f"{_short(value / (scale or 1e-9))} {unit}"


def kibibytes(value: float) -> str:
    """Write an amount of memory down.

    Args:
        value: In KiB.

    Returns:
        The text, in MiB.
    """
    return f"{_short(value / 1024)} MiB"


def amount(value: float, unit: str) -> str:
    """Write down a time or an amount of memory.

    Args:
        value: In seconds, or in KiB.
        unit: `s` or `KiB`.

    Returns:
        The text.
    """
    return kibibytes(value) if unit == "KiB" else seconds(value)


def compared(measured: Measured, reference: Measured, unit: str = "s") -> Cell:
    """Compare a figure with ours.

    Args:
        measured: The figure.
        reference: Ours.
        unit: `s` or `KiB`.

    Returns:
        How many times as much it is, and how much; or why there is nothing.
    """
    value, ours = measured.median, reference.median
    if value is None:
        return Cell(measured.note or "not measured")
    if measured is reference or not ours:
        return Cell(amount(value, unit), value)
    return Cell(f"{_short(value / ours)} x ({amount(value, unit)})", value)


def _short(number: float) -> str:
    if number >= 9.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 0.95 else f"{number:.2g}"


def as_tables(sections: Sequence[Section]) -> list[Table]:
    """Make tables for the terminal.

    Args:
        sections: The report.

    Returns:
        One each.
    """
    tables: list[Table] = []
    for section in sections:
        table = Table(*section.columns, title=section.title, caption="\n".join(section.notes) or None, box=box.SIMPLE)
        for name, cells in section.rows.items():
            table.add_row(*(escape(text) for text in (name, *(cell.text for cell in cells))))
        tables.append(table)
    return tables


def as_markdown(sections: Sequence[Section]) -> str:
    """Write the report in Markdown.

    Args:
        sections: The report.

    Returns:
        The text.
    """
    parts: list[str] = [f"{_HEAD}\nMeasured with {_machine()}.\n"]
    for section in sections:
        lines = [section.columns, ["---"] * len(section.columns)]
        lines += [[name, *(cell.text for cell in cells)] for name, cells in section.rows.items()]
        table = "\n".join(f"| {' | '.join(text.replace('|', '/') for text in line)} |" for line in lines)
        notes = "\n".join(f"- {note}" for note in section.notes)
        parts.append(f"## {section.title}\n\n{table}\n" + (f"\n{notes}\n" if notes else ""))
    return "\n".join(parts)


def as_json(sections: Sequence[Section]) -> str:
    """Write the report for programs.

    Args:
        sections: The report.

    Returns:
        The text.
    """
    report = {"machine": _machine(), "sections": [asdict(section) for section in sections]}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _machine() -> str:
    return f"CPython {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
