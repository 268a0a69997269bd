"""Loading the index for a command: made once, with progress; an error is one line on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from terraregistry.index.cache import cache_folder
from terraregistry.index.loading import IndexUnavailableError, cached_index, make_and_keep
from terraregistry.own_modules import ProjectError, named_modules, project_modules
from terraregistry.tools.cli.printing import Status, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from terraregistry.index import Index
    from terraregistry.own_modules import OwnModule
    from terraregistry.tools.cli.printing import Attempts

__all__ = [
    "completed_kinds",
    "completed_names",
    "completed_sources",
    "import_modules",
    "own_modules",
    "read_index",
    "wait_for_index",
]

_WITHOUT_CURSOR: Final = ("dumb", "unknown")
"""Terminals on which rich draws nothing."""
_ANNOUNCEMENT: Final = "Indexing the installed components, once (about 20 s)"


def wait_for_index() -> Index:
    """Load the index. Making it shows the progress on standard error, and a warning if it cannot be kept.

    Raises:
        IndexUnavailableError: There is none in the cache, and it cannot be made.
    """
    index = cached_index()
    if index is not None:
        return index
    with _progress() as report:
        index, is_kept = make_and_keep(report)
    if not is_kept:
        typer.echo(_not_kept(cache_folder()), err=True)
    return index


def _not_kept(folder: Path) -> str:
    if folder.is_relative_to(os.devnull):
        reason, remedy = "there is no folder for it", "set HOME"
    else:
        reason, remedy = f"{folder} cannot be written", "make that folder writable"
    remedy += "" if sys.platform == "win32" else ", or set XDG_CACHE_HOME to a folder that is writable"
    return f"the index cannot be kept: {reason}, so each command makes it again; {remedy}"


@contextlib.contextmanager
def _progress() -> Generator[Callable[[int, int], None] | None]:
    """Show a progress bar on standard error if it is a terminal, else one line."""
    if not sys.stderr.isatty() or os.environ.get("TERM") in _WITHOUT_CURSOR:
        typer.echo(f"{_ANNOUNCEMENT} ...", err=True)
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_ANNOUNCEMENT, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def own_modules(named: Sequence[str] | None, *, option: str = "--import ", project: bool = True) -> list[OwnModule]:
    """Find the modules of the project around the current folder, and those that an option names.

    Raises:
        Exit: A name is none of a module, or `pyproject.toml` is wrong.
    """
    folder = Path.cwd()
    try:
        found = [project_modules(folder)] if project else []
        return [*chain(*found, *(named_modules(each, folder, option + each) for each in named or ()))]
    except ProjectError as error:
        raise refuse(str(error)) from None


def import_modules(named: Sequence[str] | None, attempts: Attempts) -> None:
    """Import the modules of the project, and those that `--import` names."""
    for module in own_modules(named):
        with attempts.at(module.said):
            module.load()


def read_index(modules: Sequence[OwnModule] = ()) -> Index:
    """Load the index, with the components of modules that are imported for it.

    Raises:
        Exit: The index cannot be made, or a module cannot be imported.
    """
    said = ""
    try:
        index = wait_for_index()
        if not modules:
            return index
        from terraregistry.indexing.making import library_registries, make_index

        for module in modules:
            said = module.said
            module.load()
        return make_index(library_registries(), known=index)
    except IndexUnavailableError as error:
        typer.echo(f"{error}; `terraregistry doctor` looks for the cause", err=True)
        raise typer.Exit(Status.FAILED) from None
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        raise refuse(f"{said}: {type(error).__name__}: {error}") from None


def completed_names(incomplete: str) -> list[str]:
    """Complete a name: qualified names, or bare names and aliases if no qualified one fits."""
    from terraregistry.tools.cli.lookup import kinds_of, listed

    def names(index: Index) -> Iterable[str]:
        qualified = dict.fromkeys(each.name for each in listed(index) if each.name.startswith(incomplete))
        return qualified or dict.fromkeys(name for each in kinds_of(index).values() for name in index.spellings(each))

    return _completed(incomplete, names)


def completed_kinds(incomplete: str) -> list[str]:
    """Complete the name of a kind."""
    from terraregistry.tools.cli.lookup import kinds_of

    return _completed(incomplete, kinds_of)


def completed_sources(incomplete: str) -> list[str]:
    """Complete the prefix of a source."""
    return _completed(incomplete, lambda index: {prefix for each in index.registries for prefix, _ in each.sources})


def _completed(incomplete: str, words: Callable[[Index], Iterable[str]]) -> list[str]:
    index = cached_index()  # a completion does not wait until it is made
    return [] if index is None else [word for word in words(index) if word.startswith(incomplete)]
