"""Print the parts of a model as a table, after a build and a run."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from terraregistry.registry.locations import Location
    from terraregistry.tools.model_parts import Part
    from terraregistry.tools.trial import Trial

__all__ = ["print_trial"]

_UNBOUNDED: Final = 10_000


def print_trial(file: str, trial: Trial) -> None:
    """Print the parts of a model.

    Args:
        file: The name of its config.
        trial: The result of the build and the run.
    """
    console = Console(highlight=False)
    table = _table(file, trial)
    if not console.is_terminal:
        # Nothing is cut off or folded for want of a screen: the output can be searched.
        console.width = console.measure(table, options=console.options.update(width=_UNBOUNDED)).maximum
    console.print(table)
    if trial.modules:
        from terraregistry.tools.summary import module_tree

        console.width = max(console.width, 200 if console.is_terminal else _UNBOUNDED)
        console.print(module_tree(trial.modules), soft_wrap=True)


def _table(file: str, trial: Trial) -> Table:
    table = Table(
        title=Text(file),
        caption=Text(f"random batch {trial.batch}, seed {trial.seed}"),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("Part")
    table.add_column("Name", overflow="fold")
    table.add_column("Defined at", overflow="fold")
    table.add_column("Parameters", justify="right")
    table.add_column("Output", no_wrap=True)
    for part in trial.parts:
        if part.kind == "model":
            table.add_section()
        table.add_row(*_row(part))
    return table


def _row(part: Part) -> tuple[Text, ...]:
    runs = [(shape, len([*same])) for shape, same in groupby(part.shapes)]
    shapes = "\n".join(f"{count} of {shape}" if count > 1 else str(shape) for shape, count in runs) or "not run"
    return Text(part.kind), Text(part.name), _place(part.location), Text(f"{part.parameters:,}"), Text(shapes)


def _place(location: Location | None) -> Text:
    if location is None:
        return Text("")
    text = Text(f"{_importable(location.file)}:{location.line}")
    text.stylize(f"link {Path(location.file).absolute().as_uri()}")
    return text


def _importable(file: str) -> str:
    """Shorten a path: make it relative to its import root."""
    path = Path(file).absolute()
    roots = [Path(entry).absolute() for entry in sys.path]
    below = [path.relative_to(root) for root in roots if path.is_relative_to(root)]
    return str(min(below, key=lambda short: len(short.parts), default=path))
