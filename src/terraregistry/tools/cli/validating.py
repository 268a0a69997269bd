"""`terraregistry validate`: many configs at once."""

from __future__ import annotations

import contextlib
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from terraregistry.tools.checking import check_config, describes_model, find_files
from terraregistry.tools.cli.printing import Attempts, ImportModules, Status, Unused, installed_version, refuse
from terraregistry.tools.cli.reading import import_modules, wait_for_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terraregistry.tools.checking import Finding

__all__ = ["Format", "validate"]


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def validate(
    configs: Annotated[
        list[str], typer.Argument(metavar="CONFIG...", help="YAML files, or folders of `.yaml` and `.yml` files.")
    ],
    output: Annotated[
        Format,
        typer.Option(
            "--format",
            help="`text` with the lines that are wrong, `json`, `github` for annotations of GitHub Actions, or `sarif`.",
        ),
    ] = Format.TEXT,
    unused: Annotated[
        Unused, typer.Option(help="What arguments that nothing reads are: errors, or worth a warning.")
    ] = Unused.ERROR,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit",
            help="Also run each model on torch's meta device, without weights and data; imports torch.",
        ),
    ] = False,
    skip_others: Annotated[
        bool, typer.Option("--skip-others", help="Pass over YAML files in which there is no `model_factory`.")
    ] = False,
    imports: ImportModules = None,
) -> None:
    """Validate configs without building anything: each mistake with file, line, column, and what to write instead.

    Names, types, and what goes together are checked from the index, which takes no torch once it is made; with `--fit`
    also whether the models run, in training and in evaluation mode.

    Exits with 0, with 2 when a config is wrong, or else with 3 when one could not be checked as far as that; warnings alone leave
    it at 0.
    """
    attempts = Attempts()
    import_modules(imports, attempts)
    attempts.finish()
    files = [file for file in find_files(configs) if not skip_others or describes_model(file)]
    if not files and not skip_others:
        raise refuse(f"there is no .yaml or .yml file in {', '.join(configs)}")
    if files and not fit:
        _prepare()
    allow = unused is Unused.WARN
    findings = [each for file in _watched(files) for each in check_config(file, allow_unused=allow, fit=fit)]
    _print(findings, output)
    wrong = {each.file for each in findings if not each.is_warning}
    unknown = {each.file for each in findings if each.is_unknown} - wrong
    if output is Format.TEXT:
        typer.echo(_summary(len(files), len(wrong), len(unknown), fit=fit), err=bool(wrong or unknown))
    if wrong or unknown:
        raise typer.Exit(Status.WRONG_INPUT if wrong else Status.UNKNOWN)


def _prepare() -> None:
    """Have the configs validated from the index, which is made now where there is none yet."""
    from terraregistry.index.loading import IndexUnavailableError
    from terraregistry.index.provider import answer_from

    with contextlib.suppress(IndexUnavailableError):  # then the libraries themselves are asked
        answer_from(wait_for_index())


def _print(findings: Sequence[Finding], output: Format) -> None:
    from terraregistry.tools.reports import as_github, as_json, as_sarif, as_text

    match output:
        case Format.TEXT:
            for each in findings:
                typer.echo(as_text(each), err=True)
        case Format.JSON:
            typer.echo(as_json(findings))
        case Format.GITHUB:
            if findings:
                typer.echo(as_github(findings))
        case Format.SARIF:
            typer.echo(as_sarif(findings, installed_version("terraregistry") or "0.0.0"))


def _summary(count: int, wrong: int, unknown: int, *, fit: bool) -> str:
    configs = f"{count} config{'s' if count != 1 else ''}"
    parts = [f"{wrong} of {configs} {_are(wrong)} wrong"] if wrong else []
    parts += [f"{unknown} of {configs} could not be checked"] if unknown else []
    further = "" if fit or not count else " (--fit also checks that the parts fit each other)"
    return ", ".join(parts) or f"{configs} {_are(count)} valid{further}"


def _are(count: int) -> str:
    return "are" if count != 1 else "is"


def _watched(files: Sequence[str]) -> Iterable[str]:
    """Go through files, with a progress bar on standard error where that is a terminal."""
    if len(files) < 2 or not sys.stderr.isatty():
        return files
    from rich.console import Console
    from rich.progress import track

    return track(files, "Validating", console=Console(stderr=True), transient=True)
