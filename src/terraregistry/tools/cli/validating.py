"""`terraregistry validate`: many configs at once; findings as text for people, or for continuous integration."""

from __future__ import annotations

import contextlib
import json
import sys
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from terraregistry.problems import ProblemKind
from terraregistry.tools.checking import check_configs, describes_model, find_files
from terraregistry.tools.cli.printing import (
    Attempts,
    Duplicates,
    ImportModules,
    LikeTerraTorch,
    Status,
    Unused,
    installed_version,
    refuse,
)
from terraregistry.tools.cli.reading import import_modules, wait_for_index
from terraregistry.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terraregistry.tools.checking import Finding

__all__ = ["Format", "as_github", "as_json", "as_sarif", "as_text", "validate"]

_LONGEST_LINE: Final = 160
_RULES: Final = {
    "invalid-config": ("What the config describes cannot be built.", "error"),
    "unused-argument": ("An argument that nothing reads is dropped.", "warning"),
    "not-checked": ("A part of the model could not be run without data.", "warning"),
    "doubtful-composition": ("The model runs, and is hardly what was meant.", "warning"),
    "differs-from-terratorch": ("TerraTorch builds another model of this config.", "warning"),
}
_REMARKS: Final = {
    ProblemKind.DOUBTFUL: "doubtful-composition",
    ProblemKind.DIFFERENT: "differs-from-terratorch",
}
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


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
    duplicates: Annotated[
        Duplicates,
        typer.Option(help="A key that is repeated in the model: an error, or the last value counts, with a warning."),
    ] = Duplicates.ERROR,
    like_terratorch: LikeTerraTorch = None,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit",
            help="Also run each model on torch's meta device, without weights and data; imports torch.",
        ),
    ] = False,
    skip_others: Annotated[
        bool,
        typer.Option(
            "--skip-others", help="Pass over YAML files that describe no model: without a key `model_factory`."
        ),
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
    allow, last = unused is Unused.WARN, duplicates is Duplicates.LAST
    checks = check_configs(
        _watched(files),
        allow_unused=allow,
        fit=fit,
        take_last=last,
        skip_others=skip_others,
        like_terratorch=like_terratorch,
    )
    checked = list(checks)
    findings = list(chain.from_iterable(checked))
    _print(findings, output)
    wrong = {each.file for each in findings if not each.is_warning}
    unknown = {each.file for each in findings if each.is_unknown} - wrong
    if output is Format.TEXT:
        typer.echo(_summary(len(checked), len(wrong), len(unknown), fit=fit), err=bool(wrong or unknown))
    if wrong or unknown:
        raise typer.Exit(Status.WRONG_INPUT if wrong else Status.UNKNOWN)


def _prepare() -> None:
    """Have the configs validated from the index, which is made now where there is none yet."""
    from terraregistry.index.loading import IndexUnavailableError
    from terraregistry.index.provider import answer_from

    with contextlib.suppress(IndexUnavailableError):  # then the libraries themselves are asked
        answer_from(wait_for_index())


def _print(findings: Sequence[Finding], output: Format) -> None:
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


def as_text(finding: Finding) -> str:
    """Write a finding in up to four lines, with its line and the suggested one."""
    kind = "not checked: " if finding.is_unknown else "warning: " if finding.is_warning else ""
    head = f"{one_line(finding.file)}:{finding.span.line}:{finding.span.column}: {kind}{one_line(finding.message)}"
    shown = finding.source.replace("\t", " ")
    if not shown.strip() or len(shown) > _LONGEST_LINE or not shown.isprintable():  # a terminal would act upon it
        return head
    before = "".join("\t" if each == "\t" else " " for each in finding.source[: finding.span.column - 1])
    marked = f"{before}{'^' * (finding.end - finding.span.column)}"
    lines = [head, f"{finding.span.line:>5} | {finding.source}", f"      | {marked}"]
    return "\n".join([*lines, *([f"      | {finding.mended}"] if finding.mended else [])])


def as_json(findings: Sequence[Finding]) -> str:
    """Write findings as a list of objects."""
    data = [
        {
            "file": each.file,
            "line": each.span.line,
            "column": each.span.column,
            "end_column": each.end,
            "severity": "unknown" if each.is_unknown else _level(each),
            "message": each.message,
            "source": each.source,
            "suggestion": each.mended or None,
        }
        for each in findings
    ]
    return json.dumps(data, indent=2)


def _level(finding: Finding) -> str:
    return "warning" if finding.is_warning else "error"


def as_github(findings: Sequence[Finding]) -> str:
    """Write findings as GitHub Actions commands; GitHub shows them as annotations."""
    return "\n".join(map(_annotation, findings))


def _annotation(finding: Finding) -> str:
    line = finding.span.line
    places = {"file": finding.file, "line": line, "endLine": line, "col": finding.span.column, "endColumn": finding.end}
    places["title"] = "terraregistry"
    properties = ",".join(f"{key}={_escaped(str(value), property_=True)}" for key, value in places.items())
    return f"::{_level(finding)} {properties}::{_escaped(finding.message)}"


def _escaped(text: str, *, property_: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text


def as_sarif(findings: Sequence[Finding], version: str) -> str:
    """Write findings as SARIF 2.1.0, for code scanning services."""
    rules = [
        {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
        for rule, (text, level) in _RULES.items()
    ]
    run = {
        "tool": {"driver": {"name": "terraregistry", "semanticVersion": version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each) for each in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: Finding) -> dict[str, Any]:  # JSON
    rule = _rule(finding)
    artifact = {"uri": _uri(finding.file)}
    place = {"startLine": finding.span.line, "startColumn": finding.span.column, "endColumn": finding.end}
    snippet = {"snippet": {"text": finding.source}} if finding.source else {}
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": [*_RULES].index(rule),
        "level": _level(finding),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": place | snippet}}],
    }
    if finding.edit is not None:
        change = {"deletedRegion": place, "insertedContent": {"text": finding.edit.text}}
        changes = [{"artifactLocation": artifact, "replacements": [change]}]
        result["fixes"] = [{"description": {"text": f"Write {finding.edit.text!r}"}, "artifactChanges": changes}]
    return result


def _rule(finding: Finding) -> str:
    if finding.problem.kind in _REMARKS:
        return _REMARKS[finding.problem.kind]
    return "not-checked" if finding.is_unknown else "unused-argument" if finding.is_warning else "invalid-config"


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
